//! The log key is replaced: by whom, at which checkpoint, after a crash, and what an auditor with any of the keys sees.
//! Invariant: after every step the auditor's function finds the log good, or names what is wrong. Knows nothing of files.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use author::SignedEvent;
use domain::Payload;
use ledger::{Ledger, LedgerFault, LedgerOptions, ManualClock, verify_store};
use signing::{Checkpoint, SecretKey, Signer, VerifierKey};
use store::faulty::{FaultyStore, Outcome, Plan};
use store::{MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, check_ledger, key, log_key, rotation};
use verify::{Depth, FaultKind, Report, Trust, Verdict};

fn open(
    store: &Arc<dyn Store>,
    signer: SecretKey,
    next: Option<SecretKey>,
) -> Result<Ledger, LedgerFault> {
    Ledger::open(LedgerOptions {
        store: Arc::clone(store),
        signer: Arc::new(signer),
        next_signer: next.map(|key| Arc::new(key) as Arc<dyn Signer>),
        clock: Arc::new(ManualClock::at(at("2024-02-01"))),
    })
}

fn rotated(country: &mut TestCountry, turns: u32) -> SignedEvent {
    let payload = Payload::LogKeyRotated(Box::new(rotation(turns)));
    country.authors.sign(1, at("2024-01-20"), payload)
}

/// Five entries of the country, a rotation amid lots of one submission, and more lots behind it: ten entries.
fn rotated_log() -> (Arc<dyn Store>, TestCountry) {
    let (store, mut country): (Arc<dyn Store>, _) =
        (Arc::new(MemoryStore::new()), TestCountry::new());
    let ledger = open(&store, log_key(0), Some(log_key(1))).unwrap();
    accept(&ledger, country.founding.clone());
    let submission = vec![
        country.mined(1),
        rotated(&mut country, 0),
        country.mined(2),
        country.mined(3),
    ];
    accept(&ledger, submission);
    accept(&ledger, vec![country.mined(4)]);
    ledger.close().unwrap();
    (store, country)
}

fn verifier(key: &SecretKey) -> VerifierKey {
    VerifierKey::new(ORIGIN, key.public().clone()).unwrap()
}

fn report(store: &dyn Store, trusted: &SecretKey, depth: Depth) -> Report {
    let trust = Trust {
        log_key: Some(verifier(trusted)),
        ..Trust::default()
    };
    verify_store(store, depth, &trust, &mut |_| {})
}

#[test]
fn a_rotation_ends_its_group_and_that_checkpoint_alone_has_both_signatures() {
    let (store, _) = rotated_log();
    let mut signed = Vec::new();
    for frame in store.frames(0).unwrap() {
        let frame = frame.unwrap();
        let by = |turns| {
            signing::open_checkpoint(frame.checkpoint(), &verifier(&log_key(turns))).is_ok()
        };
        signed.push((frame.end(), by(0), by(1)));
    }
    assert_eq!(
        signed,
        [
            (5, true, false),
            (7, true, true),
            (9, false, true),
            (10, false, true)
        ]
    );
    check_ledger(&*store);
}

#[test]
fn an_auditor_with_the_new_key_or_the_old_one_is_told_and_a_foreign_one_is_found() {
    let (store, _) = rotated_log();
    for depth in [Depth::Full, Depth::Chained] {
        let new = report(&*store, &log_key(1), depth);
        assert!(new.is_good(), "{:#?}", new.faults);
        let told = |report: &Report| {
            report
                .not_checked
                .iter()
                .any(|note| note.contains("replaced at size 7"))
        };
        assert!(!told(&new));
        let old = report(&*store, &log_key(0), depth);
        assert!(old.is_good() && told(&old), "{:#?}", old);
        for foreign in [log_key(2), key(3)] {
            let foreign = report(&*store, &foreign, depth);
            assert_eq!(foreign.verdict, Verdict::Tampered);
            assert_eq!(foreign.fault_count, 1, "{:#?}", foreign.faults);
            assert_eq!(foreign.faults[0].kind, FaultKind::Checkpoint);
        }
    }
}

#[test]
fn a_log_is_rotated_twice_and_opened_with_its_newest_key_only() {
    let (store, mut country) = rotated_log();
    for turns in [0, 2] {
        let opened = open(&store, log_key(turns), None);
        assert!(matches!(opened, Err(LedgerFault::WrongLogKey)), "{turns}");
    }
    let ledger = open(&store, log_key(1), Some(log_key(2))).unwrap();
    accept(&ledger, vec![rotated(&mut country, 1), country.mined(5)]);
    ledger.close().unwrap();
    assert!(open(&store, log_key(2), None).is_ok());
    for turns in 0..3 {
        let report = report(&*store, &log_key(turns), Depth::Full);
        assert!(report.is_good(), "{turns} {:#?}", report.faults);
    }
    check_ledger(&*store);
}

#[test]
fn a_rotation_to_a_key_that_the_node_does_not_hold_is_refused_and_stops_nothing() {
    for held in [None, Some(key(3))] {
        let (store, mut country): (Arc<dyn Store>, _) =
            (Arc::new(MemoryStore::new()), TestCountry::new());
        let ledger = open(&store, log_key(0), held).unwrap();
        accept(&ledger, country.founding.clone());
        let answers = ledger
            .submit_blocking(vec![rotated(&mut country, 0)])
            .unwrap();
        let refused = answers[0].as_ref().unwrap_err();
        assert_eq!(refused.refusal.code(), "next-log-key-not-held");
        accept(&ledger, vec![country.mined(1)]);
        ledger.close().unwrap();
        assert!(report(&*store, &log_key(0), Depth::Full).is_good());
        assert_eq!(store.size(), 6);
    }
}

#[test]
fn after_a_crash_the_rotation_is_whole_or_not_there() {
    for (outcome, turns) in [(Outcome::Lost, 0), (Outcome::Persisted, 1)] {
        let memory = MemoryStore::new();
        let plan = Plan {
            append: Some((2, outcome)),
            ..Plan::default()
        };
        let store: Arc<dyn Store> = Arc::new(FaultyStore::new(memory.clone(), plan));
        let mut country = TestCountry::new();
        let ledger = open(&store, log_key(0), Some(log_key(1))).unwrap();
        accept(&ledger, country.founding.clone());
        let rotation = rotated(&mut country, 0);
        assert!(ledger.submit_blocking(vec![rotation.clone()]).is_err());
        drop(ledger);
        let store: Arc<dyn Store> = Arc::new(memory);
        assert!(open(&store, log_key(1 - turns), None).is_err());
        let ledger = open(&store, log_key(turns), Some(log_key(1))).unwrap();
        let again = accept(&ledger, vec![rotation]);
        assert_eq!((again[0].position, again[0].repeated), (5, turns == 1));
        accept(&ledger, vec![country.mined(1)]);
        ledger.close().unwrap();
        assert!(report(&*store, &log_key(1), Depth::Full).is_good());
    }
}

/// Signs the last checkpoint of a rotated log anew.
fn signed_anew(store: &dyn Store, signers: &[&dyn Signer]) -> Arc<dyn Store> {
    let copy = MemoryStore::new();
    let frames: Vec<_> = store.frames(0).unwrap().map(Result::unwrap).collect();
    for frame in &frames {
        let mut note = frame.checkpoint().to_vec();
        if frame.end() == store.size() {
            let Checkpoint { origin, size, root } = signing::peek_unverified(&note).unwrap();
            note = Checkpoint { origin, size, root }
                .sign_by_all(signers)
                .unwrap();
        }
        let entries: Vec<_> = frame.entries().map(|(_, entry)| entry).collect();
        copy.append(frame.first(), &entries, &note).unwrap();
    }
    Arc::new(copy)
}

#[test]
fn a_checkpoint_by_a_key_that_was_handed_over_is_found() {
    let (store, _) = rotated_log();
    let (old, new) = (log_key(0), log_key(1));
    for (signers, good) in [
        (&[&new as &dyn Signer][..], true),
        (&[&old], false),
        (&[&new, &old], false),
    ] {
        let copy = signed_anew(&*store, signers);
        for trusted in [&old, &new] {
            for depth in [Depth::Full, Depth::Chained] {
                let report = report(&*copy, trusted, depth);
                assert_eq!(report.is_good(), good, "{:#?}", report.faults);
            }
        }
    }
}

#[test]
fn a_handover_holds_for_this_log_these_keys_and_the_key_that_is_replaced_only() {
    let (here, elsewhere) = (testkit::ledger_id(), [9; 32]);
    let handover = |by: u32, ledger: [u8; 32], new: u32, after: u32| {
        let public = |turns| *log_key(turns).public().as_bytes();
        let next = signing::key_commitment(&public(after));
        signing::sign_handover(&log_key(by), &ledger, &public(new), &next).unwrap()
    };
    for (handover, code) in [
        (handover(1, here, 1, 2), "handover-fails"),
        (handover(0, elsewhere, 1, 2), "handover-fails"),
        (handover(0, here, 2, 2), "handover-fails"),
        (handover(0, here, 1, 3), "handover-fails"),
        (handover(0, here, 1, 2), "accepted"),
    ] {
        let (store, mut country): (Arc<dyn Store>, _) =
            (Arc::new(MemoryStore::new()), TestCountry::new());
        let ledger = open(&store, log_key(0), Some(log_key(1))).unwrap();
        accept(&ledger, country.founding.clone());
        let mut rotated = rotation(0);
        rotated.handover.0 = handover.0;
        let payload = Payload::LogKeyRotated(Box::new(rotated));
        let event = country.authors.sign(1, at("2024-01-20"), payload);
        let answer = ledger.submit_blocking(vec![event]).unwrap().remove(0);
        let found = answer.map_or_else(|refused| refused.refusal.code(), |_| "accepted".to_owned());
        assert_eq!(found, code);
        ledger.close().unwrap();
    }
}
