//! Histories as somebody enters them: in an order, with slips that are corrected in the end, and what they consume.
//! Invariant: an event happens at its own hour, whenever it is entered; the numbers of a seed are the same on every machine.

use domain::payload::{CorrectionCause, EventCorrected, Replacement};
use domain::{Blob, Moment, Payload, Track};
use projection::{AnyFold, Projected, Until, replay};
use quota::{Quota, national};
use serde_json::Value;
use store::{MemoryStore, Store};
use testkit::{Unsigned, at};

/// Numbers from a seed; the same on every machine.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // The generator of Knuth's MMIX; its high bits are the better ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    pub(crate) fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

/// How many random histories are tried: so many, or what the environment asks for.
#[expect(
    clippy::disallowed_methods,
    reason = "more histories are asked for by hand"
)]
pub(crate) fn histories(count: u64) -> u64 {
    let asked = std::env::var("YTTERBY_HISTORIES").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(count)
}

/// An event, and how it was told at first if that was wrong.
pub(crate) struct Said {
    pub at: Moment,
    pub right: Value,
    pub wrong: Option<Value>,
}

/// Events in the order in which they are entered.
pub(crate) struct Telling(pub Vec<Said>);

const HOUR_MS: i64 = 3_600_000;

impl Telling {
    /// One after the other, an hour each.
    pub(crate) fn of(events: Vec<Value>) -> Self {
        let start = at("2024-01-01").ms();
        let said = (0..).zip(events).map(|(hour, right)| Said {
            at: Moment::from_ms(start + hour * HOUR_MS).unwrap(),
            right,
            wrong: None,
        });
        Self(said.collect())
    }

    pub(crate) fn shuffled(mut self, dice: &mut Dice) -> Self {
        dice.shuffle(&mut self.0);
        self
    }

    pub(crate) fn backwards(mut self) -> Self {
        self.0.reverse();
        self
    }

    pub(crate) fn at_one_moment(mut self) -> Self {
        for said in &mut self.0 {
            said.at = at("2024-01-01");
        }
        self
    }
}

/// A log of party 5, which admission was not asked about.
fn log(telling: Telling) -> MemoryStore {
    let mut authors = Unsigned::default();
    let (entered, corrected) = (at("2024-02-20"), at("2024-02-21"));
    let read = |event: Value| serde_json::from_value::<Payload>(event).unwrap();
    let mut entries = Vec::new();
    let mut act = |payload| entries.push(authors.entry(1, entered, entered, payload).2);
    act(testkit::founding());
    let activity = serde_json::json!({"enterprise": {"activities": ["separation"]}});
    let activity = serde_json::from_value(activity).unwrap();
    act(testkit::registration(5, activity, "150207"));
    let mut corrections = Vec::new();
    for said in telling.0 {
        let is_wrong = said.wrong.is_some();
        let first = read(said.wrong.unwrap_or_else(|| said.right.clone()));
        let (_, body, entry) = authors.entry(5, said.at, entered, first);
        entries.push(entry);
        if is_wrong {
            corrections.push(Payload::EventCorrected(EventCorrected {
                corrected: Blob::new(&body).unwrap(),
                cause: CorrectionCause::IncorrectData,
                reason: "slip of the pen".parse().unwrap(),
                replacement: Some(Box::new(Replacement::new(read(said.right)).unwrap())),
            }));
        }
    }
    for correction in corrections {
        entries.push(authors.entry(5, corrected, corrected, correction).2);
    }
    let memory = MemoryStore::new();
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    memory.append(0, &entries, b"unsigned").unwrap();
    memory
}

/// Quota after a history.
pub(crate) fn folded(telling: Telling) -> Projected<Quota> {
    let mut quota = Projected::<Quota>::new();
    let folds: &mut [&mut dyn AnyFold] = &mut [&mut quota];
    replay(&log(telling), Until::End, folds, &mut |_, _| {}).unwrap();
    quota
}

/// Mining and separation quota that a history consumes.
pub(crate) fn consumed(telling: Telling) -> [i128; 2] {
    let quota = folded(telling);
    [Track::MiningRock, Track::Separation].map(|track| national(&quota.cells, 2024, track).consumed)
}
