//! The auditor's and the witness's commands, as typed: copies, extracts, what is remembered, cosignatures.
//! Invariant: every copy is judged by its own command, never by its maker's word. Knows the exit codes.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::evidence::copy_folder;
use crate::place::{Place, party};
use crate::witness::RunningWitness;

pub(crate) fn record(place: &Place, name: &str) {
    place.good(&["record", &place.mined(name, 5), "--as", &party(4), "--yes"]);
}

/// Exports into `copy`; the log's key.
pub(crate) fn export(place: &Place) -> String {
    let run = place.good(&["export", "copy"]);
    let key = run.stdout.lines().find_map(|l| l.strip_prefix("log key "));
    key.unwrap().to_owned()
}

#[test]
fn copies_are_good_alone_and_brought_up_to_date() {
    let place = Place::founded();
    record(&place, "A");
    let key = export(&place);
    record(&place, "B");
    let again = place.good(&["export", "copy"]);
    assert!(again.stdout.contains("5 of them new"), "{}", again.stdout);
    place.good(&["export", "--pack", "one"]);
    place.good(&["export", "--pack", "two"]);
    let read = |name| fs::read(place.path().join(name)).unwrap();
    assert_eq!(read("one"), read("two"), "same log, same bytes");
    // Its own policy names the log and asks for no witness.
    place.good(&["verify", "copy", "--policy", "copy/policy"]);
    for path in ["copy", "one", ".ytterby"] {
        let run = place.good(&["verify", path, "--log-key", &key]);
        assert!(run.stdout.starts_with("GOOD"), "{}", run.stdout);
    }
    fs::remove_dir_all(place.ledger()).unwrap();
    place.good(&["verify", "copy"]);
}

#[test]
fn what_was_seen_is_remembered() {
    let place = Place::founded();
    record(&place, "A");
    place.good(&["export", "--pack", "old"]);
    record(&place, "B");
    place.good(&["export", "--pack", "new"]);
    place.good(&["verify", "new", "--remember", "seen.json"]);
    let stale = place.run(&["verify", "old", "--remember", "seen.json"]);
    assert_eq!(stale.code, 1, "{}", stale.stdout);
    assert!(stale.stdout.starts_with("STALE"), "{}", stale.stdout);
    place.good(&["verify", "new", "--remember", "seen.json"]);
}

#[test]
fn an_extract_is_remembered_by_the_tree_it_was_cut_from() {
    let place = Place::founded();
    record(&place, "A");
    place.good(&["heads", "--yes"]);
    place.good(&["extract", &party(4), "mine.json"]);
    place.good(&["verify", "mine.json", "--remember", "seen.json"]);
    record(&place, "B");
    place.good(&["verify", ".ytterby", "--remember", "seen.json"]);
    let old = place.run(&["verify", "mine.json", "--remember", "seen.json"]);
    assert_eq!(old.code, 1, "{}", old.stdout);
    assert!(old.stdout.starts_with("STALE"), "{}", old.stdout);
}

#[test]
fn what_is_not_witnessed_enough_is_not_remembered() {
    let place = Place::founded();
    let key = export(&place);
    let witness = RunningWitness::start(&place, &key);
    witness.policy(&place, &key);
    let unwitnessed = [
        "verify",
        "copy",
        "--policy",
        "policy",
        "--remember",
        "seen.json",
    ];
    assert_eq!(place.run(&unwitnessed).code, 1);
    assert!(!place.path().join("seen.json").exists());
    place.good(&["cosign", "--policy", "policy"]);
    place.good(&["export", "copy"]);
    place.good(&unwitnessed);
    assert!(place.path().join("seen.json").exists());
}

#[test]
fn an_extract_shows_all_of_one_enterprise_or_that_there_is_none() {
    let place = Place::founded();
    record(&place, "A");
    let mine = party(4);
    let unproven = place.good(&["extract", &mine, "unproven.json"]);
    assert!(unproven.stderr.contains("heads"), "{}", unproven.stderr);
    place.good(&["heads", "--yes"]);
    place.good(&["extract", &mine, "mine.json"]);
    place.good(&["extract", &party(7), "nobody.json"]);
    for file in ["mine.json", "nobody.json"] {
        let run = place.good(&["verify", file]);
        assert!(run.stdout.starts_with("GOOD"), "{}", run.stdout);
    }
    record(&place, "B");
    let dated = place.good(&["extract", &party(7), "dated.json"]);
    assert!(dated.stdout.contains("whole up to 20"), "{}", dated.stdout);
    let whose = format!("to date it: an event of {mine}");
    assert!(dated.stderr.contains(&whose), "{}", dated.stderr);
    let path = place.path().join("dated.json");
    let mut extract: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    extract["last"] = serde_json::Value::Null;
    fs::write(&path, extract.to_string()).unwrap();
    let undated = place.run(&["verify", "dated.json"]);
    assert_eq!(undated.code, 1, "{}", undated.stdout);
    assert!(
        undated.stdout.starts_with("INCOMPLETE"),
        "{}",
        undated.stdout
    );
    let path = place.path().join("mine.json");
    let mut extract: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let entries = extract["entries"].as_array_mut().unwrap();
    entries.remove(entries.len() - 2);
    fs::write(&path, extract.to_string()).unwrap();
    let lie = place.run(&["verify", "mine.json"]);
    assert_eq!(lie.code, 1, "{}", lie.stdout);
}

#[test]
fn a_checkpoint_is_pending_until_enough_witnesses_cosigned() {
    let place = Place::founded();
    record(&place, "A");
    let key = export(&place);
    let witness = RunningWitness::start(&place, &key);
    witness.policy(&place, &key);
    let before = place.run(&["verify", "copy", "--policy", "policy"]);
    assert_eq!(before.code, 1);
    assert!(
        before.stdout.starts_with("UNWITNESSED"),
        "{}",
        before.stdout
    );
    let cosigned = place.good(&["cosign", "--policy", "policy"]);
    assert!(cosigned.stdout.contains("yes"), "{}", cosigned.stdout);
    place.good(&["export", "copy"]);
    for path in ["copy", ".ytterby"] {
        place.good(&["verify", path, "--policy", "policy"]);
    }
    // The ledger goes on; what is witnessed stays the beginning of it.
    record(&place, "B");
    place.good(&["verify", ".ytterby", "--policy", "policy"]);
    drop(witness);
    let unreachable = place.run(&["cosign", "--policy", "policy", "--timeout", "2"]);
    assert_eq!(unreachable.code, 1, "{}", unreachable.stdout);
    assert!(
        unreachable.stderr.contains("pending"),
        "{}",
        unreachable.stderr
    );
    place.good(&["verify", ".ytterby", "--policy", "policy"]);
    record(&place, "C");
}

#[test]
fn witnesses_and_policies_follow_a_replaced_log_key() {
    let place = Place::founded();
    let old = export(&place);
    let witness = RunningWitness::start(&place, &old);
    witness.policy(&place, &old);
    place.good(&["cosign", "--policy", "policy"]);
    place.good(&["key", "rotate-log", "--plain", "--yes"]);
    let new = export(&place);
    // The checkpoint of the handover is signed by both keys, a later one by the new key alone.
    place.good(&["cosign", "--policy", "policy"]);
    record(&place, "A");
    assert_eq!(place.run(&["cosign", "--policy", "policy"]).code, 1);
    drop(witness);
    let witness = RunningWitness::start_for(&place, &[&old, &new]);
    witness.policy(&place, &format!("{old}\nlog {new}"));
    place.good(&["cosign", "--policy", "policy"]);
    export(&place);
    for path in [".ytterby", "copy"] {
        place.good(&["verify", path, "--policy", "policy"]);
        place.good(&["verify", path, "--policy", "policy", "--log-key", &old]);
    }
}

/// Asks what a witness shows to monitors, by hand: the answer, head and body.
fn monitored(url: &str, page: &str) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {page} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(unix)]
#[test]
fn a_witness_stops_in_order_when_it_is_asked_to() {
    let place = Place::founded();
    let key = export(&place);
    for signal in ["-TERM", "-INT"] {
        let mut witness = RunningWitness::start(&place, &key);
        witness.policy(&place, &key);
        place.good(&["cosign", "--policy", "policy"]);
        let process = witness.process.id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.unwrap().success());
        assert_eq!(witness.process.wait().unwrap().code(), Some(0), "{signal}");
        let gone = place.run(&["cosign", "--policy", "policy", "--timeout", "2"]);
        assert_eq!(gone.code, 1, "{}", gone.stdout);
    }
}

#[test]
fn monitors_are_shown_what_was_cosigned() {
    let place = Place::founded();
    let key = export(&place);
    let witness = RunningWitness::start(&place, &key);
    witness.policy(&place, &key);
    // The SHA-256 hash of the origin `test.example/log`, as another program printed it.
    let page = "/c7e4c0c475aaf106a5aa34e3f5a719c759f5bf750b959c79a267eca9c22ac0e1/checkpoint";
    let before = monitored(&witness.url, page);
    assert!(before.starts_with("HTTP/1.1 404 "), "{before}");
    place.good(&["cosign", "--policy", "policy"]);
    let after = monitored(&witness.url, page);
    let witnessed = fs::read_to_string(place.ledger().join("witnesses/witnessed")).unwrap();
    assert!(after.ends_with(&format!("\r\n\r\n{witnessed}")), "{after}");
}

#[test]
fn a_mirror_cosigns_only_what_its_copy_holds_and_the_verifier_finds_good() {
    let place = Place::founded();
    let key = export(&place);
    let witness = RunningWitness::start_with(&place, &[&key], &["--mirror", "copy"]);
    witness.policy(&place, &key);
    place.good(&["cosign", "--policy", "policy"]);
    record(&place, "A");
    let behind = place.run(&["cosign", "--policy", "policy"]);
    assert_eq!(behind.code, 1, "{}", behind.stdout);
    assert!(behind.stdout.contains("503"), "{}", behind.stdout);
    assert!(!behind.stderr.contains("ALARM"), "{}", behind.stderr);
    place.good(&["export", "copy"]);
    place.good(&["cosign", "--policy", "policy"]);
    // The next state of the copy is bad: a byte of its newest entry is another.
    record(&place, "B");
    place.good(&["export", "copy"]);
    let bundles = place.path().join("copy/tile/entries/000.p");
    let bundle = fs::read_dir(bundles)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let good = fs::read(&bundle).unwrap();
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    fs::write(&bundle, bad).unwrap();
    let refused = place.run(&["cosign", "--policy", "policy"]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(
        refused.stderr.contains("ALARM: north: "),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("tampered"), "{}", refused.stderr);
    fs::write(&bundle, good).unwrap();
    place.good(&["cosign", "--policy", "policy"]);
}

#[test]
fn a_mirror_goes_on_with_the_copy_that_follows_the_log() {
    let place = Place::founded();
    let key = export(&place);
    let follow = |place: &Place| {
        place.good(&["export", "--pack", "pack"]);
        let follow = ["--ledger", "follower", "follow", "pack", "--log-key", &key];
        place.good(&follow);
    };
    follow(&place);
    let witness = RunningWitness::start_with(&place, &[&key], &["--mirror", "follower"]);
    witness.policy(&place, &key);
    place.good(&["cosign", "--policy", "policy"]);
    for name in ["A", "B"] {
        record(&place, name);
        let behind = place.run(&["cosign", "--policy", "policy"]);
        assert_eq!(behind.code, 1, "{}", behind.stdout);
        assert!(behind.stdout.contains("ask again"), "{}", behind.stdout);
        follow(&place);
        place.good(&["cosign", "--policy", "policy"]);
    }
}

#[test]
fn a_mirror_does_not_start_without_a_good_copy_of_its_log() {
    let place = Place::founded();
    let key = export(&place);
    let refused = |key: &str, why: &str| {
        let words = RunningWitness::words(&place, &[key], &["--mirror", "copy"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = place.run(&words);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    };
    // Another log of the same name, with a key of its own.
    refused(&export(&Place::founded()), "is of another log");
    let bundles = place.path().join("copy/tile/entries/000.p");
    let bundle = fs::read_dir(bundles).unwrap().next().unwrap().unwrap();
    let mut bad = fs::read(bundle.path()).unwrap();
    *bad.last_mut().unwrap() ^= 1;
    fs::write(bundle.path(), bad).unwrap();
    refused(&key, "is tampered");
}

#[test]
fn a_witness_that_saw_another_history_is_heard() {
    let place = Place::founded();
    let key = export(&place);
    let witness = RunningWitness::start(&place, &key);
    witness.policy(&place, &key);
    let ledger = place.ledger();
    let backup = place.path().join("backup");
    copy_folder(&ledger, &backup);
    record(&place, "A");
    place.good(&["cosign", "--policy", "policy"]);
    // The node is restored from its backup, high-water mark and all, and goes another way.
    fs::remove_dir_all(&ledger).unwrap();
    fs::rename(&backup, &ledger).unwrap();
    let behind = place.run(&["cosign", "--policy", "policy"]);
    assert_eq!(behind.code, 1, "{}", behind.stdout);
    assert!(
        behind.stdout.contains("the log was cut"),
        "{}",
        behind.stdout
    );
    // A size that a witness claims stops nothing; the checkpoint that this very log signed does.
    place.good(&["record", &place.mined("Y", 0), "--as", &party(4), "--yes"]);
    let kept = fs::read_dir(place.path().join("witness-folder/checkpoints")).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path()).next().unwrap();
    let shown = ledger.join("witnesses/shown");
    let note = fs::read_to_string(&kept).unwrap();
    fs::write(
        &shown,
        note.replacen("test.example/log\n", "test.example/log\n9", 1),
    )
    .unwrap();
    let another = place.mined("Z", 5);
    let on = ["record", &another, "--as", &party(4), "--yes"];
    let forged = place.run(&on);
    assert_eq!(forged.code, 1, "{}", forged.stderr);
    assert!(
        forged.stderr.contains("not a checkpoint of this log"),
        "{}",
        forged.stderr
    );
    fs::write(&shown, &note).unwrap();
    let refused = place.run(&on);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("lost its tail"),
        "{}",
        refused.stderr
    );
    place.good(&[&on[..], &["--accept-loss"]].concat());
    let other = place.run(&["cosign", "--policy", "policy"]);
    assert_eq!(other.code, 1, "{}", other.stdout);
    assert!(other.stdout.contains("two histories"), "{}", other.stdout);
    assert!(other.stderr.contains("ALARM: north: "), "{}", other.stderr);
    // The witness and the node each found it, and wrote the same evidence.
    let kept = |folder: std::path::PathBuf| {
        let files = fs::read_dir(folder).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        let [file] = &files[..] else {
            panic!("{files:?}")
        };
        let run = place.run(&["verify", file.to_str().unwrap(), "--log-key", &key]);
        assert_eq!(run.code, 1);
        assert!(run.stdout.starts_with("EQUIVOCATION"), "{}", run.stdout);
        fs::read_to_string(file).unwrap()
    };
    let by_witness = kept(place.path().join("witness-folder/evidence"));
    assert_eq!(by_witness, kept(ledger.join("evidence")));
}
