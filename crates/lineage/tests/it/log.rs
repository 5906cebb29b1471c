//! Through the ledger: admitted events, replayed from a store, whole and from a snapshot.

use std::sync::Arc;

use domain::Payload;
use lineage::{Lineage, Weight};
use projection::{AnyFold, Projected, Until, replay, save_snapshot};
use serde_json::Value;
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, open};

use crate::history::{lot, mined, named, run};

fn replayed(memory: &MemoryStore, until: Until) -> (projection::Book, Projected<Lineage>) {
    let mut lineage = Projected::<Lineage>::new();
    let folds: &mut [&mut dyn AnyFold] = &mut [&mut lineage];
    let book = replay(memory, until, folds, &mut |_, _| {}).unwrap();
    (book, lineage)
}

#[test]
fn an_admitted_log_folds_the_same_from_a_snapshot() {
    let mut country = TestCountry::new();
    let mut events = std::mem::take(&mut country.founding);
    let mut say = |author, day, payload: Value| {
        let payload: Payload = serde_json::from_value(payload).unwrap();
        events.push(country.authors.sign(author, at(day), payload));
    };
    say(4, "2024-01-05", mined("A", "mixed", 100));
    say(4, "2024-01-05", mined("B", "mixed", 100));
    say(
        5,
        "2024-01-06",
        run(&[(lot(4, "A"), 50), (lot(4, "B"), 50)], &[("C", 100)]),
    );
    say(1, "2024-01-07", named("lot-sealed", &[lot(4, "A")]));
    say(5, "2024-01-08", run(&[(lot(5, "C"), 50)], &[("D", 50)]));
    let end = events.len() as u64;
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, _clock) = open(&store, at("2024-03-01"));
    accept(&ledger, events);
    let whole = replayed(&memory, Until::End).1.save();
    for position in 0..end {
        let (book, mut cut) = replayed(&memory, Until::Position(position));
        let folds: &mut [&mut dyn AnyFold] = &mut [&mut cut];
        save_snapshot(memory.side(), &book, folds).unwrap();
        let (book, lineage) = replayed(&memory, Until::End);
        assert_eq!(lineage.save(), whole, "cut after {position}");
        let findings = lineage.findings(&book, at("2024-03-01"));
        let codes: Vec<_> = findings.iter().map(|finding| finding.code.code()).collect();
        assert_eq!(codes, ["F02", "F02"]);
        let sources = lineage.fold.sources(&book, &lot(5, "D"), Weight::Reo);
        assert_eq!(sources.len(), 2);
    }
}
