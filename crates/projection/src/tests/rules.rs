//! How events move stock, what corrections leave behind, how closed months are kept.
//! Invariant: a corrected history gives the figures of one that was right from the start.

use std::collections::BTreeMap;

use domain::{EventId, Product};
use serde_json::json;

use super::folded;
use super::history::{
    History, closed, counted, dispatched, id, lost, lot, mined, processed, received, withdrawn,
};
use crate::amount::{Amount, Cells};
use crate::book::{Book, Column};

fn net(mg: i128) -> Amount {
    Amount {
        net: mg,
        reo: mg / 2,
    }
}

fn at_pit(book: &Book, code: &str) -> Amount {
    book.stock(&id(4), &"PIT".parse().unwrap(), &lot(4, code))
}

fn at_yard(book: &Book, code: &str) -> Amount {
    book.stock(&id(5), &"YARD".parse().unwrap(), &lot(4, code))
}

#[test]
fn a_shipment_is_under_way_until_it_is_settled() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 1000));
    let sent = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 600, 5));
    let (book, _) = folded(&history);
    assert_eq!(at_pit(&book, "M-1"), net(400));
    assert_eq!(book.shipment(&sent).unwrap().under_way(0), net(600));

    history.say(5, "2024-01-08", received(sent, Some(200), "partial"));
    let (book, _) = folded(&history);
    assert_eq!(at_yard(&book, "M-1"), net(200));
    assert_eq!(book.shipment(&sent).unwrap().under_way(0), net(400));
    assert_eq!(book.open_shipments().count(), 1);

    let mut rejected = history.clone();
    rejected.say(5, "2024-01-09", received(sent, None, "final"));
    let (book, sums) = folded(&rejected);
    assert_eq!(
        at_pit(&book, "M-1"),
        net(800),
        "the rest is back with the shipper"
    );
    assert_eq!(sums.cells.get(&(lot(4, "M-1"), Column::Returned)), net(400));
    assert!(book.open_shipments().next().is_none());

    history.say(4, "2024-01-09", withdrawn(sent));
    let (book, _) = folded(&history);
    assert_eq!(at_pit(&book, "M-1"), net(800));
    assert!(book.shipment(&sent).unwrap().is_complete());
}

#[test]
fn a_final_receipt_keeps_its_difference_and_only_the_shipper_withdraws() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 1000));
    let sent = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 600, 5));
    history.say(6, "2024-01-07", withdrawn(sent));
    history.say(5, "2024-01-08", received(sent, Some(590), "final"));
    let (book, _) = folded(&history);
    let dispatch = book.shipment(&sent).unwrap();
    assert_eq!(dispatch.difference(0), net(10));
    assert_eq!(dispatch.under_way(0), Amount::ZERO);
    assert_eq!(
        (at_pit(&book, "M-1"), at_yard(&book, "M-1")),
        (net(400), net(590))
    );
}

#[test]
fn a_count_books_its_difference_and_what_is_not_listed_is_gone() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 1000));
    history.say(4, "2024-01-05", mined("M-2", 50));
    let count = history.say(4, "2024-02-01", counted(&[(lot(4, "M-1"), 900)]));
    let (book, sums) = folded(&history);
    assert_eq!(
        (at_pit(&book, "M-1"), at_pit(&book, "M-2")),
        (net(900), net(0))
    );
    let difference = |code| sums.cells.get(&(lot(4, code), Column::CountedDifference));
    assert_eq!(
        (difference("M-1"), difference("M-2")),
        (net(-100), net(-50))
    );

    // Corrected after more was lost: measured against the book of the count, not of the correction.
    history.say(4, "2024-02-03", lost(lot(4, "M-1"), 300));
    history.correct(
        4,
        count,
        Some(counted(&[(lot(4, "M-1"), 960), (lot(4, "M-2"), 50)])),
    );
    let (book, _) = folded(&history);
    assert_eq!(
        (at_pit(&book, "M-1"), at_pit(&book, "M-2")),
        (net(660), net(50))
    );
    history.correct(4, count, None);
    let (book, _) = folded(&history);
    assert_eq!(at_pit(&book, "M-1"), net(700), "as if never counted");
}

/// The history, with the mined lot, dispatch, receipt and run right or wrong at first.
fn trade(first: [u64; 4]) -> (History, [EventId; 4]) {
    let [mass, sent, arrived, made] = first;
    let mut history = History::founded();
    let mine = history.say(4, "2024-01-05", mined("M-1", mass));
    let dispatch = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), sent, 5));
    let receipt = history.say(
        5,
        "2024-01-08",
        received(dispatch, Some(arrived), "partial"),
    );
    let run = history.say(5, "2024-01-09", processed(lot(4, "M-1"), 100, "N-1", made));
    (history, [mine, dispatch, receipt, run])
}

#[test]
fn reversed_and_replaced_is_as_if_right_from_the_start() {
    let right = [1000, 600, 500, 80];
    let (expected_book, expected) = folded(&trade(right).0);
    let (mut history, [mine, dispatch, receipt, run]) = trade([900, 700, 400, 90]);
    assert_ne!(folded(&history).1.cells, expected.cells);
    history.correct(5, receipt, Some(received(dispatch, Some(450), "partial")));
    history.correct(4, dispatch, Some(dispatched(lot(4, "M-1"), 600, 5)));
    history.correct(4, mine, Some(mined("M-1", 1000)));
    history.correct(5, run, Some(processed(lot(4, "M-1"), 100, "N-1", 80)));
    // A second correction of one event names the original and reverses what the first one put in its place.
    history.correct(5, receipt, Some(received(dispatch, Some(500), "partial")));
    let (book, sums) = folded(&history);
    assert_eq!(sums.cells, expected.cells);
    assert_eq!(at_pit(&book, "M-1"), at_pit(&expected_book, "M-1"));
    assert_eq!(at_yard(&book, "M-1"), at_yard(&expected_book, "M-1"));
    assert_eq!(book.shipment(&dispatch).unwrap().under_way(0), net(100));
    assert_eq!(book.lot(&lot(4, "M-1")).unwrap().first_event, mine);
}

#[test]
fn what_did_not_occur_leaves_nothing() {
    let (mut history, [mine, dispatch, receipt, run]) = trade([1000, 600, 500, 80]);
    for (author, event) in [(5, run), (5, receipt), (4, dispatch), (4, mine)] {
        history.correct(author, event, None);
        history.correct(author, event, None);
    }
    let (book, sums) = folded(&history);
    assert!(sums.cells.is_empty(), "{:?}", sums.cells);
    assert!(book.lot(&lot(4, "M-1")).is_none());
    assert!(book.shipment(&dispatch).is_none());
    assert!(book.open_shipments().next().is_none());
}

#[test]
fn facts_about_the_unknown_are_booked_as_far_as_they_say_something() {
    let mut history = History::founded();
    history.say(
        5,
        "2024-01-05",
        received(EventId([9; 32]), Some(5), "final"),
    );
    history.say(4, "2024-01-05", lost(lot(6, "NONE"), 7));
    let (book, sums) = folded(&history);
    let unknown = lot(6, "NONE");
    assert_eq!(sums.cells.sorted(), [((unknown, Column::Lost), net(-7))]);
    assert!(book.lot(&unknown).is_none());
    assert_eq!(
        book.stock(&id(4), &"PIT".parse().unwrap(), &unknown).net,
        -7
    );
}

#[test]
fn a_closed_month_never_changes() {
    let mut history = History::founded();
    let mine = history.say(4, "2024-01-05", mined("M-1", 1000));
    history.say(4, "2024-02-05", closed("2024-01"));
    let before = folded(&history).0;
    history.say(4, "2024-02-06", closed("2024-02"));
    history.correct(4, mine, None);
    let (book, _) = folded(&history);
    let occurred = testkit::at("2024-01-05");
    let month = |book: &Book, party| book.posting_month(&id(party), occurred).to_string();
    assert_eq!(month(&before, 4), "2024-02");
    assert_eq!(month(&book, 4), "2024-03", "the first open month");
    assert_eq!(
        month(&book, 5),
        "2024-01",
        "another party's months are its own"
    );

    let mut months = Vec::new();
    let store = history.store();
    let mut book = Book::over(&store);
    crate::replay::feed(&store, 0, history.size(), &mut |event| {
        book.apply(event, &mut |_, fact, moves| {
            months.extend(moves.iter().map(|step| (fact.sign, step.month.to_string())));
        });
    })
    .unwrap();
    assert_eq!(
        months,
        [(1, "2024-01".to_owned()), (-1, "2024-03".to_owned())]
    );
}

#[test]
fn what_the_log_never_held_is_not_reversed() {
    let (mut honest, _) = trade([1000, 600, 500, 80]);
    let mut forged = honest.clone();
    let loss = forged.say(4, "2024-01-10", lost(lot(4, "M-1"), 300));
    // Another event took the place of the forged one in the author's chain.
    honest.say(4, "2024-01-11", mined("M-2", 1));
    let before = folded(&honest).1.cells;
    honest.knows_body_of(&forged, loss);
    honest.correct(4, loss, None);
    assert_eq!(
        folded(&honest).1.cells,
        before,
        "the loss was never recorded"
    );
    forged.correct(4, loss, None);
    let (book, _) = folded(&forged);
    assert_eq!(at_pit(&book, "M-1"), net(400), "this one was");
}

/// What moved, by event, column and product of the lot, with movements that sum to nothing left out.
fn by_product(history: &History) -> BTreeMap<(EventId, Column, Option<Product>), Amount> {
    let store = history.store();
    let (mut book, mut sums) = (Book::over(&store), BTreeMap::new());
    crate::replay::feed(&store, 0, history.size(), &mut |event| {
        book.apply(event, &mut |_, fact, moves| {
            // Lines that take matter from one product to another belong to no event alone.
            for step in moves.iter().filter(|step| !step.is_relabelling()) {
                let event = step.count.unwrap_or(fact.stated_by);
                let sum = sums.entry((event, step.column, step.product));
                *sum.or_insert(Amount::ZERO) += step.amount();
            }
        });
    })
    .unwrap();
    sums.retain(|_, sum: &mut Amount| !sum.is_zero());
    sums
}

#[test]
fn a_count_that_is_taken_back_leaves_what_became_known_after_it() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 100));
    let count = history.say(4, "2024-02-01", counted(&[(lot(4, "M-1"), 100)]));
    history.say(4, "2024-01-10", mined("M-1", 20));
    assert_eq!(at_pit(&folded(&history).0, "M-1"), net(100), "as counted");

    let mut again = history.clone();
    again.correct(4, count, Some(counted(&[(lot(4, "M-1"), 116)])));
    let (book, sums) = folded(&again);
    let difference = sums.cells.get(&(lot(4, "M-1"), Column::CountedDifference));
    assert_eq!((at_pit(&book, "M-1"), difference), (net(116), net(-4)));

    history.correct(4, count, None);
    let (book, sums) = folded(&history);
    let difference = sums.cells.get(&(lot(4, "M-1"), Column::CountedDifference));
    assert_eq!(
        (at_pit(&book, "M-1"), difference),
        (net(120), Amount::ZERO),
        "as if never counted"
    );
    // Late news while no count stands belongs to what the count is measured against when it stands again.
    history.say(4, "2024-01-11", mined("M-1", 8));
    history.say(4, "2024-02-03", lost(lot(4, "M-1"), 2));
    history.correct(4, count, Some(counted(&[(lot(4, "M-1"), 120)])));
    let (book, sums) = folded(&history);
    let difference = sums.cells.get(&(lot(4, "M-1"), Column::CountedDifference));
    assert_eq!((at_pit(&book, "M-1"), difference), (net(118), net(-8)));
}

#[test]
fn of_two_counts_of_one_time_the_later_one_holds() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 100));
    let count = |net| {
        let mut count = counted(&[(lot(4, "M-1"), net)]);
        count["as_of"] = json!(testkit::at("2024-02-01"));
        count
    };
    let loss = history.say(4, "2024-02-01", lost(lot(4, "M-1"), 10));
    let first = history.say(4, "2024-02-01", count(96));
    history.say(4, "2024-02-01", count(80));
    history.correct(4, first, None);
    assert_eq!(at_pit(&folded(&history).0, "M-1"), net(80));
    history.correct(4, loss, None);
    assert_eq!(
        at_pit(&folded(&history).0, "M-1"),
        net(80),
        "entered before it"
    );
}

/// Received from 1 March 2024 on: what happened up to 22 November 2023 is a hundred days old.
#[test]
fn a_count_of_a_time_that_is_forgotten_is_compared_with_nothing() {
    let old = |as_of: &str| {
        let mut count = counted(&[(lot(4, "M-1"), 2)]);
        count["as_of"] = json!(as_of);
        count
    };
    let mut history = History::founded();
    for minute in 0..63 {
        let time = format!("2023-11-20 {:02}:{:02}", minute / 60, minute % 60);
        history.say(4, &time, mined("M-1", 2));
    }
    // The 64th movement has the older ones dropped.
    history.say(4, "2024-02-01", mined("M-1", 100));
    let before = at_pit(&folded(&history).0, "M-1");
    let count = history.say(4, "2024-02-01", old("2023-11-19T00:00:00Z"));
    let (book, sums) = folded(&history);
    assert!(!book.compares(&count));
    assert_eq!(
        at_pit(&book, "M-1"),
        before,
        "what moved since is forgotten"
    );
    let differences = |sums: &Cells<_>| sums.get(&(lot(4, "M-1"), Column::CountedDifference));
    assert_eq!(differences(&sums.cells), Amount::ZERO);
    // Nor does it cover anything, and to take it back is to take back nothing.
    history.say(4, "2023-11-01", mined("M-1", 6));
    assert_eq!(at_pit(&folded(&history).0, "M-1"), before + net(6));

    let mut compared = history.clone();
    compared.correct(4, count, Some(old("2023-11-21T00:00:00Z")));
    let (book, sums) = folded(&compared);
    assert!(
        book.compares(&count),
        "nothing of a later time is forgotten"
    );
    assert_eq!(differences(&sums.cells), net(2 - 132));
    assert_eq!(at_pit(&book, "M-1"), net(102));
    compared.correct(4, count, Some(old("2023-11-19T00:00:00Z")));
    for mut taken_back in [history, compared] {
        taken_back.correct(4, count, None);
        let (book, sums) = folded(&taken_back);
        assert_eq!(differences(&sums.cells), Amount::ZERO);
        assert_eq!(at_pit(&book, "M-1"), before + net(6));
    }
}

#[test]
fn a_reversal_is_the_opposite_of_what_was_booked_of_a_lot_known_later() {
    let mut history = History::founded();
    let loss = history.say(4, "2024-01-05", lost(lot(4, "M-1"), 30));
    let count = history.say(4, "2024-02-01", counted(&[(lot(4, "M-1"), 70)]));
    let mine = history.say(4, "2024-01-04", mined("M-1", 100));
    let late_loss = history.say(4, "2024-01-06", lost(lot(4, "M-1"), 5));
    // Described otherwise, then taken back: the lot is unknown once more.
    let mut monazite = mined("M-1", 90);
    monazite["product"] = json!("ore/monazite");
    monazite["ore"] = json!("monazite");
    history.correct(4, mine, Some(monazite));
    let of_monazite = history.say(4, "2024-02-03", lost(lot(4, "M-1"), 6));
    history.correct(4, loss, Some(lost(lot(4, "M-1"), 31)));
    let mut known = history.clone();
    known.correct(4, mine, None);
    for mut history in [history, known] {
        for event in [late_loss, count, of_monazite, loss] {
            history.correct(4, event, None);
            let left = by_product(&history);
            let of = |(by, ..): &(EventId, _, _)| *by == event;
            assert!(!left.keys().any(of), "{left:#?}");
        }
    }
}
