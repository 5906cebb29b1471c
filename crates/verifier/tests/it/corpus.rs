//! The corpus of each frozen format, through the stand-alone binary and the verifiers in the other language.
//! Invariant: what was once written in a frozen format is good for ever. Knows the files of a corpus, not what they hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use domain::id::to_hex;
use sha2::{Digest, Sha256};

use crate::table::python;

/// The corpora in the tree: one for each version of the format.
const VERSIONS: [&str; 1] = ["1"];

fn corpus(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/corpus")
        .join(version)
}

/// Adds the digest of every file under a folder, by its path within the corpus.
fn digests(top: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            digests(top, &path, found);
        } else {
            let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
            let digest: [u8; 32] = Sha256::digest(fs::read(path).unwrap()).into();
            found.insert(name, to_hex(&digest));
        }
    }
}

#[test]
fn no_file_of_a_corpus_was_changed_added_or_removed() {
    for version in VERSIONS {
        let (top, mut found) = (corpus(version), BTreeMap::new());
        digests(&top, &top, &mut found);
        found.remove("CONTENTS");
        let lines = found
            .iter()
            .map(|(name, digest)| format!("{digest}  {name}\n"));
        let listed = fs::read_to_string(top.join("CONTENTS")).unwrap();
        assert_eq!(listed, lines.collect::<String>(), "corpus {version}");
    }
}

/// Runs a program over a file of the corpus, with a key if one is asked for: its first word, and its exit code.
fn judged(mut command: Command, file: &Path, key: Option<&Path>) -> (String, Option<i32>) {
    command.arg(file).env_clear();
    if let Some(key) = key {
        let key = fs::read_to_string(key).unwrap();
        command.args(["--log-key", key.trim()]);
    }
    let run = command.output().unwrap();
    let report = String::from_utf8(run.stdout).unwrap();
    let first = report.split([':', '\n']).next().unwrap();
    (first.to_owned(), run.status.code())
}

fn script(name: &str) -> Option<Command> {
    let mut command = Command::new(python()?);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/independent");
    command.arg(folder.join(name));
    Some(command)
}

#[test]
fn what_was_handed_over_gets_its_verdict_from_every_program() {
    // A receipt lies under the first checkpoint that covers its event, which the log's first key signed.
    let files = [
        ("copy", Some("log-key"), Some("verify_export.py"), "GOOD", 0),
        ("copy.pack", Some("log-key"), None, "GOOD", 0),
        (
            "extract.json",
            Some("log-key"),
            Some("verify_extract.py"),
            "GOOD",
            0,
        ),
        (
            "receipt.json",
            Some("first-log-key"),
            Some("verify_receipt.py"),
            "GOOD",
            0,
        ),
        (
            "evidence.json",
            None,
            Some("verify_evidence.py"),
            "EQUIVOCATION",
            1,
        ),
    ];
    for version in VERSIONS {
        let top = corpus(version);
        for (name, key, other, word, code) in files {
            let (file, key) = (top.join(name), key.map(|key| top.join(key)));
            let expected = (word.to_owned(), Some(code));
            let program = env!("CARGO_BIN_EXE_ytterby-verify");
            for depth in [&[][..], &["--chained"]] {
                let mut command = Command::new(program);
                command.args(depth);
                let said = judged(command, &file, key.as_deref());
                assert_eq!(said, expected, "{version}/{name} {depth:?}");
            }
            if let Some(command) = other.and_then(script) {
                let said = judged(command, &file, key.as_deref());
                assert_eq!(said, expected, "{version}/{name}, Python");
            }
        }
    }
}
