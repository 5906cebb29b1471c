//! The statements of one lot, where several events create it.
//!
//! Invariant: one of the booked statements describes the lot, and those of its product are booked under its code. The same
//! statement once more is not booked. Each question costs a look-up, however many statements there are. Knows no stock.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use chain::{Context, digest};
use domain::payload::{NewLot, Payload};
use domain::{Composition, EventId, Moment, Product};

use super::{LotRecord, Origin};
use crate::amount::Amount;

/// How a later statement of a lot stands to the one that describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// More of the same.
    Grows,
    /// Product, composition or origin is another.
    Differs,
    /// Author, time and content are the same: it is not booked.
    Twice,
}

/// A later statement of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restated {
    pub event: EventId,
    pub position: u64,
    /// The statement that it is compared with.
    pub first: EventId,
    pub again: Again,
    pub amount: Amount,
}

/// One statement, as it stands by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(super) struct Said {
    pub event: EventId,
    /// Of the event.
    pub position: u64,
    pub occurred: Moment,
    product: Product,
    composition: Option<Composition>,
    origin: Origin,
    amount: Amount,
    /// Of what is stated and when: to recognise the same once more.
    print: u64,
    pub is_twice: bool,
}

impl Said {
    pub(super) fn of(
        (event, position): (EventId, u64),
        occurred: Moment,
        new: &NewLot,
        payload: &Payload,
    ) -> Option<Self> {
        Some(Self {
            event,
            position,
            occurred,
            product: new.product,
            composition: new.composition,
            origin: Origin::of(payload)?,
            amount: Amount::from(&new.quantity),
            print: print_of(payload, occurred),
            is_twice: false,
        })
    }

    /// How it describes the lot, from a position on.
    pub(super) const fn describes(&self, from: u64) -> LotRecord {
        LotRecord {
            product: self.product,
            composition: self.composition,
            origin: self.origin,
            first_event: self.event,
            first_position: from,
            occurred: self.occurred,
        }
    }

    /// A composition that is left open says nothing else.
    fn differs(&self, record: &LotRecord) -> bool {
        let compositions = record.composition.zip(self.composition);
        self.product != record.product
            || compositions.is_some_and(|(known, own)| known != own)
            || self.origin != record.origin
    }
}

pub(super) fn print_of(payload: &Payload, occurred: Moment) -> u64 {
    let bytes = wire::state::to_bytes(&(payload, occurred));
    let digest = digest(Context::StateDigest, &[&bytes]);
    digest.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

/// Every standing statement of a lot, the one that describes it with them.
#[derive(Debug, Clone, Default)]
pub(super) struct Statements {
    /// By position of the event.
    all: BTreeMap<u64, Said>,
    by_event: BTreeMap<EventId, u64>,
    /// Booked ones by when they occurred.
    by_product: BTreeMap<Product, BTreeSet<(Moment, u64)>>,
    by_print: BTreeMap<u64, BTreeSet<u64>>,
}

impl Statements {
    pub(super) fn add(&mut self, said: Said) {
        self.remove(&said.event);
        self.by_event.insert(said.event, said.position);
        let same = self.by_print.entry(said.print).or_default();
        same.insert(said.position);
        if !said.is_twice {
            let of = self.by_product.entry(said.product).or_default();
            of.insert((said.occurred, said.position));
        }
        self.all.insert(said.position, said);
    }

    pub(super) fn remove(&mut self, event: &EventId) -> Option<Said> {
        let at = self.by_event.remove(event)?;
        let said = self.all.remove(&at)?;
        if let Some(same) = self.by_print.get_mut(&said.print) {
            same.remove(&at);
            if same.is_empty() {
                self.by_print.remove(&said.print);
            }
        }
        if let Some(of) = self.by_product.get_mut(&said.product) {
            of.remove(&(said.occurred, at));
            if of.is_empty() {
                self.by_product.remove(&said.product);
            }
        }
        Some(said)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, event: &EventId) -> Option<&Said> {
        self.all.get(self.by_event.get(event)?)
    }

    /// The booked statement of which one with this print is the same once more.
    pub(super) fn same_as(&self, print: u64, event: &EventId) -> Option<EventId> {
        let same = self.by_print.get(&print)?.iter();
        let mut same = same.filter_map(|at| self.all.get(at));
        let found = same.find(|said| !said.is_twice && said.event != *event);
        found.map(|said| said.event)
    }

    /// The oldest one that is not booked because another one with this print is.
    pub(super) fn twin(&self, print: u64) -> Option<&Said> {
        let same = self.by_print.get(&print)?.iter();
        let mut same = same.filter_map(|at| self.all.get(at));
        same.find(|said| said.is_twice)
    }

    pub(super) fn book(&mut self, event: &EventId) {
        if let Some(said) = self.remove(event) {
            let is_twice = false;
            self.add(Said { is_twice, ..said });
        }
    }

    /// The earliest booked statement of a product.
    pub(super) fn earliest_of(&self, product: Product) -> Option<&Said> {
        let (_, at) = self.by_product.get(&product)?.first()?;
        self.all.get(at)
    }

    /// The oldest booked statement.
    pub(super) fn oldest(&self) -> Option<&Said> {
        let firsts = self.by_product.values().filter_map(BTreeSet::first);
        let (_, at) = firsts.min()?;
        self.all.get(at)
    }

    /// Booked statements of a product, in the order of the log.
    pub(super) fn of_product(&self, product: Product) -> Vec<Said> {
        let of = self.by_product.get(&product).into_iter().flatten();
        let mut found: Vec<Said> = of.filter_map(|(_, at)| self.all.get(at).copied()).collect();
        found.sort_unstable_by_key(|said| said.position);
        found
    }

    /// What is said again of a lot that is described so, in the order of the log.
    pub(super) fn again(&self, record: &LotRecord) -> Vec<Restated> {
        let others = self.all.values();
        let others = others.filter(|said| said.event != record.first_event);
        let restated = others.map(|said| {
            let (again, first) = if said.is_twice {
                let same = self.same_as(said.print, &said.event);
                (Again::Twice, same.unwrap_or(record.first_event))
            } else if said.differs(record) {
                (Again::Differs, record.first_event)
            } else {
                (Again::Grows, record.first_event)
            };
            Restated {
                event: said.event,
                position: said.position,
                first,
                again,
                amount: said.amount,
            }
        });
        restated.collect()
    }

    pub(super) fn save(&self) -> Vec<Said> {
        self.all.values().copied().collect()
    }

    pub(super) fn load(saved: Vec<Said>) -> Self {
        let mut statements = Self::default();
        saved.into_iter().for_each(|said| statements.add(said));
        statements
    }
}
