//! Receipts: what holds, and one fault in each of the others.
//! Invariant: every fault is made by one change to a receipt that holds. Knows the log that they are from.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evidence::Receipt;
use serde_json::{Value, json};
use signing::{Signer, WitnessKey, add_cosignature, cosign, open_checkpoint};
use testkit::{ORIGIN, key};
use verify::FaultKind::{self, Checkpoint, Entry, Root};

use crate::vectors::Case;
use crate::world::{AUTHORITY, Log, log_key, note};

pub(crate) fn log() -> Log {
    Log::of(0..4)
}

fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut document = serde_json::from_str(&log().receipt_text(6, 10)).unwrap();
    change(&mut document);
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

/// The receipt that holds, with another proof text.
fn proof(change: impl FnOnce(&str) -> String) -> String {
    changed(|d| d["proof"] = json!(change(d["proof"].as_str().unwrap())))
}

/// The receipt that holds, with other bytes of the entry.
fn entry(change: impl FnOnce(&mut Vec<u8>)) -> String {
    changed(|d| {
        let mut bytes = STANDARD.decode(d["entry"].as_str().unwrap()).unwrap();
        change(&mut bytes);
        d["entry"] = json!(STANDARD.encode(bytes));
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = honest();
    cases.extend(of_content());
    cases.extend(of_checkpoints());
    cases.extend(of_form());
    let key = log_key().to_string();
    cases
        .into_iter()
        .map(|case| {
            if case.key.is_some() {
                case
            } else {
                case.with_key(&key)
            }
        })
        .collect()
}

fn honest() -> Vec<Case> {
    let log = log();
    let cosigned = {
        let (entry, mut proof) = log.receipt(6, 10);
        let signed = open_checkpoint(&proof.note, &log_key()).unwrap();
        let witness = WitnessKey::new("witness.example/w", key(9).public().clone()).unwrap();
        let line = cosign(&signed, "witness.example/w", &key(9), 1_800_000_000).unwrap();
        proof.note = add_cosignature(&proof.note, &witness, line.as_bytes()).unwrap();
        Receipt::new(&entry, &proof).to_text()
    };
    let good = |name, comment, file| Case::new(name, comment, file, &[]);
    vec![
        good(
            "alone",
            "the only entry of its log: a proof without hashes",
            log.receipt_text(0, 1),
        ),
        good(
            "founding",
            "the first entry under the newest checkpoint",
            log.receipt_text(0, 10),
        ),
        good(
            "registration",
            "an act of the authority",
            log.receipt_text(2, 5),
        ),
        good("lot", "a lot of the mine", log.receipt_text(6, 10)),
        good("newest", "the last entry", log.receipt_text(9, 10)),
        good("full-tree", "a tree of 2^3 entries", log.receipt_text(5, 8)),
        good(
            "older-checkpoint",
            "the lot under the checkpoint of its own group",
            log.receipt_text(6, 7),
        ),
        good(
            "cosigned",
            "the checkpoint carries a witness's line as well",
            cosigned,
        ),
        good("spelt-otherwise", "JSON without spaces", {
            let document: Value = serde_json::from_str(&log.receipt_text(6, 10)).unwrap();
            document.to_string()
        }),
    ]
}

fn of_content() -> Vec<Case> {
    let (_, other) = log().receipt(7, 10);
    let bad = |name, comment, file, kinds: &[FaultKind]| Case::new(name, comment, file, kinds);
    vec![
        bad(
            "received-changed",
            "the node's receive time is changed",
            entry(|bytes| bytes[0] ^= 1),
            &[Root],
        ),
        bad(
            "entry-longer",
            "a byte after the entry",
            entry(|bytes| bytes.push(0)),
            &[Root, Entry],
        ),
        bad(
            "entry-of-another",
            "the proof is another entry's",
            changed(|d| {
                d["proof"] = json!(other.to_text());
            }),
            &[Root],
        ),
        bad(
            "position-changed",
            "another position",
            proof(|text| text.replace("index 6", "index 7")),
            &[Root],
        ),
        bad(
            "position-beyond",
            "a position past the checkpoint's size",
            proof(|text| text.replace("index 6", "index 10")),
            &[Root],
        ),
        bad(
            "hash-dropped",
            "one hash of the proof is not there",
            proof(|text| {
                let mut lines: Vec<&str> = text.split('\n').collect();
                lines.remove(2);
                lines.join("\n")
            }),
            &[Root],
        ),
    ]
}

fn of_checkpoints() -> Vec<Case> {
    let forged = note(10, chain::leaf_hash(b"x"), AUTHORITY);
    let another = signing::VerifierKey::new(ORIGIN, key(AUTHORITY).public().clone()).unwrap();
    let bad = |name, comment, file| Case::new(name, comment, file, &[Checkpoint]);
    vec![
        bad(
            "checkpoint-of-another-key",
            "somebody else signed the checkpoint",
            changed(|d| {
                let text = d["proof"].as_str().unwrap();
                let head = text.split("\n\n").next().unwrap();
                d["proof"] = json!(format!("{head}\n\n{}", String::from_utf8(forged).unwrap()));
            }),
        ),
        bad(
            "size-changed",
            "the checkpoint's size is changed",
            proof(|text| text.replace("\n10\n", "\n11\n")),
        ),
        bad(
            "key-of-another",
            "the reader brings another key",
            log().receipt_text(6, 10),
        )
        .with_key(&another.to_string()),
    ]
}

fn of_form() -> Vec<Case> {
    let bad = |name, comment, file| Case::new(name, comment, file, &[Entry]);
    vec![
        Case::new(
            "extra-line",
            "the line that the standard allows and nothing signs is read and proves nothing",
            proof(|text| text.replacen("\nindex", "\nextra AAAA\nindex", 1)),
            &[],
        ),
        bad(
            "extra-line-twice",
            "two such lines",
            proof(|text| text.replacen("\nindex", "\nextra AAAA\nextra AAAA\nindex", 1)),
        ),
        bad(
            "position-spelt-otherwise",
            "a leading zero",
            proof(|text| text.replace("index 6", "index 06")),
        ),
        bad(
            "entry-no-base64",
            "characters that base64 does not have",
            changed(|d| d["entry"] = json!("****")),
        ),
        bad(
            "unknown-field",
            "a field that the format does not have",
            changed(|d| d["id"] = json!("x")),
        ),
        bad(
            "field-twice",
            "one field twice",
            log()
                .receipt_text(6, 10)
                .replacen('{', "{\n  \"entry\": \"\",", 1),
        ),
        bad(
            "no-proof",
            "the proof is not there",
            changed(|d| {
                d.as_object_mut().unwrap().remove("proof");
            }),
        ),
    ]
}
