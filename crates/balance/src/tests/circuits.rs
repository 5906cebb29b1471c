//! Runs over windows: what a circuit holds back and gives later, what a year of runs loses, and what counts add up to.
//!
//! Invariant: matter that comes out was taken in before, within the months that it may circle.

use serde_json::{Value, json};

use super::*;

const TONNE: u64 = 1_000_000_000;

/// A run of separation: takes and gives so many tonnes of REO of mixed carbonate.
fn run(output: &str, taken: u64, given: u64) -> Payload {
    let quantity =
        |reo: u64| json!({"net_mg": 2 * reo * TONNE, "reo_mg": reo * TONNE, "basis": "measured"});
    let outputs: Vec<Value> = (given > 0)
        .then(|| {
            json!({"lot": output, "product": "compound/carbonate/mixed", "quantity": quantity(given),
            "composition": null})
        })
        .into_iter()
        .collect();
    // Something has to come of a run.
    let discards = if outputs.is_empty() {
        json!([{"kind": "effluent", "quantity": {"net_mg": 1, "reo_mg": 0, "basis": "estimated"}}])
    } else {
        json!([])
    };
    let payload = json!({"event": "lot-processed", "site": "PIT", "process": "separation",
        "model": "mass-balance", "inputs": [{"lot": lot("FEED"), "quantity": quantity(taken)}],
        "outputs": outputs, "discards": discards, "retained": []});
    serde_json::from_value(payload).unwrap()
}

fn fed() -> History {
    let mut history = History::founded();
    history.add_on(
        "2023-01-02",
        4,
        serde_json::from_value(mined("PIT", "FEED", 9_000 * TONNE)).unwrap(),
    );
    history
}

fn gains(history: &History) -> Vec<FindingCode> {
    let mut codes = history.codes();
    codes.retain(|code| [FindingCode::M01, FindingCode::M03].contains(code));
    codes
}

#[test]
fn a_circuit_gives_what_was_counted_in_it_and_no_more() {
    // The line is filled in January, counted, and emptied when the campaign changes in March.
    let mut history = fed();
    history.add_on("2023-01-10", 4, run("A", 100, 80));
    history.add_on("2023-01-31", 4, vessels("2023-01-31", 20));
    history.add_on("2023-02-10", 4, run("B", 100, 100));
    history.add_on("2023-03-10", 4, run("C", 100, 119));
    assert_eq!(gains(&history), []);
    let extra = history.add_on("2023-04-10", 4, run("D", 100, 104));
    assert_eq!(gains(&history), [FindingCode::M01]);
    history.correct(4, extra, None);
    assert_eq!(gains(&history), []);
    // What was lost in January, and counted nowhere, hides no other feed.
    let mut uncounted = fed();
    uncounted.add_on("2023-01-10", 4, run("A", 100, 90));
    uncounted.add_on("2023-02-10", 4, run("B", 100, 103));
    assert_eq!(gains(&uncounted), [FindingCode::M01]);
    // Half a year after the count the line holds nothing of it any more.
    let mut late = fed();
    late.add_on("2023-01-10", 4, run("A", 100, 80));
    late.add_on("2023-01-31", 4, vessels("2023-01-31", 20));
    late.add_on("2023-08-10", 4, run("B", 100, 119));
    assert_eq!(gains(&late), [FindingCode::M01]);
}

fn vessels(day: &str, tonnes: u64) -> Payload {
    // A tonne of REO is ten thousand litres at 100 g a litre.
    let payload = json!({"event": "stock-counted", "inventory": "LINE", "page": 1, "last": true,
        "site": "PIT", "as_of": at(day), "lots": [],
        "vessels": [{"vessel": "MS-1", "volume_ml": tonnes * 10_000_000, "reo_mg_per_l": 100_000,
            "composition": null, "method": null}]});
    serde_json::from_value(payload).unwrap()
}

#[test]
fn what_is_counted_in_the_vessels_is_what_the_line_can_give() {
    let given = |counted: u64, given: u64| {
        let mut history = fed();
        history.add_on("2023-01-10", 4, run("A", 100, 80));
        history.add_on("2023-01-31", 4, vessels("2023-01-31", counted));
        history.add_on("2023-02-10", 4, run("B", 100, given));
        gains(&history)
    };
    // An estimate of 18 t is off by 0.4 t; three times that, and three times the 0.2 t of the run.
    assert_eq!(given(18, 118), []);
    assert_eq!(given(18, 121), [FindingCode::M01]);
    assert_eq!(
        given(4, 118),
        [FindingCode::M01],
        "the line was nearly empty"
    );
}

#[test]
fn a_year_of_losses_is_seen_when_it_is_over() {
    let mut history = fed();
    for month in 1..=12 {
        history.add_on(
            &format!("2023-{month:02}-10"),
            4,
            run(&format!("P{month}"), 100, 80),
        );
    }
    let codes = history.codes();
    assert!(codes.contains(&FindingCode::M06), "{codes:?}");
    let findings = history.findings();
    let yearly = findings
        .iter()
        .find(|found| found.code == FindingCode::M06)
        .unwrap();
    assert_eq!(yearly.subject.year, Some(2023));
    assert_eq!(
        yearly.figures[0],
        Figure::mg("run losses", i128::from(240 * TONNE))
    );
    assert_eq!(
        yearly.figures[1],
        Figure::mg("usual at most", i128::from(180 * TONNE))
    );
    // Within the band nothing is said.
    let mut usual = fed();
    usual.add_on("2023-01-10", 4, run("P", 100, 86));
    assert_eq!(usual.codes(), []);
}

/// 100 t are counted each month; each time a little is missing, never so much that one count shows it.
#[test]
fn what_is_missing_adds_up_over_counts() {
    let counted = |tenths: u64, day: &str| {
        let quantity = json!({"net_mg": 2 * tenths * TONNE / 10, "reo_mg": tenths * TONNE / 10,
            "basis": "measured"});
        let payload = json!({"event": "stock-counted", "inventory": "MONTH", "page": 1, "last": true,
            "site": "STORE", "as_of": at(day), "vessels": [],
            "lots": [{"lot": lot("S"), "quantity": quantity}]});
        serde_json::from_value::<Payload>(payload).unwrap()
    };
    let mut history = History::founded();
    history.add_on(
        "2023-01-02",
        4,
        serde_json::from_value(mined("STORE", "S", 200 * TONNE)).unwrap(),
    );
    history.add_on("2023-02-01", 4, counted(997, "2023-02-01"));
    history.add_on("2023-03-01", 4, counted(994, "2023-03-01"));
    assert_eq!(history.codes(), [FindingCode::M07]);
    let found = &history.findings()[0];
    assert_eq!(
        found.figures[0],
        Figure::mg("CUMUF", i128::from(6 * TONNE / 10))
    );
}
