//! Who may sign what: founding, registration, divisions, keys by position.
//! Invariant: each refused act breaks one rule. Knows no real cryptography: a key's id is its first bytes.

mod amend;
mod keys;

use super::*;
use crate::body::{Body, VERSION};
use crate::id::{Bytes64, uscc_check_character};
use crate::payload::{
    Instrument, KeyAdded, KeyRevoked, LedgerFounded, LogKeyRotated, PartyRegistered,
    RevocationReason, Standing,
};
use crate::time::Moment;
use crate::{Payload, Sector, Seen};

struct PlainKeys;

impl KeyRules for PlainKeys {
    fn key_id(&self, key: &Bytes32) -> Option<KeyId> {
        key.0
            .first_chunk::<8>()
            .filter(|id| id[0] != 0)
            .map(|id| KeyId(*id))
    }

    fn commitment(&self, key: &Bytes32) -> Bytes32 {
        Bytes32(key.0.map(|byte| !byte))
    }

    fn possession_holds(&self, _: &PartyId, grant: &KeyGrant) -> bool {
        grant.possession.0[0] == grant.key.0[0]
    }

    fn handover_holds(&self, replaced: &Bytes32, rotated: &LogKeyRotated) -> bool {
        rotated.handover.0[0] == replaced.0[0]
    }

    fn event(&self, bytes: &[u8]) -> Option<(EventId, Body)> {
        // Its author, then the two parties of a succession.
        let [author, party, successor] = *bytes else {
            return None;
        };
        let body = body(author, amend::succession(party, successor));
        Some((id_of(&body), body))
    }
}

/// Of successions one id each, by their author and the two parties; of all other events one.
fn id_of(body: &Body) -> EventId {
    let number = |of: &PartyId| (1..=9).find(|number| party(*number) == *of);
    let mut id = [0xff; 32];
    if let Payload::PartySucceeded(act) = &body.payload {
        let parties = [body.author, act.party, act.successor];
        let numbers = parties.iter().filter_map(number);
        id.iter_mut()
            .zip(numbers)
            .for_each(|(byte, number)| *byte = number);
    }
    EventId(id)
}

/// Takes up an event that was received at this moment, permitted or not.
fn take(registry: &mut Registry, position: u64, received: Moment, body: &Body) {
    registry.apply(position, received, id_of(body), body, &PlainKeys);
}

fn party(number: u8) -> PartyId {
    let mut first = *b"91150000MA00000000";
    first[16] = b'0' + number;
    let first: [u8; 17] = *first.first_chunk().unwrap();
    let check = uscc_check_character(&first).unwrap();
    format!("{}{check}", String::from_utf8_lossy(&first))
        .parse()
        .unwrap()
}

/// Key number n; its successor is n + 100.
fn grant(number: u8) -> KeyGrant {
    let next = PlainKeys.commitment(&Bytes32([number.wrapping_add(100); 32]));
    KeyGrant {
        key: Bytes32([number; 32]),
        possession: Bytes64([number; 64]),
        next,
    }
}

fn key(number: u8) -> KeyId {
    KeyId([number; 8])
}

fn names() -> Names {
    Names {
        zh: "某".parse().unwrap(),
        en: "Some".parse().unwrap(),
    }
}

/// When everything happens and is received, unless a test says otherwise.
fn now() -> Moment {
    Moment::from_ms(1_704_067_200_000).unwrap()
}

fn body(author: u8, payload: Payload) -> Body {
    let at = now();
    Body {
        version: VERSION,
        ledger: Bytes32([0; 32]),
        author: party(author),
        seq: 0,
        prev: Bytes32([0; 32]),
        seen: Seen::NOTHING,
        occurred: at,
        signed: at,
        payload,
    }
}

fn founding() -> Payload {
    Payload::LedgerFounded(Box::new(LedgerFounded {
        name: "Test".parse().unwrap(),
        origin: "test.example/log".parse().unwrap(),
        zone: Zone::CHINA,
        authority: party(1),
        authority_names: names(),
        authority_key: grant(1),
        operator: party(2),
        operator_names: names(),
        log_key: grant(2),
        recovery: Bytes32([0xee; 32]),
        rules: RuleSet::customary(),
    }))
}

fn registration(number: u8, kind: PartyKind, division: &str) -> Payload {
    let division = division.parse().unwrap();
    let key = grant(number);
    let (party, names) = (party(number), names());
    Payload::PartyRegistered(Box::new(PartyRegistered {
        party,
        names,
        kind,
        division,
        group: None,
        key,
    }))
}

fn mine() -> PartyKind {
    PartyKind::Enterprise {
        activities: vec![Activity::Mining].try_into().unwrap(),
    }
}

/// A founded ledger with a county department (3) in 150207 and an enterprise (4) there and one (5) in 360700.
fn registry() -> Registry {
    let mut registry = Registry::new();
    let department = PartyKind::Regulator {
        sector: Sector::Industry,
    };
    let acts = [
        founding(),
        registration(3, department, "150207"),
        registration(4, mine(), "150207"),
        registration(5, mine(), "360700"),
    ];
    for (position, act) in acts.into_iter().enumerate() {
        let body = body(1, act);
        registry
            .permit(&body, &[key(1)], body.signed, &PlainKeys)
            .unwrap();
        take(&mut registry, position as u64, now(), &body);
    }
    registry
}

fn answer(registry: &Registry, author: u8, keys: &[KeyId], payload: Payload) -> &'static str {
    let body = body(author, payload);
    let refusal = registry.permit(&body, keys, body.signed, &PlainKeys);
    refusal.map_or_else(|refusal| refusal.code(), |()| "permitted")
}

fn suspension(number: u8) -> Payload {
    let instrument = Instrument {
        number: "No. 1".parse().unwrap(),
        issued: "2024-01-01".parse().unwrap(),
    };
    Payload::PartySuspended(Standing {
        party: party(number),
        instrument,
    })
}

#[test]
fn nothing_precedes_the_founding_and_nothing_founds_twice() {
    assert_eq!(
        answer(&Registry::new(), 1, &[key(1)], suspension(4)),
        "not-founded"
    );
    assert_eq!(
        answer(&Registry::new(), 2, &[key(2)], founding()),
        "founded-by-another"
    );
    assert_eq!(
        answer(&Registry::new(), 1, &[key(1)], founding()),
        "permitted"
    );
    assert_eq!(
        answer(&registry(), 1, &[key(1)], founding()),
        "already-founded"
    );
    let mut one_key = founding();
    if let Payload::LedgerFounded(founded) = &mut one_key {
        founded.log_key = grant(1);
    }
    assert_eq!(
        answer(&Registry::new(), 1, &[key(1)], one_key),
        "key-exists",
        "who signs acts does not sign checkpoints"
    );
    let mut asks_two = founding();
    if let Payload::LedgerFounded(founded) = &mut asks_two {
        founded.rules.authority_signatures = 2;
    }
    assert_eq!(
        answer(&Registry::new(), 1, &[key(1)], asks_two),
        "too-few-keys-held",
        "it brings one key"
    );
}

#[test]
fn a_department_acts_in_its_division_only() {
    let registry = registry();
    assert_eq!(answer(&registry, 3, &[key(3)], suspension(4)), "permitted");
    assert_eq!(
        answer(&registry, 3, &[key(3)], suspension(5)),
        "outside-division"
    );
    assert_eq!(
        answer(&registry, 4, &[key(4)], suspension(5)),
        "wrong-kind-of-party"
    );
    assert_eq!(
        answer(&registry, 3, &[key(3)], suspension(9)),
        "unknown-party"
    );
}

#[test]
fn keys_belong_to_their_party_and_end_at_a_position() {
    let mut registry = registry();
    assert_eq!(
        answer(&registry, 3, &[key(4)], suspension(4)),
        "foreign-key"
    );
    assert_eq!(
        answer(&registry, 3, &[key(9)], suspension(4)),
        "unknown-key"
    );
    let revoked = |party_number: u8, key_number: u8| {
        let (party, key) = (party(party_number), key(key_number));
        Payload::KeyRevoked(KeyRevoked {
            party,
            key,
            reason: RevocationReason::Lost,
        })
    };
    assert_eq!(answer(&registry, 3, &[key(3)], revoked(3, 3)), "last-key");
    take(&mut registry, 7, now(), &body(1, revoked(3, 3)));
    assert_eq!(
        answer(&registry, 3, &[key(3)], suspension(4)),
        "revoked-key"
    );
    assert_eq!(registry.key(&key(3)).unwrap().revoked_at, Some(7));
}

#[test]
fn a_stolen_key_cannot_rotate() {
    let registry = registry();
    let add = |number: u8| {
        Payload::KeyAdded(Box::new(KeyAdded {
            party: party(4),
            key: grant(number),
        }))
    };
    assert_eq!(answer(&registry, 4, &[key(4)], add(104)), "permitted");
    assert_eq!(
        answer(&registry, 4, &[key(4)], add(77)),
        "not-the-committed-key"
    );
    assert_eq!(answer(&registry, 3, &[key(3)], add(77)), "permitted");
    assert_eq!(answer(&registry, 3, &[key(3)], add(5)), "key-exists");
    assert_eq!(
        answer(&registry, 5, &[key(5)], add(104)),
        "wrong-kind-of-party"
    );
}

#[test]
fn a_return_is_late_from_the_due_day_on() {
    let cut_off = registry()
        .return_cut_off("2024-01".parse().unwrap())
        .unwrap();
    assert_eq!(
        cut_off.to_string(),
        "2024-02-09T16:00:00.000Z",
        "the start of the 10th at +08:00"
    );
}

/// The log key with this number after the one with the number `replaced`, by whoever handed it over.
fn log_key(number: u8, by: u8) -> Payload {
    Payload::LogKeyRotated(Box::new(LogKeyRotated {
        key: grant(number),
        handover: Bytes64([by; 64]),
    }))
}

#[test]
fn a_log_key_follows_only_as_committed_and_handed_over_and_by_the_founder() {
    let registry = registry();
    let mut unproved = log_key(102, 2);
    if let Payload::LogKeyRotated(rotated) = &mut unproved {
        rotated.key.possession = Bytes64([9; 64]);
    }
    for (author, act, expected) in [
        (1, log_key(102, 2), "permitted"),
        (1, log_key(103, 2), "not-the-committed-log-key"),
        (1, log_key(2, 2), "not-the-committed-log-key"),
        (1, log_key(102, 102), "handover-fails"),
        (1, unproved, "possession-fails"),
        (3, log_key(102, 2), "not-the-founder"),
        (2, log_key(102, 2), "wrong-kind-of-party"),
        (4, log_key(102, 2), "wrong-kind-of-party"),
    ] {
        let found = answer(&registry, author, &[key(author)], act);
        assert_eq!(found, expected, "by {author}");
    }
    // If the operator took its next log key for its events, no key could ever follow: a key is registered once.
    let mut used = registry;
    let added = Payload::KeyAdded(Box::new(KeyAdded {
        party: party(2),
        key: grant(102),
    }));
    for author in [1, 2] {
        let found = answer(&used, author, &[key(author)], added.clone());
        assert_eq!(found, "kept-for-the-log", "by {author}");
    }
    take(&mut used, 4, now(), &body(2, added));
    assert_eq!(answer(&used, 1, &[key(1)], log_key(102, 2)), "key-exists");
}

#[test]
fn log_keys_have_the_positions_that_brought_them_and_the_old_one_signs_no_event() {
    let mut registry = registry();
    take(&mut registry, 7, now(), &body(1, log_key(102, 2)));
    let keys: Vec<_> = registry
        .log_keys()
        .iter()
        .map(|log_key| (log_key.key.0[0], log_key.brought_at))
        .collect();
    assert_eq!(keys, [(2, 0), (102, 7)]);
    assert_eq!(registry.key(&key(2)).unwrap().revoked_at, Some(7));
    let new = registry.key(&key(102)).unwrap();
    assert_eq!(
        (new.party, new.added_at, new.revoked_at),
        (party(2), 7, None)
    );
    // The second rotation is handed over by the second key, and committed to by it.
    assert_eq!(
        answer(&registry, 1, &[key(1)], log_key(202, 2)),
        "handover-fails"
    );
    assert_eq!(
        answer(&registry, 1, &[key(1)], log_key(202, 102)),
        "permitted"
    );
}
