//! Receive times beside the times of cosignatures: the program and the other language say the same of one copy.
//! Invariant: both are handed the same folder and the same policy. Knows no network.

use std::fs;
use std::path::Path;
use std::process::Command;

use signing::{Signer, VerifierKey, WitnessKey, add_cosignature, cosign, open_checkpoint};
use testkit::{ORIGIN, at, key};

use crate::log::{Copy, honest};
use crate::table::{PYTHON_VERIFIER, python};

fn witness(number: u32) -> WitnessKey {
    WitnessKey::new(&format!("w{number}"), key(number).public().clone()).unwrap()
}

fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, key(2).public().clone()).unwrap()
}

/// Two of the witnesses 91 to 93.
fn policy() -> String {
    let lines = (91..=93).map(|number| format!("witness w{number} {}\n", witness(number)));
    let lines: String = lines.collect();
    format!(
        "log {}\n{lines}group g 2 w91 w92 w93\nquorum g\n",
        log_key()
    )
}

/// Puts cosignatures onto the copy's checkpoint, each so many seconds after the newest entry was received.
fn cosign_copy(copy: &Copy, cosigned: &[(u32, i64)]) {
    // The last entry of the honest log was received then.
    let received = at("2024-02-02").ms() / 1_000;
    copy.change("checkpoint", |note| {
        let signed = open_checkpoint(note, &log_key()).unwrap();
        for (number, seconds) in cosigned {
            let seconds = u64::try_from(received + seconds).unwrap();
            let line = cosign(&signed, &format!("w{number}"), &key(*number), seconds).unwrap();
            *note = add_cosignature(note, &witness(*number), line.as_bytes()).unwrap();
        }
    });
}

/// The verdict and the number of notices, with the exit code that belongs to it.
fn said(command: &mut Command) -> (String, usize) {
    let run = command.output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let verdict = text.split([':', '\n']).next().unwrap().to_lowercase();
    let code = i32::from(verdict != "good");
    assert_eq!(run.status.code(), Some(code), "{text}");
    let notices = text
        .lines()
        .filter(|line| line.trim().starts_with("notice "));
    (verdict, notices.count())
}

fn by_program(copy: &Path, policy: &Path) -> (String, usize) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ytterby-verify"));
    said(command.arg(copy).arg("--policy").arg(policy))
}

#[test]
fn both_call_the_same_times_false_and_notice_the_same_gaps() {
    let (honest, python) = (honest(), python());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy");
    fs::write(&file, policy()).unwrap();
    for (cosigned, verdict, notices) in [
        (&[(91, 60), (93, 3_600)][..], "good", 0),
        (&[(91, -290), (93, -290)], "good", 0),
        (&[(91, -310), (93, -900)], "tampered", 0),
        (&[(91, -310), (92, 5), (93, 5)], "good", 1),
        (&[(91, -310)], "unwitnessed", 1),
        (&[], "unwitnessed", 0),
    ] {
        let copy = Copy::of(&honest.entries);
        cosign_copy(&copy, cosigned);
        let expected = (verdict.to_owned(), notices);
        assert_eq!(by_program(copy.path(), &file), expected, "{cosigned:?}");
        if let Some(python) = &python {
            let mut command = Command::new(python);
            command.arg(PYTHON_VERIFIER).arg(copy.path());
            let found = said(command.arg("--policy").arg(&file));
            assert_eq!(found, expected, "Python, {cosigned:?}");
        }
    }
}
