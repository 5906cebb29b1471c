//! The commitment to heads at the month's turn.
//! Invariant: it covers all that was received before, and every reader finds it true. Knows nothing of files.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use domain::Payload;
use ledger::{Ledger, LedgerFault};
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, check_ledger, key, open};

fn commitments(store: &dyn Store) -> Vec<(u64, u64)> {
    let frames = store.frames(0).unwrap().map(Result::unwrap);
    let entries = frames.flat_map(|frame| {
        let entries = frame
            .entries()
            .map(|(position, entry)| (position, entry.to_vec()));
        entries.collect::<Vec<_>>()
    });
    entries
        .filter_map(|(position, entry)| {
            let body = wire::decode_entry(&entry).unwrap().body;
            match wire::decode_body(body).unwrap().payload {
                Payload::HeadsCommitted(heads) => Some((position, heads.covered)),
                _ => None,
            }
        })
        .collect()
}

fn commit(ledger: &Ledger, now: &str) -> u64 {
    let answer = ledger.commit_heads(&key(2), at(now)).unwrap();
    answer.unwrap().position
}

#[test]
fn a_month_turns_once_in_the_zone_of_the_ledger() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut country = TestCountry::new();
    let (ledger, clock) = open(&store, at("2024-01-10"));
    assert!(
        !ledger.month_has_turned(at("2024-02-01")).unwrap(),
        "nothing is there to commit to"
    );
    let fault = ledger.commit_heads(&key(2), at("2024-02-01")).unwrap_err();
    assert!(matches!(fault, LedgerFault::NotFounded), "{fault}");
    accept(&ledger, country.founding.clone());
    accept(&ledger, vec![country.mined(1)]);
    let size = store.size();
    for (now, turned) in [
        ("2024-01-31T15:59:59Z", false),
        ("2024-01-31T16:00:00Z", true),
        ("2024-02-10T00:00:00Z", true),
        ("2023-12-31T00:00:00Z", false),
    ] {
        assert_eq!(
            ledger.month_has_turned(now.parse().unwrap()).unwrap(),
            turned,
            "{now}"
        );
    }
    clock.set(at("2024-02-09"));
    assert_eq!(commit(&ledger, "2024-02-09"), size);
    assert!(!ledger.month_has_turned(at("2024-02-20")).unwrap());
    accept(&ledger, vec![country.mined(2)]);
    clock.set(at("2024-03-01"));
    assert!(ledger.month_has_turned(at("2024-03-01")).unwrap());
    assert_eq!(commit(&ledger, "2024-03-01"), size + 2);
    ledger.close().unwrap();
    assert_eq!(commitments(&*store), [(size, size), (size + 2, size + 2)]);
    check_ledger(&*store);
    let (ledger, _clock) = open(&store, at("2024-03-02"));
    assert!(!ledger.month_has_turned(at("2024-03-31")).unwrap());
    assert!(ledger.month_has_turned(at("2024-04-01")).unwrap());
}
