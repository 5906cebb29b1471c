//! Accounts of shipments: who may say what, in whichever order, and what two have signed.
//! Invariant: sent = accepted + rejected + withdrawn + under way + difference, in every history here.

use serde_json::{Value, json};

use super::folded;
use super::history::{History, dispatched, id, lot, mg, mined, received, withdrawn};
use crate::amount::Amount;
use crate::book::{Book, Shipment};
use crate::event::Event;
use domain::EventId;

pub(super) fn net(mg: i128) -> Amount {
    Amount {
        net: mg,
        reo: mg / 2,
    }
}

fn held(book: &Book, author: u32, site: &str) -> i128 {
    book.stock(&id(author), &site.parse().unwrap(), &lot(4, "M-1"))
        .net
}

/// What the mine and the buyer hold, what is under way and what differs.
pub(super) fn standing(history: &History, sent: EventId) -> [i128; 4] {
    let (book, _) = folded(history);
    let shipment = book.shipment(&sent).unwrap_or_default();
    for line in &shipment.lines {
        assert!(line.sent.net >= 0);
    }
    let way = shipment.under_way(0);
    [
        held(&book, 4, "PIT"),
        held(&book, 5, "YARD"),
        way.net,
        shipment.difference(0).net,
    ]
}

pub(super) fn shipped() -> (History, EventId) {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 1_000_000_000));
    let sent = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 600_000_000, 5));
    (history, sent)
}

/// The same, and both sides stand under one department.
pub(super) fn overseen() -> (History, EventId) {
    let (mut history, sent) = shipped();
    for number in [4, 5] {
        let kind = domain::PartyKind::Enterprise {
            activities: vec![domain::Activity::Mining].try_into().unwrap(),
        };
        let registered = testkit::registration(number, kind, "150207");
        history.add(1, "2024-01-01", registered);
    }
    (history, sent)
}

pub(super) const MINED: i128 = 1_000_000_000;
pub(super) const SENT: i128 = 600_000_000;
pub(super) const LEFT: i128 = MINED - SENT;
pub(super) const ALL: u64 = 600_000_000;

#[test]
fn only_the_addressee_receives() {
    let (mut history, sent) = shipped();
    history.say(6, "2024-01-07", received(sent, Some(ALL), "final"));
    assert_eq!(
        standing(&history, sent),
        [LEFT, 0, SENT, 0],
        "a stranger books nothing"
    );
    history.say(5, "2024-01-08", received(sent, Some(ALL), "final"));
    assert_eq!(standing(&history, sent), [LEFT, SENT, 0, 0]);
    let (book, _) = folded(&history);
    assert_eq!(held(&book, 6, "YARD"), 0);
    assert!(
        book.shipment(&sent).unwrap().after_the_end().is_empty(),
        "the addressee is not late"
    );
}

#[test]
fn the_order_in_which_words_come_changes_nothing() {
    let words = |order: [usize; 3]| {
        let (whole, sent) = shipped();
        let mut history = History::founded();
        history.say(4, "2024-01-05", mined("M-1", 1_000_000_000));
        // The dispatch is signed as the mine's second event, and entered when its turn comes.
        for word in order {
            let payload = match word {
                0 => dispatched(lot(4, "M-1"), ALL, 5),
                1 => received(sent, Some(200_000_000), "partial"),
                _ => received(sent, None, "final"),
            };
            history.say(if word == 0 { 4 } else { 5 }, "2024-01-06", payload);
        }
        assert!(whole.size() > 0);
        standing(&history, sent)
    };
    let expected = [MINED - 200_000_000, 200_000_000, 0, 0];
    for order in [[0, 1, 2], [1, 0, 2], [1, 2, 0]] {
        assert_eq!(words(order), expected, "{order:?}");
    }
}

#[test]
fn a_withdrawal_takes_back_only_what_did_not_come() {
    let (mut history, sent) = shipped();
    history.say(4, "2024-01-07", withdrawn(sent));
    assert_eq!(standing(&history, sent), [MINED, 0, 0, 0]);
    history.say(
        5,
        "2024-01-07",
        received(sent, Some(200_000_000), "partial"),
    );
    assert_eq!(
        standing(&history, sent),
        [MINED, 200_000_000, 0, -200_000_000],
        "too late"
    );
    let (mut history, sent) = shipped();
    history.say(
        5,
        "2024-01-07",
        received(sent, Some(200_000_000), "partial"),
    );
    let mut rest = history.clone();
    rest.say(4, "2024-01-08", withdrawn(sent));
    assert_eq!(
        standing(&rest, sent),
        [MINED - 200_000_000, 200_000_000, 0, 0]
    );
    let receipt = history.say(5, "2024-01-08", received(sent, Some(400_000_000), "final"));
    assert_eq!(standing(&history, sent), [LEFT, SENT, 0, 0]);
    history.say(4, "2024-01-09", withdrawn(sent));
    history.say(6, "2024-01-09", withdrawn(sent));
    assert_eq!(standing(&history, sent), [LEFT, SENT, 0, 0]);
    // The receiver corrects a slip towards what was sent; it comes nearer, so it holds.
    history.correct(5, receipt, Some(received(sent, Some(399_000_000), "final")));
    assert_eq!(
        standing(&history, sent),
        [LEFT, SENT - 1_000_000, 0, 1_000_000]
    );
}

#[test]
fn a_line_that_is_left_out_and_one_that_is_not_there() {
    let (mut history, sent) = shipped();
    let mut receipt = received(sent, Some(ALL), "final");
    receipt["lines"][0]["line"] = json!(7);
    history.say(5, "2024-01-08", receipt);
    assert_eq!(
        standing(&history, sent),
        [LEFT, 0, 0, SENT],
        "all of it differs"
    );
    history.say(
        5,
        "2024-01-09",
        received(sent, Some(700_000_000), "partial"),
    );
    assert_eq!(
        standing(&history, sent),
        [LEFT, 700_000_000, 0, -100_000_000],
        "a surplus"
    );
}

/// Every way in which one side alone goes back on what both signed.
#[test]
fn what_two_have_signed_one_alone_can_not_undo() {
    let (mut history, sent) = shipped();
    let receipt = history.say(5, "2024-01-08", received(sent, Some(ALL), "final"));
    let signed = [LEFT, SENT, 0, 0];
    let other_lot = dispatched(lot(4, "M-2"), ALL, 5);
    let to_another = dispatched(lot(4, "M-1"), ALL, 6);
    let less = dispatched(lot(4, "M-1"), 1_000_000, 5);
    for word in [None, Some(other_lot), Some(to_another), Some(less)] {
        let mut alone = history.clone();
        alone.correct(4, sent, word.clone());
        assert_eq!(standing(&alone, sent), signed, "{word:?}");
        let (book, _) = folded(&alone);
        assert_eq!(book.shipment(&sent).unwrap().claims().count(), 1);
        // To say again what both signed ends the dispute.
        alone.correct(4, sent, Some(dispatched(lot(4, "M-1"), ALL, 5)));
        let (book, _) = folded(&alone);
        assert_eq!(book.shipment(&sent).unwrap().claims().count(), 0);
    }
    let rejected = received(sent, None, "final");
    let less = received(sent, Some(1_000_000), "final");
    for word in [None, Some(rejected), Some(less)] {
        let mut alone = history.clone();
        alone.correct(5, receipt, word.clone());
        assert_eq!(standing(&alone, sent), signed, "{word:?}");
    }
    // Both: as if never sent.
    let mut both = history.clone();
    both.correct(4, sent, None);
    both.correct(5, receipt, None);
    assert_eq!(standing(&both, sent), [MINED, 0, 0, 0]);
    // In the other order, and with another figure.
    let half = 300_000_000;
    history.correct(5, receipt, Some(received(sent, Some(half), "final")));
    assert_eq!(standing(&history, sent), signed);
    history.correct(4, sent, Some(dispatched(lot(4, "M-1"), half, 5)));
    assert_eq!(
        standing(&history, sent),
        [MINED - 300_000_000, 300_000_000, 0, 0]
    );
}

#[test]
fn honest_slips_are_put_right_by_the_one_who_made_them() {
    let (history, sent) = shipped();
    let first = |net| {
        let mut history = history.clone();
        let receipt = history.say(5, "2024-01-08", received(sent, Some(net), "final"));
        (history, receipt)
    };
    // A digit too few, put right.
    let (mut slip, receipt) = first(60_000_000);
    slip.correct(5, receipt, Some(received(sent, Some(598_000_000), "final")));
    assert_eq!(standing(&slip, sent), [LEFT, 598_000_000, 0, 2_000_000]);
    // Within the tolerance of scales.
    let (mut weighed, receipt) = first(598_000_000);
    weighed.correct(5, receipt, Some(received(sent, Some(597_900_000), "final")));
    assert_eq!(standing(&weighed, sent), [LEFT, 597_900_000, 0, 2_100_000]);
    // The wrong shipment was received: the right receipt of it settles the dispute.
    let (mut wrong, receipt) = first(ALL);
    wrong.correct(5, receipt, None);
    assert_eq!(standing(&wrong, sent), [LEFT, SENT, 0, 0]);
    wrong.say(5, "2024-01-20", received(sent, Some(ALL), "final"));
    assert_eq!(standing(&wrong, sent), [LEFT, SENT, 0, 0]);
    assert_eq!(
        folded(&wrong).0.shipment(&sent).unwrap().claims().count(),
        0
    );
    // The dispatch was entered with too little; what came shows it.
    let (mut more, _) = first(700_000_000);
    more.correct(4, sent, Some(dispatched(lot(4, "M-1"), 700_000_000, 5)));
    assert_eq!(standing(&more, sent), [300_000_000, 700_000_000, 0, 0]);
    // Before anything came, the shipper corrects as it likes.
    let mut alone = history.clone();
    alone.correct(4, sent, None);
    assert_eq!(standing(&alone, sent), [MINED, 0, 0, 0]);
}

#[test]
fn a_corrected_receipt_may_name_another_shipment() {
    let (mut history, sent) = shipped();
    let other = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 100_000_000, 5));
    let receipt = history.say(5, "2024-01-08", received(other, Some(ALL), "final"));
    history.correct(5, receipt, Some(received(sent, Some(ALL), "final")));
    let (book, _) = folded(&history);
    let account = |id: &EventId| -> Shipment { book.shipment(id).unwrap() };
    assert_eq!(account(&sent).lines[0].accepted, net(SENT));
    assert_eq!(
        account(&other).under_way(0),
        net(100_000_000),
        "as if never received"
    );
}

/// A department that oversees both sides finds the change of word explained: it is booked.
#[test]
fn a_ruling_settles_a_dispute() {
    for (author, ruling, settles) in [
        (1, "explained", true),
        (1, "dismissed", false),
        (1, "confirmed", false),
        (4, "explained", false),
    ] {
        let (mut history, sent) = overseen();
        history.say(5, "2024-01-08", received(sent, Some(ALL), "final"));
        history.correct(4, sent, None);
        let (book, _) = folded(&history);
        let shipment = book.shipment(&sent).unwrap();
        let (_, claim) = shipment.claims().next().unwrap();
        let finding = crate::book::dispute(claim).id;
        let act: Value =
            json!({"event": "finding-ruled", "finding": finding, "ruling": ruling, "note": ""});
        history.say(author, "2024-01-09", act);
        let expected = if settles {
            [MINED, 0, 0, 0]
        } else {
            [LEFT, SENT, 0, 0]
        };
        assert_eq!(standing(&history, sent), expected, "{author} {ruling}");
    }
}

/// What is taken back and stated again is the same to whoever adds it up: only what changed is told.
#[test]
fn an_act_that_settles_the_same_is_left_alone() {
    let (mut history, sent) = shipped();
    history.say(
        5,
        "2024-01-07",
        received(sent, Some(100_000_000), "partial"),
    );
    let slip = history.say(
        5,
        "2024-01-08",
        received(sent, Some(100_000_000), "partial"),
    );
    history.say(
        5,
        "2024-01-09",
        received(sent, Some(100_000_000), "partial"),
    );
    history.say(4, "2024-01-10", withdrawn(sent));
    history.correct(5, slip, Some(received(sent, Some(50_000_000), "partial")));
    let store = history.store();
    let mut book = Book::over(&store);
    let mut told = Vec::new();
    crate::replay::feed(&store, 0, history.size(), &mut |event: &Event| {
        book.apply(event, &mut |_, fact, _| {
            if fact.position + 1 == history.size() {
                told.push((fact.payload.name(), fact.sign));
            }
        });
    })
    .unwrap();
    let expected = [
        ("shipment-withdrawn", -1),
        ("shipment-received", -1),
        ("shipment-received", 1),
        ("shipment-withdrawn", 1),
    ];
    assert_eq!(told, expected);
    assert_eq!(mg(2)["reo_mg"], 1);
}
