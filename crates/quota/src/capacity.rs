//! P03: a site that gives more REO in a year than its licences allow.
//!
//! Invariant: output counts in the calendar year in which it happened; capacities of all licences of the activity that
//! touch the year add up. Beneficiation is not counted beside the ore product of the same mine, and what was separated once is
//! not counted again. Knows no quota.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, Payload, Process};
use domain::{Activity, EventId, SiteId, Track};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Subject};

use crate::stage::{Change, place};

/// Output of a site by activity and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
struct Output {
    reo_mg: i128,
    /// The event since which the output exceeds the capacity of its day; while no licence was known, the last one.
    exceeded_by: Option<EventId>,
}

/// Outputs by site, activity and year.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Capacities(BTreeMap<(SiteId, Activity, u16), Output>);

/// What a run gives, where the activity goes by the name of the process. What is separated is known by what crossed.
fn output_of(run: &LotProcessed) -> Option<(Activity, i128)> {
    let activity = match run.process {
        Process::MetalSmelting => Activity::MetalSmelting,
        Process::Recycling => Activity::Recycling,
        Process::Alloying | Process::MagnetMaking => Activity::Manufacturing,
        Process::Separation | Process::Beneficiation | Process::Blending | Process::Repackaging => {
            return None;
        }
    };
    let made = run
        .outputs
        .iter()
        .map(|lot| Amount::from(&lot.quantity).reo);
    Some((activity, made.sum()))
}

impl Capacities {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, changes: &[Change]) {
        let named = match fact.payload {
            Payload::LotMined(mined) => Some((
                mined.site,
                Activity::Mining,
                Amount::from(&mined.quantity).reo,
            )),
            Payload::LotProcessed(run) => {
                output_of(run).map(|(activity, reo_mg)| (run.site, activity, reo_mg))
            }
            _ => None,
        };
        if let Some((code, activity, reo_mg)) = named {
            let party = fact.author;
            let of = (SiteId { party, code }, activity, fact.happened_in.year());
            self.add(book, fact, of, reo_mg * i128::from(fact.sign));
        }
        for change in changes {
            let separated = change.crossed[place(Track::Separation)];
            if let Some(code) = change.site.filter(|_| separated != 0) {
                let party = change.author;
                let year = change.day.month().year();
                let of = (SiteId { party, code }, Activity::Separation, year);
                self.add(book, fact, of, separated);
            }
        }
    }

    fn add(&mut self, book: &Book, fact: &Fact<'_>, of: (SiteId, Activity, u16), reo_mg: i128) {
        let (site, activity, year) = of;
        let output = self.0.entry(of).or_default();
        output.reo_mg += reo_mg;
        output.exceeded_by = match book.capacity_in(&site, activity, year) {
            Some(limit) if output.reo_mg <= limit => None,
            Some(_) => output.exceeded_by.or(Some(fact.cause)),
            None => Some(fact.cause),
        };
        if output.reo_mg == 0 {
            self.0.remove(&of);
        }
    }

    /// A licence that came later counts too, the first one as well, so the capacity is that of today.
    pub(crate) fn findings<'a>(&'a self, book: &'a Book) -> impl Iterator<Item = Finding> + 'a {
        self.0
            .iter()
            .filter_map(|((site, activity, year), output)| {
                let evidence = output.exceeded_by?;
                let limit = book.capacity_in(site, *activity, *year)?;
                let subject = Subject {
                    site: Some(site.code),
                    year: Some(*year),
                    ..Subject::party(site.party)
                };
                let figures = vec![
                    Figure::mg("capacity", limit),
                    Figure::mg("output", output.reo_mg),
                    Figure::mg("above capacity", output.reo_mg - limit),
                ];
                let finding = || Finding::new(FindingCode::P03, subject, figures, vec![evidence]);
                (output.reo_mg > limit).then(finding)
            })
    }
}
