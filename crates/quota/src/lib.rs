//! Quota: national indicators, allocations, moves, deductions and what was consumed, by nation, group and enterprise.
//!
//! Invariant: every figure is the sum of postings that can be listed. Mining quota counts the ore product of each mined
//! lot, and what a run makes of raw ore; separation quota counts a run's outputs in proportion to the ore among its inputs,
//! whatever the ore's origin. Knows nothing of stock.

mod burst;
mod capacity;
mod cell;
mod consumption;
mod findings;
mod grants;
mod licence;
mod report;

pub use cell::{Holding, Line, QuotaCell};
pub use report::{QuotaRow, by_month, national, newest_year, rows};

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{BatchBasis, Payload};
use domain::{EventId, Mass, Moment, PartyId, Product, Track};
use projection::{Amount, Book, Cells, Fact, Finding, Fold, Movement};

use burst::Bursts;
use capacity::Capacities;
use cell::holdings_of;
use grants::Grants;
use licence::Licences;

/// Whose quota of what: the key of an account.
type AccountKey = (Holding, u16, Track);

/// The batches of an account so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Batches {
    /// Milligrams; a cumulative batch replaces it.
    sum: u64,
    last: EventId,
}

/// What tells when an enterprise exceeds its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
struct Usage {
    available: i128,
    consumed: i128,
    /// The event since which more is consumed than available.
    exceeded_by: Option<EventId>,
}

/// The projection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Quota {
    batches: BTreeMap<AccountKey, Batches>,
    /// The last move into or out of each account.
    moves: BTreeMap<AccountKey, EventId>,
    usage: BTreeMap<(PartyId, u16, Track), Usage>,
    licences: Licences,
    capacities: Capacities,
    bursts: Bursts,
    grants: Grants,
}

type Post<'a> = &'a mut dyn FnMut(QuotaCell, Amount);

impl Quota {
    /// A batch adds to the earlier ones of its year, or its figure includes them.
    fn take_batch(
        &mut self,
        fact: &Fact<'_>,
        key: AccountKey,
        amount: Mass,
        basis: BatchBasis,
        post: Post<'_>,
    ) {
        let before = self.batches.get(&key).map_or(0, |batches| batches.sum);
        let sum = match basis {
            BatchBasis::Incremental => before.saturating_add(amount.mg()),
            BatchBasis::Cumulative => amount.mg(),
        };
        let last = fact.stated_by;
        self.batches.insert(key, Batches { sum, last });
        let change = i128::from(sum) - i128::from(before);
        self.add(fact, key, Line::Allocated, change, post);
    }

    fn add(&mut self, fact: &Fact<'_>, key: AccountKey, line: Line, mg: i128, post: Post<'_>) {
        let (holding, year, track) = key;
        let month = match line {
            Line::Consumed => fact.happened_in.month(),
            Line::Allocated | Line::Moved | Line::Deducted => 0,
        };
        post(
            QuotaCell {
                holding,
                year,
                track,
                line,
                month,
            },
            Amount { net: 0, reo: mg },
        );
        let Holding::Party(party) = holding else {
            return;
        };
        let usage = self.usage.entry((party, year, track)).or_default();
        match line {
            Line::Allocated | Line::Moved => usage.available += mg,
            Line::Deducted => usage.available -= mg,
            Line::Consumed => usage.consumed += mg,
        }
        // A deduction for a year in which nothing is produced yet exceeds nothing.
        if usage.consumed > usage.available.max(0) {
            usage.exceeded_by.get_or_insert(fact.cause);
        } else {
            usage.exceeded_by = None;
        }
    }

    fn consume(&mut self, book: &Book, fact: &Fact<'_>, track: Track, mg: i128, post: Post<'_>) {
        // Quota is of the year of production, whenever the event is recorded or corrected.
        let month = fact.happened_in;
        let year = month.year();
        self.bursts.take(fact, track, month, mg);
        for holding in holdings_of(book, fact.author) {
            self.add(fact, (holding, year, track), Line::Consumed, mg, post);
        }
    }

    fn take_act(&mut self, fact: &Fact<'_>, post: Post<'_>) {
        match fact.payload {
            Payload::IndicatorSet(act) => {
                let key = (Holding::Nation, act.year, act.track);
                self.take_batch(fact, key, act.amount_mg, act.basis, post);
            }
            Payload::QuotaAllocated(act) => {
                let key = (Holding::from(act.holder), act.year, act.track);
                self.take_batch(fact, key, act.amount_mg, act.basis, post);
            }
            Payload::QuotaMoved(act) => {
                let mg = i128::from(act.amount_mg.mg());
                for (holder, mg) in [(act.from, -mg), (act.to, mg)] {
                    let key = (Holding::from(holder), act.year, act.track);
                    self.moves.insert(key, fact.stated_by);
                    self.add(fact, key, Line::Moved, mg, post);
                }
            }
            Payload::QuotaDeducted(act) => {
                let key = (Holding::Party(act.party), act.year, act.track);
                self.add(fact, key, Line::Deducted, act.amount_mg.mg().into(), post);
            }
            _ => {}
        }
    }
}

impl Fold for Quota {
    const NAME: &'static str = "quota";
    const VERSION: u32 = 4;
    type Cell = QuotaCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        _: &[Movement],
        post: &mut dyn FnMut(QuotaCell, Amount),
    ) {
        self.licences.take(book, fact);
        self.capacities.take(book, fact);
        self.grants.take(fact);
        match fact.payload {
            // What is dug counts once it is dressed: where it is mined as a product, or by the run that dresses it.
            Payload::LotMined(mined) if !matches!(mined.product, Product::RawOre(_)) => {
                let mg = fact.signed(&mined.quantity).reo;
                self.consume(book, fact, mined.ore.track(), mg, post);
            }
            Payload::LotProcessed(run) => {
                for (track, mg) in consumption::of_dressing(book, fact, run) {
                    self.consume(book, fact, track, mg * i128::from(fact.sign), post);
                }
                if let Some(mg) = consumption::of_run(book, fact, run) {
                    self.consume(
                        book,
                        fact,
                        Track::Separation,
                        mg * i128::from(fact.sign),
                        post,
                    );
                }
            }
            _ => self.take_act(fact, post),
        }
    }

    fn findings(&self, cells: &Cells<QuotaCell>, book: &Book, as_of: Moment) -> Vec<Finding> {
        let mut found = findings::of_quota(self, cells, book);
        found.extend(self.licences.findings());
        found.extend(self.capacities.findings(book));
        found.extend(self.grants.findings(book, as_of));
        found.extend(self.bursts.findings(book.registry().zone().month_of(as_of)));
        found
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        wire::state::from_bytes(bytes)
    }
}
