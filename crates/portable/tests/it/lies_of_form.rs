//! Extracts that lie by the order of their entries, by the keys of events, or by the form of the document.
//! Invariant: as in `lies`, whose ways to change an extract it uses.

use serde_json::json;
use testkit::{Country, key};
use verify::FaultKind::{Admission, Entry, Equivocation, Gap, Missing, Position};

use crate::lies::{changed, drop_at, signed_anew};
use crate::log::{GRANT, Log, SECOND_KEY, mined, next_event, put};
use crate::vectors::Case;

pub(crate) fn cases(whole: &Log) -> Vec<Case> {
    let mut cases = of_order(whole);
    cases.extend(of_keys(whole));
    cases.extend(of_form(whole));
    cases
}

fn of_order(whole: &Log) -> Vec<Case> {
    vec![
        changed(
            whole,
            "entries-swapped",
            "two entries change places",
            &[Position, Gap, Equivocation],
            |extract| extract.entries.swap(9, 10),
        ),
        changed(
            whole,
            "entry-twice",
            "one entry stands there twice",
            &[Position, Equivocation],
            |extract| extract.entries.insert(9, extract.entries[9].clone()),
        ),
    ]
}

fn of_keys(whole: &Log) -> Vec<Case> {
    let signed_by = |number: u32| {
        move |entries: &mut Vec<Vec<u8>>| {
            let event = next_event(entries, Country::MINE, &key(number), mined(50));
            put(entries, event);
        }
    };
    vec![
        changed(
            whole,
            "grant-of-a-key-missing",
            "the event is left out with which the department granted the mine its second key",
            &[Admission, Missing],
            |extract| drop_at(extract, &[GRANT]),
        ),
        signed_anew(
            whole,
            "key-never-registered",
            "the mine's newest event is signed by a key that nobody registered",
            &[Admission],
            signed_by(41),
        ),
        signed_anew(
            whole,
            "key-of-another",
            "the mine's newest event is signed by the separator",
            &[Admission],
            signed_by(Country::SEPARATOR),
        ),
        signed_anew(
            whole,
            "revoked-key",
            "the mine's newest event is signed by the key that the department revoked before",
            &[Admission],
            signed_by(SECOND_KEY),
        ),
    ]
}

fn of_form(whole: &Log) -> Vec<Case> {
    let document = || serde_json::to_value(whole.extract(Country::MINE)).unwrap();
    let raw = |name, why, change: &dyn Fn(&mut serde_json::Value)| {
        let mut document = document();
        change(&mut document);
        Case::raw(name, why, document, &[Entry])
    };
    vec![
        raw(
            "unknown-field",
            "a field that no extract has",
            &|document| {
                document["entries"][0]["note"] = json!("");
            },
        ),
        raw(
            "another-format",
            "the format of a later version",
            &|document| {
                document["format"] = json!("ytterby extract v2");
            },
        ),
        raw(
            "no-party",
            "the party's last character is not its check character",
            &|document| {
                document["party"] = json!("91150000MA00000040");
            },
        ),
        raw(
            "upper-case-digits",
            "a proof in upper-case digits",
            &|document| {
                let hash = document["entries"][0]["proof"][0].as_str().unwrap();
                document["entries"][0]["proof"][0] = json!(hash.to_uppercase());
            },
        ),
    ]
}
