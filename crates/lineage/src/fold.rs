//! The fold: what brought each lot forth, which run drew what, and which lots are sealed.
//!
//! Invariant: contributions and uses of a lot stand in order of time, so that a query finds what came before by halving.
//! Adding an event works nothing out: shares are worked out when they are asked for.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, NewLot, Process};
use domain::{Code, Composition, EventId, LotId, Moment, PartyId, Payload};
use hashbrown::HashMap;
use projection::{Amount, Book, Cells, Fact, Finding, Fold, Movement};

use crate::origin::{OriginCell, OriginClass};

/// Place of an event in time; the log's order decides between events of one moment. No two events share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub(crate) struct When {
    pub occurred: Moment,
    pub position: u64,
}

/// A standing statement that brought a lot forth, or more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Drawn {
    pub lot: LotId,
    pub net_mg: u64,
    pub reo_mg: u64,
}

/// A standing run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Run {
    pub when: When,
    pub party: PartyId,
    pub site: Code,
    pub process: Process,
    pub inputs: Vec<Drawn>,
    /// Outputs and retained residue; their creator is the party.
    pub made: Vec<Code>,
}

impl Run {
    pub(crate) fn made(&self) -> impl Iterator<Item = LotId> + '_ {
        let creator = self.party;
        self.made.iter().map(move |code| LotId {
            creator,
            code: *code,
        })
    }
}

/// A run that drew of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    pub when: When,
    pub run: EventId,
}

/// A standing seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Seal {
    pub by: EventId,
    pub occurred: Moment,
}

/// State beside the cells.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    pub(crate) lots: HashMap<LotId, Vec<Contribution>>,
    pub(crate) runs: HashMap<EventId, Run>,
    /// Follows from the runs, so it is not part of the state's bytes.
    pub(crate) uses: HashMap<LotId, Vec<Use>>,
    pub(crate) sealed: BTreeMap<LotId, Seal>,
    /// The correction that took something away last, and the place of that in the log: what stands instead keeps it.
    /// Matters between two facts of one event only.
    replaced: Option<(EventId, u64)>,
}

/// What the bytes of the state hold.
type Saved = (
    Vec<(LotId, Vec<Contribution>)>,
    Vec<(EventId, Run)>,
    BTreeMap<LotId, Seal>,
);

impl Fold for Lineage {
    const NAME: &'static str = "lineage";
    const VERSION: u32 = 1;
    type Cell = OriginCell;

    fn apply(
        &mut self,
        _: &Book,
        fact: &Fact<'_>,
        _: &[Movement],
        post: &mut dyn FnMut(OriginCell, Amount),
    ) {
        let single = |lot, product, quantity, composition| NewLot {
            lot,
            product,
            quantity,
            composition,
        };
        let (class, lot) = match fact.payload {
            Payload::OpeningStockDeclared(p) => {
                for lot in p.lots.iter() {
                    self.take_source(fact, OriginClass::Opening, lot, post);
                }
                return;
            }
            Payload::LotMined(p) => (
                OriginClass::of_ore(p.ore),
                single(p.lot, p.product, p.quantity, p.composition),
            ),
            Payload::LotImported(p) => (
                OriginClass::Imported(p.country),
                single(p.lot, p.product, p.quantity, p.composition),
            ),
            Payload::ScrapCollected(p) => (
                OriginClass::Recycled(p.source),
                single(p.lot, p.product, p.quantity, p.composition),
            ),
            Payload::LotProcessed(run) => return self.take_run(fact, run),
            // Acts of office are not corrected, so that a seal only ends by its release. A second seal adds nothing.
            Payload::LotSealed(named) => {
                let (by, occurred) = (fact.stated_by, fact.occurred);
                for lot in named.lots.iter() {
                    self.sealed.entry(*lot).or_insert(Seal { by, occurred });
                }
                return;
            }
            Payload::LotReleased(named) => {
                for lot in named.lots.iter() {
                    self.sealed.remove(lot);
                }
                return;
            }
            _ => return,
        };
        self.take_source(fact, class, &lot, post);
    }

    fn findings(&self, _: &Cells<OriginCell>, book: &Book, _: Moment) -> Vec<Finding> {
        self.tainted_feed(book)
    }

    fn encode(&self) -> Vec<u8> {
        let mut lots: Vec<_> = self.lots.iter().collect();
        lots.sort_unstable_by_key(|(lot, _)| **lot);
        let mut runs: Vec<_> = self.runs.iter().collect();
        runs.sort_unstable_by_key(|(event, _)| **event);
        wire::state::to_bytes(&(lots, runs, &self.sealed))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (lots, runs, sealed) = wire::state::from_bytes::<Saved>(bytes)?;
        if !lots.is_sorted_by(|a, b| a.0 < b.0) || !runs.is_sorted_by(|a, b| a.0 < b.0) {
            return None;
        }
        let mut lineage = Self {
            lots: lots.into_iter().collect(),
            runs: HashMap::with_capacity(runs.len()),
            sealed,
            ..Self::default()
        };
        for (event, run) in runs {
            lineage.add_run(event, run);
        }
        let whole = |c: &Contribution| c.class.is_some() || lineage.runs.contains_key(&c.stated_by);
        let sound = |list: &Vec<Contribution>| {
            !list.is_empty() && list.is_sorted_by(|a, b| a.when < b.when) && list.iter().all(whole)
        };
        let sound = lineage.lots.values().all(sound);
        sound.then_some(lineage)
    }
}

impl Lineage {
    fn take_source(
        &mut self,
        fact: &Fact<'_>,
        class: OriginClass,
        new: &NewLot,
        post: &mut dyn FnMut(OriginCell, Amount),
    ) {
        let year = fact.happened_in.year();
        post(OriginCell { year, class }, fact.signed(&new.quantity));
        if fact.sign < 0 {
            self.remove_contribution(fact, new.lot);
        } else {
            self.add_contribution(fact, Some(class), new);
        }
    }

    fn take_run(&mut self, fact: &Fact<'_>, run: &LotProcessed) {
        let made = || run.outputs.iter().chain(run.retained.iter());
        if fact.sign < 0 {
            for new in made() {
                self.remove_contribution(fact, new.lot);
            }
            self.remove_run(fact);
            return;
        }
        for new in made() {
            self.add_contribution(fact, None, new);
        }
        let inputs = run.inputs.iter().map(|line| Drawn {
            lot: line.lot,
            net_mg: line.quantity.net.mg(),
            reo_mg: line.quantity.reo.mg(),
        });
        let stated = Run {
            when: self.when(fact),
            party: fact.author,
            site: run.site,
            process: run.process,
            inputs: inputs.collect(),
            made: made().map(|new| new.lot).collect(),
        };
        self.add_run(fact.stated_by, stated);
    }

    /// A fact that replaces another keeps its place in the log, so that a corrected figure does not move a lot behind
    /// the runs of the same moment that used it.
    fn when(&self, fact: &Fact<'_>) -> When {
        let kept = self.replaced.filter(|(cause, _)| *cause == fact.cause);
        When {
            occurred: fact.occurred,
            position: kept.map_or(fact.position, |(_, position)| position),
        }
    }

    fn add_contribution(&mut self, fact: &Fact<'_>, class: Option<OriginClass>, new: &NewLot) {
        let when = self.when(fact);
        // What is of one element is known to be, whether a composition was stated or not.
        let pure = || new.product.element().map(Composition::pure);
        let contribution = Contribution {
            when,
            stated_by: fact.stated_by,
            class,
            net_mg: new.quantity.net.mg(),
            reo_mg: new.quantity.reo.mg(),
            composition: new.composition.or_else(pure),
        };
        let lot = LotId {
            creator: fact.author,
            code: new.lot,
        };
        let list = self.lots.entry(lot).or_default();
        let place = list.partition_point(|other| other.when < when);
        // Nearly every lot has one; room for four would be most of the memory of a long log.
        if list.is_empty() {
            list.reserve_exact(1);
        }
        list.insert(place, contribution);
    }

    fn remove_contribution(&mut self, fact: &Fact<'_>, code: Code) {
        let lot = LotId {
            creator: fact.author,
            code,
        };
        let Some(list) = self.lots.get_mut(&lot) else {
            return;
        };
        if let Some(place) = list.iter().position(|c| c.stated_by == fact.stated_by) {
            let gone = list.remove(place);
            self.replaced = Some((fact.cause, gone.when.position));
        }
        if list.is_empty() {
            self.lots.remove(&lot);
        }
    }

    fn add_run(&mut self, event: EventId, run: Run) {
        let when = run.when;
        for input in &run.inputs {
            let list = self.uses.entry(input.lot).or_default();
            let place = list.partition_point(|other| other.when < when);
            if list.is_empty() {
                list.reserve_exact(1);
            }
            list.insert(place, Use { when, run: event });
        }
        self.runs.insert(event, run);
    }

    fn remove_run(&mut self, fact: &Fact<'_>) {
        let Some(gone) = self.runs.remove(&fact.stated_by) else {
            return;
        };
        self.replaced = Some((fact.cause, gone.when.position));
        for input in &gone.inputs {
            let Some(list) = self.uses.get_mut(&input.lot) else {
                continue;
            };
            list.retain(|other| other.run != fact.stated_by);
            if list.is_empty() {
                self.uses.remove(&input.lot);
            }
        }
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
