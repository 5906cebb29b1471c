//! A live ledger as an inquiry takes it: by its groups, under a note that its owner hands in.
//! Invariant: what its disk no longer gives costs the log its verdict, never the reader the report.

use std::sync::Arc;

use portable::{Brought, Handed, Inquiry, LiveLedger, Outcome};
use store::{Entries, MemoryStore, Store};
use testkit::{TestCountry, accept, at, open};
use verify::{Depth, Group, Source, SourceDamage, Verdict};

/// The groups of a ledger, of which all but the first few can't be read.
struct Failing<S> {
    groups: S,
    readable: usize,
    given: usize,
}

impl<S: Source> Source for Failing<S> {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        self.given += 1;
        let group = self.groups.next_group()?;
        Some(group.and_then(|group| {
            let damage = SourceDamage {
                position: group.first,
                what: "the frame's checksum does not fit its bytes".to_owned(),
                missing: false,
            };
            (self.given <= self.readable).then_some(group).ok_or(damage)
        }))
    }

    fn rewind(&mut self) -> Result<(), SourceDamage> {
        self.given = 0;
        self.groups.rewind()
    }
}

/// A ledger of four groups.
fn ledger() -> MemoryStore {
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, _clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    for number in 0..3 {
        accept(&ledger, vec![country.mined(number)]);
    }
    memory
}

#[test]
fn a_ledger_that_its_disk_does_not_give_back_has_its_verdict_and_is_not_remembered() {
    let (store, place) = (ledger(), tempfile::tempdir().unwrap());
    let memory = place.path().join("seen.json");
    let asked = |readable: usize, torn_bytes: u64| -> Outcome {
        let groups = ledger::source_of(&store);
        let live = LiveLedger {
            source: Box::new(Failing {
                groups,
                readable,
                given: 0,
            }),
            size: store.size(),
            note: store.checkpoint().unwrap(),
            torn_bytes,
        };
        let brought = Brought {
            remember: Some(&memory),
            ..Brought::default()
        };
        let handed = Handed::ledger(place.path(), live);
        let inquiry = Inquiry::begin(handed, brought).unwrap();
        inquiry.run(Depth::Full, &mut |_, _| {}).unwrap()
    };
    for readable in 0..store.frames(0).unwrap().count() {
        let report = asked(readable, 0).report;
        assert_eq!(report.verdict, Verdict::Tampered, "{readable} groups");
        assert!(!memory.exists(), "{readable} groups");
    }
    let whole = asked(usize::MAX, 7).report;
    assert_eq!(whole.verdict, Verdict::Good, "{:?}", whole.faults);
    assert!(whole.not_checked[0].starts_with("7 bytes after"));
    assert!(memory.exists());
}
