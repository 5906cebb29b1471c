//! Every verifier over every lie, and the table of what each said.
//! Invariant: each at full depth catches each; the honest copy is good for all. The other language runs where its modules are there, which
//! `python3 -c "import blake3, cryptography"` tells; YTTERBY_PYTHON names another interpreter.
#![expect(clippy::disallowed_methods, reason = "runs programs and reads files")]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use portable::look;
use verify::{Depth, Known, Trust};

use crate::lies::{Lie, all, handed_over};
use crate::log::{Copy, Honest, honest};

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/audit.md");
pub(crate) const PYTHON_VERIFIER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/independent/verify_export.py"
);
const BEGIN: &str = "<!-- table of lies: written by the test -->\n";
const END: &str = "<!-- end of table -->\n";

pub(crate) fn python() -> Option<String> {
    let python = std::env::var("YTTERBY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python)
        .args(["-c", "import blake3, cryptography"])
        .output();
    found
        .is_ok_and(|run| run.status.success())
        .then_some(python)
}

/// Size and root at an earlier look, if the reader remembers one.
type Seen = Option<(u64, chain::Hash)>;

fn remembered(seen: Seen) -> Vec<Known> {
    let origin = testkit::ORIGIN.to_owned();
    let known = seen.map(|(size, root)| Known { origin, size, root });
    known.into_iter().collect()
}

/// What each verifier says of a copy, without a memory.
pub(crate) fn says(copy: &Path, python: Option<&str>) -> Vec<String> {
    let mut said = vec![
        crate_says(copy, None),
        chained_says(copy, None),
        binary_says(copy, None),
    ];
    said.extend(python.map(|python| python_says(python, copy, None)));
    said
}

fn crate_says(copy: &Path, seen: Seen) -> String {
    let trust = Trust {
        known: remembered(seen),
        ..Trust::default()
    };
    look(copy, Depth::Full, &trust, &mut |_, _| {})
        .unwrap()
        .verdict
        .to_string()
}

fn chained_says(copy: &Path, seen: Seen) -> String {
    let trust = Trust {
        known: remembered(seen),
        ..Trust::default()
    };
    look(copy, Depth::Chained, &trust, &mut |_, _| {})
        .unwrap()
        .verdict
        .to_string()
}

fn first_word(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).to_lowercase();
    text.split([':', '\n', ' '])
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn binary_says(copy: &Path, seen: Seen) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ytterby-verify"));
    command.arg(copy).env_clear();
    let folder = tempfile::tempdir().unwrap();
    if let Some((size, root)) = seen {
        let known = serde_json::json!({testkit::ORIGIN: {"size": size, "root": root.to_string()}});
        let file = folder.path().join("memory.json");
        std::fs::write(&file, known.to_string()).unwrap();
        command.arg("--remember").arg(file);
    }
    let run = command.output().unwrap();
    let word = first_word(&run.stdout);
    assert_eq!(run.status.code(), Some(i32::from(word != "good")), "{word}");
    word
}

fn python_says(python: &str, copy: &Path, seen: Seen) -> String {
    let mut command = Command::new(python);
    command.arg(PYTHON_VERIFIER).arg(copy);
    if let Some((size, root)) = seen {
        command.args([
            "--known-size",
            &size.to_string(),
            "--known-root",
            &root.to_string(),
        ]);
    }
    let run = command.output().unwrap();
    let word = first_word(&run.stdout);
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(
        run.status.code(),
        Some(i32::from(word != "good")),
        "{word} {said}"
    );
    word
}

#[test]
fn every_verifier_catches_every_lie_and_the_guide_says_so() {
    let honest = honest();
    let python = python();
    let truth = Copy::of(&honest.entries);
    for seen in [None, Some(honest.remembered)] {
        assert_eq!(crate_says(truth.path(), seen), "good");
        assert_eq!(chained_says(truth.path(), seen), "good");
        assert_eq!(binary_says(truth.path(), seen), "good");
        if let Some(python) = &python {
            assert_eq!(python_says(python, truth.path(), seen), "good");
        }
    }
    // What the lie about a handed over key makes wrong is its signature alone.
    let rotated = Copy::signed(&testkit::log_key(1), &handed_over(&honest));
    assert_eq!(crate_says(rotated.path(), Some(honest.remembered)), "good");
    assert_eq!(
        chained_says(rotated.path(), Some(honest.remembered)),
        "good"
    );
    if let Some(python) = &python {
        assert_eq!(
            python_says(python, rotated.path(), Some(honest.remembered)),
            "good"
        );
    }
    let mut rows = Vec::new();
    for lie in &all(&honest) {
        rows.push(row(lie, &honest, python.as_deref()));
    }
    check_guide(&rows, python.is_some());
}

/// What each verifier says of a lie; an empty last column where the other language can't run.
fn row(lie: &Lie, honest: &Honest, python: Option<&str>) -> Vec<String> {
    let copy = lie.copy.path();
    let seen = lie.needs_memory.then_some(honest.remembered);
    let mut said = vec![
        crate_says(copy, seen),
        chained_says(copy, seen),
        binary_says(copy, seen),
    ];
    said.extend(python.map(|python| python_says(python, copy, seen)));
    assert!(
        said.iter().all(|word| word != "good"),
        "{}: {said:?}",
        lie.what
    );
    if lie.needs_memory {
        assert_eq!(
            crate_says(copy, None),
            "good",
            "{} needs no memory",
            lie.what
        );
    }
    let needs = if lie.needs_memory {
        "an earlier look"
    } else {
        "the copy alone"
    };
    let mut row = vec![lie.what.to_owned(), lie.by.to_owned(), needs.to_owned()];
    row.extend(said);
    row
}

fn check_guide(rows: &[Vec<String>], with_python: bool) {
    let guide = std::fs::read_to_string(GUIDE).unwrap();
    let (before, rest) = guide.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let mut table = String::from(
        "| lie | told by | noticed with | `verify` | `verify --chained` | `ytterby-verify` | Python |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        writeln!(table, "| {} |", row.join(" | ")).unwrap();
    }
    if std::env::var_os("YTTERBY_UPDATE").is_some() {
        assert!(
            with_python,
            "the table has a column for Python: install its modules first"
        );
        return std::fs::write(GUIDE, [before, BEGIN, &table, END, after].concat()).unwrap();
    }
    let cells = |line: &str| {
        line.split(" | ")
            .map(|cell| cell.trim_matches(['|', ' ']).to_owned())
            .collect::<Vec<_>>()
    };
    let known: Vec<Vec<String>> = written.lines().skip(2).map(cells).collect();
    assert_eq!(
        known.len(),
        rows.len(),
        "write the table anew with YTTERBY_UPDATE=1"
    );
    for (known, row) in known.iter().zip(rows) {
        // Where Python can't run, its column is taken on trust.
        assert_eq!(
            known[..row.len()],
            row[..],
            "write the table anew with YTTERBY_UPDATE=1"
        );
    }
}

#[test]
fn one_bit_anywhere_is_never_good() {
    let honest = honest();
    let names = ["tile/entries/000", "tile/0/000", "checkpoint"];
    for number in 0..100u64 {
        let copy = Copy::of(&honest.entries);
        let name = names[usize::try_from(number).unwrap() % names.len()];
        copy.change(name, |bytes| {
            // Places spread over the file without randomness.
            let place = usize::try_from(number * 7_919).unwrap() % bytes.len();
            bytes[place] ^= 1 << (number % 8);
        });
        let said = crate_says(copy.path(), None);
        assert_ne!(said, "good", "bit {number} of {name}");
    }
}
