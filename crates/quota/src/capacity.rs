//! P03: a site that gives more REO in a year than its licences allow.
//!
//! Invariant: output counts in the calendar year in which it happened; capacities of all licences of the activity that
//! touch the year add up. Beneficiation is not counted beside the ore product of the same mine. Knows no quota.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, Payload, Process};
use domain::{Activity, EventId, SiteId};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Subject};

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

fn output_of(run: &LotProcessed) -> Option<(Activity, i128)> {
    let activity = match run.process {
        Process::Separation => Activity::Separation,
        Process::MetalSmelting => Activity::MetalSmelting,
        Process::Recycling => Activity::Recycling,
        Process::Alloying | Process::MagnetMaking => Activity::Manufacturing,
        Process::Beneficiation | Process::Blending | Process::Repackaging => return None,
    };
    let made = run
        .outputs
        .iter()
        .map(|lot| Amount::from(&lot.quantity).reo);
    Some((activity, made.sum()))
}

impl Capacities {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        let (site, activity, reo_mg) = match fact.payload {
            Payload::LotMined(mined) => (
                mined.site,
                Activity::Mining,
                Amount::from(&mined.quantity).reo,
            ),
            Payload::LotProcessed(run) => match output_of(run) {
                Some((activity, reo_mg)) => (run.site, activity, reo_mg),
                None => return,
            },
            _ => return,
        };
        let site = SiteId {
            party: fact.author,
            code: site,
        };
        let year = fact.happened_in.year();
        let output = self.0.entry((site, activity, year)).or_default();
        output.reo_mg += reo_mg * i128::from(fact.sign);
        output.exceeded_by = match book.capacity_in(&site, activity, year) {
            Some(limit) if output.reo_mg <= limit => None,
            Some(_) => output.exceeded_by.or(Some(fact.cause)),
            None => Some(fact.cause),
        };
        if output.reo_mg == 0 {
            self.0.remove(&(site, activity, year));
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
