//! Shares of sources and origins, and the nation's figures, through small histories.

use domain::{Country, Element, OreKind};
use lineage::{OriginCell, OriginClass, Weight};
use projection::Amount;

use crate::history::{History, collected, imported, lot, masses, mined, opening, ratio, run};

#[test]
fn a_blend_of_blends_has_its_sources_in_exact_thirds() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("A", "mixed", 300));
    history.say(4, "2024-01-05", mined("B", "ion-adsorption", 300));
    history.say(
        5,
        "2024-01-06",
        run(&[(lot(4, "A"), 100), (lot(4, "B"), 200)], &[("C", 290)]),
    );
    history.say(
        5,
        "2024-01-07",
        run(
            &[(lot(5, "C"), 90), (lot(4, "A"), 90)],
            &[("D", 100), ("E", 50)],
        ),
    );
    let folded = history.fold();
    assert_eq!(
        folded.sources(lot(5, "C"), Weight::Reo),
        ["B mined ion-adsorption 2/3", "A mined mixed 1/3"]
    );
    for code in ["D", "E"] {
        let sources = folded.sources(lot(5, code), Weight::Reo);
        assert_eq!(sources, ["A mined mixed 2/3", "B mined ion-adsorption 1/3"]);
    }
    assert_eq!(
        folded.sources(lot(4, "A"), Weight::Reo),
        ["A mined mixed 1"]
    );
    assert!(folded.sources(lot(5, "NEVER"), Weight::Reo).is_empty());
}

#[test]
fn equal_shares_come_by_lot_and_origins_add_up_lots_of_one_class() {
    let mut history = History::founded();
    for code in ["Z", "M", "A"] {
        history.say(4, "2024-01-05", mined(code, "mixed", 10));
    }
    history.say(5, "2024-01-05", collected("S", 10));
    let inputs = [
        (lot(5, "S"), 10),
        (lot(4, "Z"), 10),
        (lot(4, "M"), 10),
        (lot(4, "A"), 10),
    ];
    history.say(5, "2024-01-06", run(&inputs, &[("C", 40)]));
    let folded = history.fold();
    let codes = folded.sources(lot(5, "C"), Weight::Reo);
    let expected = [
        "A mined mixed",
        "M mined mixed",
        "Z mined mixed",
        "S recycled post-consumer",
    ];
    assert_eq!(codes, expected.map(|text| format!("{text} 1/4")));
    let origins = folded
        .lineage()
        .origins(&folded.book, &lot(5, "C"), Weight::Reo);
    let shown: Vec<_> = origins
        .iter()
        .map(|(class, share)| format!("{class} {share}"))
        .collect();
    assert_eq!(shown, ["mined mixed 3/4", "recycled post-consumer 1/4"]);
}

#[test]
fn a_run_draws_of_a_growing_lot_only_what_was_there() {
    let mut history = History::founded();
    // A tank of one product, whatever it comes from: another product would be another lot.
    let carbonate = "compound/carbonate/mixed";
    let mut declared = opening("T", 10);
    declared["lots"][0]["product"] = carbonate.into();
    history.say(5, "2024-01-05", imported("T", carbonate, 30, None));
    history.say(5, "2024-01-06", run(&[(lot(5, "T"), 10)], &[("EARLY", 10)]));
    history.say(5, "2024-01-07", declared);
    history.say(5, "2024-01-08", run(&[(lot(5, "T"), 10)], &[("LATE", 10)]));
    // Back into the tank: it then holds 30 imported, 10 declared, and 40 of which a quarter is declared.
    history.say(5, "2024-01-09", run(&[(lot(5, "T"), 10)], &[("T", 40)]));
    let folded = history.fold();
    let shares = |code| folded.sources(lot(5, code), Weight::Reo);
    assert_eq!(shares("EARLY"), ["T imported MM 1"]);
    assert_eq!(shares("LATE"), ["T imported MM 3/4", "T opening stock 1/4"]);
    assert_eq!(shares("T"), ["T imported MM 3/4", "T opening stock 1/4"]);
    history.say(4, "2024-01-10", mined("X", "mixed", 20));
    history.say(5, "2024-01-11", run(&[(lot(4, "X"), 20)], &[("T", 20)]));
    let folded = history.fold();
    assert_eq!(
        folded.sources(lot(5, "T"), Weight::Reo),
        [
            "T imported MM 3/5",
            "X mined mixed 1/5",
            "T opening stock 1/5"
        ]
    );
    assert_eq!(
        folded.sources(lot(5, "EARLY"), Weight::Reo),
        ["T imported MM 1"]
    );
    let origins = folded
        .lineage()
        .origins(&folded.book, &lot(5, "T"), Weight::Reo);
    let shown: Vec<_> = origins
        .iter()
        .map(|(class, share)| format!("{class} {share}"))
        .collect();
    let expected = ["imported MM 3/5", "opening stock 1/5", "mined mixed 1/5"];
    assert_eq!(shown, expected);
}

#[test]
fn time_decides_what_a_run_drew_and_not_the_order_of_entry() {
    let mut history = History::founded();
    history.say(
        5,
        "2024-01-10",
        run(&[(lot(4, "A"), 10), (lot(4, "B"), 30)], &[("C", 40)]),
    );
    history.say(4, "2024-01-09", mined("A", "monazite", 10));
    history.say(4, "2024-01-11", mined("B", "mixed", 30));
    let folded = history.fold();
    let shares = ["B unrecorded 3/4", "A by-product monazite 1/4"];
    assert_eq!(folded.sources(lot(5, "C"), Weight::Reo), shares);
    assert_eq!(
        folded.sources(lot(4, "B"), Weight::Reo),
        ["B mined mixed 1"]
    );
}

#[test]
fn within_one_moment_the_log_decides() {
    let mut history = History::founded();
    history.say(4, "2024-01-09", mined("A", "mixed", 10));
    history.say(
        5,
        "2024-01-09",
        run(&[(lot(4, "A"), 10), (lot(4, "B"), 10)], &[("C", 20)]),
    );
    history.say(4, "2024-01-09", mined("B", "mixed", 10));
    let shares = ["A mined mixed 1/2", "B unrecorded 1/2"];
    assert_eq!(history.fold().sources(lot(5, "C"), Weight::Reo), shares);
}

#[test]
fn what_has_no_reo_is_weighed_by_net_mass() {
    let source = |code: &str, net, reo| {
        let mut payload = imported(code, "residue/slag", 1, None);
        payload["quantity"] = masses(net, reo);
        payload
    };
    let mut history = History::founded();
    history.say(5, "2024-01-05", source("A", 100, 0));
    history.say(5, "2024-01-05", opening("A", 50));
    history.say(5, "2024-01-05", source("B", 100, 0));
    let mut grows = opening("B", 1);
    grows["lots"][0]["quantity"] = masses(300, 0);
    history.say(5, "2024-01-05", grows);
    let mut empty = run(&[(lot(5, "A"), 1), (lot(5, "B"), 1)], &[("C", 1)]);
    empty["inputs"][0]["quantity"] = masses(30, 0);
    empty["inputs"][1]["quantity"] = masses(10, 0);
    history.say(5, "2024-01-06", empty);
    let folded = history.fold();
    // One contribution with REO is enough for REO to count.
    assert_eq!(
        folded.sources(lot(5, "A"), Weight::Reo),
        ["A opening stock 1"]
    );
    let shares = ["B opening stock 3/4", "B imported MM 1/4"];
    assert_eq!(folded.sources(lot(5, "B"), Weight::Reo), shares);
    let shares = [
        "A opening stock 3/4",
        "B opening stock 3/16",
        "B imported MM 1/16",
    ];
    assert_eq!(folded.sources(lot(5, "C"), Weight::Reo), shares);
}

#[test]
fn an_element_comes_from_where_it_was() {
    let mut history = History::founded();
    let rich = Some("La:400000,Nd:600000");
    let poor = Some("La:800000,Nd:200000");
    history.say(
        5,
        "2024-01-05",
        imported("RICH", "compound/carbonate/mixed", 100, rich),
    );
    history.say(
        5,
        "2024-01-05",
        imported("POOR", "compound/carbonate/mixed", 100, poor),
    );
    history.say(
        5,
        "2024-01-05",
        imported("PURE", "compound/oxide/La", 100, None),
    );
    history.say(
        5,
        "2024-01-05",
        imported("DARK", "compound/carbonate/mixed", 100, None),
    );
    let blend = |inputs: &[&str], output| {
        let inputs: Vec<_> = inputs.iter().map(|code| (lot(5, code), 50)).collect();
        run(&inputs, &[(output, 100)])
    };
    history.say(5, "2024-01-06", blend(&["RICH", "POOR", "PURE"], "KNOWN"));
    history.say(5, "2024-01-06", blend(&["RICH", "DARK"], "HALF"));
    let folded = history.fold();
    let shares = |code, element| {
        let sources =
            folded
                .lineage()
                .sources(&folded.book, &lot(5, code), Weight::Element(element));
        let sources = sources
            .iter()
            .map(|source| (source.lot.code.to_string(), source.share.clone()));
        sources.collect::<Vec<_>>()
    };
    let expect = |list: &[(&str, u64, u64)]| {
        let list = list
            .iter()
            .map(|(code, part, whole)| ((*code).to_owned(), ratio(*part, *whole)));
        list.collect::<Vec<_>>()
    };
    assert_eq!(
        shares("KNOWN", Element::Nd),
        expect(&[("RICH", 3, 4), ("POOR", 1, 4)])
    );
    assert_eq!(
        shares("KNOWN", Element::La),
        expect(&[("PURE", 5, 11), ("POOR", 4, 11), ("RICH", 2, 11)])
    );
    // No input has any: then by REO. One input of unknown composition: by REO too.
    let thirds = [("POOR", 1, 3), ("PURE", 1, 3), ("RICH", 1, 3)];
    assert_eq!(shares("KNOWN", Element::Dy), expect(&thirds));
    assert_eq!(
        shares("HALF", Element::Nd),
        expect(&[("DARK", 1, 2), ("RICH", 1, 2)])
    );
}

#[test]
fn the_nation_takes_in_by_origin_and_by_year_of_its_own_zone() {
    let mut history = History::founded();
    history.say(4, "2024-12-31T15:59:59Z", mined("OLD", "mixed", 10));
    history.say(4, "2024-12-31T16:00:00Z", mined("NEW", "xenotime", 20));
    history.say(5, "2024-05-01", opening("O", 5));
    history.say(5, "2024-05-01", imported("I", "ore/mixed", 7, None));
    history.say(5, "2024-05-02", imported("J", "ore/mixed", 8, None));
    let wrong = history.say(5, "2024-05-03", imported("K", "ore/mixed", 9, None));
    history.correct(5, wrong, Some(imported("K", "ore/mixed", 4, None)));
    history.say(5, "2024-05-04", run(&[(lot(5, "I"), 7)], &[("P", 7)]));
    let cell = |year, class| OriginCell { year, class };
    let amount = |mg: i128| Amount {
        net: 2 * mg,
        reo: mg,
    };
    let country: Country = "MM".parse().unwrap();
    let mut expected = vec![
        (cell(2024, OriginClass::Opening), amount(5)),
        (cell(2024, OriginClass::Mined(OreKind::Mixed)), amount(10)),
        (cell(2024, OriginClass::Imported(country)), amount(19)),
        (
            cell(2025, OriginClass::ByProduct(OreKind::Xenotime)),
            amount(20),
        ),
    ];
    expected.sort_by_key(|(cell, _)| *cell);
    assert_eq!(history.fold().projected.cells.sorted(), expected);
}
