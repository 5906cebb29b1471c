//! The faulty cases of what an event has seen, and of what came with methods, papers, acts and recoveries.
//!
//! Invariant: as in `faulty`: a mutation changes one place. Knows where things stand in bytes.

use super::faulty::Mutation::{At, Keep, Replace};
use super::faulty::{Faulty, SEEN, day, faults, le64, shares, swap, text};
use super::good::{mine, plant};

/// SHA-256 of nothing.
const EMPTY_ROOT: [u8; 32] = domain::Seen::NOTHING.root.0;

pub(super) fn seen() -> Vec<Faulty> {
    let seen = |size: u64, root: [u8; 32]| At(SEEN, [&le64(size)[..], &root].concat());
    faults! {
        "seen-nothing-with-a-root" of "lot-mined" is "seen-root": "no entry seen, and the root of some"
            => seen(0, [0x5e; 32]);
        "seen-some-with-the-empty-root" of "lot-mined" is "seen-root": "entries seen, and the root of none"
            => seen(1, EMPTY_ROOT);
        "cut-in-seen" of "lot-mined" is "truncated": "ends within what was seen" => Keep(SEEN + 39);
    }
}

pub(super) fn facts() -> Vec<Faulty> {
    let wet = |mass: u64, moisture: u32| [&le64(mass)[..], &moisture.to_le_bytes()].concat();
    let weighed = |mass, moisture| swap(&wet(100_000_000, 38_000), &wet(mass, moisture));
    let page = |page: u16| [&text("PIT-2024/1")[..], &page.to_le_bytes()].concat();
    let cancels = |number| [&[1][..], &text(number)].concat();
    let element = |atomic: u8, ppm: u32| [&[atomic][..], &ppm.to_le_bytes()].concat();
    let assay = |kind| [&text("ICP-1")[..], &[kind]].concat();
    faults! {
        "wet-too-heavy" of "lot-mined-raw" is "wet-and-net": "two milligrams more than net without the water"
            => weighed(100_000_003, 38_000);
        "moisture-above-whole" of "lot-mined-raw" is "share-above-whole": "more water than mass"
            => weighed(100_000_000, 1_000_001);
        "raw-ore-of-another-kind" of "lot-mined-raw" is "product-not-possible": "raw monazite out of mixed ore"
            => swap(&[8, 3, 0], &[8, 2, 0]);
        "leached-chloride" of "lot-mined-leached" is "product-not-possible": "a mine that yields a chloride"
            => swap(&[2, 1, 0], &[2, 2, 0]);
        "assay-of-nothing" of "lot-recovered" is "assay-without-composition": "an assay method, and no composition"
            => Replace([&[1][..], &shares(&[(60, 1_000_000)]), &[1], &text("ICP-1")].concat(),
               [&[0, 1][..], &text("ICP-1")].concat());
        "recovered-ore" of "lot-recovered" is "product-not-possible": "ore is mined, not recovered"
            => swap(&[7, 2, 0], &[1, 2, 0]);
        "recovered-raw-ore" of "lot-recovered" is "product-not-possible": "raw ore is mined, not recovered"
            => swap(&[7, 2, 0], &[8, 2, 0]);
        "page-0" of "stock-counted" is "page-zero": "pages are numbered from 1" => swap(&page(2), &page(0));
        "vessel-twice" of "stock-counted" is "lot-twice": "one vessel twice" => swap(b"MS-02", b"MS-01");
        "invoice-cancels-itself" of "shipment-dispatched" is "invoice-cancels-itself": "a red-letter invoice of itself"
            => swap(&cancels("00000003"), &cancels("00000002"));
        "destination-4" of "shipment-dispatched-end-user" is "unknown-code": "kind of destination 4"
            => swap(&[&text("SX-1")[..], &[2, 1]].concat(), &[&text("SX-1")[..], &[4, 1]].concat());
        "export-licence-reversed" of "lot-exported" is "period-reversed": "ends before it begins"
            => swap(&day(2024, 6, 30), &day(2023, 12, 31));
        "method-elements-unsorted" of "method-declared" is "list-order": "neodymium before praseodymium"
            => swap(&element(59, 2_500), &element(61, 2_500));
        "method-elements-of-a-weighbridge" of "method-declared" is "elements-of-no-assay": "a weighbridge knows no elements"
            => swap(&assay(2), &assay(1));
        "method-reversed" of "method-declared" is "period-reversed": "ends before it begins"
            => swap(&day(2025, 12, 31), &day(2023, 12, 31));
    }
}

pub(super) fn acts() -> Vec<Faulty> {
    let suspended = |from, until| [from, until].concat();
    let (first, second) = (
        suspended(day(2025, 11, 10), day(2026, 11, 10)),
        suspended(day(2027, 1, 1), day(2027, 1, 1)),
    );
    let whole = |bytes: &[u8]| [&le64(bytes.len() as u64)[..], bytes].concat();
    let annulled = |bytes: &[u8]| Replace(whole(&super::annullable()), whole(bytes));
    let mut cut = super::annullable();
    cut.pop();
    let mut unknown = super::annullable();
    // Behind an author of kind 1.
    unknown[149..151].copy_from_slice(&[30, 0]);
    let uncertain = |basis: u8, random: u32| [&[basis][..], &random.to_le_bytes()].concat();
    faults! {
        "amended-activities-unsorted" of "party-amended" is "list-order": "separation before mining"
            => Replace([le64(2), vec![1, 2]].concat(), [le64(2), vec![2, 1]].concat());
        "licence-amended-reversed" of "site-amended" is "period-reversed": "ends before it begins"
            => swap(&suspended(day(2024, 2, 29), day(2024, 2, 29)), &suspended(day(2024, 2, 29), day(2024, 2, 28)));
        "succeeds-itself" of "party-succeeded" is "same-holder": "an enterprise takes over from itself"
            => swap(mine().as_bytes(), plant().as_bytes());
        "annulment-of-annulment" of "act-annulled" is "nested-annulment": "the annulled act is an annulment"
            => annulled(&super::good_bytes("act-annulled"));
        "annulment-of-a-lot" of "act-annulled" is "not-annullable": "what is annulled is a fact of an enterprise"
            => annulled(&super::good_bytes("lot-discarded"));
        "annulment-of-a-key" of "act-annulled" is "not-annullable": "what is annulled grants a key"
            => annulled(&super::good_bytes("key-added"));
        "annulment-of-correction" of "act-annulled" is "not-annullable": "what is annulled corrects a fact, and carries it"
            => annulled(&super::good_bytes("event-corrected"));
        "correction-of-annulment" of "event-corrected-did-not-occur" is "not-correctable": "the corrected event carries an act"
            => Replace(whole(&super::correctable(&plant())), whole(&super::good_bytes("act-annulled")));
        "annulment-of-number-30" of "act-annulled" is "annulled": "no payload has the number of what is annulled"
            => annulled(&unknown);
        "annulment-of-cut-act" of "act-annulled" is "annulled": "the annulled act lacks its last byte" => annulled(&cut);
        "suspension-reversed" of "reference-changed" is "period-reversed": "ends before it begins"
            => swap(&first, &suspended(day(2026, 11, 10), day(2025, 11, 10)));
        "suspension-outside" of "reference-changed" is "period-reversed": "it begins before its row"
            => swap(&first, &suspended(day(2025, 11, 7), day(2026, 11, 10)));
        "suspensions-unsorted" of "reference-changed" is "list-order": "the later one first"
            => Replace([&first[..], &second].concat(), [&second[..], &first].concat());
        "reference-rows-unsorted" of "reference-changed" is "list-order": "a key before a lower one"
            => swap(&text("1C909"), &text("1C901"));
        "reference-row-shares-a-day" of "reference-changed" is "list-order": "one key has two rows on a day"
            => swap(&day(2025, 11, 7), &day(2025, 11, 8));
        "reference-row-open-before-another" of "reference-changed" is "list-order": "an open row of a key before its next one"
            => swap(&[&[1][..], &day(2025, 11, 7)].concat(), &[0]);
        "recovery-key-twice" of "authority-recovered" is "lot-twice": "one key twice" => swap(&[0x13; 32], &[0x10; 32]);
        "grant-delay-91" of "rules-changed" is "range": "a key that waits longer than ninety days"
            => swap(&[2, 7, 0, 30, 0], &[2, 91, 0, 30, 0]);
        "uncertainties-unsorted" of "rules-changed" is "list-order": "stated before measured"
            => swap(&uncertain(1, 1_100), &uncertain(4, 1_100));
        "floor-above-cap" of "rules-changed" is "range": "the floor of uncertainty above its cap"
            => swap(&[0xf4, 1, 0, 0, 0x50, 0xc3, 0, 0], &[0xf4, 1, 0, 0, 0xf3, 1, 0, 0]);
    }
}
