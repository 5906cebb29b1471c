//! A ledger that was written once with a wrong clock, and the flag by which its operator says that the clock is right now.
//! Invariant: nothing is written by a clock in doubt, and the reason to write on is in the log. Knows the commands' words.

use std::fs;
use std::sync::Arc;

use domain::Moment;
use ledger::{Ledger, LedgerOptions, ManualClock};
use serde_json::Value;
use store_embedded::EmbeddedStore;

use crate::place::{Place, Run, party};

const TOLD: &str = "mended-by-the-time-service";

fn run(place: &Place, line: &str) -> Run {
    let line = line.replace("MINE", &party(4));
    let line = line.replace("OPERATOR", &party(2));
    place.run(&line.split_whitespace().collect::<Vec<_>>())
}

/// Entries of the log, asked of the command: a folder that the test itself opens is locked for as long as a process that
/// another test is just starting has a copy of the lock.
fn size(place: &Place) -> u64 {
    for _ in 0..100 {
        let run = run(place, "inspect --json");
        if run.code == 0 {
            let head: Value = serde_json::from_str(&run.stdout).unwrap();
            return head["size"].as_u64().unwrap();
        }
        assert!(run.stderr.contains("in use"), "{}", run.stderr);
    }
    panic!("{} stays locked", place.ledger().display());
}

/// The operator booted in the year 2062 once, and believed it.
fn booted_wrong() -> Place {
    let place = Place::founded();
    let pem = fs::read_to_string(place.ledger().join("keys/operator.pem")).unwrap();
    let key = || signing::keyfile::open(&pem, None).unwrap();
    let wrong: Moment = "2062-01-01T00:00:00Z".parse().unwrap();
    let options = store_embedded::StoreOptions::default();
    let (store, _) = EmbeddedStore::open(&place.ledger(), options).unwrap();
    let ledger = Ledger::open(LedgerOptions {
        store: Arc::new(store),
        signer: Arc::new(key()),
        next_signer: None,
        clock: Arc::new(ManualClock::at(wrong)),
    });
    let ledger = ledger.unwrap();
    let told = ledger.confirm_clock(&key(), wrong, "as the panel shows it".parse().unwrap());
    assert!(told.unwrap().is_ok());
    ledger.close().unwrap();
    size(&place);
    place
}

#[test]
fn nothing_is_written_by_a_clock_in_doubt_until_the_operator_says_why() {
    let place = booted_wrong();
    let (file, before) = (place.mined("M", 1), size(&place));
    let record = format!("record {file} --as MINE --yes");
    let refused = run(&place, &record);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    for why in ["[clock-behind]", "2062-01-01", "`--clock-is-right REASON`"] {
        assert!(refused.stderr.contains(why), "{why} {}", refused.stderr);
    }
    // Neither a dry run nor a command that reads says anything in the log.
    for line in ["record M.jsonl --as MINE --dry-run", "inspect"] {
        let run = run(&place, &format!("{line} --clock-is-right {TOLD}"));
        assert!(!run.stderr.contains("error"), "{}", run.stderr);
    }
    assert_eq!(size(&place), before);
    let recorded = run(&place, &format!("{record} --clock-is-right {TOLD}"));
    assert_eq!(recorded.code, 0, "{}", recorded.stderr);
    assert!(recorded.stderr.contains("that the clock is right"));
    assert_eq!(size(&place), before + 2);
    let acts = run(&place, "act list --event clock-confirmed").stdout;
    assert!(acts.contains(TOLD) && acts.contains(&party(2)), "{acts}");
    // From now on the clock is held against what was said.
    let file = place.mined("N", 1);
    let again = run(
        &place,
        &format!("record {file} --as MINE --yes --clock-is-right {TOLD}"),
    );
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("not in doubt"), "{}", again.stderr);
    assert_eq!(size(&place), before + 3);
    assert_eq!(run(&place, "verify .ytterby").code, 0);
}

#[test]
fn the_operators_own_event_follows_on_its_word() {
    let place = booted_wrong();
    let before = size(&place);
    assert_eq!(run(&place, "heads --yes").code, 1);
    let heads = run(&place, &format!("heads --yes --clock-is-right {TOLD}"));
    assert_eq!(heads.code, 0, "{}", heads.stderr);
    assert_eq!(size(&place), before + 2);
    assert_eq!(run(&place, "verify .ytterby").code, 0);
}

/// An event of the operator's own that waits in its outbox has the number that its word on the clock needs.
fn with_an_event_that_waits() -> Place {
    let place = booted_wrong();
    let shown = run(&place, "heads --dry-run").stderr;
    let (from, to) = (shown.find('{').unwrap(), shown.find('}').unwrap());
    let event: Value = serde_json::from_str(&shown[from..=to]).unwrap();
    fs::write(place.path().join("heads.jsonl"), format!("{event}\n")).unwrap();
    let waits = run(
        &place,
        "record heads.jsonl --as OPERATOR --key .ytterby/keys/operator.pem --out sent.json --yes",
    );
    assert_eq!(waits.code, 0, "{}", waits.stderr);
    place
}

#[test]
fn what_the_operator_has_waiting_is_signed_again_behind_its_word() {
    for line in ["heads --yes", "take sent.json"] {
        let place = with_an_event_that_waits();
        let before = size(&place);
        let stuck = run(&place, line);
        assert_eq!(stuck.code, 1, "{line} {}", stuck.stderr);
        let done = run(&place, &format!("{line} --clock-is-right {TOLD}"));
        assert_eq!(done.code, 0, "{line} {}", done.stderr);
        assert!(done.stderr.contains("signed again"), "{}", done.stderr);
        // Its word, what waited, and what the command itself states.
        let stated = if line.starts_with("heads") { 3 } else { 2 };
        assert_eq!(size(&place), before + stated, "{line}");
        let outbox = fs::read_to_string(place.ledger().join("signed.json")).unwrap();
        let outbox: Value = serde_json::from_str(&outbox).unwrap();
        assert_eq!(outbox["events"].as_array().unwrap().len(), 0);
        assert!(!place.ledger().join("evidence").exists());
        assert_eq!(run(&place, "heads --yes").code, 0);
        assert_eq!(run(&place, "verify .ytterby").code, 0);
    }
}

#[test]
fn who_does_not_write_the_log_has_no_word_on_its_clock() {
    let place = booted_wrong();
    let (file, before) = (place.mined("M", 1), size(&place));
    let line = format!("record {file} --as MINE --yes --out sent.json --clock-is-right {TOLD}");
    let refused = run(&place, &line);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("no log is written here"));
    // By file it waits, and is taken with the operator's word.
    let line = format!("record {file} --as MINE --yes --out sent.json");
    assert_eq!(run(&place, &line).code, 0);
    let waits = run(&place, "take sent.json");
    assert_ne!(waits.code, 0, "{}", waits.stderr);
    assert_eq!(size(&place), before);
    let taken = run(&place, &format!("take sent.json --clock-is-right {TOLD}"));
    assert_eq!(taken.code, 0, "{}{}", taken.stdout, taken.stderr);
    assert_eq!(size(&place), before + 2);
    let empty = run(&place, "record M.jsonl --as MINE --clock-is-right=");
    assert_eq!(empty.code, 2, "{}", empty.stderr);
}
