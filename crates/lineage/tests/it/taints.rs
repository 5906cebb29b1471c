//! Taint of sealed lots, and F02 just at its threshold.

use domain::EventId;
use lineage::Direction;
use projection::{Figure, FigureValue, FindingCode, Severity, own_lot};
use testkit::party;

use crate::history::{History, imported, lot, masses, mined, named, ratio, run};

/// Party 4 mined T and CLEAN; both are a million milligrams of REO.
fn two_lots() -> History {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("T", "mixed", 1_000_000));
    history.say(4, "2024-01-05", mined("CLEAN", "mixed", 1_000_000));
    history
}

fn sealed(history: &mut History, day: &str, codes: &[&str]) -> EventId {
    let lots: Vec<_> = codes.iter().map(|code| lot(4, code)).collect();
    history.say(1, day, named("lot-sealed", &lots))
}

#[test]
fn taint_goes_through_two_blends_and_only_after_it_went_in() {
    let mut history = two_lots();
    history.say(
        5,
        "2024-01-05 13:00",
        run(&[(lot(4, "CLEAN"), 90)], &[("B", 60)]),
    );
    history.say(5, "2024-01-06", run(&[(lot(5, "B"), 5)], &[("EARLY", 5)]));
    history.say(
        5,
        "2024-01-07",
        run(&[(lot(4, "T"), 10), (lot(4, "CLEAN"), 20)], &[("B", 30)]),
    );
    history.say(
        5,
        "2024-01-08",
        run(
            &[(lot(5, "B"), 10), (lot(4, "CLEAN"), 10)],
            &[("D", 20), ("E", 1)],
        ),
    );
    let seal = sealed(&mut history, "2024-02-01", &["T"]);
    let folded = history.fold();
    let taints = folded.lineage().taints(&folded.book);
    let shown: Vec<_> = taints
        .iter()
        .map(|taint| (taint.lot, taint.share.clone()))
        .collect();
    // A third of the 30 that joined the 60 in B; half of that in D and E.
    let expected = [
        (lot(5, "B"), ratio(1, 9)),
        (lot(5, "D"), ratio(1, 18)),
        (lot(5, "E"), ratio(1, 18)),
    ];
    assert_eq!(shown, expected);
    assert!(
        taints
            .iter()
            .all(|taint| taint.sealed == lot(4, "T") && taint.sealed_by == seal)
    );
    let findings = folded.findings();
    assert_eq!(
        findings.len(),
        2,
        "the blend of T, and the blend of that blend"
    );
    for finding in &findings {
        assert_eq!(finding.evidence[1..], [seal]);
        assert_eq!(finding.severity, Severity::Warning);
    }
    history.say(1, "2024-02-02", named("lot-released", &[lot(4, "T")]));
    let folded = history.fold();
    assert!(folded.lineage().taints(&folded.book).is_empty());
    assert!(folded.findings().is_empty());
}

#[test]
fn a_sealed_lot_made_of_another_is_tainted_as_a_whole_and_counts_once() {
    let mut history = two_lots();
    history.say(
        5,
        "2024-01-06",
        run(
            &[(lot(4, "T"), 500), (lot(4, "CLEAN"), 500)],
            &[("B", 1_000)],
        ),
    );
    let blend = [
        (lot(5, "B"), 100),
        (lot(4, "T"), 100),
        (lot(4, "CLEAN"), 200),
    ];
    let mixed = history.say(5, "2024-01-07", run(&blend, &[("C", 400)]));
    let first = sealed(&mut history, "2024-02-01", &["T"]);
    let second = history.say(1, "2024-02-02", named("lot-sealed", &[lot(5, "B")]));
    let folded = history.fold();
    let taints = folded.lineage().taints(&folded.book);
    let of = |sealed, lot| {
        let mut found = taints
            .iter()
            .filter(|taint| (taint.sealed, taint.lot) == (sealed, lot));
        found.next().map(|taint| taint.share.clone())
    };
    assert_eq!(of(lot(4, "T"), lot(5, "B")), Some(ratio(1, 2)));
    assert_eq!(of(lot(4, "T"), lot(5, "C")), Some(ratio(3, 8)));
    assert_eq!(of(lot(5, "B"), lot(5, "C")), Some(ratio(1, 4)));
    assert_eq!(taints.len(), 3);
    let findings = folded.findings();
    let finding = findings
        .iter()
        .find(|finding| finding.evidence[0] == mixed)
        .unwrap();
    assert_eq!(finding.evidence, [mixed, first, second]);
    let expected = [
        Figure::ppm("tainted share", 500_000),
        Figure::mg("tainted REO", 200),
    ];
    assert_eq!(finding.figures, expected);
}

#[test]
fn the_threshold_is_met_to_the_milligram() {
    // One thousandth by the customary rules.
    for (tainted, clean, found) in [(1_000, 999_000, true), (999, 999_001, false)] {
        let mut history = two_lots();
        let feed = [(lot(4, "T"), tainted), (lot(4, "CLEAN"), clean)];
        let event = history.say(5, "2024-01-07", run(&feed, &[("B", 1_000_000)]));
        let seal = sealed(&mut history, "2024-02-01", &["T"]);
        let findings = history.fold().findings();
        assert_eq!(findings.len(), usize::from(found), "{tainted}");
        for finding in findings {
            assert_eq!(finding.code, FindingCode::F02);
            assert_eq!(finding.subject.party, Some(party(5)));
            assert_eq!(finding.subject.site, Some("PLANT".parse().unwrap()));
            assert_eq!(finding.evidence, [event, seal]);
            let figures = [
                Figure::ppm("tainted share", 1_000),
                Figure::mg("tainted REO", 1_000),
            ];
            assert_eq!(finding.figures, figures);
        }
    }
}

#[test]
fn the_rules_of_the_day_set_the_threshold() {
    for (threshold, found) in [(1, 1), (500_000, 1), (500_001, 0)] {
        let mut history = History::founded_with_threshold(threshold);
        let feed = [(lot(4, "T"), 10), (lot(4, "CLEAN"), 10)];
        history.say(5, "2024-01-07", run(&feed, &[("B", 20)]));
        sealed(&mut history, "2024-02-01", &["T"]);
        assert_eq!(history.fold().findings().len(), found, "{threshold}");
    }
}

#[test]
fn who_ran_after_the_sealing_weighs_more() {
    let run_on = |day: &str| {
        let mut history = two_lots();
        sealed(&mut history, "2024-02-01 08:00", &["T"]);
        sealed(&mut history, "2024-03-01", &["T", "CLEAN"]);
        history.say(5, day, run(&[(lot(4, "T"), 10)], &[("B", 10)]));
        let findings = history.fold().findings();
        assert_eq!(findings.len(), 1);
        findings[0].severity
    };
    assert_eq!(run_on("2024-02-01 07:59"), Severity::Warning);
    assert_eq!(run_on("2024-02-01 08:00"), Severity::Violation);
}

#[test]
fn one_event_that_seals_several_lots_stands_once_as_evidence() {
    let mut history = two_lots();
    let event = history.say(
        5,
        "2024-01-07",
        run(&[(lot(4, "T"), 10), (lot(4, "CLEAN"), 10)], &[("B", 20)]),
    );
    let seal = sealed(&mut history, "2024-02-01", &["T", "CLEAN"]);
    let findings = history.fold().findings();
    assert_eq!(findings[0].evidence, [event, seal]);
    assert_eq!(findings[0].figures[0].value, FigureValue::Ppm(1_000_000));
}

#[test]
fn a_draw_without_reo_taints_nothing_where_other_feed_has_some() {
    // Not even where every trace of taint is a finding.
    let mut history = History::founded_with_threshold(0);
    history.say(4, "2024-01-05", mined("T", "mixed", 1_000_000));
    history.say(4, "2024-01-05", mined("CLEAN", "mixed", 1_000_000));
    let mut feed = run(&[(lot(4, "T"), 10), (lot(4, "CLEAN"), 10)], &[("B", 20)]);
    feed["inputs"][0]["quantity"] = masses(1_000, 0);
    history.say(5, "2024-01-07", feed);
    sealed(&mut history, "2024-02-01", &["T"]);
    let folded = history.fold();
    assert!(folded.findings().is_empty());
    assert!(folded.lineage().taints(&folded.book).is_empty());
}

#[test]
fn a_seal_is_no_evidence_where_its_matter_weighs_nothing() {
    let mut history = two_lots();
    let mut hollow = run(&[(lot(4, "T"), 10)], &[("B", 10)]);
    hollow["outputs"][0]["quantity"] = masses(10, 0);
    history.say(5, "2024-01-07", hollow);
    history.say(5, "2024-01-06", run(&[(lot(4, "CLEAN"), 10)], &[("B", 10)]));
    let event = history.say(5, "2024-01-08", run(&[(lot(5, "B"), 10)], &[("C", 10)]));
    sealed(&mut history, "2024-02-01", &["T"]);
    let second = sealed(&mut history, "2024-02-02", &["CLEAN"]);
    let findings = history.fold().findings();
    let finding = findings.iter().find(|finding| finding.evidence[0] == event);
    assert_eq!(finding.unwrap().evidence, [event, second]);
}

/// A code that stands for another product already is no way out of a taint: what it names is held as a lot of its own, and
/// the taint follows it there and on.
#[test]
fn taint_follows_what_is_held_as_a_lot_of_its_own() {
    let mut history = two_lots();
    history.say(
        5,
        "2024-01-04",
        imported("B", "compound/oxide/La", 40, None),
    );
    let mixed = history.say(
        5,
        "2024-01-05 13:00",
        run(&[(lot(4, "T"), 100)], &[("B", 100)]),
    );
    let held = own_lot(lot(5, "B"), &mixed);
    history.say(5, "2024-01-06", run(&[(held, 100)], &[("C", 100)]));
    history.say(5, "2024-01-06", run(&[(lot(5, "B"), 40)], &[("D", 40)]));
    sealed(&mut history, "2024-02-01", &["T"]);
    let folded = history.fold();
    let shown = |folded: &crate::history::Folded| -> Vec<_> {
        let taints = folded.lineage().taints(&folded.book);
        taints
            .iter()
            .map(|taint| (taint.lot, taint.share.clone()))
            .collect()
    };
    assert_eq!(
        shown(&folded),
        [(held, ratio(1, 1)), (lot(5, "C"), ratio(1, 1))]
    );
    let runs = folded.findings().len();
    assert_eq!(runs, 2, "the run that made it, and the run that drew of it");
    let steps = folded
        .lineage()
        .trace(&folded.book, &lot(4, "T"), Direction::Forward, 9);
    let reached: Vec<_> = steps.iter().map(|step| step.other).collect();
    assert_eq!(reached, [held, lot(5, "C")]);
}
