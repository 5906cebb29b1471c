//! The producers on the mark of a package.

use lineage::{Label, label};
use testkit::party;

use crate::history::{History, collected, imported, lot, mined, run, run_of};

fn producers(label: &Label) -> Vec<(u32, u32)> {
    let number = |row: &lineage::Producer| {
        let found = (1..99).find(|number| party(*number) == row.party);
        (found.unwrap(), row.share_ppm)
    };
    label.producers.iter().map(number).collect()
}

#[test]
fn ore_names_its_mine_and_metal_the_makers_of_its_compounds() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 300));
    history.say(7, "2024-01-05", mined("B", "mixed", 300));
    history.say(8, "2024-01-05", collected("S", 300));
    let ore = [(lot(4, "A"), 40), (lot(7, "B"), 30), (lot(8, "S"), 30)];
    history.say(
        5,
        "2024-01-06",
        run_of("separation", &ore, "compound/oxide/Nd", &[("O", 100)]),
    );
    // Another made the same from the first: for the metal it is the nearest maker of compounds that counts.
    let again = run_of(
        "separation",
        &[(lot(5, "O"), 50)],
        "compound/oxide/Nd",
        &[("P", 50)],
    );
    history.say(6, "2024-01-07", again);
    let smelted = [(lot(5, "O"), 20), (lot(6, "P"), 50), (lot(8, "S"), 30)];
    history.say(
        9,
        "2024-01-08",
        run_of("metal-smelting", &smelted, "metal/Nd", &[("M", 90)]),
    );
    let cast = run_of(
        "alloying",
        &[(lot(9, "M"), 90)],
        "alloy/PrNd",
        &[("ALLOY", 90)],
    );
    history.say(9, "2024-01-09", cast);
    let recycled = run_of("recycling", &[(lot(8, "S"), 10)], "metal/Nd", &[("R", 9)]);
    history.say(9, "2024-01-09", recycled);
    let folded = history.fold();
    let of =
        |author, code: &str| label(folded.lineage(), &folded.book, &lot(author, code)).unwrap();
    assert_eq!(producers(&of(4, "A")), [(4, 1_000_000)]);
    assert_eq!(
        producers(&of(5, "O")),
        [(4, 400_000), (7, 300_000), (8, 300_000)]
    );
    assert_eq!(producers(&of(6, "P")), producers(&of(5, "O")));
    for code in ["M", "ALLOY"] {
        let made = of(9, code);
        assert_eq!(made.supplier, party(9));
        assert_eq!(producers(&made), [(6, 500_000), (8, 300_000)]);
        assert_eq!((made.others, made.others_ppm), (1, 200_000));
    }
    assert_eq!(producers(&of(9, "R")), [(8, 1_000_000)]);
    assert_eq!(
        label(folded.lineage(), &folded.book, &lot(9, "NEVER")),
        None
    );
}

#[test]
fn thirds_and_sevenths_sum_to_one_million() {
    let mut history = History::founded();
    let inputs: Vec<_> = (10..17).map(|number| (lot(number, "A"), 1)).collect();
    for number in 10..17 {
        history.say(number, "2024-01-05", mined("A", "mixed", 10));
    }
    history.say(5, "2024-01-06", run(&inputs, &[("SEVEN", 7)]));
    history.say(5, "2024-01-06", run(&inputs[..3], &[("THREE", 3)]));
    let folded = history.fold();
    let of = |code: &str| label(folded.lineage(), &folded.book, &lot(5, code)).unwrap();
    let three = of("THREE");
    let mut parts: Vec<_> = three.producers.iter().map(|row| row.share_ppm).collect();
    parts.sort_unstable();
    assert_eq!(parts, [333_333, 333_333, 333_334]);
    assert_eq!((three.others, three.others_ppm), (0, 0));
    // Six sevenths are more than four fifths, five are less.
    let seven = of("SEVEN");
    assert_eq!((seven.producers.len(), seven.others), (6, 1));
    let named: u32 = seven.producers.iter().map(|row| row.share_ppm).sum();
    assert_eq!(named + seven.others_ppm, 1_000_000);
}

#[test]
fn the_larger_remainder_is_rounded_up() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 80));
    history.say(7, "2024-01-05", mined("B", "mixed", 80));
    history.say(
        5,
        "2024-01-06",
        run(&[(lot(7, "B"), 10), (lot(4, "A"), 20)], &[("C", 30)]),
    );
    let folded = history.fold();
    let made = label(folded.lineage(), &folded.book, &lot(5, "C")).unwrap();
    assert_eq!(producers(&made), [(4, 666_667), (7, 333_333)]);
}

#[test]
fn exactly_four_fifths_are_enough() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 80));
    history.say(7, "2024-01-05", mined("B", "mixed", 80));
    history.say(
        5,
        "2024-01-06",
        run(&[(lot(7, "B"), 20), (lot(4, "A"), 80)], &[("C", 90)]),
    );
    let folded = history.fold();
    let made = label(folded.lineage(), &folded.book, &lot(5, "C")).unwrap();
    assert_eq!(producers(&made), [(4, 800_000)]);
    assert_eq!((made.others, made.others_ppm), (1, 200_000));
}

#[test]
fn the_text_is_ready_to_print() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 85));
    history.say(7, "2024-01-05", imported("B", "ore/mixed", 15, None));
    history.say(
        5,
        "2024-01-06",
        run(&[(lot(4, "A"), 85), (lot(7, "B"), 15)], &[("C", 90)]),
    );
    let folded = history.fold();
    let made = label(folded.lineage(), &folded.book, &lot(5, "C")).unwrap();
    let text = made.text(&|id| format!("<{}>", &id.as_str()[14..17]));
    let expected = format!(
        "Product: compound/carbonate/mixed\nLot: {}\nSupplier: <005>\nProducers of the raw material:\n  \
         85 % <004>\n  15 % from 1 more\n",
        lot(5, "C")
    );
    assert_eq!(text, expected);
}
