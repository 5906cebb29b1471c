//! Declared methods, and limits that follow from them: who may choose a tolerance, and who is accused by one.
//!
//! Invariant: each test names the way round a rule and the honest plant next to it.

use serde_json::{Value, json};

use super::*;

/// `net` at the basis "measured": REO is half of it.
fn by(method: &str, net: u64) -> Value {
    json!({"net_mg": net, "reo_mg": net / 2, "basis": "measured", "method": method})
}

fn declared(method: &str, (random, systematic): (u32, u32), until: &str) -> Value {
    json!({"event": "method-declared", "method": method, "kind": "weighing", "random_ppm": random,
        "systematic_ppm": systematic, "elements": [], "laboratory": null, "certificate": null,
        "from": "2023-01-01", "until": until})
}

fn mined_by(method: &str, net: u64) -> Value {
    json!({"event": "lot-mined", "site": "PIT", "lot": "A", "product": "ore/mixed", "quantity": by(method, net),
        "composition": null, "ore": "mixed"})
}

fn counted(inventory: &str, page: u16, last: bool, lots: &[(&str, u64)]) -> Value {
    let lots: Vec<_> = lots
        .iter()
        .map(|(code, net)| json!({"lot": lot(code), "quantity": mg(*net)}))
        .collect();
    json!({"event": "stock-counted", "inventory": inventory, "page": page, "last": last, "vessels": [],
        "site": "PIT", "as_of": at("2024-01-05"), "lots": lots})
}

/// The sigma of one million milligrams of REO that were mined by a method, and counted to be gone.
fn sigma_of(before: &[Value], after: &[Value]) -> i128 {
    let mut history = History::founded();
    for payload in before {
        history.say(4, payload.clone());
    }
    history.say(4, mined_by("SCALE", 2_000_000));
    for payload in after {
        history.say(4, payload.clone());
    }
    history.say(4, counted("YEAR", 1, true, &[]));
    let site = format!("{}/PIT", party(4)).parse().unwrap();
    let periods = crate::material(&history.store, Until::End, &site).unwrap();
    periods[0].sigma().unwrap()
}

/// sqrt(random^2 + systematic^2) of a million, in milligrams.
#[test]
fn a_method_counts_from_its_declaration_on_as_far_as_it_is_believed() {
    let scale = |figures| declared("SCALE", figures, "2026-12-31");
    let by_rules = 1_414;
    assert_eq!(
        sigma_of(&[], &[]),
        by_rules,
        "a method that nobody declared"
    );
    assert_eq!(sigma_of(&[scale((3_000, 4_000))], &[]), 5_000);
    assert_eq!(sigma_of(&[scale((500, 1_200))], &[]), 1_300);
    // Nobody weighs ten times as well as the rule set allows for, nor is believed to weigh as badly as suits him.
    assert_eq!(
        sigma_of(&[scale((0, 1_200))], &[]),
        1_300,
        "the floor is 500"
    );
    assert_eq!(
        sigma_of(&[scale((300_000, 0))], &[]),
        5_024,
        "five times 1000, and the floor"
    );
    let expired = declared("SCALE", (3_000, 4_000), "2024-01-04");
    assert_eq!(sigma_of(&[expired], &[]), by_rules);
    // Declared once the difference is known, it changes nothing.
    assert_eq!(sigma_of(&[], &[scale((3_000, 4_000))]), by_rules);
    let mut assay = scale((3_000, 4_000));
    assay["kind"] = json!("assay");
    assert_eq!(
        sigma_of(&[assay], &[]),
        by_rules,
        "a laboratory weighs nothing"
    );
}

#[test]
fn what_was_booked_by_a_method_is_taken_back_by_it() {
    let mut history = History::founded();
    let scale = history.say(4, declared("SCALE", (3_000, 4_000), "2026-12-31"));
    let dug = history.say(4, mined_by("SCALE", 2_000_000));
    history.correct(4, scale, Some(declared("SCALE", (900, 900), "2026-12-31")));
    history.correct(4, dug, None);
    history.say(4, mined("PIT", "B", 1_000_000));
    history.say(4, counted("YEAR", 1, true, &[("B", 1_000_000)]));
    let site = format!("{}/PIT", party(4)).parse().unwrap();
    let periods = crate::material(&history.store, Until::End, &site).unwrap();
    // 500 g weighed in and counted, each at 0.1 % random; the systematic parts cancel.
    assert_eq!(periods[0].sigma(), Some(707));
    assert_eq!(history.codes(), []);
}

#[test]
fn a_lot_sold_to_the_last_kilo_is_not_drawn_beyond_the_book() {
    let sold = |loads: &[u64]| {
        let mut history = History::founded();
        history.say(4, mined("PIT", "A", 1_000_000));
        for load in loads {
            history.say(4, discarded("A", *load));
        }
        history.codes()
    };
    // Ten loads of 0.1 t: 0.1 % of 1 t and of each load at random; systematic parts cancel: 1049 g, three times that 3147 g.
    let mut loads = [100_000; 10];
    loads[9] += 3_000;
    assert_eq!(sold(&loads), []);
    loads[9] += 200;
    assert_eq!(sold(&loads), [FindingCode::D02, FindingCode::S01]);
}

#[test]
fn a_count_explains_and_never_clears() {
    let mut history = History::founded();
    history.say(4, mined("PIT", "A", 1_000_000));
    history.say(4, discarded("A", 1_500_000));
    assert_eq!(history.codes(), [FindingCode::D02, FindingCode::S01]);
    let count = history.say(4, counted("YEAR", 1, true, &[("A", 20_000)]));
    let codes = history.codes();
    assert_eq!(
        codes,
        [FindingCode::D02, FindingCode::M04, FindingCode::S01]
    );
    let findings = history.findings();
    // 1.5 t went out of 1 t, and 0.02 t are there: 0.52 t of which half is REO came from nowhere.
    let without = findings[0].figures.last().unwrap();
    assert_eq!(*without, Figure::mg("without origin", 260_000));
    assert_eq!(findings[2].figures[0], Figure::mg("book net", 20_000));
    assert_eq!(
        findings[2].figures[1],
        Figure::mg("drawn beyond the book", 500_000)
    );
    // Something found that was never drawn has no origin either.
    history.correct(4, count, None);
    assert_eq!(
        history.codes(),
        codes[..1]
            .iter()
            .chain(&codes[2..])
            .copied()
            .collect::<Vec<_>>()
    );
    let mut found = History::founded();
    found.say(4, counted("YEAR", 1, true, &[("GHOST", 20_000)]));
    assert_eq!(
        found.codes(),
        [FindingCode::D02, FindingCode::M04, FindingCode::S02]
    );
}

fn inspected(lots: &[(&str, u64)]) -> Value {
    let lots: Vec<_> = lots
        .iter()
        .map(|(code, net)| json!({"lot": lot(code), "quantity": mg(*net)}))
        .collect();
    json!({"event": "inspection-recorded", "site": format!("{}/PIT", party(4)),
        "inspectors": ["Li", "Wang"], "counted": lots, "note": ""})
}

#[test]
fn an_inspector_finds_what_the_book_does_not_say() {
    let mut history = History::founded();
    history.say(4, mined("PIT", "A", 1_000_000));
    history.say(4, mined("PIT", "B", 1_000_000));
    // Both weigh to 0.1 % at random and 0.1 % alike, each with its own scale: sqrt(4 * 500^2) = 1000 of 500 g.
    history.say(1, inspected(&[("A", 1_000_000), ("B", 994_400)]));
    assert_eq!(history.codes(), [], "2800 of a million");
    let mut history = History::founded();
    history.say(4, mined("PIT", "A", 1_000_000));
    let seen = history.say(1, inspected(&[("A", 993_900)]));
    assert_eq!(history.codes(), [FindingCode::I01]);
    let finding = &history.findings()[0];
    assert_eq!(finding.evidence, [seen]);
    assert_eq!(finding.figures[2], Figure::mg("difference", 3_050));
    // A use of the day before that is entered late explains it; one of the next day does not.
    let used = |net| serde_json::from_value(discarded("A", net)).unwrap();
    history.add_on("2024-01-06", 4, used(100_000));
    assert_eq!(history.codes(), [FindingCode::I01]);
    history.add_on("2024-01-04", 4, used(6_000));
    assert_eq!(history.codes(), []);
}

#[test]
fn pages_make_a_count_when_all_are_there_in_any_order() {
    let pages = [
        counted("YEAR", 1, false, &[("A", 990_000)]),
        counted("YEAR", 2, false, &[("B", 1_000_000)]),
        counted("YEAR", 3, true, &[("C", 1_000_000)]),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut history = History::founded();
        for code in ["A", "B", "C", "D"] {
            history.say(4, mined("PIT", code, 1_000_000));
        }
        let held = |history: &History| -> Vec<i128> {
            let rows = history.rows(4, Some("PIT"));
            rows.iter().map(|row| row.net_mg).collect()
        };
        let mut ids = [EventId([0; 32]); 3];
        for (turn, number) in order.into_iter().enumerate() {
            if turn == 2 {
                assert_eq!(held(&history), [1_000_000; 4], "a page is missing");
                assert_eq!(history.codes(), []);
            }
            ids[number] = history.say(4, pages[number].clone());
        }
        // D is on no page.
        assert_eq!(held(&history), [990_000, 1_000_000, 1_000_000]);
        assert_eq!(history.codes(), [FindingCode::M04]);
        let before = history.findings();
        // A page stated again counts once.
        history.say(4, pages[1].clone());
        assert_eq!(held(&history), [990_000, 1_000_000, 1_000_000]);
        assert_eq!(history.findings(), before);
        let right = counted("YEAR", 1, false, &[("A", 990_000), ("D", 999_000)]);
        history.correct(4, ids[0], Some(right));
        assert_eq!(held(&history), [990_000, 1_000_000, 1_000_000, 999_000]);
        // The page that is left is the one stated again, so the count stands without this one.
        history.correct(4, ids[1], None);
        assert_eq!(held(&history), [990_000, 1_000_000, 1_000_000, 999_000]);
        history.correct(4, ids[2], None);
        assert_eq!(
            held(&history),
            [1_000_000; 4],
            "the last page did not occur"
        );
    }
}
