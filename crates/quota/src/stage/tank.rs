//! What is in a lot, by stage, as time goes on: what was put in, and what was drawn of it.
//!
//! Invariant: a draw carries the mix of what lay there when it was drawn, whatever is put in later, and what is carried away
//! is gone; so all that is drawn is all that was put in, whatever was known first. Knows no statements: only their masses.

use bincode::{Decode, Encode};
use domain::{Moment, Ppm};

use super::rule::{Made, NOISE_PPM};
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

/// Nearly always of one stage: then it takes no memory of its own.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
enum Content {
    Separated,
    All(Part),
    Mixed(Box<Shares>),
}

impl Content {
    fn of(shares: &Shares) -> Self {
        match shares.only() {
            Some(None) => Self::Separated,
            Some(Some(part)) => Self::All(part),
            None => Self::Mixed(Box::new(*shares)),
        }
    }

    fn shares(&self) -> Shares {
        match self {
            Self::Separated => Shares::SEPARATED,
            Self::All(part) => Shares::pure(*part),
            Self::Mixed(shares) => **shares,
        }
    }
}

/// In this order at one place in time: a statement draws before it puts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
enum What {
    Draw,
    /// What is put in, and the raw ore that it is by its description.
    Put(Content, Option<Part>),
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

/// What lies in the lot after an entry. Below nothing by no more than the noise of measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    reo_mg: i128,
    net_mg: i128,
    /// Of all that was put in so far.
    noise: (i128, i128),
    /// Nothing before something was put in.
    mix: Option<Shares>,
}

const NOTHING_HELD: Held = Held {
    reo_mg: 0,
    net_mg: 0,
    noise: (0, 0),
    mix: None,
};

/// An entry worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    held: Held,
    /// What a draw carries; of what is put in, what was put in.
    carries: Shares,
}

/// Entries of one lot up to which nothing is kept beside them.
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
            held = held.after(entry, raw).held;
        }
        let drawn = self.entries.get(place);
        drawn.map_or(Shares::pure(Part::Unknown), |entry| {
            held.after(entry, raw).carries
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
            let step = held.after(entry, raw);
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
            let step = held.after(entry, raw);
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

const NO_STEP: Step = Step {
    held: NOTHING_HELD,
    carries: Shares::SEPARATED,
};

impl Held {
    fn after(mut self, entry: &Entry, raw: Option<Part>) -> Step {
        let (reo_mg, net_mg) = (
            i128::from(entry.weighed.reo_mg),
            i128::from(entry.weighed.net_mg),
        );
        let carries = match &entry.what {
            What::Put(content, _) => {
                let shares = content.shares();
                self.put(&shares, reo_mg, net_mg);
                shares
            }
            What::Draw => self.draw(reo_mg, net_mg, raw),
        };
        Step {
            held: self,
            carries,
        }
    }

    /// A lot of no mass weighs a milligram, or its stage would be lost.
    fn put(&mut self, shares: &Shares, reo_mg: i128, net_mg: i128) {
        let weight = reo_mg.max(1);
        let lies = self.reo_mg.max(0).unsigned_abs();
        self.mix = match self.mix {
            Some(mix) if lies > 0 => Some(Shares::mix(&[
                (mix, lies),
                (*shares, weight.unsigned_abs()),
            ])),
            _ => Some(*shares),
        };
        self.reo_mg += weight;
        self.net_mg += net_mg;
        self.noise.0 += weight * NOISE;
        self.noise.1 += net_mg * NOISE;
    }

    /// What is drawn beyond all that lies there, by net mass or by REO, whichever is more of it, is something else, of which
    /// nothing is known: a lot of little REO is no cover for much. Raw ore is raw ore, however much is drawn of it.
    fn draw(&mut self, reo_mg: i128, net_mg: i128, raw: Option<Part>) -> Shares {
        let unknown = || Shares::pure(raw.unwrap_or(Part::Unknown));
        let Some(mix) = self.mix else {
            return unknown();
        };
        let beyond = |lies: i128, noise: i128, drawn: i128| {
            let rest = lies - drawn;
            let is_within = rest * i128::from(Ppm::ONE) >= -noise;
            if is_within {
                (rest, 0)
            } else {
                (0, drawn - lies.max(0))
            }
        };
        let (rest_reo, reo) = beyond(self.reo_mg, self.noise.0, reo_mg);
        let (rest_net, net) = beyond(self.net_mg, self.noise.1, net_mg);
        (self.reo_mg, self.net_mg) = (rest_reo, rest_net);
        if reo == 0 && net == 0 {
            return mix;
        }
        let [reo, reo_mg, net, net_mg] = [reo, reo_mg, net, net_mg].map(i128::unsigned_abs);
        let (drawn, beyond) = if reo_mg > 0 && reo * net_mg >= net * reo_mg {
            (reo_mg, reo)
        } else {
            (net_mg, net)
        };
        let rest = mix.raw_only().unwrap_or_else(unknown);
        Shares::mix(&[(mix, drawn - beyond), (rest, beyond)])
    }
}

const NOISE: i128 = NOISE_PPM as i128;

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Code, LotId};

    fn at(day: i64) -> When {
        let occurred = Moment::from_ms(1_700_000_000_000 + day * domain::DAY_MS);
        When::new(occurred.unwrap(), true, day.unsigned_abs())
    }

    fn weighed(reo_mg: u64) -> Weighed {
        Weighed {
            net_mg: 2 * reo_mg,
            reo_mg,
        }
    }

    fn made(shares: Shares, reo_mg: u64) -> Made {
        let code: Code = "T".parse().unwrap();
        let creator = testkit::party(5);
        Made {
            lot: LotId { creator, code },
            shares,
            reo_mg,
            net_mg: 2 * reo_mg,
            raw: None,
        }
    }

    const ORE: Shares = Shares::pure(Part::Ore);

    #[test]
    fn a_draw_carries_what_lay_there_and_what_it_took_is_gone() {
        let mut tank = Tank::default();
        tank.put(at(1), &made(Shares::SEPARATED, 900));
        tank.draw(at(2), weighed(900));
        tank.put(at(3), &made(ORE, 100));
        tank.draw(at(4), weighed(100));
        assert_eq!(tank.carries(at(2)), Shares::SEPARATED);
        assert_eq!(
            tank.carries(at(4)),
            ORE,
            "the scrap is gone, and thins no ore"
        );
    }

    #[test]
    fn what_is_put_in_late_changes_later_draws_alone_and_comes_out_again() {
        let mut tank = Tank::default();
        tank.put(at(1), &made(Shares::SEPARATED, 100));
        for day in [2, 6] {
            tank.draw(at(day), weighed(50));
        }
        let affected = tank.put(at(4), &made(ORE, 50));
        assert_eq!(affected, [(at(6), Shares::SEPARATED)]);
        let half = Shares::mix(&[(ORE, 1), (Shares::SEPARATED, 1)]);
        assert_eq!(tank.carries(at(6)), half);
        assert_eq!(tank.take_out(at(4), &made(ORE, 50)), [(at(6), half)]);
        assert_eq!(tank.carries(at(6)), Shares::SEPARATED);
    }

    #[test]
    fn a_long_list_says_the_same_as_it_would_if_it_were_entered_in_another_order() {
        let days = 1..60i64;
        let one = |tank: &mut Tank, day: i64| {
            if day % 3 == 0 {
                tank.draw(at(day), weighed(25));
            } else if day % 3 == 1 {
                tank.put(at(day), &made(ORE, 10 + day.unsigned_abs()));
            } else {
                tank.put(at(day), &made(Shares::SEPARATED, 3));
            }
        };
        let (mut forward, mut backward) = (Tank::default(), Tank::default());
        days.clone().for_each(|day| one(&mut forward, day));
        days.clone().rev().for_each(|day| one(&mut backward, day));
        assert_eq!(forward.steps, backward.steps);
        let loaded = Tank::load(forward.save()).unwrap();
        assert_eq!(loaded.steps, forward.steps);
        assert_eq!(forward.steps.len(), 59);
    }

    #[test]
    fn little_reo_in_much_mass_is_no_cover_for_much_reo() {
        let drawn = |net_mg, reo_mg| Weighed { net_mg, reo_mg };
        let mut tank = Tank::default();
        let put = Made {
            net_mg: 1_000_000,
            ..made(Shares::SEPARATED, 1_000)
        };
        tank.put(at(1), &put);
        tank.draw(at(2), drawn(1_000_000, 1_010));
        assert_eq!(
            tank.carries(at(2)),
            Shares::SEPARATED,
            "an assay errs by as much"
        );
        tank.give_back(at(2));
        tank.draw(at(3), drawn(1_000_000, 100_000));
        let unknown = tank.carries(at(3)).of(Part::Unknown);
        assert_eq!(unknown, super::super::share::WHOLE / 100 * 99);
        tank.give_back(at(3));
        tank.draw(at(4), drawn(100_000_000, 1_000));
        let unknown = tank.carries(at(4)).of(Part::Unknown);
        assert_eq!(unknown, super::super::share::WHOLE / 100 * 99);
    }

    #[test]
    fn raw_ore_that_is_drawn_before_it_is_dug_is_raw_ore() {
        let mut tank = Tank::default();
        tank.draw(at(1), weighed(100));
        assert_eq!(tank.carries(at(1)), Shares::pure(Part::Unknown));
        let raw = Shares::pure(Part::RawRock);
        let dug = Made {
            raw: Some(Part::RawRock),
            ..made(raw, 1)
        };
        let affected = tank.put(at(2), &dug);
        assert_eq!(affected, [(at(1), Shares::pure(Part::Unknown))]);
        assert_eq!(tank.carries(at(1)), raw);
        tank.draw(at(3), weighed(1_000));
        assert_eq!(
            tank.carries(at(3)),
            raw,
            "and so is what is drawn beyond it"
        );
    }
}
