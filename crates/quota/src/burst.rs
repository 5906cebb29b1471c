//! Q04: a year's production crowded into December, when everyone knows how much quota is left.
//!
//! Invariant: judged once the year is over, by the month in which production happened. Small producers have lumpy years,
//! so December must outweigh the other months and be a real part of the year. Knows no allocations.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::{EventId, Month, PartyId, Track};
use projection::{Fact, Figure, Finding, FindingCode, Subject};

/// December is a burst above this many times the average of the other months.
const TIMES_AVERAGE: i128 = 3;
/// And above this share of the year, in percent.
const PERCENT_OF_YEAR: i128 = 15;

/// Consumption of one year, in milligrams of REO.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
struct Year {
    december: i128,
    before: i128,
    /// The events of December that stand, by position.
    events: BTreeMap<u64, EventId>,
}

/// Consumption by enterprise, year and track.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Bursts(BTreeMap<(PartyId, u16, Track), Year>);

impl Bursts {
    pub(crate) fn take(&mut self, fact: &Fact<'_>, track: Track, month: Month, mg: i128) {
        let key = (fact.author, month.year(), track);
        let year = self.0.entry(key).or_default();
        if month.month() == 12 {
            year.december += mg;
            if fact.sign < 0 {
                year.events.remove(&fact.stated_at);
            } else {
                year.events.insert(fact.stated_at, fact.stated_by);
            }
        } else {
            year.before += mg;
        }
        if (year.before, year.december) == (0, 0) {
            self.0.remove(&key);
        }
    }

    pub(crate) fn findings(&self, now: Month) -> impl Iterator<Item = Finding> + '_ {
        let over = self
            .0
            .iter()
            .filter(move |((_, year, _), _)| *year < now.year());
        over.filter_map(|((party, year, _), sums)| {
            let crowded = sums.december * 11 > TIMES_AVERAGE * sums.before
                && sums.december * 100 > PERCENT_OF_YEAR * (sums.before + sums.december);
            let first = sums.events.values().next().filter(|_| crowded)?;
            let subject = Subject {
                year: Some(*year),
                ..Subject::party(*party)
            };
            let figures = vec![
                Figure::mg("in December", sums.december),
                Figure::mg("average of the other months", sums.before / 11),
            ];
            Some(Finding::new(
                FindingCode::Q04,
                subject,
                figures,
                vec![*first],
            ))
        })
    }
}
