//! Lots that are created again: the same once more, more of it, another thing under its code; and descriptions that change.
//! Invariant: what a site has of a lot is booked under the lot's product of now.

use std::collections::BTreeMap;

use domain::{EventId, LotId, PartyId, Product};

use super::folded;
use super::history::{
    History, closed, dispatched, id, lost, lot, mined, monazite, processed, received,
};
use crate::amount::Amount;
use crate::book::{Again, Book, Column};
use crate::replay::{Until, walk};

fn net(mg: i128) -> Amount {
    Amount {
        net: mg,
        reo: mg / 2,
    }
}

fn ore(text: &str) -> Option<Product> {
    Some(text.parse().unwrap())
}

fn at_pit(book: &Book, lot: &LotId) -> Amount {
    book.stock(&id(4), &"PIT".parse().unwrap(), lot)
}

/// By holder, product and column, what is not nothing.
type ByProduct = BTreeMap<(PartyId, Option<Product>, Column), i128>;

fn by_product(history: &History) -> ByProduct {
    let mut sums = ByProduct::new();
    walk(&history.store(), Until::End, &mut |_, _, moves| {
        for step in moves {
            *sums
                .entry((step.party, step.product, step.column))
                .or_default() += step.net_mg;
        }
    })
    .unwrap();
    sums.retain(|_, net| *net != 0);
    sums
}

fn again(book: &Book) -> Vec<(Again, EventId)> {
    let all = book.restated().into_iter();
    all.flat_map(|(_, list)| list.into_iter().map(|known| (known.again, known.event)))
        .collect()
}

#[test]
fn the_same_creation_once_more_is_counted_once() {
    let mut history = History::founded();
    let first = history.say(4, "2024-01-05", mined("M-1", 100));
    let twice = history.say(4, "2024-01-05", mined("M-1", 100));
    let grown = history.say(4, "2024-01-06", mined("M-1", 100));
    let thrice = history.say(4, "2024-01-06", mined("M-1", 100));
    let (book, sums) = folded(&history);
    assert_eq!(at_pit(&book, &lot(4, "M-1")), net(200));
    let expected = [
        (Again::Twice, twice),
        (Again::Grows, grown),
        (Again::Twice, thrice),
    ];
    assert_eq!(again(&book), expected);
    assert_eq!(sums.fold.facts, 3, "founding and two creations");
    // The first one did not occur: the second, which was the same, stands for it.
    let mut gone = history.clone();
    gone.correct(4, first, None);
    let (book, _) = folded(&gone);
    assert_eq!(at_pit(&book, &lot(4, "M-1")), net(200));
    assert_eq!(book.lot(&lot(4, "M-1")).unwrap().first_event, twice);
    // As it was the same as one that grew it.
    gone.correct(4, grown, None);
    assert_eq!(at_pit(&folded(&gone).0, &lot(4, "M-1")), net(200));
    gone.correct(4, thrice, None);
    gone.correct(4, twice, None);
    let (book, sums) = folded(&gone);
    assert!(book.lot(&lot(4, "M-1")).is_none() && sums.cells.is_empty());
    assert!(again(&book).is_empty());
    // A duplicate that is taken back leaves the first.
    history.correct(4, twice, None);
    assert_eq!(at_pit(&folded(&history).0, &lot(4, "M-1")), net(200));
}

#[test]
fn a_run_stated_twice_draws_once() {
    let mut history = History::founded();
    history.say(5, "2024-01-05", mined("M-1", 100));
    for _ in 0..2 {
        history.say(5, "2024-01-06", processed(lot(5, "M-1"), 60, "N-1", 50));
    }
    let (_, sums) = folded(&history);
    assert_eq!(sums.cells.get(&(lot(5, "M-1"), Column::Consumed)), net(-60));
    assert_eq!(sums.cells.get(&(lot(5, "N-1"), Column::Produced)), net(50));
}

#[test]
fn another_product_under_the_code_is_a_lot_of_its_own() {
    let mut history = History::founded();
    let first = history.say(4, "2024-01-05", mined("M-1", 100));
    let other = history.say(4, "2024-01-06", monazite("M-1", 40));
    let own = format!("M-1/{}", domain::id::to_hex(&other.0[..4]).to_uppercase());
    let own = lot(4, &own);
    let (book, _) = folded(&history);
    assert_eq!(
        (at_pit(&book, &lot(4, "M-1")), at_pit(&book, &own)),
        (net(100), net(40))
    );
    assert_eq!(
        book.lot(&own).unwrap().product,
        "ore/monazite".parse().unwrap()
    );
    assert_eq!(again(&book), [(Again::Differs, other)]);
    // It can be drawn from by its name, and known when nothing is left of it.
    let mut used = history.clone();
    used.say(4, "2024-01-07", lost(own, 40));
    let (book, _) = folded(&used);
    assert_eq!(
        (
            at_pit(&book, &own),
            book.lot(&own).map(|lot| lot.first_event)
        ),
        (net(0), Some(other))
    );
    // Once the first one did not occur, the code stands for the other thing.
    history.correct(4, first, None);
    let (book, _) = folded(&history);
    assert_eq!(
        (at_pit(&book, &lot(4, "M-1")), at_pit(&book, &own)),
        (net(40), net(0))
    );
    assert!(again(&book).is_empty() && book.lot(&own).is_none());
    // And when it occurred after all, it comes after the one that describes the code by now.
    history.correct(4, first, Some(mined("M-1", 100)));
    let (book, _) = folded(&history);
    assert_eq!(again(&book), [(Again::Differs, first)]);
    assert_eq!(at_pit(&book, &lot(4, "M-1")), net(40));
}

#[test]
fn a_new_description_takes_its_matter_over_in_a_line_of_its_own() {
    let mut history = History::founded();
    let mine = history.say(4, "2024-01-05", mined("M-1", 1000));
    let sent = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 600, 5));
    let loss = history.say(4, "2024-01-07", lost(lot(4, "M-1"), 50));
    let receipt = history.say(5, "2024-01-08", received(sent, Some(200), "partial"));
    history.say(4, "2024-02-10", closed("2024-01"));
    let mut described = history.clone();
    described.correct(4, mine, Some(monazite("M-1", 1000)));
    let (mixed, pure) = (ore("ore/mixed"), ore("ore/monazite"));
    let expected = ByProduct::from([
        ((id(4), mixed, Column::Dispatched), -600),
        ((id(4), mixed, Column::Lost), -50),
        ((id(4), mixed, Column::Reclassified), 650),
        ((id(4), pure, Column::Mined), 1000),
        ((id(4), pure, Column::Reclassified), -650),
        ((id(5), mixed, Column::Received), 200),
        ((id(5), mixed, Column::Reclassified), -200),
        ((id(5), pure, Column::Reclassified), 200),
    ]);
    assert_eq!(by_product(&described), expected);
    // The rest comes as what it is now; the loss is taken back as what it was, and nothing is left of either.
    described.say(5, "2024-01-09", received(sent, Some(400), "final"));
    described.correct(4, loss, None);
    let left = by_product(&described);
    assert_eq!(left.get(&(id(5), pure, Column::Received)), Some(&400));
    assert_eq!(left.get(&(id(4), mixed, Column::Lost)), None);
    assert_eq!(left.get(&(id(4), mixed, Column::Reclassified)), Some(&600));
    // A correction that leaves the product as it is has no such line.
    history.correct(4, mine, Some(mined("M-1", 900)));
    assert!(
        by_product(&history)
            .keys()
            .all(|(_, _, column)| *column != Column::Reclassified)
    );
    assert!(
        folded(&history)
            .0
            .shipment(&sent)
            .unwrap()
            .acts
            .iter()
            .any(|act| act.id == receipt)
    );
}

#[test]
fn a_lot_that_becomes_known_late_and_is_taken_back_leaves_nothing() {
    for order in [[0usize, 1], [1, 0]] {
        let mut history = History::founded();
        let loss = history.say(4, "2024-01-05", lost(lot(4, "M-1"), 30));
        let mine = history.say(4, "2024-01-04", mined("M-1", 100));
        let expected = ByProduct::from([
            ((id(4), None, Column::Lost), -30),
            ((id(4), None, Column::Reclassified), 30),
            ((id(4), ore("ore/mixed"), Column::Mined), 100),
            ((id(4), ore("ore/mixed"), Column::Reclassified), -30),
        ]);
        assert_eq!(by_product(&history), expected);
        for which in order {
            history.correct(4, [loss, mine][which], None);
        }
        assert!(
            by_product(&history).is_empty(),
            "{:?}",
            by_product(&history)
        );
    }
}

/// Facts told by a history.
fn facts(history: &History) -> u64 {
    folded(history).1.fold.facts
}

/// A lot that grows many times, and one statement of it that is corrected to another product and back, as often.
#[test]
fn a_statement_that_changes_moves_nothing_that_others_said() {
    let cost = |growths: u64| {
        let mut history = History::founded();
        let first = history.say(4, "2024-01-05", mined("M-1", 100));
        for step in 0..growths {
            history.say(4, "2024-01-06", mined("M-1", 200 + step));
            history.say(4, "2024-01-06", monazite("M-1", 200 + step));
        }
        let before = facts(&history);
        for step in 0..growths {
            let other = if step % 2 == 0 {
                monazite("M-1", 100)
            } else {
                mined("M-1", 100)
            };
            history.correct(4, first, Some(other));
        }
        facts(&history) - before
    };
    let costs = [50, 100, 200].map(cost);
    assert_eq!(costs, [100, 200, 400], "two facts each");
}

#[test]
fn the_code_stays_what_others_say_it_is() {
    let mut history = History::founded();
    let first = history.say(4, "2024-01-05", mined("M-1", 100));
    let grown = history.say(4, "2024-01-04", mined("M-1", 50));
    let began = folded(&history).0.began(&lot(4, "M-1")).unwrap();
    assert_eq!(
        began,
        (testkit::at("2024-01-04"), grown),
        "rows out of order"
    );
    // Another quantity: it still describes the lot.
    history.correct(4, first, Some(mined("M-1", 90)));
    let (book, _) = folded(&history);
    assert_eq!(book.lot(&lot(4, "M-1")).unwrap().first_event, first);
    assert_eq!(at_pit(&book, &lot(4, "M-1")), net(140));
    // Another product: the matter that the other row brought stays what it is.
    history.correct(4, first, Some(monazite("M-1", 90)));
    let (book, _) = folded(&history);
    assert_eq!(again(&book), [(Again::Differs, first)]);
    assert_eq!(at_pit(&book, &lot(4, "M-1")), net(50));
    assert_eq!(
        at_pit(&book, &super::own_lot(lot(4, "M-1"), &first)),
        net(90)
    );
    // Both rows are put right: one lot again.
    history.correct(4, grown, Some(monazite("M-1", 50)));
    let (book, _) = folded(&history);
    assert_eq!(again(&book), [(Again::Grows, first)]);
    assert_eq!(at_pit(&book, &lot(4, "M-1")), net(140));
    assert!(book.lot(&super::own_lot(lot(4, "M-1"), &first)).is_none());
    assert_eq!(
        book.lot(&lot(4, "M-1")).unwrap().product,
        ore("ore/monazite").unwrap()
    );
}
