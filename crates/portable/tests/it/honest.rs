//! Extracts of honest logs: of every kind of party, before and after a commitment to heads.
//! Invariant: each is good, and says what it leaves unproven. Knows no lie.

use testkit::Country;

use crate::log::{
    COMMITMENT, DEPARTMENT, Log, MINED, NOBODY, OPERATOR, SEPARATED_LATE, SMELTER, check, honest,
};
use crate::vectors::Case;

/// Party numbers at the two ends of every order by id.
const FIRST: u32 = 0;
const LAST: u32 = 99;

pub(crate) fn cases() -> Vec<Case> {
    let whole = honest();
    let until = |end: usize| Log::of(whole.entries[..end].to_vec());
    let good = |name, why, log: &Log, number| Case::of(name, why, &log.extract(number), &[]);
    vec![
        good(
            "good-before-heads",
            "an enterprise with events; the log commits to no heads yet",
            &until(COMMITMENT),
            Country::MINE,
        ),
        good(
            "good-at-heads",
            "the newest entry is the commitment to heads",
            &until(COMMITMENT + 1),
            Country::MINE,
        ),
        good(
            "good-after-heads",
            "events follow on the commitment; the authority revoked a key that another enterprise gave itself",
            &whole,
            Country::MINE,
        ),
        good(
            "good-act-about-another",
            "the authority suspended a party whose registration is not in the extract",
            &whole,
            Country::SEPARATOR,
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
            Country::TRADER,
        ),
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
        good(
            "good-founding-alone",
            "a log of one entry",
            &until(1),
            Country::MINE,
        ),
    ]
}

#[test]
fn an_extract_holds_the_chains_of_the_party_and_of_those_who_vouch_for_it() {
    let extract = honest().extract(Country::MINE);
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
    assert_eq!(authors, [1, DEPARTMENT, Country::MINE].map(number_of));
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
    assert_eq!(authors(NOBODY), of(&[1, 3, Country::SEPARATOR, SMELTER]));
    assert_eq!(authors(LAST), of(&[1, 3, SMELTER]));
    assert_eq!(authors(FIRST), of(&[1, 3]));
    assert_eq!(authors(OPERATOR), of(&[1, 3]));
}

#[test]
fn what_stays_unproven_is_said() {
    let whole = honest();
    let said = |log: &Log| check(&log.extract(Country::MINE)).not_checked.join("\n");
    let with_heads = said(&whole);
    assert!(
        with_heads.contains("from position 15 on were left out"),
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
    let mut extract = whole.extract(Country::MINE);
    let late = MINED[3] as u64;
    extract.entries.retain(|entry| entry.position != late);
    assert!(check(&extract).is_good());
    let mut extract = whole.extract(Country::SEPARATOR);
    extract
        .entries
        .retain(|entry| entry.position != SEPARATED_LATE as u64);
    assert!(check(&extract).is_good());
    extract.entries.retain(|entry| entry.position != 11);
    assert!(!check(&extract).is_good());
}
