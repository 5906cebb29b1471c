//! Two events for one place: what holds, and one fault in each of the others.
//! Invariant: every fault is made by one change to evidence that holds. Knows no tree.

use evidence::Evidence;
use serde_json::{Value, json};
use testkit::{ORIGIN, TestCountry};
use verify::FaultKind::{self, Entry, Equivocation, Founding, Signature};

use crate::vectors::Case;
use crate::world::{AUTHORITY, Event, founding, log_key, mined, signed};

const MINE: u32 = TestCountry::MINE;
const SECOND_KEY: u32 = 40;

fn bodies() -> [Vec<u8>; 2] {
    [mined(MINE, 3, 100).body, mined(MINE, 3, 101).body]
}

fn events() -> [Event; 2] {
    bodies().map(|body| signed(&body, &[MINE]))
}

/// Evidence that holds.
pub(crate) fn good() -> String {
    Evidence::two_events(ORIGIN, events()).to_text()
}

/// The evidence that holds, as the change leaves it.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut document = serde_json::from_str(&good()).unwrap();
    change(&mut document);
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

fn of(events: [Event; 2]) -> String {
    Evidence::two_events(ORIGIN, events).to_text()
}

fn holds(name: &'static str, comment: &'static str, file: String) -> Case {
    Case::new(name, comment, file, &[Equivocation])
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = honest();
    cases.extend(of_content());
    cases.extend(of_keys());
    cases.extend(of_events());
    cases.extend(of_form());
    cases
}

fn honest() -> Vec<Case> {
    let both = bodies().map(|body| signed(&body, &[MINE, SECOND_KEY]));
    let foundings = ["08:00", "09:00"].map(|hour| signed(&founding(hour), &[AUTHORITY]));
    let [one, other] = bodies();
    let keys = [signed(&one, &[MINE]), signed(&other, &[SECOND_KEY])];
    vec![
        holds(
            "two-events",
            "a mine states two lots as its event 3",
            good(),
        ),
        holds(
            "two-events-two-signatures",
            "each is signed by two keys",
            of(both),
        ),
        holds(
            "two-events-two-keys",
            "each is signed by another key",
            of(keys),
        ),
        holds(
            "two-events-foundings",
            "an authority founds one log twice",
            of(foundings),
        ),
        holds(
            "two-events-key-given",
            "the reader brings the log's key",
            good(),
        )
        .with_key(&log_key().to_string()),
    ]
}

fn of_content() -> Vec<Case> {
    let [one, other] = bodies();
    let with = |body: &[u8], author| of([signed(&one, &[MINE]), signed(body, &[author])]);
    let elsewhere = signed(&of_another_ledger(&other), &[MINE]);
    let foundings = ["08:00", "09:00"].map(|hour| signed(&founding(hour), &[AUTHORITY]));
    let stranger = of(foundings).replace(ORIGIN, "test.example/another");
    let separator = TestCountry::SEPARATOR;
    let bad = Case::new;
    vec![
        bad(
            "two-events-one-twice",
            "the same event twice is harmless",
            with(&one, MINE),
            &[Entry],
        ),
        bad(
            "two-events-other-seq",
            "the second is the mine's next event",
            with(&mined(MINE, 4, 101).body, MINE),
            &[Entry],
        ),
        bad(
            "two-events-other-author",
            "the second is of another author",
            with(&mined(separator, 3, 101).body, separator),
            &[Entry],
        ),
        bad(
            "two-events-of-another-log",
            "the second is signed for another log",
            of([signed(&one, &[MINE]), elsewhere]),
            &[Entry],
        ),
        bad(
            "two-events-origin-changed",
            "the origin is not the one that both foundings are signed for",
            stranger,
            &[Entry, Entry],
        ),
    ]
}

/// The same event, said in another ledger.
fn of_another_ledger(body: &[u8]) -> Vec<u8> {
    let mut body = wire::decode_body(body).unwrap();
    body.ledger.0[0] ^= 1;
    wire::encode_body(&body).unwrap()
}

fn of_keys() -> Vec<Case> {
    let bad = Case::new;
    vec![
        bad(
            "two-events-signatures-swapped",
            "each has the other's signature",
            changed(|d| {
                let first = d["events"][0]["signatures"].take();
                let second = d["events"][1]["signatures"].take();
                d["events"][0]["signatures"] = second;
                d["events"][1]["signatures"] = first;
            }),
            &[Signature],
        ),
        bad(
            "two-events-key-of-small-order",
            "a key under which many things verify",
            changed(|d| {
                d["events"][0]["signatures"][0]["key"] = json!(format!("01{}", "0".repeat(62)))
            }),
            &[Signature],
        ),
        bad(
            "two-events-key-of-another-log",
            "the reader brings the key of another log",
            good(),
            &[Founding],
        )
        .with_key(&another_log()),
    ]
}

/// The verifier key of another log that has the same public key.
fn another_log() -> String {
    let key = signing::VerifierKey::new("test.example/another", log_key().key().clone());
    key.unwrap().to_string()
}

fn of_events() -> Vec<Case> {
    let event =
        |d: &mut Value, place: usize, field: &str, value: Value| d["events"][place][field] = value;
    let body = |d: &Value| d["events"][0]["body"].as_str().unwrap().to_owned();
    let both = bodies().map(|body| signed(&body, &[MINE, SECOND_KEY]));
    let bad = |name, comment, file| Case::new(name, comment, file, &[Entry] as &[FaultKind]);
    vec![
        bad(
            "two-events-order",
            "the higher id first",
            changed(|d| {
                d["events"].as_array_mut().unwrap().swap(0, 1);
            }),
        ),
        bad(
            "two-events-unsigned",
            "an event without a signature",
            changed(|d| event(d, 1, "signatures", json!([]))),
        ),
        bad("two-events-signature-order", "the higher key id first", {
            let mut d: Value = serde_json::from_str(&of(both)).unwrap();
            d["events"][0]["signatures"]
                .as_array_mut()
                .unwrap()
                .swap(0, 1);
            d.to_string()
        }),
        bad(
            "two-events-signature-twice",
            "one signature twice",
            changed(|d| {
                let once = d["events"][0]["signatures"][0].clone();
                d["events"][0]["signatures"]
                    .as_array_mut()
                    .unwrap()
                    .push(once);
            }),
        ),
        bad(
            "two-events-body-longer",
            "a byte after the body",
            changed(|d| {
                let longer = body(d) + "00";
                event(d, 0, "body", json!(longer));
            }),
        ),
        bad(
            "two-events-body-capitals",
            "hexadecimal digits in capitals",
            changed(|d| {
                let capitals = body(d).to_uppercase();
                event(d, 0, "body", json!(capitals));
            }),
        ),
    ]
}

fn of_form() -> Vec<Case> {
    let bad = |name, comment, file| Case::new(name, comment, file, &[Entry] as &[FaultKind]);
    vec![
        bad(
            "two-events-three",
            "three events",
            changed(|d| {
                let once = d["events"][0].clone();
                d["events"].as_array_mut().unwrap().push(once);
            }),
        ),
        bad(
            "two-events-unknown-field",
            "a field that the format does not have",
            changed(|d| d["note"] = json!("x")),
        ),
        bad(
            "two-events-field-twice",
            "one field twice",
            good().replacen('{', "{\n  \"origin\": \"x\",", 1),
        ),
        bad(
            "two-events-another-kind",
            "a kind that there is not",
            good().replace("two-events", "three-events"),
        ),
        bad(
            "two-events-cut",
            "the end of the file is not there",
            good()[..good().len() - 20].to_owned(),
        ),
    ]
}
