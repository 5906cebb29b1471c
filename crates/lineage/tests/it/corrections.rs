//! Corrections: what was stated wrongly leaves no trace, and equal states have equal bytes.

use lineage::{Direction, Lineage, Weight};
use projection::{AnyFold, Projected};

use crate::history::{History, imported, lot, mined, named, remark, run};

/// Two mined lots, blended by party 5; party 6 says something in between, first and last in its chain.
fn history(said: serde_json::Value) -> (History, domain::EventId) {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 100));
    history.say(4, "2024-01-05", mined("B", "mixed", 100));
    let said = history.say(6, "2024-01-06", said);
    history.say(
        5,
        "2024-01-07",
        run(&[(lot(4, "A"), 50), (lot(4, "B"), 50)], &[("C", 100)]),
    );
    history.say(1, "2024-01-08", named("lot-sealed", &[lot(4, "A")]));
    (history, said)
}

#[test]
fn what_did_not_occur_leaves_the_bytes_of_a_history_without_it() {
    let (mut clean, _) = history(remark());
    clean.say(6, "2024-12-30", remark());
    let wrong = [
        imported("W", "ore/mixed", 10, None),
        run(
            &[(lot(4, "A"), 10), (lot(4, "NEVER"), 10)],
            &[("W", 20), ("V", 1)],
        ),
        run(&[(lot(4, "A"), 10)], &[]),
    ];
    for mut wrong in wrong {
        if wrong["outputs"].as_array().is_some_and(Vec::is_empty) {
            wrong["discards"] =
                serde_json::json!([{"kind": "slag", "quantity": crate::history::reo(10)}]);
        }
        let (mut corrected, said) = history(wrong);
        let before = corrected.fold();
        assert_ne!(before.bytes(), clean.fold().bytes());
        corrected.correct(6, said, None);
        let after = corrected.fold();
        assert_eq!(after.bytes(), clean.fold().bytes());
        assert!(after.sources(lot(6, "W"), Weight::Reo).is_empty());
        let steps = after
            .lineage()
            .trace(&after.book, &lot(4, "A"), Direction::Forward, 9);
        assert!(steps.iter().all(|step| step.other == lot(5, "C")));
    }
}

#[test]
fn what_is_corrected_and_corrected_back_is_as_before() {
    let right = || run(&[(lot(4, "A"), 10)], &[("W", 10)]);
    let (mut history, said) = history(right());
    let before = history.fold();
    history.correct(
        6,
        said,
        Some(run(&[(lot(4, "B"), 10), (lot(4, "A"), 20)], &[("W", 30)])),
    );
    let between = history.fold();
    let shares = ["A mined mixed 2/3", "B mined mixed 1/3"];
    assert_eq!(between.sources(lot(6, "W"), Weight::Reo), shares);
    history.correct(6, said, Some(right()));
    let after = history.fold();
    for lot in [lot(6, "W"), lot(5, "C")] {
        let shares = |folded: &crate::history::Folded| folded.sources(lot, Weight::Reo);
        assert_eq!(shares(&after), shares(&before));
    }
    let steps = after
        .lineage()
        .trace(&after.book, &lot(4, "B"), Direction::Forward, 9);
    assert!(steps.iter().all(|step| step.other == lot(5, "C")));
}

#[test]
fn a_corrected_lot_keeps_its_place_among_events_of_one_moment() {
    let mut history = History::founded();
    let wrong = history.say(4, "2024-01-05", mined("A", "mixed", 100));
    history.say(5, "2024-01-05", run(&[(lot(4, "A"), 50)], &[("C", 50)]));
    history.correct(4, wrong, Some(mined("A", "bastnaesite", 90)));
    let folded = history.fold();
    assert_eq!(
        folded.sources(lot(5, "C"), Weight::Reo),
        ["A mined bastnaesite 1"]
    );
}

#[test]
fn nothing_takes_the_place_of_what_did_not_occur() {
    let mut history = History::founded();
    let wrong = history.say(4, "2024-01-05", mined("A", "mixed", 100));
    let drawn = [(lot(4, "A"), 10), (lot(4, "B"), 10)];
    history.say(5, "2024-01-05", run(&drawn, &[("C", 20)]));
    history.correct(4, wrong, None);
    history.say(4, "2024-01-05", mined("B", "mixed", 100));
    let shares = ["A unrecorded 1/2", "B unrecorded 1/2"];
    assert_eq!(history.fold().sources(lot(5, "C"), Weight::Reo), shares);
}

#[test]
fn what_did_not_occur_and_then_did_counts_again() {
    let mut history = History::founded();
    let wrong = history.say(4, "2024-01-05", mined("A", "mixed", 100));
    history.say(5, "2024-01-06", run(&[(lot(4, "A"), 50)], &[("C", 50)]));
    history.correct(4, wrong, None);
    assert_eq!(
        history.fold().sources(lot(5, "C"), Weight::Reo),
        ["A unrecorded 1"]
    );
    history.correct(4, wrong, Some(mined("A", "monazite", 70)));
    let folded = history.fold();
    assert_eq!(
        folded.sources(lot(5, "C"), Weight::Reo),
        ["A by-product monazite 1"]
    );
}

#[test]
fn saved_state_loads_as_the_same_and_anything_else_does_not() {
    let (history, _) = history(run(
        &[(lot(4, "A"), 10), (lot(4, "B"), 30)],
        &[("W", 40), ("A", 3)],
    ));
    let folded = history.fold();
    let bytes = folded.bytes();
    let mut loaded = Projected::<Lineage>::new();
    assert!(loaded.load(&bytes));
    assert_eq!(loaded.save(), bytes);
    assert_eq!(loaded.cells, folded.projected.cells);
    for code in ["A", "B"] {
        for direction in [Direction::Back, Direction::Forward] {
            let trace =
                |lineage: &Lineage| lineage.trace(&folded.book, &lot(4, code), direction, 9);
            assert_eq!(trace(&loaded.fold), trace(folded.lineage()), "{code}");
        }
    }
    assert_eq!(
        loaded.fold.taints(&folded.book),
        folded.lineage().taints(&folded.book)
    );
    assert!(!loaded.fold.taints(&folded.book).is_empty());
    assert!(!loaded.load(&bytes[..bytes.len() - 1]));
    assert_eq!(loaded.save(), bytes, "a failed load changes nothing");
}
