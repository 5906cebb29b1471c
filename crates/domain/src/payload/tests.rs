//! Form rules that span fields, and the permanence of numbers and names.
//! Invariant: each faulty case breaks exactly one rule. Knows nothing of bytes.

use super::*;

#[test]
fn numbers_and_names_are_unique_and_sorted() {
    let table = Payload::TABLE;
    assert!(table.is_sorted_by(|a, b| a.0 < b.0));
    let mut names: Vec<_> = table.iter().map(|(_, name)| name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    assert_eq!(table.len(), 49);
    assert!(table.contains(&(EventCorrected::NUMBER, "event-corrected")));
}

fn check(json: &str) -> String {
    let parsed: Result<Payload, _> = serde_json::from_str(json);
    match parsed {
        Err(error) => format!("unreadable: {error}"),
        Ok(payload) => payload
            .check()
            .map_or_else(|form| form.code().to_owned(), |()| "good".to_owned()),
    }
}

const QUANTITY: &str = r#"{"net_mg":1000000,"reo_mg":500000,"basis":"measured"}"#;

#[test]
fn mined_ore_is_ore_of_the_kind_stated() {
    let mined = |product: &str, ore: &str| {
        check(&format!(
            r#"{{"event":"lot-mined","site":"PIT","lot":"L1","product":"{product}","quantity":{QUANTITY},"composition":null,"ore":"{ore}"}}"#
        ))
    };
    assert_eq!(mined("ore/mixed", "mixed"), "good");
    assert_eq!(mined("ore/mixed", "monazite"), "product-not-possible");
    assert_eq!(mined("compound/oxide/Nd", "mixed"), "product-not-possible");
}

#[test]
fn a_receipt_line_has_a_quantity_unless_rejected() {
    let received = |line: &str| {
        let dispatch = "00".repeat(32);
        check(&format!(
            r#"{{"event":"shipment-received","dispatch":"{dispatch}","site":"YARD","lines":[{line}],"completion":"final"}}"#
        ))
    };
    let with = format!(r#"{{"line":0,"received":{QUANTITY},"outcome":"accepted","reason":""}}"#);
    assert_eq!(received(&with), "good");
    assert_eq!(
        received(&with.replace("accepted", "rejected")),
        "receipt-quantity"
    );
    assert_eq!(received(&format!("{with},{with}")), "line-twice");
}

#[test]
fn a_run_makes_something_and_names_a_lot_once() {
    let lot = "91150000MA0000001X/L1";
    let Some(check_character) = crate::id::uscc_check_character(b"91150000MA0000001") else {
        panic!("alphabet")
    };
    let lot = lot.replace('X', &check_character.to_string());
    let run = |inputs: &str, outputs: &str| {
        check(&format!(
            r#"{{"event":"lot-processed","site":"SX","process":"separation","model":"mass-balance","inputs":[{inputs}],"outputs":[{outputs}],"discards":[],"retained":[]}}"#
        ))
    };
    let input = format!(r#"{{"lot":"{lot}","quantity":{QUANTITY}}}"#);
    let output = format!(
        r#"{{"lot":"O1","product":"compound/oxide/Nd","quantity":{QUANTITY},"composition":null}}"#
    );
    assert_eq!(run(&input, &output), "good");
    assert_eq!(run(&input, ""), "nothing-produced");
    assert_eq!(run(&format!("{input},{input}"), &output), "lot-twice");
    assert_eq!(run(&input, &format!("{output},{output}")), "lot-twice");
    assert!(
        run("", &output).starts_with("unreadable"),
        "a run without input"
    );
    assert_eq!(
        run(&input, &output.replace("500000", "1000009")),
        "reo-above-net"
    );
}
