//! When events are acknowledged: what the quorum of the ledger's policy has cosigned, and nothing else.
//! Invariant: every event here is in the log; only whether it counts as acknowledged changes. Knows no network.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use chain::consistency_proof;
use ledger::{Acknowledge, LedgerFault, NoQuorum, receipt, receipt_under, with_tree};
use policy::Policy;
use signing::{
    Checkpoint, LogKeys, Signer, VerifierKey, WitnessKey, add_cosignature, cosign, open_checkpoint,
};
use store::{MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, key, open};

fn log_key(number: u32) -> VerifierKey {
    VerifierKey::new(ORIGIN, key(number).public().clone()).unwrap()
}

fn keys() -> LogKeys {
    LogKeys::from(log_key(2))
}

fn witness(number: u32) -> WitnessKey {
    WitnessKey::new(&format!("w{number}"), key(number).public().clone()).unwrap()
}

/// Witnesses 91 to 93, after these lines and before those.
fn policy(logs: &str, rest: &str) -> Policy {
    let lines = (91..=93).map(|number| format!("witness w{number} {}\n", witness(number)));
    Policy::parse(&format!("{logs}{}{rest}", lines.collect::<String>())).unwrap()
}

fn two_of_three() -> Acknowledge {
    let policy = policy("", "group g 2 w91 w92 w93\nquorum g\n");
    Acknowledge::witnessed(policy).unwrap()
}

/// Five entries of the founding, then so many lots, each in a group of its own.
fn log(lots: u64) -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut country = TestCountry::new();
    let (ledger, _) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    for lot in 0..lots {
        accept(&ledger, vec![country.mined(lot)]);
    }
    ledger.close().unwrap();
    store
}

/// The checkpoint of the group that ends at this size, cosigned by these witnesses.
fn cosigned(store: &dyn Store, size: u64, witnesses: &[u32]) -> Vec<u8> {
    let frame = store.frame_of(size - 1).unwrap();
    cosigned_note(frame.checkpoint(), witnesses)
}

fn cosigned_note(note: &[u8], witnesses: &[u32]) -> Vec<u8> {
    let signed = open_checkpoint(note, &log_key(2)).unwrap();
    let mut note = note.to_vec();
    for number in witnesses {
        let line = cosign(&signed, &format!("w{number}"), &key(*number), 1_704_900_000).unwrap();
        note = add_cosignature(&note, &witness(*number), line.as_bytes()).unwrap();
    }
    note
}

#[test]
fn what_is_durable_is_acknowledged_unless_witnesses_are_asked_for() {
    let store = log(3);
    let durable = Acknowledge::default();
    assert_eq!(durable.acknowledged(&*store, &keys(), None).unwrap(), 8);
    let witnessed = two_of_three();
    assert_eq!(witnessed.acknowledged(&*store, &keys(), None).unwrap(), 0);
    for (size, witnesses, acknowledged) in [
        (8, &[91, 93][..], 8),
        (6, &[91, 92, 93], 6),
        (8, &[92], 0),
        (8, &[92, 95], 0),
        (8, &[], 0),
    ] {
        let note = cosigned(&*store, size, witnesses);
        let found = witnessed.acknowledged(&*store, &keys(), Some(&note));
        assert_eq!(found.unwrap(), acknowledged, "{size} {witnesses:?}");
    }
}

#[test]
fn a_checkpoint_of_another_history_acknowledges_nothing() {
    let (store, witnessed) = (log(3), two_of_three());
    let fault =
        |note: &[u8], keys: &LogKeys| match witnessed.acknowledged(&*store, keys, Some(note)) {
            Err(LedgerFault::Cosigned { what }) => what,
            other => panic!("{other:?}"),
        };
    let longer = cosigned(&*log(4), 9, &[91, 92]);
    assert!(fault(&longer, &keys()).contains("covers 9 entries"));
    let forged = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 8,
        root: chain::leaf_hash(b"another history"),
    };
    let forged = cosigned_note(&forged.sign(&key(2)).unwrap(), &[91, 92]);
    assert!(fault(&forged, &keys()).contains("has the root"));
    let good = cosigned(&*store, 8, &[91, 92]);
    fault(&good, &LogKeys::from(log_key(3)));
    fault(b"no note", &keys());
}

#[test]
fn a_policy_that_asks_for_nobody_is_refused() {
    let refused = Acknowledge::witnessed(policy("", "quorum none\n"));
    assert_eq!(refused, Err(NoQuorum));
}

#[test]
fn a_policy_that_names_logs_has_to_name_the_key_that_signs_now() {
    let store = log(3);
    let note = cosigned(&*store, 8, &[91]);
    for (logs, accepts) in [
        (String::new(), true),
        (format!("log {}\n", log_key(3)), false),
        (format!("log {}\nlog {}\n", log_key(3), log_key(2)), true),
    ] {
        let witnessed = Acknowledge::witnessed(policy(&logs, "quorum w91\n")).unwrap();
        assert_eq!(witnessed.accepts(&keys()), accepts, "{logs}");
        let found = witnessed.acknowledged(&*store, &keys(), Some(&note));
        assert_eq!(found.unwrap(), if accepts { 8 } else { 0 }, "{logs}");
    }
    assert!(Acknowledge::default().accepts(&keys()));
}

#[test]
fn a_receipt_is_given_under_the_checkpoint_that_witnesses_cosigned() {
    let store = log(3);
    let note = cosigned(&*store, 7, &[91, 92]);
    for position in 0..7 {
        let given = receipt_under(&*store, position, &note).unwrap();
        let signed = given.proof.verify(&given.entry, &keys()).unwrap();
        assert_eq!(signed.note(), note);
        // The usual one is against the checkpoint of its own group, of which no witness knows.
        let usual = receipt(&*store, position).unwrap();
        assert_eq!(usual.entry, given.entry);
        assert!(usual.proof.note.len() < note.len());
    }
    let early = receipt_under(&*store, 7, &note).unwrap_err();
    let LedgerFault::NotAcknowledged { position, size } = early else {
        panic!("{early}")
    };
    assert_eq!((position, size), (7, 7));
    assert!(receipt_under(&*store, 8, &note).is_err());
}

#[test]
fn a_witness_is_shown_the_proof_from_what_it_has_cosigned() {
    let store = log(300);
    let tree = |size: u64| {
        let note = store.frame_of(size - 1).unwrap().checkpoint().to_vec();
        signing::peek_unverified(&note).unwrap().root
    };
    let size = store.size();
    for old in [5, 6, 255, 256, 257, size - 1, size] {
        let proof = with_tree(&*store, size, |reader| consistency_proof(old, size, reader));
        let holds = chain::verify_consistency(old, &tree(old), size, &tree(size), &proof.unwrap());
        assert_eq!(holds, Ok(()), "{old}");
    }
    let beyond = with_tree(&*store, size + 1, |reader| {
        consistency_proof(5, size + 1, reader)
    });
    assert!(beyond.is_err());
}
