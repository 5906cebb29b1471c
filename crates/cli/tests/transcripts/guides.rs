//! That what README and guides tell people to type is typed in a transcript.
//!
//! Invariant: every command of a fenced `sh` block stands in the transcript of its page, in the same order, word for word
//! (comments and spaces aside; a long answer may be cut by `| head`), or in the short list of exceptions, each with its
//! reason. An exception that is not needed is a fault.

use std::fs;
use std::path::PathBuf;

use crate::line::plain;
use crate::repository;
use crate::script::{Script, joined};

/// A page and the transcript that plays it.
const PAGES: &[(&str, &str)] = &[
    ("README.md", "guide-readme.txt"),
    ("docs/guide/audit.md", "guide-audit.txt"),
    ("docs/guide/by-file.md", "guide-by-file.txt"),
    ("docs/guide/details.md", "guide-details.txt"),
    ("docs/guide/keys.md", "guide-keys.txt"),
    ("docs/guide/month.md", "guide-month.txt"),
];

/// How a command begins that no transcript plays, and why.
const NOT_PLAYED: &[(&str, &str)] = &[
    ("cargo test --workspace --locked", "it would run itself"),
    (
        "ytterby witness witness-folder",
        "its port may be taken; witness.txt and guide-audit.txt let it take a free one",
    ),
    (
        "YARD=",
        "tokens need SoftHSM 2; the tests behind the feature softhsm play them",
    ),
    (
        "ytterby key new 91150000MA00000015 --out new --passphrase-file pin --token",
        "tokens need SoftHSM 2; the tests behind the feature softhsm play them",
    ),
];

pub(crate) fn missing(files: &[PathBuf]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = vec![false; NOT_PLAYED.len()];
    for (page, transcript) in PAGES {
        let text = fs::read_to_string(repository().join(page)).unwrap();
        let Some(file) = files.iter().find(|file| file.ends_with(transcript)) else {
            faults.push(format!(
                "tests/transcripts/{transcript} is missing: it plays {page}"
            ));
            continue;
        };
        let script = Script::parse(&fs::read_to_string(file).unwrap()).unwrap();
        let played = script.steps().map(|step| uncut(&plain(&step.text())));
        let played = played.collect::<Vec<_>>();
        let mut from = 0;
        for (number, command) in commands(&text) {
            let excepted = NOT_PLAYED
                .iter()
                .position(|(begin, _)| command.starts_with(begin));
            if let Some(at) = excepted {
                used[at] = true;
                continue;
            }
            let wanted = uncut(&command);
            match played[from..].iter().position(|line| *line == wanted) {
                Some(at) => from += at + 1,
                None => faults.push(format!(
                    "{page}, line {number}: tests/transcripts/{transcript} does not play this, or not in this order:\n    $ {command}"
                )),
            }
        }
    }
    let unused = NOT_PLAYED.iter().zip(used).filter(|(_, used)| !used);
    faults.extend(unused.map(|((begin, _), _)| format!("no page says `{begin}` any more")));
    faults
}

/// The command without the cut that keeps its answer short.
fn uncut(command: &str) -> String {
    let (command, _) = command.split_once(" | head -n ").unwrap_or((command, ""));
    command.to_owned()
}

/// The commands of the fenced `sh` blocks, each with its line.
fn commands(page: &str) -> Vec<(usize, String)> {
    let mut commands = Vec::new();
    let mut inside = false;
    let mut parts: Vec<String> = Vec::new();
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && !line.trim().is_empty() {
            parts.push(line.to_owned());
            if !line.ends_with('\\') {
                let command = plain(&joined(&parts));
                if !command.is_empty() {
                    commands.push((number + 2 - parts.len(), command));
                }
                parts.clear();
            }
        }
    }
    commands
}
