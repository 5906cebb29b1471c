//! Who may state what, tried through the sequencer by well-signed events of those who may not.
//! Invariant: what is refused leaves the log good for every reader, and what is accepted too. Knows nothing of files.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use std::sync::Arc;

use author::SignedEvent;
use domain::payload::{GrantObjected, HeadsCommitted, RulesChanged};
use domain::{Bytes32, KeyId, Moment, PartyKind, Payload, RuleSet, Sector};
use ledger::{Ledger, ManualClock};
use signing::Signer;
use store::{MemoryStore, Store};
use testkit::{
    TestCountry, accept, at, check_ledger, key, key_added, key_revoked, open, registration,
    rules_asking, suspended,
};

/// The committed next key of a party.
const NEXT: u32 = 1_000_000;

struct Court {
    store: Arc<dyn Store>,
    ledger: Ledger,
    clock: Arc<ManualClock>,
    country: TestCountry,
}

impl Court {
    fn sits(day: &str) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let (ledger, clock) = open(&store, at(day));
        let country = TestCountry::new();
        accept(&ledger, country.founding.clone());
        Self {
            store,
            ledger,
            clock,
            country,
        }
    }

    /// The code of the refusal, or "accepted"; the log stays good either way, and a refused event leaves no gap.
    fn answer(&mut self, author: u32, payload: Payload) -> String {
        self.signed(author, &[author], at("2024-02-01"), payload)
    }

    fn signed(&mut self, author: u32, keys: &[u32], signed: Moment, payload: Payload) -> String {
        let before = *self.country.authors.author(author);
        let keys: Vec<_> = keys.iter().map(|number| key(*number)).collect();
        let authors = &mut self.country.authors;
        let event = authors.sign_by_all(author, &keys, signed, payload);
        let code = self.submit(event);
        if code != "accepted" {
            *self.country.authors.author(author) = before;
        }
        code
    }

    fn submit(&self, event: SignedEvent) -> String {
        let answer = self.ledger.submit_blocking(vec![event]).unwrap().remove(0);
        check_ledger(&*self.store);
        answer.map_or_else(|refused| refused.refusal.code(), |_| "accepted".to_owned())
    }
}

fn department(number: u32, sector: Sector, division: &str) -> Payload {
    registration(number, PartyKind::Regulator { sector }, division)
}

fn lot_of_the_mine(number: u64) -> Payload {
    let lot = TestCountry::new().mined(number);
    wire::decode_body(&lot.body).unwrap().payload
}

#[test]
fn nobody_registers_a_second_operator_whose_heads_would_spoil_the_log() {
    let mut court = Court::sits("2024-02-01");
    for author in [1, 3] {
        let second = registration(9, PartyKind::Operator, "150207");
        assert_eq!(court.answer(author, second), "second-operator");
    }
    let heads = |root: u8| {
        Payload::HeadsCommitted(HeadsCommitted {
            covered: 3,
            authors: 1,
            root: Bytes32([root; 32]),
        })
    };
    assert_eq!(court.answer(1, heads(7)), "wrong-kind-of-party");
    assert_eq!(court.answer(2, heads(7)), "false-heads");
    let mut true_heads = court.ledger.heads_commitment();
    assert_eq!(
        court.answer(2, Payload::HeadsCommitted(true_heads.clone())),
        "accepted"
    );
    // What they covered then is what the log held then, and nothing else.
    true_heads.covered += 1;
    assert_eq!(
        court.answer(2, Payload::HeadsCommitted(true_heads)),
        "false-heads"
    );
}

#[test]
fn a_thief_of_a_departments_key_makes_no_office_and_takes_none_over() {
    let mut court = Court::sits("2024-02-01");
    let neighbour = department(7, Sector::Customs, "150207");
    assert_eq!(court.answer(1, neighbour), "accepted");
    let province = department(8, Sector::Industry, "150000");
    assert_eq!(court.answer(1, province), "accepted");
    for (thief, act, expected) in [
        // An accomplice of its own rank, which could then grant it keys and revoke the true one.
        (
            3,
            department(9, Sector::Industry, "150207"),
            "not-over-regulators",
        ),
        (3, key_added(7, 77), "not-over-regulators"),
        (3, key_revoked(7, 7), "not-over-regulators"),
        (3, key_added(3, 77), "not-the-committed-key"),
        (3, key_added(8, 77), "outside-division"),
        (7, key_revoked(3, 3), "not-over-regulators"),
        (7, suspended(3), "not-over-regulators"),
        // Nor does an office reinstate itself.
        (3, suspended(3), "not-over-regulators"),
        // Another sector's province is not over the county of this one.
        (8, key_added(7, 77), "not-over-regulators"),
        // What a department is for goes on.
        (3, suspended(4), "accepted"),
        (8, key_added(3, 77), "accepted"),
        (8, key_revoked(3, 3), "accepted"),
    ] {
        let name = act.name();
        assert_eq!(court.answer(thief, act), expected, "{name} by {thief}");
    }
}

#[test]
fn nobody_but_itself_touches_the_founding_authority_and_only_it_the_operator() {
    let mut court = Court::sits("2024-02-01");
    let customs = department(7, Sector::Customs, "000000");
    assert_eq!(court.answer(1, customs), "accepted");
    let industry = department(8, Sector::Industry, "000000");
    assert_eq!(court.answer(1, industry), "accepted");
    for author in [7, 8] {
        for act in [
            key_added(1, 77),
            key_revoked(1, 1),
            suspended(1),
            key_added(2, 77),
            key_revoked(2, 2),
            suspended(2),
        ] {
            let name = act.name();
            let found = court.answer(author, act);
            assert_eq!(found, "kept-for-the-founder", "{name} by {author}");
        }
    }
    assert_eq!(court.answer(8, suspended(7)), "not-over-regulators");
    assert_eq!(court.answer(1, suspended(7)), "accepted");
    assert_eq!(court.answer(1, key_added(2, 77)), "accepted");
}

#[test]
fn one_key_of_two_acts_alone_on_no_day_that_it_writes() {
    let mut court = Court::sits("2024-02-01");
    let (first, second) = (1, 1 + NEXT);
    let one = |court: &mut Court, day: &str, act| court.signed(1, &[first], at(day), act);
    let raised = || rules_asking(2, "2024-03-01");
    let found = one(&mut court, "2024-02-01", raised());
    assert_eq!(found, "too-few-keys-held", "it could never act again");
    assert_eq!(
        one(&mut court, "2024-02-01", key_added(1, second)),
        "accepted"
    );
    assert_eq!(one(&mut court, "2024-02-01", raised()), "accepted");
    // Decided on for March: before its day, one key may act but neither call it off nor make it impossible.
    for act in [rules_asking(1, "2024-02-01"), rules_asking(1, "2024-04-01")] {
        assert_eq!(one(&mut court, "2024-02-01", act), "too-few-signatures");
    }
    let found = one(&mut court, "2024-02-01", key_revoked(1, second));
    assert_eq!(found, "too-few-keys-left");
    assert_eq!(one(&mut court, "2024-02-01", suspended(4)), "accepted");
    court.clock.set(at("2024-03-02"));
    for day in ["2024-03-02", "2024-02-15"] {
        for act in [
            suspended(5),
            key_revoked(1, second),
            rules_asking(1, "2024-01-01"),
        ] {
            let found = one(&mut court, day, act);
            assert_eq!(found, "too-few-signatures", "signed on {day}");
        }
    }
    let both = [first, second];
    let day = at("2024-03-02");
    let found = court.signed(1, &both, day, key_revoked(1, second));
    assert_eq!(found, "too-few-keys-left", "even by both");
    assert_eq!(court.signed(1, &both, day, suspended(5)), "accepted");
    let lowered = rules_asking(1, "2024-03-02");
    assert_eq!(court.signed(1, &both, day, lowered), "accepted");
    assert_eq!(
        one(&mut court, "2024-03-02", key_revoked(1, second)),
        "accepted"
    );
    let raised = rules_asking(2, "2024-07-01");
    let found = one(&mut court, "2024-03-02", raised);
    assert_eq!(found, "too-few-keys-held", "a revoked key is none");
}

#[test]
fn another_national_department_is_no_way_round_the_number_of_signatures() {
    let mut court = Court::sits("2024-02-01");
    let day = at("2024-02-01");
    let resources = department(7, Sector::NaturalResources, "000000");
    assert_eq!(court.answer(1, resources), "accepted");
    assert_eq!(court.answer(1, key_added(1, 1 + NEXT)), "accepted");
    assert_eq!(court.answer(1, rules_asking(2, "2024-01-01")), "accepted");
    assert_eq!(
        court.answer(7, rules_asking(1, "2024-02-01")),
        "too-few-signatures"
    );
    assert_eq!(court.answer(7, suspended(4)), "too-few-signatures");
    // It is not locked out: the authority gives it the key that it lacks. A county's department signs as ever.
    let granted = key_added(7, 77);
    assert_eq!(court.signed(1, &[1, 1 + NEXT], day, granted), "accepted");
    assert_eq!(court.signed(7, &[7, 77], day, suspended(4)), "pending-key");
    court.clock.set(at("2024-02-08"));
    assert_eq!(court.signed(7, &[7, 77], day, suspended(4)), "accepted");
    assert_eq!(court.answer(3, suspended(5)), "accepted");
}

/// Customary rules with so many days to object, from a day on.
fn days_to_object(days: u16, effective: &str) -> Payload {
    let rules = RuleSet {
        grant_delay_days: days,
        ..RuleSet::customary()
    };
    let effective = effective.parse().unwrap();
    Payload::RulesChanged(Box::new(RulesChanged { effective, rules }))
}

#[test]
fn a_thief_of_a_national_key_takes_no_party_over_before_it_can_object() {
    let mut court = Court::sits("2024-02-01");
    let resources = department(7, Sector::NaturalResources, "000000");
    assert_eq!(court.answer(1, resources), "accepted");
    // Revoke, grant a key of one's own, sign: by the key of a department, and in whichever order.
    assert_eq!(court.answer(7, key_revoked(4, 4)), "accepted");
    for effective in ["2024-01-01", "2024-02-01", "2024-02-08"] {
        let hasty = days_to_object(0, effective);
        assert_eq!(court.answer(7, hasty), "notice-too-short", "{effective}");
    }
    assert_eq!(court.answer(7, key_added(4, 77)), "accepted");
    let lot = || lot_of_the_mine(1);
    let now = at("2024-02-01");
    assert_eq!(court.signed(4, &[77], now, lot()), "pending-key");
    // With notice the rules are shorter one day, for grants of that day.
    assert_eq!(court.answer(7, days_to_object(0, "2024-02-09")), "accepted");
    // The mine has nothing but the key that it committed to, and that is enough, alone and on any day before.
    court.clock.set(at("2024-02-07 23:59"));
    let object = Payload::GrantObjected(GrantObjected {
        key: KeyId(key(77).public().id().0),
        committed: Some(Bytes32(*key(4 + NEXT).public().as_bytes())),
    });
    assert_eq!(court.signed(4, &[4 + NEXT], now, object), "accepted");
    assert_eq!(
        court.signed(4, &[4 + NEXT], now, key_added(4, 4 + NEXT)),
        "accepted"
    );
    court.clock.set(at("2024-02-20"));
    assert_eq!(court.signed(4, &[77], now, lot()), "revoked-key");
    assert_eq!(court.signed(4, &[4 + NEXT], now, lot()), "accepted");
}

#[test]
fn the_key_of_a_plant_alone_is_not_the_plant() {
    let mut court = Court::sits("2024-02-01");
    let day = at("2024-02-01");
    for (keys, act, expected) in [
        // Neither a key of the thief's, nor the committed one without the current, nor both at once.
        (&[4][..], key_added(4, 77), "not-the-committed-key"),
        (&[4 + NEXT], key_added(4, 4 + NEXT), "unknown-key"),
        (&[4, 4 + NEXT], key_added(4, 4 + NEXT), "unknown-key"),
        (&[4], key_revoked(4, 4), "last-key"),
        // In the name of others, or of an office.
        (&[4], key_added(5, 77), "wrong-kind-of-party"),
        (&[4], key_revoked(5, 5), "wrong-kind-of-party"),
        (&[4], suspended(5), "wrong-kind-of-party"),
        (&[4], rules_asking(1, "2024-02-01"), "wrong-kind-of-party"),
        (&[5], lot_of_the_mine(1), "foreign-key"),
        // What the key is for it does.
        (&[4], lot_of_the_mine(1), "accepted"),
    ] {
        let name = act.name();
        assert_eq!(
            court.signed(4, keys, day, act),
            expected,
            "{name} by {keys:?}"
        );
    }
}

#[test]
fn nothing_is_signed_later_than_a_day_after_it_is_received() {
    let mut court = Court::sits("2024-02-01 12:00");
    let lot = || lot_of_the_mine(1);
    for (signed, expected) in [
        ("2024-02-02T04:00:00.001Z", "ahead-of-receipt"),
        ("2199-01-05T00:00:00Z", "ahead-of-receipt"),
        ("2024-02-02T04:00:00Z", "accepted"),
    ] {
        let found = court.signed(4, &[4], signed.parse().unwrap(), lot());
        assert_eq!(found, expected, "signed {signed}");
    }
}
