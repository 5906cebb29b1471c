//! The accounts of quota: batches, moves and deductions by their days, and what was consumed on which day.
//!
//! Invariant: batches count in the order of their numbers, each number once, so that the order in which they are entered
//! changes no sum; a figure of a day is of what was issued by that day. Knows no stages and no findings.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::BatchBasis;
use domain::{Day, EventId, PartyId, Track};

use crate::AccountKey;

/// Part of an indicator or an allocation, as a notice sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Batch {
    pub number: u8,
    pub basis: BatchBasis,
    pub mg: u64,
    /// When the notice was issued.
    pub day: Day,
    /// Position of the event.
    pub at: u64,
    pub event: EventId,
}

/// The batches of one account, by number, then in log order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Batches(Vec<Batch>);

impl Batches {
    pub(crate) fn add(&mut self, batch: Batch) {
        let key = |batch: &Batch| (batch.number, batch.at);
        let place = self.0.partition_point(|known| key(known) < key(&batch));
        self.0.insert(place, batch);
    }

    pub(crate) fn remove(&mut self, event: &EventId) {
        self.0.retain(|batch| batch.event != *event);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each number once: the same batch again adds nothing.
    fn counted(&self) -> impl Iterator<Item = &Batch> {
        self.0
            .chunk_by(|a, b| a.number == b.number)
            .filter_map(<[Batch]>::first)
    }

    /// What they add up to, of those issued by a day, or all.
    pub(crate) fn sum(&self, by: Option<Day>) -> i128 {
        let issued = self
            .counted()
            .filter(|batch| by.is_none_or(|by| batch.day <= by));
        issued.fold(0, |sum, batch| match batch.basis {
            BatchBasis::Incremental => sum + i128::from(batch.mg),
            BatchBasis::Cumulative => batch.mg.into(),
        })
    }

    /// The day of the first notice.
    pub(crate) fn first_day(&self) -> Option<Day> {
        self.0.iter().map(|batch| batch.day).min()
    }

    /// The event of the last batch that counts.
    pub(crate) fn last(&self) -> Option<EventId> {
        self.counted().last().map(|batch| batch.event)
    }

    /// Events that state one number, where more than one does.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = &[Batch]> {
        let numbers = self.0.chunk_by(|a, b| a.number == b.number);
        numbers.filter(|batches| batches.len() > 1)
    }
}

/// A move into an account, or out of it, or a deduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Adjustment {
    pub day: Day,
    /// Above nothing where it adds to the account.
    pub mg: i128,
    pub event: EventId,
    pub is_move: bool,
}

/// Moves and deductions by account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Adjustments(BTreeMap<AccountKey, Vec<Adjustment>>);

impl Adjustments {
    pub(crate) fn add(&mut self, key: AccountKey, adjustment: Adjustment) {
        self.0.entry(key).or_default().push(adjustment);
    }

    /// Takes out all that an act changed.
    pub(crate) fn remove(&mut self, event: &EventId) -> Vec<(AccountKey, Adjustment)> {
        let mut removed = Vec::new();
        self.0.retain(|key, list| {
            let of_act = list.iter().filter(|known| known.event == *event);
            removed.extend(of_act.map(|known| (*key, *known)));
            list.retain(|known| known.event != *event);
            !list.is_empty()
        });
        removed
    }

    pub(crate) fn sum(&self, key: &AccountKey, by: Option<Day>) -> i128 {
        let known = self.0.get(key).into_iter().flatten();
        let held = known.filter(|adjustment| by.is_none_or(|by| adjustment.day <= by));
        held.map(|adjustment| adjustment.mg).sum()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &AccountKey> {
        self.0.keys()
    }

    /// Accounts that something was moved into or out of, with the last such act.
    pub(crate) fn moves(&self) -> impl Iterator<Item = (&AccountKey, EventId)> {
        self.0.iter().filter_map(|(key, list)| {
            let mut moves = list.iter().rev();
            Some((key, moves.find(|one| one.is_move)?.event))
        })
    }
}

/// What was consumed on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct DayUse {
    pub mg: i128,
    /// The newest event that added to it.
    pub event: EventId,
}

/// What an enterprise consumed in a year of one track, by the day on which it happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Usage {
    days: BTreeMap<Day, DayUse>,
    /// The sum of all days.
    consumed: i128,
    /// The event since which more is consumed than there is.
    pub exceeded_by: Option<EventId>,
    /// Taken over from others, less what went to a successor.
    pub taken_over: i128,
    /// What of it went to a successor.
    pub passed_on: i128,
}

impl Usage {
    pub(crate) const fn consumed(&self) -> i128 {
        self.consumed
    }

    pub(crate) fn consumed_by(&self, last: Day) -> i128 {
        self.days.range(..=last).map(|(_, used)| used.mg).sum()
    }

    pub(crate) fn days(&self) -> impl Iterator<Item = (&Day, &DayUse)> + Clone {
        self.days.iter()
    }

    pub(crate) fn days_from(&self, first: Day) -> impl Iterator<Item = (&Day, &DayUse)> {
        self.days.range(first..)
    }

    pub(crate) fn is_unused(&self) -> bool {
        self.days.is_empty()
    }

    pub(crate) fn consume(&mut self, day: Day, mg: i128, event: EventId) {
        let used = self.days.entry(day).or_insert(DayUse { mg: 0, event });
        used.mg += mg;
        self.consumed += mg;
        if mg > 0 {
            used.event = event;
        }
        if used.mg == 0 {
            self.days.remove(&day);
        }
    }
}

/// Whose consumption of what.
pub(crate) type UsageKey = (PartyId, u16, Track);
