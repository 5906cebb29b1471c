//! Extracts of honest logs: of every kind of party, before and after a commitment to heads.
//! Invariant: each is good, and says what it leaves unproven. Knows no lie.

use std::sync::Arc;

use domain::{Activity, PartyKind, Payload, Sector, Zone};
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, key, open, registration, rules_asking};

use crate::log::{
    AUTHORITY, COMMITMENT, DEPARTMENT, Log, MINED, NOBODY, OPERATOR, SEPARATED_LATE, SMELTER,
    check, entries_of, granted, honest, mined, next_event, now, put,
};
use crate::reach;
use crate::vectors::Case;

/// Party numbers at the two ends of every order by id.
const FIRST: u32 = 0;
const LAST: u32 = 99;
/// A national department beside the authority.
const RESOURCES: u32 = 8;

pub(crate) fn cases() -> Vec<Case> {
    let all = [of_enterprises(), of_unknown(), of_rules(), reach::good()];
    all.into_iter().flatten().collect()
}

fn good(name: &'static str, why: &'static str, log: &Log, number: u32) -> Case {
    Case::of(name, why, &log.extract(number), &[])
}

fn of_enterprises() -> Vec<Case> {
    let whole = honest();
    let until = |end: usize| Log::of(whole.entries[..end].to_vec());
    vec![
        good(
            "good-before-heads",
            "an enterprise with events; the log commits to no heads yet",
            &until(COMMITMENT),
            TestCountry::MINE,
        ),
        good(
            "good-at-heads",
            "the newest entry is the commitment to heads",
            &until(COMMITMENT + 1),
            TestCountry::MINE,
        ),
        good(
            "good-after-heads",
            "events follow on the commitment; the authority revoked a key that another enterprise gave itself",
            &whole,
            TestCountry::MINE,
        ),
        good(
            "good-act-about-another",
            "the authority suspended a party whose registration is not in the extract",
            &whole,
            TestCountry::SEPARATOR,
        ),
        good(
            "good-suspended",
            "a suspended enterprise, registered by a department",
            &whole,
            SMELTER,
        ),
        good(
            "good-silent",
            "a registered enterprise that signed nothing",
            &whole,
            TestCountry::TRADER,
        ),
        good(
            "good-founding-alone",
            "a log of one entry",
            &until(1),
            TestCountry::MINE,
        ),
    ]
}

fn of_unknown() -> Vec<Case> {
    let whole = honest();
    vec![
        good(
            "good-unknown",
            "no such party in the log: two leaves side by side",
            &whole,
            NOBODY,
        ),
        good(
            "good-unknown-below",
            "no such party in the log: it would stand before the first leaf",
            &whole,
            FIRST,
        ),
        good(
            "good-unknown-above",
            "no such party in the log: it would stand behind the last leaf",
            &whole,
            LAST,
        ),
    ]
}

fn of_rules() -> Vec<Case> {
    vec![good(
        "good-rules-lowered",
        "the authority asks for two signatures, another national department with two keys for one; then the authority signs with one",
        &rules_lowered(),
        TestCountry::MINE,
    )]
}

/// Rules with so many signatures of the authority, from the day on which all is signed.
fn rules(authority_signatures: u8) -> Payload {
    let effective = Zone::CHINA.day_of(now()).to_string();
    rules_asking(authority_signatures, &effective)
}

fn rules_lowered() -> Log {
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, _clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    let resources = PartyKind::Regulator {
        sector: Sector::NaturalResources,
    };
    let smelting = PartyKind::Enterprise {
        activities: vec![Activity::MetalSmelting].try_into().unwrap(),
    };
    let acts = [
        (AUTHORITY, registration(RESOURCES, resources, "000000")),
        // The second keys, without which the rules can neither be made nor lowered.
        (AUTHORITY, granted(AUTHORITY, AUTHORITY + 1_000_000)),
        (RESOURCES, granted(RESOURCES, RESOURCES + 1_000_000)),
        (AUTHORITY, rules(2)),
    ];
    for (author, act) in acts {
        accept(&ledger, vec![country.authors.sign(author, now(), act)]);
    }
    let both = [key(RESOURCES), key(RESOURCES + 1_000_000)];
    let lowering = country
        .authors
        .sign_by_all(RESOURCES, &both, now(), rules(1));
    accept(&ledger, vec![lowering]);
    for (author, act) in [
        (AUTHORITY, registration(SMELTER, smelting, "150207")),
        (TestCountry::MINE, mined(1)),
    ] {
        accept(&ledger, vec![country.authors.sign(author, now(), act)]);
    }
    let heads = Payload::HeadsCommitted(ledger.heads_commitment());
    accept(&ledger, vec![country.authors.sign(OPERATOR, now(), heads)]);
    Log::of(entries_of(&memory))
}

#[test]
fn the_authority_needed_two_signatures_before_the_rules_were_lowered() {
    let whole = rules_lowered();
    let lowered = 9;
    let mut entries = whole.entries[..lowered].to_vec();
    let event = next_event(&entries, AUTHORITY, &key(AUTHORITY), rules(2));
    put(&mut entries, event);
    let report = check(&Log::of(entries).extract(TestCountry::MINE));
    let faults: Vec<_> = report.faults.iter().map(|fault| fault.position).collect();
    assert_eq!(faults, [lowered as u64]);
}

#[test]
fn an_extract_holds_the_chains_of_the_party_and_of_those_who_vouch_for_it() {
    let extract = honest().extract(TestCountry::MINE);
    let positions: Vec<u64> = extract.entries.iter().map(|entry| entry.position).collect();
    // All but those of the separator and the smelter.
    assert_eq!(
        positions,
        [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 18]
    );
    let report = check(&extract);
    assert!(report.is_good(), "{:#?}", report.faults);
    assert_eq!((report.size, report.authors), (15, 4));
    assert_eq!(report.event_signatures, 15);
    let number_of = |number| testkit::party(number);
    let leaves: Vec<_> = extract.heads.unwrap().leaves;
    let authors: Vec<_> = leaves.iter().map(|leaf| leaf.author).collect();
    // The operator signed nothing before its commitment: the leaves below and above it are those of the authority and
    // the department, which are here anyway.
    assert_eq!(authors, [1, DEPARTMENT, TestCountry::MINE].map(number_of));
}

#[test]
fn a_party_that_signed_nothing_gets_its_neighbours() {
    let authors = |number| {
        let heads = honest().extract(number).heads.unwrap();
        let leaves = heads.leaves.into_iter();
        leaves.map(|leaf| leaf.author).collect::<Vec<_>>()
    };
    let of = |numbers: &[u32]| {
        numbers
            .iter()
            .map(|n| testkit::party(*n))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        authors(NOBODY),
        of(&[1, 3, TestCountry::SEPARATOR, SMELTER])
    );
    assert_eq!(authors(LAST), of(&[1, 3, SMELTER]));
    assert_eq!(authors(FIRST), of(&[1, 3]));
    assert_eq!(authors(OPERATOR), of(&[1, 3]));
}

#[test]
fn what_stays_unproven_is_said() {
    let whole = honest();
    let said = |log: &Log| {
        check(&log.extract(TestCountry::MINE))
            .not_checked
            .join("\n")
    };
    let with_heads = said(&whole);
    assert!(
        with_heads.contains("from position 15 on were left out: the commitment at position 15 covers what lies before 15"),
        "{with_heads}"
    );
    assert!(
        with_heads.contains("whether the commitment at position 15 is true"),
        "{with_heads}"
    );
    assert!(
        with_heads.contains("authors that are not in this extract"),
        "{with_heads}"
    );
    assert!(with_heads.contains("authority for 1 acts"), "{with_heads}");
    assert!(with_heads.contains("no log key was given"), "{with_heads}");
    let without = said(&Log::of(whole.entries[..COMMITMENT].to_vec()));
    assert!(
        without.contains("no commitment to every author's newest event"),
        "{without}"
    );
}

#[test]
fn events_after_the_commitment_may_be_left_out_and_only_those() {
    let whole = honest();
    let mut extract = whole.extract(TestCountry::MINE);
    let late = MINED[3] as u64;
    extract.entries.retain(|entry| entry.position != late);
    assert!(check(&extract).is_good());
    let mut extract = whole.extract(TestCountry::SEPARATOR);
    extract
        .entries
        .retain(|entry| entry.position != SEPARATED_LATE as u64);
    assert!(check(&extract).is_good());
    extract.entries.retain(|entry| entry.position != 11);
    assert!(!check(&extract).is_good());
}
