//! Keys that are granted, objected to, committed to and recovered, against thieves and against honest parties.
//! Invariant: each case says who holds what, and what the registry answers. Knows no curve.

use super::*;
use crate::List;
use crate::payload::{AuthorityRecovered, GrantObjected, RulesChanged};

const DAY: i64 = 86_400_000;

fn added(number: u8, granted: KeyGrant) -> Payload {
    Payload::KeyAdded(Box::new(KeyAdded {
        party: party(number),
        key: granted,
    }))
}

fn revoked(number: u8, revoked: u8) -> Payload {
    Payload::KeyRevoked(KeyRevoked {
        party: party(number),
        key: key(revoked),
        reason: RevocationReason::Compromised,
    })
}

fn objected(granted: u8, committed: Option<u8>) -> Payload {
    Payload::GrantObjected(GrantObjected {
        key: key(granted),
        committed: committed.map(|byte| Bytes32([byte; 32])),
    })
}

fn recovered(recovery: u8, keys: &[u8], next: u8) -> Payload {
    Payload::AuthorityRecovered(Box::new(AuthorityRecovered {
        recovery: Bytes32([recovery; 32]),
        keys: List::new(keys.iter().map(|number| grant(*number)).collect()).unwrap(),
        next: PlainKeys.commitment(&Bytes32([next; 32])),
        reason: "stolen".parse().unwrap(),
    }))
}

/// What the registry answers on a day after the first one.
fn on(registry: &Registry, day: i64, author: u8, keys: &[u8], payload: Payload) -> &'static str {
    let keys: Vec<_> = keys.iter().map(|number| key(*number)).collect();
    let received = now().plus_ms(day * DAY);
    let refusal = registry.permit(&body(author, payload), &keys, received, &PlainKeys);
    refusal.map_or_else(|refusal| refusal.code(), |()| "permitted")
}

/// The event is permitted, and takes effect.
fn done(registry: &mut Registry, day: i64, author: u8, keys: &[u8], payload: Payload) {
    assert_eq!(
        on(registry, day, author, keys, payload.clone()),
        "permitted"
    );
    let received = now().plus_ms(day * DAY);
    take(registry, 100, received, &body(author, payload));
}

#[test]
fn a_key_that_an_office_grants_waits_for_the_partys_objection() {
    let mut registry = registry();
    // The department's key is stolen: a key of the thief's, 50, for the mine.
    done(&mut registry, 0, 3, &[3], added(4, grant(50)));
    let act = || objected(50, None);
    assert_eq!(on(&registry, 6, 4, &[50], act()), "pending-key");
    assert_eq!(on(&registry, 7, 4, &[50], act()), "not-pending");
    // Neither does what it commits to replace what the mine committed to.
    assert_eq!(
        on(&registry, 6, 4, &[4], added(4, grant(150))),
        "not-the-committed-key"
    );
    assert_eq!(on(&registry, 6, 4, &[4], added(4, grant(104))), "permitted");
    // Nobody else objects, and nobody objects to what is no grant.
    assert_eq!(on(&registry, 1, 5, &[5], act()), "foreign-key");
    assert_eq!(on(&registry, 1, 4, &[4], objected(51, None)), "unknown-key");
    assert_eq!(on(&registry, 1, 4, &[4], objected(4, None)), "not-pending");
    done(&mut registry, 6, 4, &[4], act());
    assert_eq!(on(&registry, 8, 4, &[50], objected(4, None)), "revoked-key");
    assert_eq!(
        on(&registry, 8, 4, &[4], added(4, grant(150))),
        "not-the-committed-key"
    );
    assert_eq!(on(&registry, 8, 4, &[4], act()), "not-pending");
}

#[test]
fn revoking_first_and_granting_then_takes_nobody_over() {
    let mut registry = registry();
    done(&mut registry, 0, 3, &[3], revoked(4, 4));
    done(&mut registry, 0, 3, &[3], added(4, grant(50)));
    // The mine holds no key that signs; the one that it committed to objects, and follows.
    assert_eq!(on(&registry, 1, 4, &[4], objected(50, None)), "revoked-key");
    assert_eq!(
        on(&registry, 1, 4, &[60], objected(50, Some(60))),
        "not-the-committed-key"
    );
    done(&mut registry, 1, 4, &[104], objected(50, Some(104)));
    assert_eq!(
        on(&registry, 1, 4, &[60], added(4, grant(60))),
        "not-the-committed-key"
    );
    done(&mut registry, 1, 4, &[104], added(4, grant(104)));
    assert_eq!(
        on(&registry, 1, 4, &[104], added(4, grant(204))),
        "permitted"
    );
}

#[test]
fn a_key_that_was_revoked_objects_to_nothing_though_it_was_committed_to() {
    let mut registry = registry();
    // 104 follows 4, is stolen and revoked: nobody but the thief would show it now.
    done(&mut registry, 0, 4, &[4], added(4, grant(104)));
    assert_eq!(
        on(&registry, 0, 4, &[104], objected(104, Some(104))),
        "not-pending"
    );
    done(&mut registry, 0, 3, &[3], revoked(4, 104));
    done(&mut registry, 0, 3, &[3], added(4, grant(50)));
    let by_thief = || objected(50, Some(104));
    assert_eq!(on(&registry, 1, 4, &[104], by_thief()), "revoked-key");
    assert_eq!(on(&registry, 1, 4, &[4], objected(50, None)), "permitted");
    // Nor while the mine has no other: 204 may follow it, itself it may not.
    done(&mut registry, 0, 3, &[3], revoked(4, 4));
    assert_eq!(on(&registry, 1, 4, &[104], by_thief()), "revoked-key");
    assert_eq!(
        on(&registry, 1, 4, &[104], added(4, grant(104))),
        "revoked-key"
    );
    assert_eq!(
        on(&registry, 1, 4, &[204], objected(50, Some(204))),
        "permitted"
    );
}

#[test]
fn the_days_to_object_are_not_cut_short_without_notice() {
    let mut registry = registry();
    let changed = |days: u16, effective: &str| {
        let (effective, rules) = (effective.parse().unwrap(), RuleSet::customary());
        let rules = RuleSet {
            grant_delay_days: days,
            ..rules
        };
        Payload::RulesChanged(Box::new(RulesChanged { effective, rules }))
    };
    // A key that is granted on 1 January signs on the 8th.
    for (days, effective, expected) in [
        (0, "2023-12-01", "notice-too-short"),
        (0, "2024-01-01", "notice-too-short"),
        (6, "2024-01-08", "notice-too-short"),
        (0, "2024-01-09", "permitted"),
        (7, "2024-01-01", "permitted"),
        (90, "2024-01-01", "permitted"),
    ] {
        let found = on(&registry, 0, 1, &[1], changed(days, effective));
        assert_eq!(found, expected, "{days} days from {effective}");
    }
    done(&mut registry, 0, 1, &[1], changed(0, "2024-01-09"));
    done(&mut registry, 0, 3, &[3], added(4, grant(50)));
    assert_eq!(on(&registry, 6, 4, &[50], objected(4, None)), "pending-key");
    // The party was told: from then on nothing waits.
    done(&mut registry, 8, 3, &[3], added(4, grant(60)));
    assert_eq!(
        on(&registry, 8, 4, &[60], added(4, grant(160))),
        "permitted"
    );
    // Whoever made it too long by mistake waits as long.
    done(&mut registry, 8, 1, &[1], changed(20, "2024-01-09"));
    assert_eq!(
        on(&registry, 8, 1, &[1], changed(7, "2024-01-29")),
        "notice-too-short"
    );
    assert_eq!(
        on(&registry, 8, 1, &[1], changed(7, "2024-01-30")),
        "permitted"
    );
}

#[test]
fn an_honest_grant_takes_effect_and_an_office_may_take_it_back_before() {
    let mut registry = registry();
    done(&mut registry, 0, 3, &[3], added(4, grant(50)));
    assert_eq!(
        on(&registry, 7, 4, &[50], added(4, grant(150))),
        "permitted"
    );
    assert_eq!(on(&registry, 7, 4, &[50], revoked(4, 4)), "permitted");
    // While it waits it is not counted: the mine keeps the key that signs.
    assert_eq!(on(&registry, 6, 4, &[4], revoked(4, 4)), "last-key");
    done(&mut registry, 6, 3, &[3], revoked(4, 50));
    assert_eq!(on(&registry, 9, 4, &[50], revoked(4, 4)), "revoked-key");
    assert_eq!(
        on(&registry, 9, 4, &[4], added(4, grant(150))),
        "not-the-committed-key"
    );
}

#[test]
fn the_next_key_alone_does_not_rotate_while_another_signs() {
    let registry = registry();
    assert_eq!(
        on(&registry, 0, 4, &[104], added(4, grant(104))),
        "unknown-key"
    );
    // Nor does it bring a key to somebody else.
    assert_eq!(
        on(&registry, 0, 3, &[104], added(4, grant(104))),
        "unknown-key"
    );
}

#[test]
fn the_recovery_key_replaces_all_keys_of_the_founder_once() {
    let mut registry = registry();
    // 0xee is the commitment to 0x11.
    let act = |keys: &[u8]| recovered(0x11, keys, 0x12);
    assert_eq!(
        on(&registry, 0, 1, &[1], act(&[70])),
        "not-the-recovery-key"
    );
    assert_eq!(
        on(&registry, 0, 1, &[0x12], recovered(0x12, &[70], 0x13)),
        "not-the-recovery-key"
    );
    assert_eq!(on(&registry, 0, 3, &[0x11], act(&[70])), "not-the-founder");
    assert_eq!(
        on(&registry, 0, 1, &[0x11], recovered(0x11, &[70], 0x11)),
        "recovery-not-apart"
    );
    assert_eq!(
        on(&registry, 0, 1, &[0x11], recovered(0x11, &[70], 70)),
        "recovery-not-apart"
    );
    assert_eq!(
        on(&registry, 0, 1, &[0x11], recovered(0x11, &[70], 170)),
        "recovery-not-apart"
    );
    assert_eq!(
        on(&registry, 0, 1, &[0x11], recovered(0x11, &[0x11], 0x12)),
        "recovery-not-apart"
    );
    assert_eq!(on(&registry, 0, 1, &[0x11], act(&[4])), "key-exists");
    // What is given up may be a thief's, and what was to follow it: neither recovers the next time.
    for known in [1, 101] {
        let found = on(&registry, 0, 1, &[0x11], recovered(0x11, &[70], known));
        assert_eq!(found, "recovery-not-apart", "{known}");
    }
    done(&mut registry, 0, 1, &[0x11], act(&[70, 71]));
    // Whoever had the old ones has nothing, not even the next of them.
    assert_eq!(
        on(&registry, 0, 1, &[1], added(1, grant(101))),
        "revoked-key"
    );
    assert_eq!(
        on(&registry, 0, 1, &[70], added(1, grant(101))),
        "not-the-committed-key"
    );
    assert_eq!(
        on(&registry, 0, 1, &[70], added(1, grant(170))),
        "permitted"
    );
    assert_eq!(
        on(&registry, 0, 1, &[0x11], recovered(0x11, &[72], 0x13)),
        "not-the-recovery-key"
    );
    assert_eq!(
        on(&registry, 0, 1, &[0x12], recovered(0x12, &[72], 0x13)),
        "permitted"
    );
}

#[test]
fn a_recovery_brings_as_many_keys_as_the_acts_of_the_authority_need() {
    let mut registry = registry();
    done(&mut registry, 0, 1, &[1], added(1, grant(101)));
    let rules = RuleSet {
        authority_signatures: 2,
        ..RuleSet::customary()
    };
    let effective = "2024-01-01".parse().unwrap();
    let changed = Payload::RulesChanged(Box::new(RulesChanged { effective, rules }));
    done(&mut registry, 0, 1, &[1, 101], changed);
    assert_eq!(
        on(&registry, 0, 1, &[0x11], recovered(0x11, &[70], 0x12)),
        "too-few-keys-held"
    );
    assert_eq!(
        on(&registry, 0, 1, &[0x11], recovered(0x11, &[70, 71], 0x12)),
        "permitted"
    );
}

#[test]
fn the_key_kept_for_recovery_is_granted_to_nobody() {
    let registry = registry();
    let party = PartyKind::Auditor;
    let mut act = registration(6, party, "150207");
    if let Payload::PartyRegistered(registered) = &mut act {
        registered.key = grant(0x11);
    }
    assert_eq!(on(&registry, 0, 3, &[3], act), "recovery-not-apart");
}
