//! Quota accounts: indicators, allocations, moves, deductions and what was consumed, by nation, group and enterprise.
//!
//! Invariant: every figure is the sum of postings that can be listed. Mining quota counts what becomes an ore product,
//! separation quota what becomes separated, whoever does it and whatever it is called: `stage` alone knows how. Knows
//! nothing of stock.

mod account;
mod burst;
mod capacity;
mod cell;
mod consumption;
mod findings;
mod grants;
mod licence;
mod offices;
mod report;
mod stage;
mod standing;

pub use cell::{Holding, Line, QuotaCell};
pub use report::{QuotaRow, by_month, national, newest_year, rows};

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{BatchBasis, Holder, Instrument, Payload, QuotaDeducted, QuotaMoved};
use domain::{Day, Mass, Moment, Month, Track};
use projection::{Amount, Book, Cells, Fact, Finding, Fold, Movement};

use account::{Adjustment, Adjustments, Batch, Batches, Usage, UsageKey};
use capacity::Capacities;
use grants::Grants;
use licence::Licences;
use offices::Offices;
use stage::{SavedStages, Stages};
use standing::Standings;

/// Whose quota of what: the key of an account.
type AccountKey = (Holding, u16, Track);

/// The projection.
#[derive(Debug, Clone, Default)]
pub struct Quota {
    stages: Stages,
    batches: BTreeMap<AccountKey, Batches>,
    adjustments: Adjustments,
    usage: BTreeMap<UsageKey, Usage>,
    licences: Licences,
    standings: Standings,
    capacities: Capacities,
    grants: Grants,
    offices: Offices,
}

/// What the bytes of the state hold.
#[derive(Encode, Decode)]
struct SavedQuota {
    stages: SavedStages,
    batches: BTreeMap<AccountKey, Batches>,
    adjustments: Adjustments,
    usage: BTreeMap<UsageKey, Usage>,
    licences: Licences,
    standings: Standings,
    capacities: Capacities,
    grants: Grants,
    offices: Offices,
}

type Post<'a> = &'a mut dyn FnMut(QuotaCell, Amount);

/// What a notice hands out.
struct Notice<'a> {
    key: AccountKey,
    number: u8,
    amount: Mass,
    basis: BatchBasis,
    instrument: &'a Instrument,
}

impl Quota {
    /// What an enterprise may consume of a year.
    fn available(&self, key: &UsageKey) -> i128 {
        let taken_over = self.usage.get(key).map_or(0, |usage| usage.taken_over);
        self.issued(key, None) + taken_over
    }

    /// What was issued to it and moved to it, less what was deducted, by a day or at all.
    fn issued(&self, (party, year, track): &UsageKey, by: Option<Day>) -> i128 {
        let account = (Holding::Party(*party), *year, *track);
        let batches = self.batches.get(&account);
        let issued = batches.map_or(0, |batches| batches.sum(by));
        issued + self.adjustments.sum(&account, by)
    }

    /// What it could produce by a day under what was issued by then. What a predecessor had left counts for its successor from
    /// the day of the succession on, and for the predecessor until then: what passed on later takes no day's quota away.
    fn in_force(&self, book: &Book, key: &UsageKey, by: Option<Day>) -> i128 {
        let (party, year, track) = *key;
        let mut sum = self.issued(key, by);
        let last = Month::new(year, 12).map(|month| month.day(31));
        let Some(day) = by.or_else(|| last.ok()) else {
            return sum;
        };
        let mut seen = std::collections::BTreeSet::from([party]);
        let mut waiting: Vec<_> = book.predecessors(&party, day).collect();
        while let Some(before) = waiting.pop() {
            if !seen.insert(before) {
                continue;
            }
            let key = (before, year, track);
            let used = self.usage.get(&key);
            sum += self.issued(&key, by) - used.map_or(0, |usage| usage.consumed_by(day));
            waiting.extend(book.predecessors(&before, day));
        }
        sum
    }

    /// Years and tracks in which a party has an account.
    fn years_of(&self, party: domain::PartyId) -> Vec<(u16, Track)> {
        let own = |(holding, ..): &&AccountKey| *holding == Holding::Party(party);
        let issued = self
            .batches
            .keys()
            .chain(self.adjustments.keys())
            .filter(own);
        let issued = issued.map(|(_, year, track)| (*year, *track));
        let used = self.usage.keys().filter(|(user, ..)| *user == party);
        let mut years: Vec<_> = issued
            .chain(used.map(|(_, year, track)| (*year, *track)))
            .collect();
        years.sort_unstable();
        years.dedup();
        years
    }

    fn post((holding, year, track): AccountKey, line: Line, month: u8, mg: i128, post: Post<'_>) {
        let cell = QuotaCell {
            holding,
            year,
            track,
            line,
            month,
        };
        post(cell, Amount { net: 0, reo: mg });
    }

    /// A batch adds to the earlier ones of its year, or its figure includes them.
    fn take_notice(&mut self, book: &Book, fact: &Fact<'_>, notice: &Notice<'_>, post: Post<'_>) {
        let batches = self.batches.entry(notice.key).or_default();
        let before = batches.sum(None);
        if fact.sign > 0 {
            batches.add(Batch {
                number: notice.number,
                basis: notice.basis,
                mg: notice.amount.mg(),
                day: notice.instrument.issued,
                at: fact.stated_at,
                event: fact.stated_by,
            });
        } else {
            batches.remove(&fact.stated_by);
        }
        let change = batches.sum(None) - before;
        if batches.is_empty() {
            self.batches.remove(&notice.key);
        }
        Self::post(notice.key, Line::Allocated, 0, change, post);
        let (holding, year, track) = notice.key;
        if let Holding::Party(party) = holding {
            self.settle(book, fact, &(party, year, track), change, post);
        }
    }

    /// A move changes both accounts, and those of their groups where it crosses from one to another.
    fn take_move(&mut self, book: &Book, fact: &Fact<'_>, act: &QuotaMoved, post: Post<'_>) {
        let day = act.instrument.issued;
        let group = |holder: &Holder| match holder {
            Holder::Group(group) => Some(*group),
            Holder::Party(party) => book.group_on(party, day),
        };
        let crosses = group(&act.from) != group(&act.to);
        let mg = i128::from(act.amount_mg.mg());
        for (holder, mg) in [(act.from, -mg), (act.to, mg)] {
            let own = match holder {
                Holder::Party(party) => Some(Holding::Party(party)),
                Holder::Group(_) => None,
            };
            let above = group(&holder).filter(|_| crosses).map(Holding::Group);
            for holding in own.into_iter().chain(above) {
                let adjustment = Adjustment {
                    day,
                    mg,
                    event: fact.stated_by,
                    is_move: true,
                };
                self.adjustments
                    .add((holding, act.year, act.track), adjustment);
                let key = (holding, act.year, act.track);
                self.adjusted(book, fact, key, (mg, true), post);
            }
        }
    }

    fn take_deduction(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        act: &QuotaDeducted,
        post: Post<'_>,
    ) {
        let day = book.registry().zone().day_of(fact.occurred);
        // In its year, the group that answers is the one that the enterprise belongs to at its end.
        let last = Month::new(act.year, 12).map_or(day, |month| month.day(31));
        let holdings: Vec<_> = cell::holdings_on(book, act.party, last).collect();
        for holding in holdings {
            let adjustment = Adjustment {
                day,
                mg: -i128::from(act.amount_mg.mg()),
                event: fact.stated_by,
                is_move: false,
            };
            let key = (holding, act.year, act.track);
            self.adjustments.add(key, adjustment);
            self.adjusted(book, fact, key, (adjustment.mg, false), post);
        }
    }

    /// Takes back a move or a deduction wherever it counted, whatever has become of the groups since.
    fn take_back(&mut self, book: &Book, fact: &Fact<'_>, post: Post<'_>) {
        for (key, adjustment) in self.adjustments.remove(&fact.stated_by) {
            let back = (-adjustment.mg, adjustment.is_move);
            self.adjusted(book, fact, key, back, post);
        }
    }

    /// Posts a move or a deduction by `mg`, which is below nothing where it takes from the account.
    fn adjusted(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        key: AccountKey,
        (mg, is_move): (i128, bool),
        post: Post<'_>,
    ) {
        if is_move {
            Self::post(key, Line::Moved, 0, mg, post);
        } else {
            Self::post(key, Line::Deducted, 0, -mg, post);
        }
        let (holding, year, track) = key;
        if let Holding::Party(party) = holding {
            self.settle(book, fact, &(party, year, track), mg, post);
        }
    }

    fn take_act(&mut self, book: &Book, fact: &Fact<'_>, post: Post<'_>) {
        match fact.payload {
            Payload::IndicatorSet(act) => {
                let notice = Notice {
                    key: (Holding::Nation, act.year, act.track),
                    number: act.batch,
                    amount: act.amount_mg,
                    basis: act.basis,
                    instrument: &act.instrument,
                };
                self.take_notice(book, fact, &notice, post);
            }
            Payload::QuotaAllocated(act) => {
                let notice = Notice {
                    key: (Holding::from(act.holder), act.year, act.track),
                    number: act.batch,
                    amount: act.amount_mg,
                    basis: act.basis,
                    instrument: &act.instrument,
                };
                self.take_notice(book, fact, &notice, post);
            }
            Payload::QuotaMoved(_) | Payload::QuotaDeducted(_) if fact.sign < 0 => {
                self.take_back(book, fact, post);
            }
            Payload::QuotaMoved(act) => self.take_move(book, fact, act, post),
            Payload::QuotaDeducted(act) => self.take_deduction(book, fact, act, post),
            Payload::PartyAmended(act) => self.take_amendment(book, act, post),
            Payload::PartySucceeded(act) => self.take_succession(book, fact, act, post),
            _ => {}
        }
    }
}

impl Fold for Quota {
    const NAME: &'static str = "quota";
    const VERSION: u32 = 7;
    type Cell = QuotaCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        _: &[Movement],
        post: &mut dyn FnMut(QuotaCell, Amount),
    ) {
        if fact.payload.is_act() {
            self.grants.take(fact);
            self.offices.take(book, fact);
            self.standings.take_act(book, fact);
            self.take_act(book, fact, post);
            return;
        }
        let day = book.registry().zone().day_of(fact.occurred);
        let changes = self.stages.take(book, fact, day);
        self.standings.take(book, fact, day);
        self.licences.take(book, fact, day, &changes);
        self.capacities.take(book, fact, &changes);
        for change in &changes {
            self.consume(book, fact, change, post);
        }
    }

    fn findings(&self, cells: &Cells<QuotaCell>, book: &Book, as_of: Moment) -> Vec<Finding> {
        let mut found = findings::of_quota(self, cells, book, as_of);
        found.extend(self.licences.findings(book));
        found.extend(self.standings.findings(book));
        found.extend(self.capacities.findings(book));
        found.extend(self.grants.findings(book, as_of));
        found.extend(self.offices.findings());
        let now = book.registry().zone().month_of(as_of);
        found.extend(burst::findings(&self.usage, now));
        found
    }

    fn encode(&self) -> Vec<u8> {
        let Self {
            stages,
            batches,
            adjustments,
            usage,
            licences,
            standings,
            capacities,
            grants,
            offices,
        } = self.clone();
        wire::state::to_bytes(&SavedQuota {
            stages: stages.save(),
            batches,
            adjustments,
            usage,
            licences,
            standings,
            capacities,
            grants,
            offices,
        })
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let saved = wire::state::from_bytes::<SavedQuota>(bytes)?;
        Some(Self {
            stages: Stages::load(saved.stages)?,
            batches: saved.batches,
            adjustments: saved.adjustments,
            usage: saved.usage,
            licences: saved.licences,
            standings: saved.standings,
            capacities: saved.capacities,
            grants: saved.grants,
            offices: saved.offices,
        })
    }
}
