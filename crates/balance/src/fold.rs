//! The fold: stock by party, site and lot, and what findings need to remember.
//!
//! Invariant: remembers first evidence only, so that its size follows what looks wrong, not the length of the log.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{InspectionRecorded, LotProcessed, OpeningStockDeclared};
use domain::{DAY_MS, EventId, Moment, PartyId, Payload, SiteId};
use projection::{Amount, Book, Cells, Column, Fact, Finding, Fold, Movement, Seals};

use crate::area::Areas;
use crate::cell::StockCell;
use crate::drawn::Drawn;
use crate::inspections::Inspections;
use crate::methods::{Ground, Methods};
use crate::run::RunSums;
use crate::runs::Runs;
use crate::windows::{Windows, circulates};

/// Opening stock of a site as declared by one event.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Opening {
    pub site: SiteId,
    pub declared: Amount,
    /// Standing inspections of the site since.
    pub inspected_by: Vec<EventId>,
    /// Declared when no opening stock could be declared any more, and days since the registration.
    pub late: Amount,
    pub days: i64,
}

/// When a party was registered, and what was declared in time, by event: by the node's clock, which the party does not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Admitted {
    registered: BTreeMap<PartyId, Moment>,
    in_time: BTreeMap<EventId, Amount>,
}

/// A movement of a sealed lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Breach {
    pub cell: StockCell,
    pub event: EventId,
    pub sealed_by: EventId,
}

/// State next to the cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Balance {
    pub(crate) methods: Methods,
    pub(crate) drawn: Drawn,
    /// Unknown lots by cell, with the standing events that moved them, in log order.
    pub(crate) unknown: BTreeMap<StockCell, Vec<EventId>>,
    pub(crate) seals: Seals,
    /// Net mass moved out of sealed lots.
    pub(crate) breaches: BTreeMap<Breach, i128>,
    pub(crate) openings: BTreeMap<EventId, Opening>,
    admitted: Admitted,
    pub(crate) runs: Runs,
    pub(crate) windows: Windows,
    pub(crate) areas: Areas,
    pub(crate) inspections: Inspections,
}

impl Fold for Balance {
    const NAME: &'static str = "balance";
    const VERSION: u32 = 5;
    type Cell = StockCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        moves: &[Movement],
        post: &mut dyn FnMut(StockCell, Amount),
    ) {
        for step in moves {
            let cell = StockCell::of(step);
            post(cell, step.amount());
            if step.is_relabelling() {
                continue;
            }
            self.note_unknown(fact, step, cell);
            self.note_breach(fact, step, cell);
        }
        self.methods.take(fact);
        self.areas.take_count(book, &self.methods);
        self.take_moves(book, fact, moves);
        self.seals.take(fact);
        match fact.payload {
            Payload::OpeningStockDeclared(declared) => self.note_opening(book, fact, declared),
            Payload::PartyRegistered(act) if fact.sign > 0 => {
                let registered = &mut self.admitted.registered;
                registered.entry(act.party).or_insert(fact.received);
            }
            Payload::InspectionRecorded(inspection) => {
                self.note_inspection(fact, inspection);
                let ground = (book, &self.methods, &self.drawn);
                self.inspections.inspect(ground, fact, inspection);
            }
            Payload::LotProcessed(run) => self.take_run(book, fact, run),
            Payload::LotMined(mined) => self.runs.take_mined(book, fact, mined),
            _ => {}
        }
    }

    fn findings(&self, cells: &Cells<StockCell>, book: &Book, as_of: Moment) -> Vec<Finding> {
        crate::findings::all(self, cells, book, as_of)
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        wire::state::from_bytes(bytes)
    }
}

impl Balance {
    /// What moves, for the lots, the area and what was inspected there.
    fn take_moves(&mut self, book: &Book, fact: &Fact<'_>, moves: &[Movement]) {
        if moves.is_empty() {
            return;
        }
        let ground = Ground::of(book, &self.methods, fact);
        let moving = moves.iter().enumerate();
        for (place, step) in moving.filter(|(_, step)| !step.is_relabelling()) {
            let left = left_after(book, moves, place);
            self.drawn.take(ground.as_ref(), fact, step, left);
            self.inspections.take(&self.areas, fact, step);
        }
        self.areas.take(book, ground.as_ref(), fact, moves);
    }

    /// A run is summed once, for the area, for its window, and, where nothing circles, for itself.
    fn take_run(&mut self, book: &Book, fact: &Fact<'_>, run: &LotProcessed) {
        let Some(ground) = Ground::of(book, &self.methods, fact) else {
            return;
        };
        let sums = RunSums::of(book, ground, fact, run);
        let site = SiteId {
            party: fact.author,
            code: run.site,
        };
        let place = (site, ground.stated.day);
        self.areas.take_run(book, fact, place, &sums);
        self.windows.take_run(book, fact, run, &sums);
        if !circulates(run.process) {
            self.runs.take_run(book, fact, run, &sums);
        }
    }

    fn note_unknown(&mut self, fact: &Fact<'_>, step: &Movement, cell: StockCell) {
        if fact.sign < 0 {
            if let Some(events) = self.unknown.get_mut(&cell) {
                events.retain(|event| *event != fact.stated_by);
                if events.is_empty() {
                    self.unknown.remove(&cell);
                }
            }
        } else if step.product.is_none() {
            let events = self.unknown.entry(cell).or_default();
            if events.len() < EVIDENCE_MAX && !events.contains(&fact.stated_by) {
                events.push(fact.stated_by);
            }
        }
    }

    /// A sealed lot moves when some of it leaves a site by an act of its holder; a count moves nothing.
    fn note_breach(&mut self, fact: &Fact<'_>, step: &Movement, cell: StockCell) {
        let event = fact.stated_by;
        if fact.sign < 0 {
            let bound = |byte| Breach {
                cell,
                event,
                sealed_by: EventId([byte; 32]),
            };
            let mut known = self.breaches.range(bound(0)..=bound(u8::MAX));
            if let Some(breach) = known.next().map(|(breach, _)| *breach) {
                self.breaches.remove(&breach);
            }
            return;
        }
        let Some(seal) = self.seals.of(&step.lot) else {
            return;
        };
        if step.net_mg < 0 && step.column != Column::CountedDifference {
            let breach = Breach {
                cell,
                event,
                sealed_by: seal.by,
            };
            self.breaches.insert(breach, step.net_mg);
        }
    }

    fn note_opening(&mut self, book: &Book, fact: &Fact<'_>, declared: &OpeningStockDeclared) {
        if fact.sign < 0 {
            self.openings.remove(&fact.stated_by);
            return;
        }
        let site = SiteId {
            party: fact.author,
            code: declared.site,
        };
        let lots = declared.lots.iter();
        let declared = lots.fold(Amount::ZERO, |sum, lot| sum + Amount::from(&lot.quantity));
        let registered = self.admitted.registered.get(&fact.author);
        let days = registered.map_or(0, |since| (fact.received.ms() - since.ms()) / DAY_MS);
        let rules = book.registry().rules_at(fact.received);
        let is_in_time = rules.is_none_or(|rules| days <= i64::from(rules.opening_stock_days));
        // What is put right later may not grow: that would be a declaration of its own.
        let in_time = self.admitted.in_time.entry(fact.stated_by).or_default();
        if is_in_time {
            in_time.net = in_time.net.max(declared.net);
            in_time.reo = in_time.reo.max(declared.reo);
        }
        let opening = Opening {
            site,
            declared,
            inspected_by: Vec::new(),
            late: (declared - *in_time).not_below_zero(),
            days,
        };
        self.openings.insert(fact.stated_by, opening);
    }

    /// An inspection of the site countersigns what was declared there before it; a later replacement needs another.
    fn note_inspection(&mut self, fact: &Fact<'_>, inspection: &InspectionRecorded) {
        let here = self
            .openings
            .values_mut()
            .filter(|opening| opening.site == inspection.site);
        for opening in here {
            if fact.sign > 0 {
                opening.inspected_by.push(fact.stated_by);
            } else {
                opening.inspected_by.retain(|by| *by != fact.stated_by);
            }
        }
    }
}

/// What is left of a lot after the movement at `place`. The book still stands as before the fact; of several movements of
/// one cell in it, all up to `place` count.
fn left_after(book: &Book, moves: &[Movement], place: usize) -> Amount {
    let Some((last, before)) = moves.get(..=place).and_then(<[Movement]>::split_last) else {
        return Amount::ZERO;
    };
    let cell = StockCell::of(last);
    let same = before.iter().filter(|step| StockCell::of(step) == cell);
    let moved = same.fold(last.amount(), |sum, step| sum + step.amount());
    book.stock_before(last) + moved
}

/// Events kept as evidence of one finding.
const EVIDENCE_MAX: usize = 16;
