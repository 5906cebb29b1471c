//! Stock and its findings through small histories: each names its events and the findings it should raise.
//!
//! Invariant: a correction that takes the cause away takes the finding away. Knows nothing of signatures.

mod circuits;
mod measuring;
mod spreads;

use std::collections::BTreeMap;

use domain::id::to_hex;
use domain::payload::RulesChanged;
use domain::{EventId, Payload};
use projection::{Figure, Finding, FindingCode, Projected, Severity, Until, explain, replay};
use serde_json::{Value, json};
use store::{Entries, MemoryStore, Store};
use testkit::{Unsigned, at, founding, party};

use crate::{Balance, StockRow, rows};

struct History {
    store: MemoryStore,
    authors: Unsigned,
    bodies: BTreeMap<EventId, String>,
}

impl History {
    fn founded() -> Self {
        let mut history = Self {
            store: MemoryStore::new(),
            authors: Unsigned::default(),
            bodies: BTreeMap::new(),
        };
        history.add(1, founding());
        history
    }

    fn add(&mut self, author: u32, payload: Payload) -> EventId {
        self.add_on("2024-01-05", author, payload)
    }

    fn add_on(&mut self, day: &str, author: u32, payload: Payload) -> EventId {
        let (occurred, received) = (at(day), at(day).plus_ms(86_400_000));
        let (id, body, entry) = self.authors.entry(author, occurred, received, payload);
        self.bodies.insert(id, to_hex(&body));
        let size = self.store.size();
        self.store.append(size, &[&entry], b"").unwrap();
        id
    }

    fn say(&mut self, author: u32, payload: Value) -> EventId {
        self.add(author, serde_json::from_value(payload).unwrap())
    }

    fn correct(&mut self, author: u32, id: EventId, replacement: Option<Value>) {
        let cause = if replacement.is_some() {
            "incorrect-data"
        } else {
            "did-not-occur"
        };
        self.say(
            author,
            json!({"event": "event-corrected", "corrected": self.bodies[&id], "cause": cause,
            "reason": "slip of the pen", "replacement": replacement}),
        );
    }

    fn findings(&self) -> Vec<Finding> {
        let mut balance = Projected::<Balance>::new();
        let book = replay(&self.store, Until::End, &mut [&mut balance], &mut |_, _| {}).unwrap();
        balance.findings(&book, at("2024-03-01"))
    }

    fn codes(&self) -> Vec<FindingCode> {
        self.findings().iter().map(|finding| finding.code).collect()
    }

    fn rows(&self, author: u32, site: Option<&str>) -> Vec<StockRow> {
        let mut balance = Projected::<Balance>::new();
        let book = replay(&self.store, Until::End, &mut [&mut balance], &mut |_, _| {}).unwrap();
        let site = site.map(|site| site.parse().unwrap());
        rows(&balance, &book, &party(author), site.as_ref())
    }
}

fn mg(net: u64) -> Value {
    json!({"net_mg": net, "reo_mg": net / 2, "basis": "measured"})
}

fn lot(code: &str) -> String {
    format!("{}/{code}", party(4))
}

fn mined(site: &str, code: &str, net: u64) -> Value {
    json!({"event": "lot-mined", "site": site, "lot": code, "product": "ore/mixed", "quantity": mg(net),
        "composition": null, "ore": "mixed"})
}

fn discarded(code: &str, net: u64) -> Value {
    json!({"event": "lot-discarded", "site": "PIT", "note": "",
        "lines": [{"lot": lot(code), "quantity": mg(net)}]})
}

fn opening(net: u64) -> Value {
    json!({"event": "opening-stock-declared", "site": "PIT", "lots": [
        {"lot": "OLD", "product": "ore/mixed", "quantity": mg(net), "composition": null}]})
}

fn instrument() -> Value {
    json!({"number": "No. 7", "issued": "2024-01-02"})
}

fn inspection() -> Value {
    json!({"event": "inspection-recorded", "site": format!("{}/PIT", party(4)),
        "inspectors": ["Li", "Wang"], "counted": [], "note": ""})
}

fn sealing(event: &str, code: &str) -> Value {
    json!({"event": event, "lots": [lot(code)], "instrument": instrument()})
}

#[test]
fn drawn_more_than_held_until_the_book_is_put_right() {
    let mut history = History::founded();
    let mine = history.say(4, mined("PIT", "M-1", 100));
    history.say(4, discarded("M-1", 100));
    assert_eq!(history.codes(), [], "drawn to nothing is not beyond");
    let drawn = history.say(4, discarded("M-1", 30));
    history.say(4, discarded("M-1", 5));
    let findings = history.findings();
    let codes: Vec<_> = findings
        .iter()
        .map(|found| (found.code, found.severity))
        .collect();
    assert_eq!(
        codes,
        [
            (FindingCode::D02, Severity::Warning),
            (FindingCode::S01, Severity::Violation)
        ]
    );
    for finding in &findings {
        assert_eq!(
            finding.evidence,
            [drawn],
            "the first event that drew it there"
        );
    }
    let figures = [
        ("REO out", 67),
        ("REO in and opening", 50),
        ("without origin", 17),
    ];
    assert_eq!(
        findings[0].figures,
        figures.map(|(name, mg)| Figure::mg(name, mg))
    );
    assert_eq!(findings[1].figures[0], Figure::mg("book net", -35));
    history.correct(4, mine, Some(mined("PIT", "M-1", 135)));
    assert_eq!(history.codes(), []);
}

#[test]
fn two_draws_in_one_event_count_together() {
    let mut history = History::founded();
    history.say(4, mined("PIT", "M-1", 100));
    history.say(4, json!({"event": "lot-processed", "site": "PIT", "process": "beneficiation",
        "model": "segregated", "inputs": [{"lot": lot("M-1"), "quantity": mg(150)}],
        "outputs": [{"lot": "M-1", "product": "ore/mixed", "quantity": mg(120), "composition": null}],
        "discards": [], "retained": []}));
    // What the run gave back covers it, though the code stands for another thing already.
    assert_eq!(history.codes(), [FindingCode::L01]);
}

#[test]
fn an_unknown_lot_until_it_is_known_or_did_not_occur() {
    let mut history = History::founded();
    let drawn = history.say(4, discarded("GHOST", 10));
    assert_eq!(
        history.codes(),
        [FindingCode::D02, FindingCode::S01, FindingCode::S02]
    );
    assert_eq!(history.findings()[2].evidence, [drawn]);
    let mut known = History::founded();
    known.say(4, discarded("GHOST", 10));
    known.say(4, mined("PIT", "GHOST", 10));
    assert_eq!(known.codes(), []);
    history.correct(4, drawn, None);
    assert_eq!(history.codes(), []);
}

#[test]
fn a_sealed_lot_moves_only_after_its_release() {
    let mut history = History::founded();
    history.say(4, mined("PIT", "M-1", 100));
    let sealed = history.say(1, sealing("lot-sealed", "M-1"));
    assert_eq!(history.codes(), []);
    assert!(history.rows(4, None)[0].sealed);
    let moved = history.say(4, discarded("M-1", 10));
    let findings = history.findings();
    assert_eq!(history.codes(), [FindingCode::S03]);
    assert_eq!(findings[0].evidence, [moved, sealed]);
    history.say(1, sealing("lot-released", "M-1"));
    history.say(4, discarded("M-1", 10));
    assert_eq!(
        history.findings(),
        findings,
        "a release does not undo what was done before"
    );
    history.correct(4, moved, None);
    assert_eq!(history.codes(), []);
}

#[test]
fn opening_stock_waits_for_an_inspection_after_it() {
    let mut history = History::founded();
    history.say(1, inspection());
    let declared = history.say(4, opening(50));
    assert_eq!(history.codes(), [FindingCode::S04]);
    assert_eq!(history.findings()[0].severity, Severity::Info);
    history.say(1, inspection());
    assert_eq!(history.codes(), []);
    history.correct(4, declared, Some(opening(70)));
    assert_eq!(
        history.codes(),
        [FindingCode::S04],
        "nobody has seen the new figure"
    );
    history.correct(4, declared, None);
    assert_eq!(history.codes(), []);
}

#[test]
fn rows_are_the_stock_of_a_party_or_a_site_and_can_be_explained() {
    let mut history = History::founded();
    history.say(4, mined("PIT", "M-2", 100));
    history.say(4, mined("PIT", "M-1", 40));
    history.say(4, mined("YARD", "M-3", 7));
    history.say(5, mined("PIT", "M-1", 9));
    history.say(4, discarded("M-2", 30));
    let shown = |rows: Vec<StockRow>| {
        let row = |row: &StockRow| {
            format!(
                "{} {} {} {}",
                row.site, row.lot.code, row.net_mg, row.reo_mg
            )
        };
        rows.iter().map(row).collect::<Vec<_>>()
    };
    let pit = ["PIT M-1 40 20", "PIT M-2 70 35"];
    assert_eq!(shown(history.rows(4, Some("PIT"))), pit);
    assert_eq!(
        shown(history.rows(4, None)),
        [pit[0], pit[1], "YARD M-3 7 3"]
    );
    assert_eq!(shown(history.rows(6, None)), [""; 0]);
    let cell = history.rows(4, Some("PIT"))[1].cell();
    let explained = explain::<Balance>(&history.store, Until::End, |found| *found == cell).unwrap();
    let postings: Vec<_> = explained[0]
        .1
        .iter()
        .map(|part| (part.name, part.amount.net))
        .collect();
    assert_eq!(postings, [("lot-mined", 100), ("lot-discarded", -30)]);
}

#[test]
fn rules_that_change_later_leave_the_spread_of_a_past_period_as_it_was() {
    let mut history = History::founded();
    let dug = |code| serde_json::from_value(mined("PIT", code, 1_000_000)).unwrap();
    history.add(4, dug("A"));
    history.say(
        4,
        json!({"event": "stock-counted", "inventory": "PIT", "page": 1, "last": true, "vessels": [],
        "site": "PIT", "as_of": at("2024-01-05"),
            "lots": [{"lot": lot("A"), "quantity": mg(1_000_000)}]}),
    );
    let site = format!("{}/PIT", party(4)).parse().unwrap();
    let sigma = |history: &History| {
        let periods = crate::material(&history.store, Until::End, &site).unwrap();
        periods.iter().map(crate::Period::sigma).collect::<Vec<_>>()
    };
    let before = sigma(&history);
    assert!(before[0].is_some_and(|sigma| sigma > 0), "{before:?}");
    let Payload::LedgerFounded(founded) = founding() else {
        panic!("a founding")
    };
    let mut rules = founded.rules.clone();
    rules.default_uncertainty_ppm = domain::Ppm::parse_percent("40").unwrap();
    let changed = RulesChanged {
        effective: "2024-06-01".parse().unwrap(),
        rules,
    };
    history.add_on("2024-02-01", 1, Payload::RulesChanged(Box::new(changed)));
    history.add_on("2024-07-01", 4, dug("B"));
    assert_eq!(sigma(&history), before);
}

#[test]
fn a_run_gains_nothing_beyond_measurement_noise() {
    // Each of four weighings is off by 0.1 % at random, all of them alike by another 0.1 % of what is gained. In milligrams:
    // sqrt(500^2 + 450^2 + 50^2) and 3 of that, three standard deviations 2022, is 2026 with the systematic part of 2.
    let run = |given: u64, discarded: u64| {
        let mut history = History::founded();
        history.say(4, mined("PIT", "A", 1_000_000));
        let quantity = |reo: u64| json!({"net_mg": 2 * reo, "reo_mg": reo, "basis": "measured"});
        let run = history.say(
            4,
            json!({"event": "lot-processed", "site": "PIT", "process": "beneficiation", "model": "mass-balance",
                "inputs": [{"lot": lot("A"), "quantity": quantity(500_000)}],
                "outputs": [{"lot": "B", "product": "ore/mixed", "quantity": quantity(given), "composition": null}],
                "discards": [{"kind": "tailings", "quantity": quantity(discarded)}], "retained": []}),
        );
        let before = history.codes();
        history.correct(4, run, None);
        (before, history.codes())
    };
    assert_eq!(run(450_000, 52_000), (vec![], vec![]));
    assert_eq!(run(450_000, 52_100), (vec![FindingCode::M01], vec![]));
}
