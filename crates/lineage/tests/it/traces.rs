//! Traces back and forward, and their picture.

use domain::LotId;
use domain::payload::Process;
use lineage::{Direction, Step, dot};
use testkit::{at, party};

use crate::history::{History, lot, mined, run, run_of};

fn shown(steps: &[Step]) -> Vec<String> {
    let line = |step: &Step| {
        let (lot, other) = (step.lot.code, step.other.code);
        format!("{} {lot} {other} {}", step.depth, step.reo_mg)
    };
    steps.iter().map(line).collect()
}

/// A and B into C, C into D and E, D and A into F.
fn diamond() -> History {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 300));
    history.say(4, "2024-01-05", mined("B", "mixed", 300));
    history.say(
        5,
        "2024-01-06",
        run(&[(lot(4, "A"), 100), (lot(4, "B"), 200)], &[("C", 290)]),
    );
    let separated = run_of(
        "separation",
        &[(lot(5, "C"), 90)],
        "compound/oxide/Nd",
        &[("D", 50), ("E", 30)],
    );
    history.say(6, "2024-01-07", separated);
    history.say(
        6,
        "2024-01-08",
        run(&[(lot(6, "D"), 40), (lot(4, "A"), 7)], &[("F", 40)]),
    );
    history
}

#[test]
fn steps_come_nearest_first_and_no_lot_is_followed_twice() {
    let folded = diamond().fold();
    let trace = |lot: LotId, direction, depth| {
        shown(&folded.lineage().trace(&folded.book, &lot, direction, depth))
    };
    let back = ["1 F D 40", "1 F A 7", "2 D C 90", "3 C A 100", "3 C B 200"];
    assert_eq!(trace(lot(6, "F"), Direction::Back, u32::MAX), back);
    assert_eq!(trace(lot(6, "F"), Direction::Back, 2), back[..3]);
    let forward = ["1 A C 100", "1 A F 7", "2 C D 90", "2 C E 90", "3 D F 40"];
    assert_eq!(trace(lot(4, "A"), Direction::Forward, u32::MAX), forward);
    assert!(trace(lot(4, "A"), Direction::Forward, 0).is_empty());
    assert!(trace(lot(4, "A"), Direction::Back, 9).is_empty());
    let steps = folded
        .lineage()
        .trace(&folded.book, &lot(6, "D"), Direction::Back, 1);
    let [step] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!((step.process, step.by), (Process::Separation, party(6)));
    assert_eq!(
        (step.site, step.occurred),
        ("PLANT".parse().unwrap(), at("2024-01-07"))
    );
}

/// T is filled from A, used for EARLY, filled from B, used for LATE.
fn tank() -> History {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 300));
    history.say(4, "2024-01-05", mined("B", "mixed", 300));
    history.say(5, "2024-01-06", run(&[(lot(4, "A"), 10)], &[("T", 10)]));
    history.say(5, "2024-01-07", run(&[(lot(5, "T"), 5)], &[("EARLY", 5)]));
    history.say(5, "2024-01-08", run(&[(lot(4, "B"), 20)], &[("T", 20)]));
    history.say(5, "2024-01-09", run(&[(lot(5, "T"), 6)], &[("LATE", 6)]));
    history
}

#[test]
fn a_trace_keeps_to_the_order_of_time() {
    let folded = tank().fold();
    let trace =
        |lot: LotId, direction| shown(&folded.lineage().trace(&folded.book, &lot, direction, 9));
    assert_eq!(
        trace(lot(5, "EARLY"), Direction::Back),
        ["1 EARLY T 5", "2 T A 10"]
    );
    let late = ["1 LATE T 6", "2 T A 10", "2 T B 20"];
    assert_eq!(trace(lot(5, "LATE"), Direction::Back), late);
    assert_eq!(
        trace(lot(4, "B"), Direction::Forward),
        ["1 B T 20", "2 T LATE 6"]
    );
    let forward = ["1 A T 10", "2 T EARLY 5", "2 T LATE 6"];
    assert_eq!(trace(lot(4, "A"), Direction::Forward), forward);
}

#[test]
fn what_a_second_way_adds_is_followed_and_nothing_twice() {
    let mut history = tank();
    history.say(
        6,
        "2024-01-10",
        run(&[(lot(5, "EARLY"), 1), (lot(5, "LATE"), 2)], &[("X", 3)]),
    );
    history.say(6, "2024-01-11", run(&[(lot(6, "X"), 3)], &[("T", 3)]));
    let folded = history.fold();
    let trace =
        |lot: LotId, direction| shown(&folded.lineage().trace(&folded.book, &lot, direction, 9));
    let back = [
        "1 X EARLY 1",
        "1 X LATE 2",
        "2 EARLY T 5",
        "2 LATE T 6",
        "3 T A 10",
        "3 T B 20",
    ];
    assert_eq!(trace(lot(6, "X"), Direction::Back), back);
    let forward = [
        "1 T EARLY 5",
        "1 T LATE 6",
        "2 EARLY X 1",
        "2 LATE X 2",
        "3 X T 3",
    ];
    assert_eq!(trace(lot(5, "T"), Direction::Forward), forward);
}

#[test]
fn a_way_through_less_in_between_brings_nothing_back() {
    let mut history = tank();
    history.say(
        5,
        "2024-01-09 13:00",
        run(&[(lot(5, "T"), 7)], &[("LAST", 7)]),
    );
    let inputs = [
        (lot(5, "LATE"), 1),
        (lot(5, "EARLY"), 2),
        (lot(5, "LAST"), 3),
    ];
    history.say(6, "2024-01-10", run(&inputs, &[("X", 6)]));
    let folded = history.fold();
    let steps = shown(
        &folded
            .lineage()
            .trace(&folded.book, &lot(6, "X"), Direction::Back, 9),
    );
    assert_eq!(steps[6..], ["3 T A 10", "3 T B 20"], "{steps:?}");
}

#[test]
fn the_picture_points_from_parent_to_child_either_way() {
    let folded = diamond().fold();
    let lineage = folded.lineage();
    let back = dot(
        &lineage.trace(&folded.book, &lot(6, "D"), Direction::Back, 1),
        &lot(6, "D"),
    );
    let forward = dot(
        &lineage.trace(&folded.book, &lot(5, "C"), Direction::Forward, 1),
        &lot(5, "C"),
    );
    let arrow = format!(
        "  \"{}\" -> \"{}\" [label=\"separation 0.00000009 t REO\"];\n",
        lot(5, "C"),
        lot(6, "D")
    );
    assert!(
        back.starts_with("digraph lineage {\n") && back.ends_with("}\n"),
        "{back}"
    );
    for picture in [&back, &forward] {
        assert!(picture.contains(&arrow), "{picture}");
    }
    assert!(
        back.contains(&format!("\"{}\" [peripheries=2];", lot(6, "D"))),
        "{back}"
    );
    let alone = dot(&[], &lot(4, "A"));
    assert!(alone.contains(&lot(4, "A").to_string()), "{alone}");
}
