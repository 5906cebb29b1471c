//! Every verifier over every lie, and the table of what each said.
//! Invariant: each at full depth catches each; the honest copy is good for all. The other language runs where its modules
//! are there, which `python3 -c "import blake3, cryptography"` tells; YTTERBY_PYTHON names another interpreter.
#![expect(clippy::disallowed_methods, reason = "runs programs and reads files")]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use portable::Handed;
use signing::{Signer, VerifierKey, WitnessKey, add_cosignature, cosign, open_checkpoint};
use verify::{Depth, Known, Report, Trust};

use crate::lies::{ALL_KEYS, Lie, Noticed, all, handed_over};
use crate::log::{Copy, Honest, honest};
use crate::reasons::assert_reason;

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
    all_say(copy, None, python)
}

fn all_say(copy: &Path, seen: Seen, python: Option<&str>) -> Vec<String> {
    let mut said = vec![
        crate_says(copy, seen),
        chained_says(copy, seen),
        binary_says(copy, seen),
    ];
    said.extend(python.map(|python| python_says(python, copy, seen)));
    said
}

/// The crate's report on a copy.
pub(crate) fn report_on(copy: &Path, depth: Depth, trust: &Trust) -> Report {
    let mut handed = Handed::open(copy).unwrap();
    handed.verify(depth, trust, &mut |_, _| {}).unwrap()
}

fn crate_says(copy: &Path, seen: Seen) -> String {
    let trust = Trust {
        known: remembered(seen),
        ..Trust::default()
    };
    report_on(copy, Depth::Full, &trust).verdict.to_string()
}

fn chained_says(copy: &Path, seen: Seen) -> String {
    let trust = Trust {
        known: remembered(seen),
        ..Trust::default()
    };
    report_on(copy, Depth::Chained, &trust).verdict.to_string()
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
    for seen in [None, Some(honest.remembered), Some(honest.receipted())] {
        let said = all_say(truth.path(), seen, python.as_deref());
        assert!(said.iter().all(|word| word == "good"), "{said:?}");
    }
    assert_eq!(receipt_says(&honest, truth.path()), "good");
    assert_eq!(policy_says(&truth, false), "unwitnessed");
    assert_eq!(policy_says(&truth, true), "good");
    // What the lie about a handed over key makes wrong is its signature alone.
    let rotated = Copy::signed(&testkit::log_key(1), &handed_over(&honest));
    let said = all_say(rotated.path(), Some(honest.remembered), python.as_deref());
    assert!(said.iter().all(|word| word == "good"), "{said:?}");
    let mut rows = Vec::new();
    for lie in &all(&honest) {
        rows.push(row(lie, &honest, python.as_deref()));
    }
    check_guide(&rows, python.is_some());
}

/// What it takes to notice a lie, and what each verifier says then; an empty last column where the other language can't run.
/// Whoever has less says that all is good, and so does everybody of what is noticed nowhere.
fn row(lie: &Lie, honest: &Honest, python: Option<&str>) -> Vec<String> {
    let copy = lie.copy.path();
    let all_with = |seen| all_say(copy, seen, python);
    let assert_all = |seen, good: bool| {
        let said = all_with(seen);
        let as_told = said.iter().all(|word| (word == "good") == good);
        assert!(as_told, "{} with {seen:?}: {said:?}", lie.what);
        said
    };
    let is_alone = lie.noticed == Noticed::Alone;
    let alone = assert_all(None, !is_alone);
    let (looked, receipted) = (Some(honest.remembered), Some(honest.receipted()));
    let cosigned = lie.by == ALL_KEYS || honest.is_cosigned(&lie.copy.entries);
    if !is_alone {
        let expected = if cosigned { "good" } else { "unwitnessed" };
        assert_eq!(policy_says(&lie.copy, cosigned), expected, "{}", lie.what);
    }
    let (needs, said) = match lie.noticed {
        Noticed::Alone => ("the copy alone".to_owned(), alone),
        Noticed::Memory if cosigned => ("an earlier look".to_owned(), assert_all(looked, false)),
        Noticed::Memory => (
            "an earlier look, or a policy of witnesses".to_owned(),
            assert_all(looked, false),
        ),
        Noticed::Receipt => {
            assert_all(looked, true);
            // A shorter copy may only be an older one, and the receipt says where it ends.
            let is_shorter = lie.copy.entries.len() < honest.entries.len();
            let said = receipt_says(honest, copy);
            assert_eq!(said == "good", is_shorter, "{}: {said}", lie.what);
            let needs = "the receipt of the newest event".to_owned();
            (needs, assert_all(receipted, false))
        }
        Noticed::Nowhere(why) => (format!("nothing here: {why}"), assert_all(looked, true)),
    };
    if is_alone {
        assert_reasons(lie, python);
    }
    [vec![lie.what.to_owned(), lie.by.to_owned(), needs], said].concat()
}

/// Reads a lie once more that the copy alone shows, to see why each verifier says what it says.
fn assert_reasons(lie: &Lie, python: Option<&str>) {
    let copy = lie.copy.path();
    let [full, chained] =
        [Depth::Full, Depth::Chained].map(|depth| report_on(copy, depth, &Trust::default()));
    let python = python.map(|python| {
        let run = Command::new(python).arg(PYTHON_VERIFIER).arg(copy).output();
        String::from_utf8(run.unwrap().stdout).unwrap()
    });
    assert_reason(lie, &full, &chained, python.as_deref());
}

/// What the program says of the newest event's receipt beside a copy.
fn receipt_says(honest: &Honest, copy: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.json");
    std::fs::write(&file, &honest.receipt).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ytterby-verify"));
    command.arg(file).arg("--log").arg(copy).env_clear();
    first_word(&command.output().unwrap().stdout)
}

/// What the program says of a copy to a reader who trusts one witness, which cosigned its checkpoint or not.
fn policy_says(copy: &Copy, cosigned: bool) -> String {
    let log_key = VerifierKey::new(testkit::ORIGIN, testkit::key(2).public().clone()).unwrap();
    let (name, signer) = ("witness.example/north", testkit::key(9));
    let witness = WitnessKey::new(name, signer.public().clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy");
    let text = format!("log {log_key}\nwitness north {witness}\nquorum north\n");
    std::fs::write(&policy, text).unwrap();
    if cosigned {
        copy.change("checkpoint", |bytes| {
            let signed = open_checkpoint(bytes, &log_key).unwrap();
            let line = cosign(&signed, name, &signer, 1_800_000_000).unwrap();
            *bytes = add_cosignature(signed.note(), &witness, line.as_bytes()).unwrap();
        });
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_ytterby-verify"));
    command
        .arg(copy.path())
        .arg("--policy")
        .arg(policy)
        .env_clear();
    first_word(&command.output().unwrap().stdout)
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
