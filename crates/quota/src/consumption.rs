//! What is posted to the accounts when matter crosses a stage, and when its group or its party changes.
//!
//! Invariant: every figure goes to the enterprise, to its group on that day and to the nation alike. Year and day are those on
//! which it happened. What was derived again, or corrected, after its month was closed goes to the month that is open, or to
//! the last one of the year, so that no closed month changes. Knows no stages.

use domain::payload::{PartyAmended, PartySucceeded};
use domain::{Day, Month, PartyId, Track};
use projection::{Book, Fact};

use crate::account::UsageKey;
use crate::cell::{Holding, Line, holdings_on};
use crate::stage::{Change, TRACKS, place};
use crate::{Post, Quota};

impl Quota {
    pub(crate) fn consume(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        change: &Change,
        post: Post<'_>,
    ) {
        let day = change.day;
        let month = posted_in(book, change, day);
        for track in TRACKS {
            let mg = change.crossed[place(track)];
            if mg == 0 {
                continue;
            }
            let key = (change.author, day.month().year(), track);
            let usage = self.usage.entry(key).or_default();
            usage.consume(day, mg, change.stated_by);
            for holding in holdings_on(book, change.author, day) {
                let account = (holding, key.1, track);
                Self::post(account, Line::Consumed, month, mg, post);
            }
            self.settle(book, fact, &key, -mg, post);
        }
    }

    /// After an account changed by `delta`: what was taken over passes on, and whether it is exceeded is asked again.
    pub(crate) fn settle(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        key: &UsageKey,
        delta: i128,
        post: Post<'_>,
    ) {
        let (party, year, track) = *key;
        let taken_by = book
            .succession(&party)
            .filter(|succession| succession.from.month().year() <= year);
        if let Some(succession) = taken_by {
            let successor = succession.successor;
            self.pass(book, fact, (party, successor), (year, track), delta, post);
        }
        self.judge(fact, key);
    }

    fn judge(&mut self, fact: &Fact<'_>, key: &UsageKey) {
        let available = self.available(key);
        let Some(usage) = self.usage.get_mut(key) else {
            return;
        };
        // A deduction for a year in which nothing is produced yet exceeds nothing.
        if usage.consumed() > available.max(0) {
            usage.exceeded_by.get_or_insert(fact.cause);
        } else {
            usage.exceeded_by = None;
        }
        if usage.is_unused() && usage.taken_over == 0 && usage.passed_on == 0 {
            self.usage.remove(key);
        }
    }

    /// Moves what an account has left, or lacks, from a party to its successor.
    fn pass(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        (from, to): (PartyId, PartyId),
        (year, track): (u16, Track),
        mg: i128,
        post: Post<'_>,
    ) {
        if mg == 0 {
            return;
        }
        let Ok(last) = Month::new(year, 12).map(|month| month.day(31)) else {
            return;
        };
        let groups = [from, to].map(|party| book.group_on(&party, last));
        for (party, group, mg) in [(from, groups[0], -mg), (to, groups[1], mg)] {
            let key = (party, year, track);
            let usage = self.usage.entry(key).or_default();
            usage.taken_over += mg;
            if party == from {
                usage.passed_on -= mg;
            }
            let account = (Holding::Party(party), year, track);
            Self::post(account, Line::TakenOver, 0, mg, post);
            if let Some(group) = group.filter(|_| groups[0] != groups[1]) {
                let account = (Holding::Group(group), year, track);
                Self::post(account, Line::TakenOver, 0, mg, post);
            }
        }
        self.judge(fact, &(from, year, track));
        self.settle(book, fact, &(to, year, track), mg, post);
    }

    /// What is left of the party's accounts from that year on passes to its successor, or back when that is annulled.
    pub(crate) fn take_succession(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        act: &PartySucceeded,
        post: Post<'_>,
    ) {
        let first = act.from.month().year();
        for (year, track) in self.years_of(act.party) {
            if year < first {
                continue;
            }
            let key = (act.party, year, track);
            let consumed = self.usage.get(&key).map_or(0, |usage| usage.consumed());
            let left = self.available(&key) - consumed;
            let mg = if fact.sign > 0 {
                left
            } else {
                // It gets back what it has passed on.
                self.usage.get(&key).map_or(0, |usage| -usage.passed_on)
            };
            let parties = (act.party, act.successor);
            self.pass(book, fact, parties, (year, track), mg, post);
        }
    }

    /// What was produced from a day on counts for the new group, and no longer for the old one.
    pub(crate) fn take_amendment(&mut self, book: &Book, act: &PartyAmended, post: Post<'_>) {
        let mut moved = Vec::new();
        for (key, usage) in self.usage.range((act.party, 0, TRACKS[0])..) {
            if key.0 != act.party {
                break;
            }
            for (day, used) in usage.days_from(act.from) {
                let before = book.group_on(&act.party, *day);
                if before != act.group {
                    moved.push((*key, *day, before, used.mg));
                }
            }
        }
        for ((_, year, track), day, before, mg) in moved {
            for (group, mg) in [(before, -mg), (act.group, mg)] {
                if let Some(group) = group {
                    let account = (Holding::Group(group), year, track);
                    let month = day.month().month();
                    Self::post(account, Line::Consumed, month, mg, post);
                }
            }
        }
    }
}

/// The month of the year, from 1, whose figure changes.
fn posted_in(book: &Book, change: &Change, day: Day) -> u8 {
    if change.is_first {
        return day.month().month();
    }
    let open = book.posting_month(&change.author, change.occurred);
    if open.year() > day.month().year() {
        return 12;
    }
    open.month()
}
