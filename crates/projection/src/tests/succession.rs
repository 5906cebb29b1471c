//! An enterprise takes over from another: its stock passes, and what is said later of its goods finds them.
//! Invariant: nothing is made or lost with the act, nor with its annulment.

use serde_json::json;

use super::folded;
use super::history::{History, dispatched, id, lost, lot, mined, received};
use crate::book::{Book, Column};
use crate::replay::{Until, walk};

fn succeeded(history: &mut History, from: u32, to: u32) -> domain::EventId {
    let act = json!({"event": "party-succeeded", "party": id(from), "successor": id(to), "from": "2024-02-01",
        "instrument": {"number": "S-1", "issued": "2024-01-30"}});
    history.say(1, "2024-02-01", act)
}

fn held(book: &Book, party: u32, site: &str) -> i128 {
    book.stock(&id(party), &site.parse().unwrap(), &lot(4, "M-1"))
        .net
}

#[test]
fn stock_passes_and_what_comes_late_is_booked_where_the_goods_are() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 1_000));
    let sent = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 300, 5));
    let overdrawn = history.say(4, "2024-01-07", lost(lot(4, "M-2"), 7));
    let act = succeeded(&mut history, 4, 6);
    let (book, _) = folded(&history);
    assert_eq!([held(&book, 4, "PIT"), held(&book, 6, "PIT")], [0, 700]);
    let beyond = book.stock(&id(4), &"PIT".parse().unwrap(), &lot(4, "M-2"));
    assert_eq!(beyond.net, -7, "what was drawn beyond the book stays");
    // Entered late by the one that is gone; the buyer sends the rest back.
    let mut late = history.clone();
    late.say(4, "2024-01-20", lost(lot(4, "M-1"), 60));
    late.say(5, "2024-01-21", received(sent, Some(200), "partial"));
    late.say(5, "2024-01-21", received(sent, None, "final"));
    let (book, _) = folded(&late);
    assert_eq!([held(&book, 4, "PIT"), held(&book, 6, "PIT")], [0, 740]);
    // The act is annulled: what it moved goes back, what became of it since stays.
    late.annul(1, act);
    let (book, _) = folded(&late);
    assert_eq!([held(&book, 4, "PIT"), held(&book, 6, "PIT")], [700, 40]);
    history.correct(4, overdrawn, None);
    let mut columns = std::collections::BTreeMap::new();
    walk(&history.store(), Until::End, &mut |_, _, moves| {
        for step in moves {
            *columns.entry((step.party, step.column)).or_insert(0) += step.net_mg;
        }
    })
    .unwrap();
    assert_eq!(columns[&(id(4), Column::Dispatched)], -1_000);
    assert_eq!(columns[&(id(6), Column::Received)], 700);
}

/// Whoever took over from the addressee receives what was sent to it; whoever did not is a stranger still.
#[test]
fn a_successor_receives_what_is_under_way() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-1", 1_000));
    let sent = history.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 300, 5));
    let mut strange = history.clone();
    strange.say(6, "2024-02-02", received(sent, Some(300), "final"));
    let (book, _) = folded(&strange);
    let shipment = book.shipment(&sent).unwrap();
    assert!(shipment.is_strange(&shipment.acts[0]));
    assert_eq!(held(&book, 6, "YARD"), 0);
    succeeded(&mut history, 5, 6);
    // Two that took over from each other: nobody is asked for ever.
    succeeded(&mut history, 6, 5);
    let (book, _) = folded(&history);
    assert_eq!(held(&book, 5, "YARD") + held(&book, 6, "YARD"), 0);
    let mut one = History::founded();
    one.say(4, "2024-01-05", mined("M-1", 1_000));
    let sent = one.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 300, 5));
    succeeded(&mut one, 5, 6);
    one.say(6, "2024-02-02", received(sent, Some(300), "final"));
    let (book, _) = folded(&one);
    let shipment = book.shipment(&sent).unwrap();
    assert!(!shipment.is_strange(&shipment.acts[0]) && shipment.is_complete());
    assert_eq!(held(&book, 6, "YARD"), 300);
    // The receipt was recorded first, and waited for its dispatch.
    let (mut early, mut later) = (History::founded(), History::founded());
    early.say(4, "2024-01-05", mined("M-1", 1_000));
    later.say(4, "2024-01-05", mined("M-1", 1_000));
    let sent = early.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 300, 5));
    succeeded(&mut later, 5, 6);
    later.say(6, "2024-02-02", received(sent, Some(300), "final"));
    let same = later.say(4, "2024-01-06", dispatched(lot(4, "M-1"), 300, 5));
    assert_eq!(same, sent, "an id rests on what its author signed");
    assert_eq!(held(&folded(&later).0, 6, "YARD"), 300);
}
