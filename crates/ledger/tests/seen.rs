//! What authors had seen, at the sequencer: compared with the log as it was at that size, wherever its hashes are kept.
//! Invariant: what is accepted is good for the verifier too. Knows no files.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use domain::payload::PartyRegistered;
use domain::{Activity, Bytes32, PartyKind, Payload, Seen};
use ledger::Ledger;
use signing::Signer;
use store::{MemoryStore, Store};
use testkit::{Authors, TestCountry, accept, at, check_ledger, key, open};

/// Says which rule refuses a lot of the mine that has seen this, or "accepted".
fn offered(ledger: &Ledger, seen: Seen) -> String {
    let mut mine = ledger.author(TestCountry::id(TestCountry::MINE)).unwrap();
    mine.seen = seen;
    let lot = wire::decode_body(&TestCountry::new().mined(900_000).body).unwrap();
    let now = at("2024-01-10");
    let event = mine
        .sign(&key(TestCountry::MINE), now, now, lot.payload)
        .unwrap();
    let answer = ledger.submit_blocking(vec![event]).unwrap().remove(0);
    answer.map_or_else(|refused| refused.refusal.code(), |_| "accepted".to_owned())
}

#[test]
fn an_author_has_seen_this_log_and_no_less_than_before() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut country = TestCountry::new();
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    let mut known = vec![ledger.seen().unwrap()];
    for lot in 0..600 {
        accept(&ledger, vec![country.mined_by(TestCountry::TRADER, lot)]);
        known.push(ledger.seen().unwrap());
    }
    let newest = *known.last().unwrap();
    let changed = |seen: Seen| Seen {
        root: Bytes32(seen.root.0.map(|byte| !byte)),
        ..seen
    };
    let ahead = Seen {
        size: newest.size + 1,
        ..newest
    };
    assert_eq!(offered(&ledger, ahead), "seen-ahead");
    // Never flushed yet, and long after a reopening that flushed it all.
    for place in [0, 1, 250, 251, 256, 300, 511, 599] {
        let other = changed(known[place]);
        assert_eq!(offered(&ledger, other), "seen-otherwise", "{place}");
    }
    ledger.close().unwrap();
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    for place in [0, 1, 250, 251, 256, 300, 511, 599] {
        let other = changed(known[place]);
        assert_eq!(offered(&ledger, other), "seen-otherwise", "{place}");
    }
    assert_eq!(offered(&ledger, known[300]), "accepted");
    assert_eq!(offered(&ledger, known[299]), "seen-less");
    assert_eq!(offered(&ledger, Seen::NOTHING), "seen-less");
    assert_eq!(offered(&ledger, known[300]), "accepted");
    assert_eq!(offered(&ledger, newest), "accepted");
    ledger.close().unwrap();
    ledger::rebuild(&*store).unwrap();
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    assert_eq!(offered(&ledger, known[599]), "seen-less");
    assert_eq!(offered(&ledger, changed(newest)), "seen-otherwise");
    assert_eq!(offered(&ledger, newest), "accepted");
    check_ledger(&*store);
}

#[test]
fn a_ledger_founded_again_under_its_name_takes_no_event_of_the_old_one() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let country = TestCountry::new();
    let (ledger, _clock) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding);
    let mut mine = ledger.author(TestCountry::id(TestCountry::MINE)).unwrap();
    let other = chain::ledger_id(testkit::ORIGIN, &[9; 32]);
    mine.ledger = other;
    mine.state = author::AuthorState::start(other);
    mine.seen = Seen::NOTHING;
    let lot = wire::decode_body(&TestCountry::new().mined(1).body).unwrap();
    let now = at("2024-01-10");
    let event = mine
        .sign(&key(TestCountry::MINE), now, now, lot.payload)
        .unwrap();
    let refused = ledger.submit_blocking(vec![event]).unwrap().remove(0);
    assert_eq!(refused.unwrap_err().refusal.code(), "another-ledger");
    check_ledger(&*store);
}

#[test]
fn neither_a_grant_nor_an_event_of_the_old_ledger_is_worth_anything_in_the_new_one() {
    let mut country = TestCountry::new();
    let (first, _, third) = (country.mined(1), country.mined(2), country.mined(3));
    let mut founding = testkit::founding();
    let Payload::LedgerFounded(founded) = &mut founding else {
        panic!("a founding");
    };
    founded.name = "Another ledger".parse().unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (ledger, _clock) = open(&store, at("2024-03-01"));
    let mut authors = Authors::default();
    let day = at("2024-03-01");
    accept(&ledger, vec![authors.sign(1, day, founding)]);
    let answer = |event| {
        let answer = ledger.submit_blocking(vec![event]).unwrap().remove(0);
        answer.map_or_else(|refused| refused.refusal.code(), |_| "accepted".to_owned())
    };
    // The possession that the mine proved in its old request was for the old ledger.
    let mining = PartyKind::Enterprise {
        activities: vec![Activity::Mining].try_into().unwrap(),
    };
    let old_grant = testkit::registration(TestCountry::MINE, mining.clone(), "150207");
    let before = *authors.author(1);
    assert_eq!(answer(authors.sign(1, day, old_grant)), "possession-fails");
    *authors.author(1) = before;
    // Even a mine that joins again, with the same key, is not bound by what it once said elsewhere.
    let again = before.ledger;
    let (mine, next) = (key(TestCountry::MINE), key(TestCountry::MINE + 1_000_000));
    let id = TestCountry::id(TestCountry::MINE);
    let grant = author::grant(&mine, next.public().as_bytes(), &again, &id).unwrap();
    let registered = Payload::PartyRegistered(Box::new(PartyRegistered {
        party: id,
        names: testkit::names(TestCountry::MINE),
        kind: mining,
        division: "150207".parse().unwrap(),
        group: None,
        key: grant,
    }));
    assert_eq!(answer(authors.sign(1, day, registered)), "accepted");
    for event in [first, third] {
        assert_eq!(answer(event), "another-ledger");
    }
    for event in country.founding {
        let code = answer(event);
        assert!(
            ["another-ledger", "already-founded"].contains(&&*code),
            "{code}"
        );
    }
    check_ledger(&*store);
}
