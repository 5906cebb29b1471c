//! What is in a lot, by stage, as time goes on: what was put in, and what was drawn of it.
//!
//! Invariant: a draw carries the mix of what lay there when it was drawn, whatever is put in later, and what is carried away
//! is gone; so all that is drawn is all that was put in, whatever was known first. Knows no statements: only their masses.

use bincode::{Decode, Encode};
use domain::Moment;

use super::held::{Content, NO_STEP, NOTHING_HELD, Step, What};
use super::rule::Made;
use super::share::{Part, Shares, Weighed};

/// Place of a statement in time. Within one moment the log decides, but what brings matter into the books, and draws of
/// nothing, comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(super) struct When {
    ms: i64,
    draws: bool,
    position: u64,
}

impl When {
    pub(super) const fn new(occurred: Moment, draws: bool, position: u64) -> Self {
        let ms = occurred.ms();
        Self {
            ms,
            draws,
            position,
        }
    }

    pub(super) const fn position(self) -> u64 {
        self.position
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Entry {
    when: When,
    weighed: Weighed,
    what: What,
}

impl Entry {
    fn key(&self) -> (When, bool) {
        (self.when, matches!(self.what, What::Put(..)))
    }
}

/// Entries of one lot up to which nothing else is kept.
const SHORT_MAX: usize = 8;

/// Draws of a lot that carry something else now, with what they carried before.
pub(super) type Affected = Vec<(When, Shares)>;

/// What was put into a lot and drawn of it, in order of time.
#[derive(Debug, Clone, Default)]
pub(super) struct Tank {
    entries: Vec<Entry>,
    /// One for each entry of a long list, none of a short one.
    steps: Vec<Step>,
}

/// The one change that is made to the entries at a time.
enum Edit {
    Insert(Entry),
    Remove,
    Refill(Content),
}

impl Tank {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the lot is raw ore by its first description.
    pub(super) fn is_raw(&self) -> bool {
        self.raw().is_some()
    }

    /// What the draw of a statement carries.
    pub(super) fn carries(&self, when: When) -> Shares {
        let place = self.place((when, false));
        if let Some(step) = self.steps.get(place) {
            return step.carries;
        }
        let raw = self.raw();
        let mut held = NOTHING_HELD;
        for entry in self.entries.iter().take(place) {
            held = held.after(entry.weighed, &entry.what, raw).held;
        }
        let drawn = self.entries.get(place);
        drawn.map_or(Shares::pure(Part::Unknown), |entry| {
            held.after(entry.weighed, &entry.what, raw).carries
        })
    }

    pub(super) fn draw(&mut self, when: When, weighed: Weighed) -> Affected {
        let what = What::Draw;
        self.insert(Entry {
            when,
            weighed,
            what,
        })
    }

    /// A statement draws of it no longer.
    pub(super) fn give_back(&mut self, when: When) -> Affected {
        let place = self.place((when, false));
        self.remove(place, |entry| entry.key() == (when, false))
    }

    pub(super) fn put(&mut self, when: When, made: &Made) -> Affected {
        let (weighed, content) = (made.weighed(), Content::of(&made.shares));
        let what = What::Put(content, made.raw);
        self.insert(Entry {
            when,
            weighed,
            what,
        })
    }

    pub(super) fn take_out(&mut self, when: When, made: &Made) -> Affected {
        let place = self.find_put(when, made);
        self.remove(place, |entry| entry.key() == (when, true))
    }

    /// What a statement put in is something else now.
    pub(super) fn refill(&mut self, when: When, was: &Made, is: &Made) -> Affected {
        let place = self.find_put(when, was);
        let found = self.entries.get(place);
        if found.is_none_or(|entry| entry.key() != (when, true)) {
            return Affected::new();
        }
        self.edit(place, Edit::Refill(Content::of(&is.shares)))
    }

    fn place(&self, key: (When, bool)) -> usize {
        self.entries.partition_point(|entry| entry.key() < key)
    }

    /// One statement may put several things into one lot.
    fn find_put(&self, when: When, made: &Made) -> usize {
        let first = self.place((when, true));
        let content = Content::of(&made.shares);
        let same = self.entries.iter().skip(first);
        let mut same = same.take_while(|entry| entry.key() == (when, true));
        let is_it = |entry: &Entry| {
            entry.weighed == made.weighed()
                && matches!(&entry.what, What::Put(known, _) if *known == content)
        };
        first + same.position(is_it).unwrap_or(0)
    }

    fn insert(&mut self, entry: Entry) -> Affected {
        let place = self
            .entries
            .partition_point(|known| known.key() <= entry.key());
        self.edit(place, Edit::Insert(entry))
    }

    fn remove(&mut self, place: usize, is_it: impl Fn(&Entry) -> bool) -> Affected {
        if self.entries.get(place).is_some_and(is_it) {
            self.edit(place, Edit::Remove)
        } else {
            Affected::new()
        }
    }

    /// What the lot is by the description of what was put in first: the only thing known of what is drawn before.
    fn raw(&self) -> Option<Part> {
        self.entries.iter().find_map(|entry| match entry.what {
            What::Put(_, raw) => Some(raw),
            What::Draw => None,
        })?
    }

    /// Changes the entry at a place, and works out again what comes after it, until nothing differs.
    fn edit(&mut self, place: usize, edit: Edit) -> Affected {
        let raw_before = self.raw();
        let mut steps = std::mem::take(&mut self.steps);
        let is_last = place == self.entries.len();
        // The first description as raw ore says what was drawn before it, too.
        let names =
            matches!(&edit, Edit::Insert(entry) if matches!(entry.what, What::Put(_, Some(_))));
        if steps.is_empty() && (!is_last || (names && raw_before.is_none())) {
            steps = self.worked_out(raw_before);
        }
        let is_worked_out = steps.len() == self.entries.len();
        let is_removal = matches!(edit, Edit::Remove);
        match edit {
            Edit::Insert(entry) => {
                self.entries
                    .reserve_exact(usize::from(self.entries.len() < 2));
                self.entries.insert(place, entry);
                if is_worked_out {
                    steps.insert(place, NO_STEP);
                }
            }
            Edit::Remove => {
                self.entries.remove(place);
                steps.remove(place);
            }
            Edit::Refill(content) => {
                if let Some(What::Put(known, _)) =
                    self.entries.get_mut(place).map(|entry| &mut entry.what)
                {
                    *known = content;
                }
            }
        }
        let raw = self.raw();
        let mut affected = Affected::new();
        if is_worked_out {
            let from = if raw == raw_before { place } else { 0 };
            let edited = (!is_removal).then_some(place);
            self.rework(&mut steps, from, (place, edited), &mut affected);
        }
        if self.entries.len() > SHORT_MAX {
            if steps.len() != self.entries.len() {
                steps = self.worked_out(raw);
            }
            self.steps = steps;
        }
        affected
    }

    fn worked_out(&self, raw: Option<Part>) -> Vec<Step> {
        let mut held = NOTHING_HELD;
        let steps = self.entries.iter().map(|entry| {
            let step = held.after(entry.weighed, &entry.what, raw);
            held = step.held;
            step
        });
        steps.collect()
    }

    fn rework(
        &self,
        steps: &mut [Step],
        from: usize,
        (place, edited): (usize, Option<usize>),
        affected: &mut Affected,
    ) {
        let raw = self.raw();
        let before = from.checked_sub(1).and_then(|before| steps.get(before));
        let mut held = before.map_or(NOTHING_HELD, |step| step.held);
        let all = self.entries.iter().zip(steps).enumerate().skip(from);
        for (number, (entry, known)) in all {
            let step = held.after(entry.weighed, &entry.what, raw);
            let is_edited = edited == Some(number);
            if !is_edited && matches!(entry.what, What::Draw) && known.carries != step.carries {
                affected.push((entry.when, known.carries));
            }
            if !is_edited && number >= place && *known == step {
                break;
            }
            *known = step;
            held = step.held;
        }
    }

    /// The bytes of a state hold the entries; what they come to is worked out again.
    pub(super) fn save(&self) -> SavedTank {
        SavedTank(self.entries.clone())
    }

    pub(super) fn load(saved: SavedTank) -> Option<Self> {
        let SavedTank(entries) = saved;
        let is_sorted = entries.is_sorted_by(|a, b| a.key() <= b.key());
        let mut tank = Self {
            entries,
            steps: Vec::new(),
        };
        if tank.entries.len() > SHORT_MAX {
            tank.steps = tank.worked_out(tank.raw());
        }
        (is_sorted && !tank.is_empty()).then_some(tank)
    }
}

/// What the bytes of the state hold of a tank.
#[derive(Encode, Decode)]
pub(super) struct SavedTank(Vec<Entry>);

#[cfg(test)]
mod tests;
