//! Words against words: withdrawals and receipts, corrections that both sides have to agree on, rulings and their annulment.
//! Invariant: no word of one side lessens what the other holds.

use serde_json::json;

use super::accounts::{ALL, LEFT, MINED, SENT, net, overseen, shipped, standing};
use super::folded;
use super::history::{History, dispatched, lot, mined, received, withdrawn};
use crate::amount::Amount;
use crate::book::Book;
use domain::EventId;

/// What its shipper took back, nobody takes away again: not with a late receipt, nor by correcting an earlier one.
#[test]
fn a_receipt_after_the_withdrawal_draws_nothing_from_the_shipper() {
    let (mut history, sent) = shipped();
    let early = history.say(5, "2024-01-07", received(sent, Some(1_000_000), "partial"));
    history.say(4, "2024-01-08", withdrawn(sent));
    let mine = MINED - 1_000_000;
    assert_eq!(standing(&history, sent), [mine, 1_000_000, 0, 0]);
    let mut late = history.clone();
    late.say(5, "2024-01-07", received(sent, Some(100_000_000), "final"));
    let surplus = [mine, 101_000_000, 0, -100_000_000];
    assert_eq!(standing(&late, sent), surplus, "a surplus of the receiver");
    let (book, _) = folded(&late);
    let shipment = book.shipment(&sent).unwrap();
    assert_eq!(shipment.after_the_end().len(), 1);
    // A word that was moved here by correction comes when it was moved.
    let mut moved = history.clone();
    let other = moved.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 5_000_000, 5));
    let receipt = moved.say(5, "2024-01-08", received(other, Some(5_000_000), "final"));
    moved.correct(5, receipt, Some(received(sent, Some(100_000_000), "final")));
    assert_eq!(
        standing(&moved, sent),
        [mine - 5_000_000, 101_000_000, 0, -100_000_000]
    );
    // The early receipt grows and is rejected: neither reaches the shipper's stock.
    let mut grown = history.clone();
    grown.correct(5, early, Some(received(sent, Some(1_010_000), "partial")));
    assert_eq!(standing(&grown, sent), [mine, 1_010_000, 0, -10_000]);
    let mut greedy = history.clone();
    greedy.correct(5, early, Some(received(sent, Some(400_000_000), "partial")));
    assert_eq!(standing(&greedy, sent), [mine, 1_000_000, 0, 0], "a claim");
    // It had received nothing after all: all of it is back with the shipper.
    let mut honest = history.clone();
    honest.correct(5, early, None);
    assert_eq!(standing(&honest, sent), [MINED, 0, 0, 0]);
}

/// A shipper that had taken back too early says so, and what came is received in order.
#[test]
fn a_withdrawal_is_its_authors_to_take_back() {
    let (mut history, sent) = shipped();
    let back = history.say(4, "2024-01-07", withdrawn(sent));
    history.say(5, "2024-01-08", received(sent, Some(ALL), "final"));
    assert_eq!(standing(&history, sent), [MINED, SENT, 0, -SENT]);
    history.correct(4, back, None);
    assert_eq!(standing(&history, sent), [LEFT, SENT, 0, 0]);
    let (book, _) = folded(&history);
    let shipment = book.shipment(&sent).unwrap();
    assert!(shipment.after_the_end().is_empty() && shipment.claims().next().is_none());
}

/// A ruling that is annulled gives back what it moved, whichever word it was about, and whatever was said since.
#[test]
fn an_annulled_ruling_gives_back_what_it_moved() {
    let rule = |history: &mut History, sent: EventId| {
        let (book, _) = folded(history);
        let shipment = book.shipment(&sent).unwrap();
        let (_, claim) = shipment.claims().next().unwrap();
        let finding = crate::book::dispute(claim).id;
        let act = json!({"event": "finding-ruled", "finding": finding, "ruling": "explained", "note": ""});
        history.say(1, "2024-01-09", act)
    };
    for word in ["dispatch", "receipt", "less"] {
        let (mut history, sent) = overseen();
        let receipt = history.say(5, "2024-01-08", received(sent, Some(ALL), "final"));
        let signed = standing(&history, sent);
        match word {
            "dispatch" => history.correct(4, sent, None),
            "receipt" => history.correct(5, receipt, None),
            _ => history.correct(5, receipt, Some(received(sent, Some(1_000_000), "final"))),
        };
        let disputed = folded(&history).0.shipment(&sent).unwrap().claims().count();
        let ruling = rule(&mut history, sent);
        let ruled = standing(&history, sent);
        assert_ne!(ruled, signed, "{word}");
        history.annul(1, ruling);
        assert_eq!(standing(&history, sent), signed, "{word}");
        let shipment = folded(&history).0.shipment(&sent).unwrap();
        assert_eq!(shipment.claims().count(), disputed, "in dispute again");
        let again = rule(&mut history, sent);
        assert_eq!(standing(&history, sent), ruled, "{word} ruled again");
        // Both agree since: the ruling moves nothing any more.
        if word == "less" {
            history.correct(4, sent, Some(dispatched(lot(4, "M-1"), 2_000_000, 5)));
            history.correct(5, receipt, Some(received(sent, Some(2_000_000), "final")));
            let agreed = [MINED - 2_000_000, 2_000_000, 0, 0];
            assert_eq!(standing(&history, sent), agreed);
            history.annul(1, again);
            assert_eq!(standing(&history, sent), agreed);
        }
    }
}

/// A dispatch to an end user has no account; each correction still takes back what was booked last.
#[test]
fn a_second_correction_of_goods_for_an_end_user() {
    let for_user = |net| {
        let mut payload = dispatched(lot(4, "M-1"), net, 5);
        payload["to"] = json!("end-user");
        payload
    };
    let mut history = History::founded();
    // Drawn before the lot is known: the first correction finds it described, the dispatch did not.
    let sent = history.say(4, "2024-01-06", for_user(1_000));
    history.say(4, "2024-01-05", mined("M-1", 5_000));
    history.correct(4, sent, Some(for_user(2_000)));
    history.correct(4, sent, Some(for_user(3_000)));
    let store = history.store();
    let (mut book, mut booked) = (Book::over(&store), std::collections::BTreeMap::new());
    crate::replay::feed(&store, 0, history.size(), &mut |event| {
        book.apply(event, &mut |_, fact, moves| {
            for step in moves.iter().filter(|step| !step.is_relabelling()) {
                let sum = booked
                    .entry((fact.payload.name(), step.product))
                    .or_insert(Amount::ZERO);
                *sum += step.amount();
            }
        });
    })
    .unwrap();
    booked.retain(|_, sum| !sum.is_zero());
    let product = "ore/mixed".parse().ok();
    let expected = [
        (("lot-mined", product), net(5_000)),
        (("shipment-dispatched", product), net(-3_000)),
    ];
    assert_eq!(booked.into_iter().collect::<Vec<_>>(), expected);
}

/// What others' words have booked again is nobody's late entry.
#[test]
fn what_is_only_booked_again_is_told_as_such() {
    let (mut history, sent) = shipped();
    let slip = history.say(
        5,
        "2024-01-07",
        received(sent, Some(100_000_000), "partial"),
    );
    let rest = history.say(4, "2024-01-08", withdrawn(sent));
    history.correct(5, slip, Some(received(sent, Some(50_000_000), "partial")));
    let store = history.store();
    let (mut book, mut told) = (Book::over(&store), Vec::new());
    crate::replay::feed(&store, 0, history.size(), &mut |event| {
        book.apply(event, &mut |_, fact, _| {
            if fact.position + 1 == history.size() {
                told.push((fact.stated_by, fact.sign, fact.is_derived));
            }
        });
    })
    .unwrap();
    let expected = [
        (rest, -1, true),
        (slip, -1, false),
        (slip, 1, false),
        (rest, 1, true),
    ];
    assert_eq!(told, expected);
}

/// However many words one party has about one shipment, each costs the same: facts told, and acts that an account keeps.
#[test]
fn many_words_about_one_shipment_cost_no_more_each() {
    let steps = |words: usize| {
        let (mut history, sent) = shipped();
        let receipt = history.say(5, "2024-01-07", received(sent, Some(ALL), "final"));
        history.correct(5, receipt, Some(received(sent, Some(1_000), "final")));
        for _ in 0..words {
            let again = history.say(5, "2024-01-08", received(sent, Some(1_000), "partial"));
            history.say(6, "2024-01-08", received(sent, Some(1_000), "partial"));
            history.say(4, "2024-01-08", withdrawn(sent));
            history.correct(5, again, Some(received(sent, None, "partial")));
        }
        let store = history.store();
        let (mut book, mut facts) = (Book::over(&store), 0_usize);
        crate::replay::feed(&store, 0, history.size(), &mut |event| {
            book.apply(event, &mut |_, _, _| facts += 1);
        })
        .unwrap();
        let shipment = book.shipment(&sent).unwrap();
        (facts, shipment.acts.len(), shipment.beyond.len())
    };
    let [one, two, four] = [100, 200, 400].map(steps);
    assert_eq!(
        (one.1, one.2),
        (four.1, four.2),
        "the account keeps so many"
    );
    assert!(
        four.0 - two.0 <= 2 * (two.0 - one.0),
        "{one:?} {two:?} {four:?}"
    );
}
