//! Receipts, evidence and policies, through the stand-alone binary.
//! Invariant: exit code and report together are what is tested. Knows the vectors that another program reads as well.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use signing::{Signer, VerifierKey, WitnessKey, add_cosignature, cosign, open_checkpoint};
use testkit::{ORIGIN, key};

use crate::log::{Copy, checkpoint_by, honest};

fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ytterby-verify"));
    let Output {
        status,
        stdout,
        stderr,
    } = command.args(arguments).env_clear().output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// The file of a vector in a folder that vanishes, and the verdict it must get.
fn vector(folder: &Path, path: &Path) -> (PathBuf, Value) {
    let vector: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let file = folder.join("file.json");
    fs::write(&file, vector["file"].as_str().unwrap()).unwrap();
    (file, vector)
}

#[test]
fn every_vector_gets_its_verdict_and_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let mut count = 0;
    for kind in ["evidence", "receipt"] {
        for entry in fs::read_dir(vectors.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let (file, vector) = vector(folder.path(), &path);
            let mut arguments = vec![file.to_str().unwrap()];
            arguments.extend(vector["log_key"].as_str().map(|_| "--log-key"));
            arguments.extend(vector["log_key"].as_str());
            let (code, report, _) = run(&arguments);
            // A file cut or of another kind may be taken for an extract, and is malformed all the same.
            let verdict = vector["verdict"].as_str().unwrap().to_uppercase();
            assert!(report.starts_with(&verdict), "{}: {report}", path.display());
            assert_eq!(code, i32::from(verdict != "GOOD"), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 32);
}

#[test]
fn a_receipt_without_a_key_and_evidence_under_a_policy_are_asked_wrongly() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let (file, _) = vector(folder.path(), &vectors.join("receipt/lot.json"));
    let (code, report, said) = run(&[file.to_str().unwrap()]);
    assert_eq!((code, report.as_str()), (2, ""));
    assert!(said.contains("--log-key"), "{said}");
    let (file, _) = vector(folder.path(), &vectors.join("evidence/two-events.json"));
    let policy = folder.path().join("policy");
    fs::write(&policy, "quorum none\n").unwrap();
    let (code, ..) = run(&[file.to_str().unwrap(), "--policy", policy.to_str().unwrap()]);
    assert_eq!(code, 2);
}

#[test]
fn a_policy_is_judged_without_a_network() {
    let log = honest();
    let copy = Copy::of(&log.entries);
    let folder = tempfile::tempdir().unwrap();
    let log_key = VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap();
    let name = "witness.example/north";
    let witness = WitnessKey::new(name, key(9).public().clone()).unwrap();
    let policy = folder.path().join("policy");
    fs::write(
        &policy,
        format!("log {log_key}\nwitness north {witness}\nquorum north\n"),
    )
    .unwrap();
    let seen = folder.path().join("seen.json");
    let ask = || {
        run(&[
            copy.path().to_str().unwrap(),
            "--policy",
            policy.to_str().unwrap(),
            "--remember",
            seen.to_str().unwrap(),
        ])
    };
    let (code, report, _) = ask();
    assert_eq!(code, 1);
    assert!(report.starts_with("UNWITNESSED"), "{report}");
    assert!(!seen.exists(), "what is not witnessed is not remembered");
    let signed = open_checkpoint(&checkpoint_by(&key(2), &log.entries), &log_key).unwrap();
    let line = cosign(&signed, name, &key(9), 1_800_000_000).unwrap();
    let note = add_cosignature(signed.note(), &witness, line.as_bytes()).unwrap();
    copy.change("checkpoint", |bytes| *bytes = note.clone());
    let (code, report, _) = ask();
    assert_eq!(code, 0, "{report}");
    let memory = fs::read_to_string(&seen).unwrap();
    assert!(
        memory.contains(name),
        "the note is remembered as it was signed"
    );
    fs::write(&policy, "quorum south\n").unwrap();
    let (code, _, said) = ask();
    assert_eq!(code, 2, "{said}");
}

/// Memories from before the note was kept are read, and a fork is still seen.
#[test]
fn an_old_memory_is_read() {
    let log = honest();
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen.json");
    let (size, root) = log.remembered;
    for (root, expected) in [(root.to_string(), 0), ("11".repeat(32), 1)] {
        let memory = format!(r#"{{"{ORIGIN}":{{"size":{size},"root":"{root}"}}}}"#);
        fs::write(&seen, memory).unwrap();
        let copy = Copy::of(&log.entries);
        let (path, seen) = (copy.path().to_str().unwrap(), seen.to_str().unwrap());
        let (code, report, _) = run(&[path, "--remember", seen]);
        assert_eq!(code, expected, "{report}");
    }
}

/// Proven is only what rests on keys that the reader knows: by its own note, its policy, its memory.
#[test]
fn evidence_says_whose_keys_it_rests_on() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/evidence");
    let (file, _) = vector(folder.path(), &vectors.join("two-histories.json"));
    let file = file.to_str().unwrap();
    let log_key = VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap();
    let other = VerifierKey::new(ORIGIN, key(9).public().clone()).unwrap();
    let [policy, seen] = ["policy", "seen.json"].map(|name| folder.path().join(name));
    let write = |key: &VerifierKey| {
        fs::write(&policy, format!("log {key}\nquorum none\n")).unwrap();
        let memory = serde_json::json!({ORIGIN: {
            "size": 9, "root": "11".repeat(32), "log_keys": [{"from": 0, "key": key.to_string()}],
        }});
        fs::write(&seen, memory.to_string()).unwrap();
    };
    write(&log_key);
    let [policy, seen] = [policy.to_str().unwrap(), seen.to_str().unwrap()];
    let (own, strange) = (log_key.to_string(), other.to_string());
    for (arguments, words) in [
        (vec!["--log-key", own.as_str()], "the log key that you gave"),
        (vec!["--policy", policy], "your policy names"),
        (vec!["--remember", seen], "that you remember"),
    ] {
        let (code, report, _) = run(&[&[file], &arguments[..]].concat());
        assert_eq!(code, 1);
        assert!(report.starts_with("EQUIVOCATION"), "{report}");
        let proven = report.lines().find(|line| line.starts_with("  proven"));
        assert!(proven.unwrap().contains(words), "{report}");
    }
    let (_, report, _) = run(&[file]);
    assert!(report.starts_with("EQUIVOCATION"), "{report}");
    assert!(!report.contains("proven"), "{report}");
    let words = "signed by the keys that the file itself brings";
    assert!(report.contains(words), "{report}");
    write(&other);
    for arguments in [
        ["--log-key", &strange],
        ["--policy", policy],
        ["--remember", seen],
    ] {
        let (code, report, _) = run(&[&[file], &arguments[..]].concat());
        assert_eq!(code, 1);
        assert!(report.starts_with("TAMPERED"), "{report}");
        assert!(!report.contains("proven"), "{report}");
    }
}

/// Who holds a key of the log holds none of an author's.
#[test]
fn the_log_key_proves_no_events_of_an_author() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/evidence");
    let (file, _) = vector(folder.path(), &vectors.join("two-events.json"));
    let log_key = VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap();
    let arguments = [file.to_str().unwrap(), "--log-key", &log_key.to_string()];
    let (code, report, _) = run(&arguments);
    assert_eq!(code, 1);
    assert!(report.starts_with("EQUIVOCATION"), "{report}");
    assert!(!report.contains("proven"), "{report}");
    assert!(
        report.contains("keys that the file itself brings"),
        "{report}"
    );
}

#[test]
fn a_receipt_is_judged_by_remembered_keys() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/receipt");
    let (file, vector) = vector(folder.path(), &vectors.join("lot.json"));
    let seen = folder.path().join("seen.json");
    let arguments = [file.to_str().unwrap(), "--remember", seen.to_str().unwrap()];
    assert_eq!(run(&arguments).0, 2, "nothing is remembered yet");
    let memory = serde_json::json!({ORIGIN: {
        "size": 9, "root": "11".repeat(32), "log_keys": [{"from": 0, "key": vector["log_key"]}],
    }});
    fs::write(&seen, memory.to_string()).unwrap();
    let (code, report, said) = run(&arguments);
    assert_eq!(code, 0, "{report}{said}");
    assert!(report.contains("that you remember"), "{report}");
}
