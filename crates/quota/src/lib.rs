//! Quota: national indicators, allocations, moves, deductions and what was consumed, by nation, group and enterprise.
//!
//! Invariant: every figure is the sum of postings that can be listed. Mining quota counts the ore product of each mined
//! lot; separation quota counts a run's outputs in proportion to the ore among its inputs, whatever the ore's origin.
//! Knows nothing of stock.

mod cell;
mod consumption;
mod findings;
mod licence;
mod report;

pub use cell::{Holding, Line, QuotaCell};
pub use report::{QuotaRow, national, rows};

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{BatchBasis, Holder, Payload};
use domain::{Mass, Moment, PartyId, Track};
use projection::{Amount, Book, Cells, Fact, Finding, Fold, Movement};

use cell::holdings_of;
use licence::Licences;

/// The projection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Quota {
    /// Sum of the batches so far, which a cumulative batch replaces.
    batches: BTreeMap<(Holding, u16, Track), u64>,
    /// First production of an enterprise in a year that no quota covered when it was recorded.
    uncovered: BTreeMap<(PartyId, u16, Track), domain::EventId>,
    /// Quota left by enterprise, to tell when it is first exceeded.
    left: BTreeMap<(PartyId, u16, Track), i128>,
    licences: Licences,
}

fn reo(mg: i128) -> Amount {
    Amount { net: 0, reo: mg }
}

type Post<'a> = &'a mut dyn FnMut(QuotaCell, Amount);

impl Quota {
    /// A batch adds to the earlier ones of its year, or its figure includes them.
    fn take_batch(
        &mut self,
        key: (Holding, u16, Track),
        amount: Mass,
        basis: BatchBasis,
        post: Post<'_>,
    ) {
        let sum = self.batches.entry(key).or_default();
        let new = match basis {
            BatchBasis::Incremental => *sum + amount.mg(),
            BatchBasis::Cumulative => amount.mg(),
        };
        let change = i128::from(new) - i128::from(*sum);
        *sum = new;
        self.add(key, Line::Allocated, change, post);
    }

    fn add(
        &mut self,
        (holding, year, track): (Holding, u16, Track),
        line: Line,
        mg: i128,
        post: Post<'_>,
    ) {
        post(
            QuotaCell {
                holding,
                year,
                track,
                line,
            },
            reo(mg),
        );
        if let Holding::Party(party) = holding {
            let left = self.left.entry((party, year, track)).or_default();
            *left += if line.adds() { mg } else { -mg };
            if *left >= 0 {
                self.uncovered.remove(&(party, year, track));
            }
        }
    }

    fn consume(&mut self, book: &Book, fact: &Fact<'_>, track: Track, mg: i128, post: Post<'_>) {
        // Quota is of the year of production, whenever the event is recorded or corrected.
        let year = book.registry().zone().month_of(fact.occurred).year();
        for holding in holdings_of(book, fact.author) {
            self.add((holding, year, track), Line::Consumed, mg, post);
        }
        let key = (fact.author, year, track);
        if mg > 0 && self.left.get(&key).is_some_and(|left| *left < 0) {
            self.uncovered.entry(key).or_insert(fact.cause);
        }
    }

    fn take_act(&mut self, payload: &Payload, post: Post<'_>) {
        match payload {
            Payload::IndicatorSet(act) => {
                self.take_batch(
                    (Holding::Nation, act.year, act.track),
                    act.amount_mg,
                    act.basis,
                    post,
                );
            }
            Payload::QuotaAllocated(act) => {
                let holding = Holding::from(act.holder);
                self.take_batch(
                    (holding, act.year, act.track),
                    act.amount_mg,
                    act.basis,
                    post,
                );
            }
            Payload::QuotaMoved(act) => {
                let mg = i128::from(act.amount_mg.mg());
                for (holder, mg) in [(act.from, -mg), (act.to, mg)] {
                    self.add(
                        (Holding::from(holder), act.year, act.track),
                        Line::Moved,
                        mg,
                        post,
                    );
                }
            }
            Payload::QuotaDeducted(act) => {
                let holding = Holding::from(Holder::Party(act.party));
                let mg = i128::from(act.amount_mg.mg());
                self.add((holding, act.year, act.track), Line::Deducted, mg, post);
            }
            _ => {}
        }
    }
}

impl Fold for Quota {
    const NAME: &'static str = "quota";
    const VERSION: u32 = 1;
    type Cell = QuotaCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        _: &[Movement],
        post: &mut dyn FnMut(QuotaCell, Amount),
    ) {
        self.licences.take(book, fact);
        match fact.payload {
            Payload::LotMined(mined) => {
                let mg = fact.signed(&mined.quantity).reo;
                self.consume(book, fact, mined.ore.track(), mg, post);
            }
            Payload::LotProcessed(run) => {
                if let Some(mg) = consumption::of_run(book, run) {
                    self.consume(
                        book,
                        fact,
                        Track::Separation,
                        mg * i128::from(fact.sign),
                        post,
                    );
                }
            }
            act => self.take_act(act, post),
        }
    }

    fn findings(&self, cells: &Cells<QuotaCell>, _: &Book, _: Moment) -> Vec<Finding> {
        let mut found = findings::of_quota(self, cells);
        found.extend(self.licences.findings());
        found
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        wire::state::from_bytes(bytes)
    }
}
