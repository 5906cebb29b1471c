//! M01: a run that gives more REO than it took, beyond what measurement noise explains.
//!
//! Invariant: judged by the rules of the day of the run; residue and discards count as given, since matter is not made.
//! Kept by the event that shows it, so that a correction takes it away again.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::LotProcessed;
use domain::{Code, EventId, PartyId, Quantity};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Subject};

/// A run that gained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Gain {
    party: PartyId,
    site: Code,
    taken: i128,
    given: i128,
}

/// Runs that gained, by event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Gains(BTreeMap<EventId, Gain>);

fn reo<'a>(quantities: impl Iterator<Item = &'a Quantity>) -> i128 {
    quantities.map(|quantity| Amount::from(quantity).reo).sum()
}

impl Gains {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, run: &LotProcessed) {
        if fact.sign < 0 {
            self.0.remove(&fact.stated_by);
            return;
        }
        let taken = reo(run.inputs.iter().map(|input| &input.quantity));
        let made = run.outputs.iter().chain(run.retained.iter());
        let given = reo(made.map(|lot| &lot.quantity))
            + reo(run.discards.iter().map(|discard| &discard.quantity));
        let registry = book.registry();
        let rules = registry.rules_on(registry.zone().day_of(fact.occurred));
        let tolerance = rules.map_or(0, |rules| rules.gain_tolerance_ppm.of(taken));
        if given > taken + tolerance {
            let (party, site) = (fact.author, run.site);
            let gain = Gain {
                party,
                site,
                taken,
                given,
            };
            self.0.insert(fact.stated_by, gain);
        }
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.0.iter().map(|(event, gain)| {
            let subject = Subject {
                party: Some(gain.party),
                site: Some(gain.site),
                ..Subject::default()
            };
            let figures = vec![
                Figure::mg("REO taken", gain.taken),
                Figure::mg("REO given", gain.given),
                Figure::mg("REO gained", gain.given - gain.taken),
            ];
            Finding::new(FindingCode::M01, subject, figures, vec![*event])
        })
    }
}
