//! A node whose clock is wrong: it refuses to write, until the clock is right or the operator says that it is.
//! Invariant: whatever the clock showed, the log that comes of it is good.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use author::SignedEvent;
use domain::payload::ClockConfirmed;
use domain::{Moment, Payload};
use ledger::{Ledger, ManualClock};
use store::{MemoryStore, Store};
use testkit::{TestCountry, at, check_ledger, open};

const DAY_MS: i64 = 86_400_000;

fn confirmed(shows: Moment) -> Payload {
    Payload::ClockConfirmed(ClockConfirmed {
        shows,
        reason: "set by the national time service".parse().unwrap(),
    })
}

struct Node {
    store: Arc<dyn Store>,
    country: TestCountry,
    ledger: Ledger,
    clock: Arc<ManualClock>,
    lots: u64,
}

impl Node {
    fn founded() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let country = TestCountry::new();
        let (ledger, clock) = open(&store, at("2024-01-10"));
        let node = Self {
            store,
            country,
            ledger,
            clock,
            lots: 0,
        };
        for event in node.country.founding.clone() {
            assert_eq!(node.submit(event), "accepted");
        }
        node
    }

    fn submit(&self, event: SignedEvent) -> String {
        let answer = self.ledger.submit_blocking(vec![event]).unwrap().remove(0);
        match answer {
            Ok(accepted) if accepted.repeated => "repeated".to_owned(),
            Ok(_) => "accepted".to_owned(),
            Err(refused) => refused.refusal.code(),
        }
    }

    /// A lot of the mine, signed on 5 January, is offered while the clock shows this.
    fn lot_at(&mut self, now: Moment) -> String {
        self.clock.set(now);
        self.lots += 1;
        let mut authors = std::mem::take(&mut self.country.authors);
        *authors.author(TestCountry::MINE) = self
            .ledger
            .author(TestCountry::id(TestCountry::MINE))
            .unwrap();
        self.country.authors = authors;
        let lot = self.country.mined(self.lots);
        self.submit(lot)
    }

    /// Somebody confirms the clock as it stands.
    fn confirm(&mut self, number: u32, now: Moment) -> String {
        self.clock.set(now);
        let mut author = self.ledger.author(TestCountry::id(number)).unwrap();
        let event = author.sign(&testkit::key(number), now, now, confirmed(now));
        self.submit(event.unwrap())
    }

    fn received(&self) -> Moment {
        let last = self.store.size() - 1;
        let frame = self.store.frame_of(last).unwrap();
        let entry = wire::decode_entry(frame.entry(last).unwrap()).unwrap();
        entry.received
    }
}

#[test]
fn a_clock_may_stand_a_minute_behind_and_the_days_of_the_rules_ahead() {
    let mut node = Node::founded();
    let start = at("2024-01-10");
    assert_eq!(node.lot_at(start.plus_ms(-60_001)), "clock-behind");
    assert_eq!(node.lot_at(start.plus_ms(-60_000)), "accepted");
    assert_eq!(node.received(), start, "receive times never run back");
    assert_eq!(node.lot_at(start.plus_ms(30 * DAY_MS + 1)), "clock-ahead");
    assert_eq!(node.lot_at(start.plus_ms(30 * DAY_MS)), "accepted");
    check_ledger(&*node.store);
}

#[test]
fn an_event_that_is_in_the_log_is_answered_whatever_the_clock_shows() {
    let mut node = Node::founded();
    node.clock.set(at("2030-01-01"));
    assert_eq!(node.submit(node.country.founding[0].clone()), "repeated");
    assert_eq!(node.lot_at(at("2030-01-01")), "clock-ahead");
}

#[test]
fn the_operator_and_nobody_else_says_that_the_clock_is_right() {
    let mut node = Node::founded();
    let later = at("2024-06-01");
    for number in [1, 3, TestCountry::MINE] {
        assert_eq!(node.confirm(number, later), "wrong-kind-of-party");
    }
    assert_eq!(node.lot_at(later), "clock-ahead");
    assert_eq!(node.confirm(2, later), "accepted");
    assert_eq!(node.lot_at(later), "accepted");
    assert_eq!(node.received(), later);
    check_ledger(&*node.store);
}

#[test]
fn the_operator_confirms_by_the_ledger_what_the_ledger_doubts() {
    let mut node = Node::founded();
    let reason = || "set by the national time service".parse().unwrap();
    for (now, doubt) in [
        (at("2024-06-01"), "clock-ahead"),
        (at("2024-05-31"), "clock-behind"),
    ] {
        let doubted = node.ledger.doubts_clock(now).unwrap().unwrap();
        assert_eq!(doubted.code(), doubt);
        assert_eq!(node.lot_at(now), doubt);
        // Nobody else's key stands for the operator's.
        let refused = node.ledger.confirm_clock(&testkit::key(1), now, reason());
        assert_eq!(refused.unwrap().unwrap_err().refusal.code(), "foreign-key");
        let confirmed = node.ledger.confirm_clock(&testkit::key(2), now, reason());
        assert!(confirmed.unwrap().is_ok());
        assert_eq!(node.ledger.doubts_clock(now).unwrap(), None);
        assert_eq!(node.lot_at(now), "accepted");
    }
    check_ledger(&*node.store);
}

#[test]
fn a_wrong_boot_that_was_confirmed_does_not_stop_the_node_for_ever() {
    let mut node = Node::founded();
    let (wrong, right) = (at("2062-01-01"), at("2024-01-11"));
    assert_eq!(node.confirm(2, wrong), "accepted");
    // The year 2062 is in the log. The clock is mended, and the operator says so.
    assert_eq!(node.lot_at(right), "clock-behind");
    let mended = node.ledger.author(TestCountry::id(2)).unwrap();
    assert_eq!(
        mended.state.signed,
        Some(wrong),
        "its own chain stays there"
    );
    assert_eq!(node.confirm(2, right), "accepted");
    assert_eq!(node.lot_at(right), "accepted");
    assert_eq!(node.received(), wrong, "receive times never run back");
    node.ledger.close().unwrap();
    let (ledger, clock) = open(&node.store, right.plus_ms(DAY_MS));
    (node.ledger, node.clock) = (ledger, clock);
    assert_eq!(node.lot_at(right.plus_ms(DAY_MS)), "accepted");
    assert_eq!(node.lot_at(at("2024-01-01")), "clock-behind");
    check_ledger(&*node.store);
}
