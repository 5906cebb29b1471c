//! Details of what stands in place of a corrected event, as typed: sealed by the correction, and found there.

use super::{DISPATCH, dispatched};
use crate::place::Place;

/// What the dispatch of `dispatched` should have said, as `correct` takes it.
fn right(place: &Place, details: &str) {
    let right = DISPATCH.replace(r#""occurred":"2024-03-06","#, "");
    let (event, _) = right.split_once(r#","details""#).unwrap();
    place.put("right.json", &format!("{event},{details}}}"));
}

const CORRECT: &str = "correct 4 --reason slip --replacement right.json --as MINE";

#[test]
fn a_correction_seals_what_its_replacement_states() {
    let place = dispatched();
    right(
        &place,
        r#""details":{"price":"secret 9 CNY/t","buyer":"B"}"#,
    );
    let dry = place.type_in(&format!("{CORRECT} --dry-run"));
    assert!(
        dry.stderr.contains("buyer would be sealed: B"),
        "{}",
        dry.stderr
    );
    assert_eq!(place.vault().len(), 1, "a dry run keeps nothing");
    place.well(&format!("{CORRECT} --yes"));
    place.well("verify .ytterby");
    assert!(!super::log_has(&place, "secret 9"));
    place.shows("5", "price,here,secret 9 CNY/t\nbuyer,here,B\n");
    // What the corrected event sealed stays sealed there.
    place.shows("4", "price,here,12000 CNY/t\ncontract,here,C-2024-17\n");
    let listed = place.well("detail list --csv").stdout;
    let of_correction = |line: &&str| line.starts_with("5,") && line.contains("event-corrected");
    assert_eq!(listed.lines().filter(of_correction).count(), 2, "{listed}");

    place.well("detail disclose 5 price.json --field price");
    let checked = place.well("detail check price.json --csv").stdout;
    assert_eq!(checked, "field,value\nprice,secret 9 CNY/t\n");
    let erase = "--field price --instrument I-1 --issued 2024-04-01";
    place.refused(
        &format!("detail erase 5 {erase} --as AUTHORITY --yes"),
        1,
        "only its author",
    );
    place.well(&format!("detail erase 5 {erase} --as MINE --yes"));
    place.shows("5", "price,erased at 6,-\nbuyer,here,B\n");
    place.shows("4", "price,here,12000 CNY/t\ncontract,here,C-2024-17\n");
}

#[test]
fn a_recorded_correction_seals_too_and_only_in_its_replacement() {
    let place = dispatched();
    right(&place, r#""details":{"price":"9"}"#);
    let right = std::fs::read_to_string(place.path().join("right.json")).unwrap();
    let entry = place.well("inspect --entry 4 --json").stdout;
    let entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
    let body: domain::Body = serde_json::from_value(entry["answer"]["body"].clone()).unwrap();
    let corrected = domain::id::to_hex(&wire::encode_body(&body).unwrap());
    let line = format!(
        r#"{{"event":"event-corrected","corrected":"{corrected}","cause":"incorrect-data","reason":"slip","replacement":{right}}}"#
    );
    place.put("line.jsonl", &line);
    let bad = line.replacen(r#""price":"9""#, r#""price":9"#, 1);
    place.put("bad.jsonl", &bad);
    place.refused(
        "record bad.jsonl --as MINE --yes",
        1,
        "column replacement.details.price: write it as a text",
    );
    let outside = line.replacen(r#""cause""#, r#""details":{"price":"1"},"cause""#, 1);
    place.put("outside.jsonl", &outside);
    place.refused(
        "record outside.jsonl --as MINE --yes",
        1,
        "a correction does in its replacement",
    );
    assert_eq!(place.vault().len(), 1, "what is refused leaves no value");
    place.well("record line.jsonl --as MINE --yes");
    place.shows("5", "price,here,9\n");
    place.well("verify .ytterby");
}
