//! Ledgers that call an event recorded only once their witnesses have cosigned it.
//! Invariant: whatever a witness does, the event is in the log; what is told and handed out is what changes.

use std::fs;

use crate::audit::{export, record};
use crate::place::{Place, party};
use crate::witness::RunningWitness;

/// A ledger that asks for one witness, and the witness.
fn witnessed() -> (Place, RunningWitness, String) {
    let place = Place::founded();
    let key = export(&place);
    let witness = RunningWitness::start(&place, &key);
    witness.policy(&place, &key);
    let set = place.good(&["acknowledge", "witnessed", "--policy", "policy"]);
    assert!(set.stdout.starts_with("witnessed"), "{}", set.stdout);
    (place, witness, key)
}

fn size(place: &Place) -> u64 {
    let run = place.good(&["verify", ".ytterby", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    report["size"].as_u64().unwrap()
}

#[test]
fn an_event_is_recorded_once_the_quorum_has_cosigned_it() {
    let (place, witness, key) = witnessed();
    let before = size(&place);
    let mined = place.mined("A", 2);
    let run = place.good(&["record", &mined, "--as", &party(4), "--yes"]);
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    let newest = (before + 1).to_string();
    place.good(&["receipt", &newest, "--out", "newest.json"]);
    place.good(&[
        "verify",
        "newest.json",
        "--log-key",
        &key,
        "--policy",
        "policy",
    ]);

    drop(witness);
    let mined = place.mined("B", 3);
    let run = place.run(&["record", &mined, "--as", &party(4), "--yes"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    let said = format!(
        "NOT ACKNOWLEDGED: 3 events are in the log, from position {} on",
        before + 2
    );
    assert!(run.stderr.contains(&said), "{}", run.stderr);
    assert!(run.stderr.contains("`ytterby cosign`"), "{}", run.stderr);
    assert_eq!(size(&place), before + 5, "they are in the log");
    let open = place.run(&["receipt", &(before + 4).to_string()]);
    assert_eq!(open.code, 1, "{}", open.stderr);
    assert!(open.stderr.contains("not acknowledged"), "{}", open.stderr);
    place.good(&["receipt", &newest]);

    let witness = RunningWitness::start(&place, &key);
    witness.policy(&place, &key);
    place.good(&["acknowledge", "witnessed", "--policy", "policy"]);
    place.good(&["cosign"]);
    place.good(&["receipt", &(before + 4).to_string(), "--out", "late.json"]);
    place.good(&[
        "verify",
        "late.json",
        "--log-key",
        &key,
        "--policy",
        "policy",
    ]);
}

#[test]
fn durable_is_the_default_and_can_be_had_again() {
    let (place, witness, _) = witnessed();
    drop(witness);
    let shown = place.good(&["acknowledge"]);
    assert!(shown.stdout.starts_with("witnessed"), "{}", shown.stdout);
    let shown = place.good(&["acknowledge", "durable"]);
    assert!(shown.stdout.starts_with("durable"), "{}", shown.stdout);
    record(&place, "A");
    place.good(&["receipt", "3"]);
    let fresh = Place::founded();
    let shown = fresh.good(&["acknowledge"]);
    assert!(shown.stdout.starts_with("durable"), "{}", shown.stdout);
}

#[test]
fn nothing_is_signed_under_a_policy_that_witnesses_can_not_meet() {
    let (place, _witness, key) = witnessed();
    let size_before = size(&place);
    let own = place.ledger().join("witnesses/policy");
    let policy = fs::read_to_string(&own).unwrap();
    for (text, part) in [
        (format!("log {key}\nquorum none\n"), "quorum is none"),
        (policy.replace("quorum north\n", ""), "one quorum line"),
    ] {
        fs::write(place.path().join("other"), &text).unwrap();
        let refused = place.run(&["acknowledge", "witnessed", "--policy", "other"]);
        assert_ne!(refused.code, 0);
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
        assert_eq!(
            fs::read_to_string(&own).unwrap(),
            policy,
            "it stays as it was"
        );
        fs::write(&own, &text).unwrap();
        let mined = place.mined("A", 1);
        let stopped = place.run(&["record", &mined, "--as", &party(4), "--yes"]);
        assert_ne!(stopped.code, 0);
        assert!(stopped.stderr.contains(part), "{}", stopped.stderr);
        assert_eq!(size(&place), size_before, "before anything is signed");
        fs::write(&own, &policy).unwrap();
    }
    // Nor does another policy take the place of the ledger's own for an afternoon.
    let other = place.run(&["cosign", "--policy", "other"]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    let alone = place.run(&["acknowledge", "durable", "--policy", "policy"]);
    assert_eq!(alone.code, 2, "{}", alone.stderr);
}

#[test]
fn receipts_by_file_are_under_what_the_witnesses_cosigned() {
    let (place, witness, key) = witnessed();
    let mined = place.mined("A", 1);
    let signed = [
        "record",
        &mined,
        "--as",
        &party(4),
        "--yes",
        "--out",
        "signed.json",
    ];
    place.good(&signed);
    drop(witness);
    let taken = place.run(&["take", "signed.json", "--out", "receipts.json"]);
    assert_eq!(
        (taken.code, taken.stdout.as_str()),
        (1, ""),
        "{}",
        taken.stderr
    );
    assert!(
        taken.stderr.contains("NOT ACKNOWLEDGED: 1 event is"),
        "{}",
        taken.stderr
    );
    assert!(!place.path().join("receipts.json").exists());

    let witness = RunningWitness::start(&place, &key);
    witness.policy(&place, &key);
    place.good(&["acknowledge", "witnessed", "--policy", "policy"]);
    let taken = place.good(&["take", "signed.json", "--out", "receipts.json"]);
    assert_eq!(taken.stdout.lines().count(), 1, "{}", taken.stdout);
    let receipts = fs::read_to_string(place.path().join("receipts.json")).unwrap();
    assert!(receipts.contains("witness.example/north"), "{receipts}");
    let checked = [
        "receipts",
        "receipts.json",
        "--sent",
        "signed.json",
        "--log-key",
        &key,
    ];
    place.good(&checked);
}

#[test]
fn a_log_that_lost_its_tail_acknowledges_nothing() {
    let (place, _witness, key) = witnessed();
    record(&place, "A");
    let cosigned = place.ledger().join("witnesses/witnessed");
    let note = fs::read_to_string(&cosigned).unwrap();
    // The checkpoint of another log, which the ledger's own key never signed.
    fs::write(
        &cosigned,
        note.replacen("test.example/log\n", "test.example/log\n9", 1),
    )
    .unwrap();
    let refused = place.run(&["receipt", "3"]);
    assert_ne!(refused.code, 0);
    assert!(
        refused.stderr.contains("not one of this log"),
        "{}",
        refused.stderr
    );
    fs::write(&cosigned, note).unwrap();
    place.good(&["receipt", "3", "--out", "good.json"]);
    place.good(&["verify", "good.json", "--log-key", &key]);
}
