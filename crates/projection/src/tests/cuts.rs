//! Replay cut anywhere gives the same digest; snapshots are used or ignored; explanations add up.
//! Invariant: compared with one fold from nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use store::{Change, Entries, Space, SparseEntries, Store};

use super::history::{
    History, closed, counted, dispatched, id, lost, lot, mined, monazite, processed, received,
    withdrawn,
};
use super::{Sums, folded};
use crate::book::{Book, Column};
use crate::explain::explain;
use crate::fold::{AnyFold, Projected};
use crate::replay::{Until, advance, replay, size_at, walk};
use crate::snapshot::{save_snapshot, state_digest};
use crate::{Amount, ProjectionFault};

/// A small random history: each number chooses an event about what is there so far.
pub(super) fn history(choices: &[(u8, u8)]) -> History {
    let mut history = History::founded();
    let mut mines = vec![history.say(4, "2024-01-05", mined("M-0", 1000))];
    let mut sent = vec![history.say(4, "2024-01-06", dispatched(lot(4, "M-0"), 300, 5))];
    let mut receipts = Vec::new();
    for (step, (choice, detail)) in choices.iter().enumerate() {
        let (detail, amount) = (usize::from(*detail), u64::from(*detail) + 1);
        let (one_sent, one_mine) = (sent[detail % sent.len()], mines[detail % mines.len()]);
        let code = format!("M-{}", detail % 4);
        match choice % 18 {
            0 => mines.push(history.say(4, "2024-01-05", mined(&code, amount))),
            1 => sent.push(history.say(4, "2024-01-06", dispatched(lot(4, &code), amount, 5))),
            2 => receipts.push(history.say(
                5,
                "2024-01-08",
                received(one_sent, Some(amount), "partial"),
            )),
            3 => receipts.push(history.say(5, "2024-01-08", received(one_sent, None, "final"))),
            4 => _ = history.say(4, "2024-01-09", withdrawn(one_sent)),
            5 => _ = history.say(4, "2024-02-01", counted(&[(lot(4, &code), amount)])),
            6 => _ = history.say(4, "2024-02-01", lost(lot(4, &code), amount)),
            7 => {
                _ = history.say(
                    5,
                    "2024-02-01",
                    processed(lot(4, &code), amount, &format!("N-{step}"), amount),
                )
            }
            8 => _ = history.correct(4, one_mine, Some(mined(&code, amount))),
            9 => _ = history.correct(4, one_sent, Some(dispatched(lot(4, &code), amount, 5))),
            10 if !receipts.is_empty() => {
                _ = history.correct(5, receipts[detail % receipts.len()], None);
            }
            11 => mines.push(history.say(4, "2024-01-05", monazite(&code, amount))),
            12 => _ = history.correct(4, one_mine, None),
            13 => _ = history.correct(4, one_mine, Some(monazite(&code, amount))),
            14 => _ = history.say(6, "2024-01-08", received(one_sent, Some(amount), "final")),
            15 => _ = history.correct(4, one_sent, None),
            16 if !receipts.is_empty() => {
                let receipt = receipts[detail % receipts.len()];
                let again = received(one_sent, Some(amount), "partial");
                _ = history.correct(5, receipt, Some(again));
            }
            _ => {
                _ = history.say(
                    4,
                    "2024-02-10",
                    closed(&format!("2024-{:02}", detail % 3 + 1)),
                )
            }
        }
    }
    history
}

pub(super) fn choices() -> impl Strategy<Value = Vec<(u8, u8)>> {
    proptest::collection::vec((any::<u8>(), any::<u8>()), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn a_cut_anywhere_gives_the_same_state(choices in choices(), cut in any::<prop::sample::Index>()) {
        let history = history(&choices);
        let (whole_book, mut whole) = folded(&history);
        let expected = state_digest(&whole_book, &[&mut whole]);
        let cut = cut.index(history.size() as usize + 1) as u64;

        // Cut and go on in memory.
        let store = history.store();
        let (mut book, mut sums) = (Book::default(), Projected::<Sums>::new());
        advance(&store, cut, &mut book, &mut [&mut sums], &mut |_, _| {}).unwrap();
        save_snapshot(store.side(), &book, &[&mut sums]).unwrap();
        advance(&store, store.size(), &mut book, &mut [&mut sums], &mut |_, _| {}).unwrap();
        prop_assert_eq!(state_digest(&book, &[&mut sums]), expected);

        // Cut and go on from the snapshot.
        let mut resumed = Projected::<Sums>::new();
        let book = replay(&store, Until::End, &mut [&mut resumed], &mut |_, _| {}).unwrap();
        prop_assert_eq!(state_digest(&book, &[&mut resumed]), expected);
        prop_assert_eq!(book.registry(), whole_book.registry());
    }

    #[test]
    fn what_leaves_the_memory_changes_no_figure(choices in choices()) {
        let history = history(&choices);
        let store = history.store();
        let (mut all_kept, mut kept) = (Book::keeping_all(&store), Projected::<Sums>::new());
        crate::replay::feed(&store, 0, store.size(), &mut |event| {
            all_kept.apply(event, &mut |book, fact, moves| kept.apply(book, fact, moves));
        }).unwrap();
        let (book, sums) = folded(&history);
        prop_assert_eq!(kept.cells, sums.cells);
        for site in all_kept.sites_with_stock() {
            prop_assert_eq!(all_kept.stock_of_site(&site), book.stock_of_site(&site));
        }
        for code in ["M-0", "M-1", "M-2", "M-3", "N-1", "N-2"] {
            for creator in [4, 5] {
                let lot = lot(creator, code);
                prop_assert_eq!(all_kept.lot(&lot), book.lot(&lot), "{}", lot);
            }
        }
        let open = |book: &Book| -> Vec<_> { book.open_shipments().map(|(id, _, shipment)| (id, shipment.clone())).collect() };
        prop_assert_eq!(open(&all_kept), open(&book));
    }

    #[test]
    fn explanations_add_up_and_stock_is_the_sum_of_movements(choices in choices()) {
        let history = history(&choices);
        let (book, sums) = folded(&history);
        let explained = explain::<Sums>(&history.store(), Until::End, |_| true).unwrap();
        let mut left = sums.cells;
        let mut by_lot = BTreeMap::new();
        for ((lot, column), postings) in explained {
            let sum = postings.iter().fold(Amount::ZERO, |sum, posting| sum + posting.amount);
            left.post((lot, column), -sum);
            *by_lot.entry(lot).or_insert(Amount::ZERO) += sum;
        }
        prop_assert!(left.is_empty());
        for (lot, sum) in by_lot {
            let held = book.sites_with_stock().into_iter().fold(Amount::ZERO, |held, site| {
                held + book.stock(&site.party, &site.code, &lot)
            });
            prop_assert_eq!(held, sum, "{}", lot);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    /// Whoever says what: each account adds up, and what a site has of a lot is booked under its product of now.
    #[test]
    fn hostile_words_leave_every_account_in_order(choices in choices()) {
        let history = history(&choices);
        let store = history.store();
        let (mut booked, mut ways, mut moved) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut book = Book::over(&store);
        crate::replay::feed(&store, 0, store.size(), &mut |event| {
            book.apply(event, &mut |book, fact, moves| {
                for step in moves {
                    let key = (step.party, step.site, step.lot, step.product);
                    *booked.entry(key).or_insert(Amount::ZERO) += step.amount();
                    let columns = [Column::Dispatched, Column::Received, Column::Returned];
                    if let Some(id) = crate::book::shipment_of(fact.payload, fact.stated_by)
                        && columns.contains(&step.column)
                    {
                        *moved.entry(id).or_insert(Amount::ZERO) += step.amount();
                    }
                }
                if let Some(id) = crate::book::shipment_of(fact.payload, fact.stated_by) {
                    let (way, differs) = book.shift();
                    *ways.entry(id).or_insert(Amount::ZERO) += way + differs;
                }
            });
        }).unwrap();
        for ((party, site, lot, product), amount) in booked {
            let now = book.lot(&lot).map(|known| known.product);
            prop_assert!(product == now || amount.is_zero(), "{} {:?} {:?}", lot, product, amount);
            if product == now {
                prop_assert_eq!(book.stock(&party, &site, &lot), amount, "{}", lot);
            }
        }
        for (id, out) in moved {
            prop_assert_eq!(ways.get(&id).copied().unwrap_or_default(), -out, "{}", id);
            let shipment = book.shipment(&id).unwrap_or_default();
            let mut fresh = shipment.clone();
            fresh.book_all();
            prop_assert_eq!(&fresh, &shipment, "as if derived from nothing");
            for (line, account) in (0u16..).zip(&shipment.lines) {
                let settled = account.accepted + account.rejected + account.withdrawn;
                let open = shipment.under_way(line) + shipment.difference(line);
                prop_assert_eq!(account.sent, settled + open);
            }
        }
    }
}

fn snapshot_at(history: &History, size: u64) -> store::MemoryStore {
    let store = history.store();
    let (mut book, mut sums) = (Book::default(), Projected::<Sums>::new());
    advance(&store, size, &mut book, &mut [&mut sums], &mut |_, _| {}).unwrap();
    save_snapshot(store.side(), &book, &[&mut sums]).unwrap();
    store
}

/// Whether a replay to the end of the store had to apply anything itself; its state is right either way.
fn applies(store: &dyn Store, expected: domain::Bytes32) -> bool {
    let mut steps = 0;
    let mut sums = Projected::<Sums>::new();
    let book = replay(store, Until::End, &mut [&mut sums], &mut |_, _| steps += 1).unwrap();
    assert_eq!(state_digest(&book, &[&mut sums]), expected);
    steps > 0
}

#[test]
fn a_snapshot_that_is_not_whole_is_ignored() {
    let history = history(&[(0, 1), (2, 7), (5, 9), (8, 3)]);
    let (book, mut sums) = folded(&history);
    let expected = state_digest(&book, &[&mut sums]);
    let size = history.size();
    assert!(!applies(&snapshot_at(&history, size), expected), "used");

    for name in ["book/", "sums/"] {
        let store = snapshot_at(&history, size);
        let key = [name.as_bytes(), &size.to_be_bytes()].concat();
        let whole = store.side().get(Space::Snapshots, &key).unwrap().unwrap();
        for place in [0, 33, whole.len() - 1] {
            let mut broken = whole.clone();
            broken[place] ^= 1;
            store
                .side()
                .put(&[Change::set(Space::Snapshots, key.clone(), broken)])
                .unwrap();
            assert!(applies(&store, expected), "{name} broken at {place}");
        }
        store
            .side()
            .put(&[Change::remove(Space::Snapshots, key)])
            .unwrap();
        assert!(applies(&store, expected), "{name} gone");
    }
}

#[test]
fn a_snapshot_of_another_log_is_ignored() {
    let (one, other) = (history(&[(0, 1)]), history(&[(0, 2)]));
    let (store, foreign) = (one.store(), snapshot_at(&other, 4));
    for name in ["book/", "sums/"] {
        let key = [name.as_bytes(), &4u64.to_be_bytes()].concat();
        let value = foreign.side().get(Space::Snapshots, &key).unwrap().unwrap();
        store
            .side()
            .put(&[Change::set(Space::Snapshots, key, value)])
            .unwrap();
    }
    let (book, mut sums) = folded(&one);
    assert!(applies(&store, state_digest(&book, &[&mut sums])));
}

#[test]
fn as_of_a_position_or_a_moment() {
    let history = history(&[(0, 1), (0, 2), (0, 3)]);
    let store = snapshot_at(&history, 6);
    let size = |until| size_at(&store, until).unwrap();
    assert_eq!(history.size(), 6);
    assert_eq!(size(Until::End), 6);
    assert_eq!(size(Until::Position(2)), 3);
    assert_eq!(size(Until::Received(history.received(2))), 3);
    assert_eq!(size(Until::Received(history.received(2).plus_ms(-1))), 2);
    assert_eq!(size(Until::Received(testkit::at("2024-01-01"))), 0);
    let past = size_at(&store, Until::Position(6)).unwrap_err();
    assert!(matches!(
        past,
        ProjectionFault::PastEnd {
            position: 6,
            size: 6
        }
    ));
    let mut sums = Projected::<Sums>::new();
    let book = replay(&store, Until::Position(2), &mut [&mut sums], &mut |_, _| {}).unwrap();
    assert_eq!(
        (book.size(), sums.fold.facts),
        (3, 3),
        "a later snapshot is not used"
    );
    assert_eq!(
        book.stock_of_site(&domain::SiteId {
            party: id(4),
            code: "PIT".parse().unwrap()
        })
        .len(),
        1
    );
}

/// A log that can be read from end to end, and later at no single place.
#[derive(Debug)]
struct Torn(store::MemoryStore);

impl Entries for Torn {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn frames(&self, from: u64) -> Result<store::Frames<'_>, store::StoreFault> {
        self.0.frames(from)
    }

    fn frame_of(&self, position: u64) -> Result<store::Frame, store::StoreFault> {
        self.0.frame_of(position)
    }

    fn handle(&self) -> Arc<dyn Entries> {
        Arc::new(SparseEntries::new(self.size(), BTreeMap::new()).unwrap())
    }
}

#[test]
fn what_can_not_be_recalled_is_a_fault_of_every_walk() {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-0", 10));
    history.say(4, "2024-01-06", lost(lot(4, "M-0"), 10));
    // The lot is used up and has left the memory; now it is named again.
    history.say(4, "2024-01-07", lost(lot(4, "M-0"), 1));
    let torn = Torn(history.store());
    assert!(walk(&history.store(), Until::End, &mut |_, _, _| {}).is_ok());
    assert!(walk(&torn, Until::End, &mut |_, _, _| {}).is_err());
    assert!(explain::<Sums>(&torn, Until::End, |_| true).is_err());
}

#[test]
fn a_damaged_entry_stops_the_replay_at_its_position() {
    let store = store::MemoryStore::new();
    store.append(0, &[b"not an entry"], b"").unwrap();
    let fault = replay(&store, Until::End, &mut [], &mut |_, _| {}).unwrap_err();
    assert!(
        matches!(fault, ProjectionFault::Log { position: 0, .. }),
        "{fault}"
    );
}
