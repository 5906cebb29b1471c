//! The graph of a query: what brought lots forth, and which run drew what, as far as the query needs it.
//!
//! Invariant: contributions and uses of a lot stand in order of time, so that a query finds what came before by halving.
//! Knows nothing of the log: `index` reads the events.

use domain::payload::{LotProcessed, NewLot, Process};
use domain::{Code, Composition, EventId, LotId, Moment, PartyId};
use hashbrown::HashMap;

use crate::origin::OriginClass;

/// Place of an event in time; the log's order decides between events of one moment. No two events share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct When {
    pub occurred: Moment,
    pub position: u64,
}

/// A standing statement that brought a lot forth, or more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contribution {
    pub when: When,
    pub stated_by: EventId,
    /// Nothing where it came out of the run that `stated_by` states.
    pub class: Option<OriginClass>,
    pub net_mg: u64,
    pub reo_mg: u64,
    pub composition: Option<Composition>,
}

/// What a run drew of one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub lot: LotId,
    pub net_mg: u64,
    pub reo_mg: u64,
}

/// A standing run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub when: When,
    pub party: PartyId,
    pub site: Code,
    pub process: Process,
    pub inputs: Vec<Drawn>,
    /// The lots under which outputs and retained residue are booked.
    pub made: Vec<LotId>,
}

/// A run that drew of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    pub when: When,
    pub run: EventId,
}

/// Lots and runs around what was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    lots: HashMap<LotId, Vec<Contribution>>,
    pub(crate) runs: HashMap<EventId, Run>,
    uses: HashMap<LotId, Vec<Use>>,
}

impl Run {
    /// `booked_under` says which lot an output is held as: one of its own where its code stands for something else.
    pub(crate) fn of(
        when: When,
        party: PartyId,
        run: &LotProcessed,
        booked_under: impl Fn(&NewLot) -> LotId,
    ) -> Self {
        let inputs = run.inputs.iter().map(|line| Drawn {
            lot: line.lot,
            net_mg: line.quantity.net.mg(),
            reo_mg: line.quantity.reo.mg(),
        });
        let made = run.outputs.iter().chain(run.retained.iter());
        Self {
            when,
            party,
            site: run.site,
            process: run.process,
            inputs: inputs.collect(),
            made: made.map(booked_under).collect(),
        }
    }
}

impl Contribution {
    pub(crate) fn of(
        when: When,
        stated_by: EventId,
        class: Option<OriginClass>,
        new: &NewLot,
    ) -> Self {
        Self {
            when,
            stated_by,
            class,
            net_mg: new.quantity.net.mg(),
            reo_mg: new.quantity.reo.mg(),
            composition: new.product.composition(new.composition),
        }
    }
}

impl Graph {
    pub(crate) fn add_contribution(&mut self, lot: LotId, contribution: Contribution) {
        let list = self.lots.entry(lot).or_default();
        let place = list.partition_point(|other| other.when < contribution.when);
        list.insert(place, contribution);
    }

    pub(crate) fn add_run(&mut self, event: EventId, run: Run) {
        let when = run.when;
        for input in &run.inputs {
            let list = self.uses.entry(input.lot).or_default();
            let place = list.partition_point(|other| other.when < when);
            list.insert(place, Use { when, run: event });
        }
        self.runs.insert(event, run);
    }

    /// What brought the lot forth before a moment, or at all, in order of time.
    pub(crate) fn contributions(&self, lot: &LotId, before: Option<When>) -> &[Contribution] {
        let all = self.lots.get(lot).map_or(&[][..], Vec::as_slice);
        let count = before.map_or(all.len(), |before| {
            all.partition_point(|contribution| contribution.when < before)
        });
        &all[..count]
    }

    /// Runs that drew of the lot after a moment, or ever, in order of time.
    pub(crate) fn uses(&self, lot: &LotId, after: Option<When>) -> &[Use] {
        let all = self.uses.get(lot).map_or(&[][..], Vec::as_slice);
        let skipped = after.map_or(0, |after| all.partition_point(|used| used.when <= after));
        &all[skipped..]
    }
}
