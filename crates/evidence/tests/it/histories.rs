//! Two histories: what holds, and one fault in each of the others.
//! Invariant: the forks are real trees, signed by the operator. Knows no ledger.

use chain::{Hash, leaf_hash};
use domain::Bytes32;
use evidence::{Beginning, Evidence};
use serde_json::{Value, json};
use signing::{Signer, VerifierKey, WitnessKey, add_cosignature, cosign, open_checkpoint};
use testkit::{ORIGIN, key};
use verify::FaultKind::{self, Checkpoint, Entry, Equivocation};

use crate::vectors::Case;
use crate::world::{AUTHORITY, Log, OPERATOR, log_key, note};

/// Leaves that are another from number 5 on.
fn forked(word: &str, size: u64) -> Log {
    let entry = |number: u64| {
        let word = if number < 5 { "entry" } else { word };
        format!("{word} {number}").into_bytes()
    };
    Log::from((0..size).map(entry).collect())
}

fn of(old: &[u8], new: &[u8], beginning: Option<Beginning>) -> String {
    let evidence = Evidence::two_histories([log_key()].iter(), [old, new], |_, _| beginning);
    evidence.unwrap().to_text()
}

/// Two roots for one size.
pub(crate) fn good() -> String {
    of(
        &forked("entry", 7).note(7),
        &forked("other", 7).note(7),
        None,
    )
}

/// A fork that grew.
fn grown(old: u64, new: u64) -> String {
    let fork = forked("other", new);
    of(
        &forked("entry", old).note(old),
        &fork.note(new),
        fork.beginning(old, new),
    )
}

/// A fork that was signed after the log key was replaced.
fn by_two_keys() -> String {
    let next = VerifierKey::new(ORIGIN, key(AUTHORITY).public().clone()).unwrap();
    let keys = [log_key(), next];
    let notes = [
        &forked("entry", 7).note(7)[..],
        &note(7, leaf_hash(b"x"), AUTHORITY),
    ];
    let evidence = Evidence::two_histories(keys.iter(), notes, |_, _| None);
    evidence.unwrap().to_text()
}

fn changed(file: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut document = serde_json::from_str(file).unwrap();
    change(&mut document);
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

fn hashes(proof: &[Hash]) -> Value {
    let proof: Vec<Bytes32> = proof.iter().map(|hash| Bytes32(*hash.as_bytes())).collect();
    serde_json::to_value(proof).unwrap()
}

fn text(note: Vec<u8>) -> Value {
    json!(String::from_utf8(note).unwrap())
}

fn holds(name: &'static str, comment: &'static str, file: String) -> Case {
    Case::new(name, comment, file, &[Equivocation])
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = honest();
    cases.extend(of_proofs());
    cases.extend(of_order());
    cases.extend(of_signers());
    cases
}

/// The note, with the line of a witness.
fn cosigned(note: &[u8]) -> Vec<u8> {
    let signed = open_checkpoint(note, &log_key()).unwrap();
    let witness = WitnessKey::new("witness.example/w", key(9).public().clone()).unwrap();
    let line = cosign(&signed, "witness.example/w", &key(9), 1_800_000_000).unwrap();
    add_cosignature(signed.note(), &witness, line.as_bytes()).unwrap()
}

#[test]
fn what_strangers_hung_onto_a_note_is_left_away() {
    let notes = [forked("entry", 7).note(7), forked("other", 7).note(7)];
    assert_eq!(of(&cosigned(&notes[0]), &cosigned(&notes[1]), None), good());
    // As much as a note may hold, in characters that JSON doubles.
    let swollen = |note: &[u8]| {
        let name = "\"".repeat(130_000 - note.len());
        [note, format!("\u{2014} {name} AAAAAAA=\n").as_bytes()].concat()
    };
    assert_eq!(of(&swollen(&notes[0]), &swollen(&notes[1]), None), good());
}

fn honest() -> Vec<Case> {
    let cosigned = changed(&good(), |document| {
        let note = document["checkpoints"][0].as_str().unwrap().to_owned();
        document["checkpoints"][0] = text(cosigned(note.as_bytes()));
    });
    let from_nothing = of(
        &note(0, leaf_hash(b"x"), OPERATOR),
        &forked("entry", 7).note(7),
        forked("entry", 7).beginning(0, 7),
    );
    vec![
        holds("two-histories", "two roots for size 7", good()),
        holds(
            "two-histories-grown",
            "the tree of size 12 begins with another tree of size 7",
            grown(7, 12),
        ),
        holds(
            "two-histories-grown-from-8",
            "the smaller size is a power of two",
            grown(8, 13),
        ),
        holds(
            "two-histories-of-nothing",
            "an empty log with a root that is not the empty one",
            from_nothing,
        ),
        holds(
            "two-histories-cosigned",
            "one note carries a witness's line as well",
            cosigned,
        ),
        holds(
            "two-histories-handed-over",
            "the second is signed by the key that follows",
            by_two_keys(),
        ),
        holds(
            "two-histories-key-given",
            "the reader brings the log's key",
            good(),
        )
        .with_key(&log_key().to_string()),
    ]
}

fn of_proofs() -> Vec<Case> {
    let honest = forked("entry", 12);
    let file = grown(7, 12);
    let bad = |name, comment, file| Case::new(name, comment, file, &[Entry]);
    vec![
        bad(
            "two-histories-agree",
            "the larger tree begins with the smaller one",
            changed(&file, |d| {
                d["checkpoints"][1] = text(honest.note(12));
                d["other_root"] = hashes(&[honest.beginning(7, 12).unwrap().root])[0].clone();
                d["proof"] = hashes(&honest.beginning(7, 12).unwrap().proof);
            }),
        ),
        bad(
            "two-histories-no-other-root",
            "two sizes without the root that the larger tree has at the smaller one",
            changed(&file, |d| {
                d.as_object_mut().unwrap().remove("other_root");
            }),
        ),
        bad(
            "two-histories-other-root-changed",
            "a root that the larger tree does not have at the smaller size",
            changed(&file, |d| d["other_root"] = json!("11".repeat(32))),
        ),
        bad(
            "two-histories-no-proof",
            "two sizes without a proof show nothing",
            changed(&file, |d| {
                d["proof"] = json!([]);
            }),
        ),
        bad(
            "two-histories-proof-cut",
            "the last hash of the proof is not there",
            changed(&file, |d| {
                d["proof"].as_array_mut().unwrap().pop();
            }),
        ),
    ]
}

fn of_order() -> Vec<Case> {
    let file = grown(7, 12);
    let bad = |name, comment, file| Case::new(name, comment, file, &[Entry]);
    vec![
        bad(
            "two-histories-proof-leads-nowhere",
            "a proof that does not lead to the larger root",
            changed(&file, |d| {
                d["proof"][1] = json!("11".repeat(32));
            }),
        ),
        bad(
            "two-histories-proof-for-one-size",
            "two roots of one size need no proof",
            changed(&good(), |d| {
                d["proof"] = json!(["11".repeat(32)]);
            }),
        ),
        bad(
            "two-histories-same-twice",
            "one checkpoint twice",
            changed(&good(), |d| {
                d["checkpoints"][1] = d["checkpoints"][0].clone();
            }),
        ),
        bad(
            "two-histories-order",
            "the larger size first",
            changed(&file, |d| {
                d["checkpoints"].as_array_mut().unwrap().swap(0, 1);
            }),
        ),
        bad(
            "two-histories-root-order",
            "the higher root first",
            changed(&good(), |d| {
                d["checkpoints"].as_array_mut().unwrap().swap(0, 1);
            }),
        ),
    ]
}

fn of_signers() -> Vec<Case> {
    let by_another = VerifierKey::new(ORIGIN, key(AUTHORITY).public().clone()).unwrap();
    let bad = |name, comment, file, kind: FaultKind| Case::new(name, comment, file, &[kind]);
    vec![
        bad(
            "two-histories-another-signer",
            "the second is signed by another key in the log's name",
            changed(&good(), |d| {
                d["checkpoints"][1] = text(note(7, leaf_hash(b"x"), AUTHORITY));
            }),
            Checkpoint,
        ),
        bad(
            "two-histories-size-changed",
            "the size of the second is changed",
            changed(&good(), |d| {
                let other = d["checkpoints"][1]
                    .as_str()
                    .unwrap()
                    .replace("\n7\n", "\n8\n");
                d["checkpoints"][1] = json!(other);
            }),
            Checkpoint,
        ),
        bad(
            "two-histories-no-log-key",
            "the log key is no verifier key",
            changed(&good(), |d| {
                d["log_keys"][1] = json!("test.example/rare-earths");
            }),
            Entry,
        ),
        bad(
            "two-histories-two-sizes",
            "two sizes alone: a log that grew",
            changed(&grown(7, 12), |d| {
                d.as_object_mut().unwrap().remove("other_root");
                d["proof"] = json!([]);
            }),
            Entry,
        ),
        bad(
            "two-histories-one-key-of-another",
            "the reader knows one of the two keys",
            by_two_keys(),
            Checkpoint,
        )
        .with_key(&log_key().to_string()),
        bad(
            "two-histories-key-of-another",
            "the reader brings another key for this log",
            good(),
            Checkpoint,
        )
        .with_key(&by_another.to_string()),
        bad(
            "two-histories-unknown-field",
            "a field that the format does not have",
            changed(&good(), |d| {
                d["origin"] = json!(ORIGIN);
            }),
            Entry,
        ),
    ]
}
