//! The faulty cases: the bytes of a good case with one mutation, and the one refusal that comes of it.
//!
//! Invariant: a mutation changes one place, so that no other fault can hide behind it. Knows where things stand in bytes.

use super::good::{auditor, lei, mine, plant, trader};

/// One change of good bytes.
pub(super) enum Mutation {
    /// Bytes that follow the good ones.
    Append(Vec<u8>),
    /// As many zero bytes follow the good ones; the vector's file gives their number.
    Zeros(usize),
    /// Only the first so many bytes stay.
    Keep(usize),
    /// Without the last byte.
    CutLast,
    /// The first bytes are put in place of the second ones, which stand in the good bytes exactly once.
    Replace(Vec<u8>, Vec<u8>),
    /// Bytes at an offset are overwritten.
    At(usize, Vec<u8>),
}

use Mutation::{Append, At, CutLast, Keep, Replace, Zeros};

/// A faulty event: name, the good case it is made of, the refusal, what is wrong, the mutation.
pub(super) struct Faulty(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) Mutation,
);

/// A list of [`Faulty`]: `NAME of GOOD is REFUSAL: WHAT IS WRONG => MUTATION;`.
macro_rules! faults {
    ($($name:literal of $base:tt is $refusal:literal: $comment:literal => $mutation:expr;)+) => {
        vec![$($crate::vectors::faulty::Faulty($name, $base, $refusal, $comment, $mutation)),+]
    };
}
pub(super) use faults;

pub(super) fn le64(number: u64) -> Vec<u8> {
    number.to_le_bytes().to_vec()
}

pub(super) fn text(text: &str) -> Vec<u8> {
    [le64(text.len() as u64), text.as_bytes().to_vec()].concat()
}

/// A text that claims another length than it has.
fn forged(length: u64, text: &str) -> Vec<u8> {
    [le64(length), text.as_bytes().to_vec()].concat()
}

pub(super) fn swap(find: &[u8], put: &[u8]) -> Mutation {
    Replace(find.to_vec(), put.to_vec())
}

pub(super) fn shares(shares: &[(u8, u32)]) -> Vec<u8> {
    let mut bytes = le64(shares.len() as u64);
    for (element, ppm) in shares {
        bytes.push(*element);
        bytes.extend_from_slice(&ppm.to_le_bytes());
    }
    bytes
}

/// Net, REO, basis, as they follow each other.
pub(super) fn masses(net: u64, reo: u64, basis: u8) -> Vec<u8> {
    [le64(net), le64(reo), vec![basis]].concat()
}

fn month(year: u16, month: u8) -> Vec<u8> {
    [&year.to_le_bytes()[..], &[month]].concat()
}

pub(super) fn day(year: u16, month: u8, day: u8) -> Vec<u8> {
    [&year.to_le_bytes()[..], &[month, day]].concat()
}

/// Every faulty event.
pub(super) fn cases() -> Vec<Faulty> {
    [
        frame(),
        lengths(),
        texts(),
        parties_and_codes(),
        goods(),
        times(),
        across_fields(),
        corrections(),
        super::said::seen(),
        super::said::facts(),
        super::said::acts(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Offsets in the envelope of an author with an 18-character code.
const AUTHOR: usize = 2 + 32;
const SEQ: usize = AUTHOR + 19;
const PREV: usize = SEQ + 8;
pub(super) const SEEN: usize = PREV + 32;
const OCCURRED: usize = SEEN + 8 + 32;
pub(super) const NUMBER: usize = OCCURRED + 8 + 8;
const PAYLOAD: usize = NUMBER + 2;

fn frame() -> Vec<Faulty> {
    let mined = "lot-mined";
    faults! {
        "handover-cut" of "log-key-rotated" is "truncated": "a handover that lacks its last byte"
            => Keep(PAYLOAD + 128 + 63);
        "handover-long" of "log-key-rotated" is "trailing-bytes": "a handover with a byte too many"
            => swap(&[0x53; 64], &[0x53; 65]);
        "empty" of mined is "truncated": "no bytes at all" => Keep(0);
        "cut-in-version" of mined is "truncated": "one byte" => Keep(1);
        "cut-in-author" of mined is "truncated": "ends within the author" => Keep(AUTHOR + 9);
        "cut-before-seq" of mined is "truncated": "ends after the author" => Keep(SEQ);
        "cut-in-prev" of mined is "truncated": "ends within prev" => Keep(PREV + 31);
        "cut-in-number" of mined is "truncated": "ends within the payload number" => Keep(NUMBER + 1);
        "cut-in-length" of mined is "truncated": "ends within the length of a code" => Keep(PAYLOAD + 7);
        "cut-in-text" of mined is "truncated": "ends within a code" => Keep(PAYLOAD + 10);
        "cut-last-byte" of mined is "truncated": "the last byte is gone" => CutLast;
        "trailing-byte" of mined is "trailing-bytes": "one byte follows" => Append(vec![0]);
        "trailing-event" of "month-closed" is "trailing-bytes": "a second version number follows" => Append(vec![1, 0]);
        "too-long" of mined is "too-long": "more than 32768 bytes, zeros after the event" => Zeros(32_768);
        "version-0" of mined is "unknown-version": "version 0" => At(0, vec![0, 0]);
        "version-2" of mined is "unknown-version": "version 2" => At(0, vec![2, 0]);
        "version-256" of mined is "unknown-version": "version 1 written big-endian" => At(0, vec![0, 1]);
        "payload-0" of mined is "unknown-payload": "payload number 0" => At(NUMBER, vec![0, 0]);
        "payload-30" of mined is "unknown-payload": "the number after the acts of office" => At(NUMBER, vec![30, 0]);
        "payload-52" of mined is "unknown-payload": "the number after the facts of enterprises"
            => At(NUMBER, vec![52, 0]);
        "payload-65535" of mined is "unknown-payload": "the largest number" => At(NUMBER, vec![255, 255]);
        "option-2" of mined is "bad-tag": "a present-or-absent byte of 2 before the uncertainty"
            => swap(&[1, 1, 0xC4, 9, 0, 0], &[1, 2, 0xC4, 9, 0, 0]);
        "bool-255" of "month-closed-nil" is "bad-tag": "a yes-or-no byte of 255"
            => swap(&[&le64(42)[..], &le64(42), &[1]].concat(), &[&le64(42)[..], &le64(42), &[255]].concat());
        "bool-2" of "month-closed" is "bad-tag": "a yes-or-no byte of 2"
            => swap(&[le64(41), vec![0]].concat(), &[le64(41), vec![2]].concat());
        "rules-bool-2" of "rules-changed" is "bad-tag": "a yes-or-no byte of 2 in the rules"
            => swap(&[10, 1, 0x88, 0x13], &[10, 2, 0x88, 0x13]);
    }
}

fn lengths() -> Vec<Faulty> {
    let reason = "truck broke down";
    let inspectors = [le64(2), text("王工")].concat();
    let one_line = |count: u64| [le64(count), vec![1], plant().into_bytes()].concat();
    let corrected = |length: u64| [&46u16.to_le_bytes()[..], &le64(length), &[1, 0, 0x1d]].concat();
    // The corrected event is the worked example in the chain of the plant.
    let length = super::correctable_length();
    faults! {
        "code-length-33" of "lot-mined" is "text-length": "a code that claims 33 bytes"
            => swap(&text("PIT-1"), &forged(33, "PIT-1"));
        "code-length-max" of "lot-mined" is "text-length": "a code that claims 2^64 - 1 bytes"
            => swap(&text("PIT-1"), &forged(u64::MAX, "PIT-1"));
        "code-empty" of "lot-mined" is "text-length": "a code of no bytes" => swap(&text("PIT-1"), &text(""));
        "code-too-long" of "lot-mined" is "text-length": "a code of 33 bytes"
            => swap(&text("PIT-1"), &text(&"A".repeat(33)));
        "term-length-max" of "shipment-withdrawn" is "text-length": "a term that claims 2^64 - 1 bytes"
            => swap(&text(reason), &forged(u64::MAX, reason));
        "term-length-17" of "shipment-withdrawn" is "truncated": "a term that claims one byte more than there is"
            => swap(&text(reason), &forged(17, reason));
        "term-too-long" of "shipment-withdrawn" is "text-length": "a term of 201 bytes"
            => swap(&text(reason), &text(&"x".repeat(201)));
        "term-empty" of "shipment-withdrawn" is "text-length": "a term of no bytes" => swap(&text(reason), &text(""));
        "note-too-long" of "lot-discarded" is "text-length": "a note of 2001 bytes"
            => swap(&text("spilled"), &text(&"x".repeat(2001)));
        "note-length-max" of "lot-discarded" is "text-length": "a note that claims 2^64 - 1 bytes"
            => swap(&text("spilled"), &forged(u64::MAX, "spilled"));
        "list-length-max" of "lot-used" is "list-length": "a list that claims 2^64 - 1 items"
            => swap(&one_line(1), &one_line(u64::MAX));
        "list-length-101" of "lot-used" is "list-length": "a list that claims 101 lines"
            => swap(&one_line(1), &one_line(101));
        "list-length-0" of "lot-used" is "list-length": "a list that needs an item has none"
            => swap(&one_line(1), &one_line(0));
        "list-length-100" of "lot-used" is "unknown-code": "a list that claims 100 lines and holds one: the next reads as one more"
            => swap(&one_line(1), &one_line(100));
        "inspectors-1" of "inspection-recorded" is "list-length": "one inspector: the law asks for two"
            => swap(&inspectors, &[le64(1), text("王工")].concat());
        "inspectors-9" of "inspection-recorded" is "list-length": "a list that claims nine inspectors"
            => swap(&inspectors, &[le64(9), text("王工")].concat());
        "composition-0" of "lot-mined" is "list-length": "a composition of no element" => swap(&le64(3), &le64(0));
        "composition-18" of "lot-mined" is "list-length": "a composition that claims 18 elements"
            => swap(&le64(3), &le64(18));
        "composition-length-max" of "lot-mined" is "list-length": "a composition that claims 2^64 - 1 elements"
            => swap(&le64(3), &le64(u64::MAX));
        "corrected-length-max" of "event-corrected" is "list-length": "corrected bytes that claim 2^64 - 1"
            => swap(&corrected(length), &corrected(u64::MAX));
        "corrected-length-24577" of "event-corrected" is "list-length": "corrected bytes that claim one more than the limit"
            => swap(&corrected(length), &corrected(24_577));
        "corrected-length-24576" of "event-corrected" is "truncated": "corrected bytes that claim the limit and are fewer"
            => swap(&corrected(length), &corrected(24_576));
        "corrected-length-0" of "event-corrected" is "list-length": "no corrected bytes"
            => swap(&corrected(length), &corrected(0));
    }
}

fn texts() -> Vec<Faulty> {
    let reason = |put: &str| swap(&text("truck broke down"), &text(put));
    let bytes = |put: &[u8]| {
        swap(
            &text("truck broke down"),
            &[&le64(put.len() as u64)[..], put].concat(),
        )
    };
    let shipment = "shipment-withdrawn";
    let code = |put: &str| swap(&text("PIT-1"), &text(put));
    faults! {
        "text-not-utf8" of shipment is "text-encoding": "a byte that UTF-8 never has" => bytes(&[b'a', 0xFF, b'b']);
        "text-overlong-utf8" of shipment is "text-encoding": "a slash in two bytes" => bytes(&[b'a', 0xC0, 0xAF]);
        "text-surrogate" of shipment is "text-encoding": "a surrogate in UTF-8" => bytes(&[0xED, 0xA0, 0x80]);
        "text-newline" of shipment is "text-control": "a line feed within" => reason("a\nb");
        "text-zero" of shipment is "text-control": "a zero byte within" => reason("a\0b");
        "text-c1-control" of shipment is "text-control": "U+0085, a control character of two bytes"
            => reason("a\u{85}b");
        "text-zero-width" of shipment is "text-invisible": "U+200B, a space of no width" => reason("Some\u{200B}Mining");
        "text-right-to-left" of shipment is "text-invisible": "U+202E, which turns the order of what follows"
            => reason("Some\u{202E}gniniM");
        "text-soft-hyphen" of shipment is "text-invisible": "U+00AD within" => reason("rare\u{AD}earths");
        "text-byte-order-mark" of shipment is "text-invisible": "U+FEFF first" => reason("\u{FEFF}truck");
        "text-line-separator-last" of shipment is "text-invisible": "U+2028 last, which is white space too"
            => reason("truck\u{2028}");
        "text-tag" of shipment is "text-invisible": "U+E0041, a tag" => reason("a\u{E0041}");
        "text-noncharacter" of shipment is "text-invisible": "U+1FFFE, a noncharacter" => reason("a\u{1FFFE}");
        "text-decomposed" of shipment is "text-normal-form": "a letter and a combining ring instead of one letter"
            => reason("A\u{30A}");
        "text-compatibility-ideograph" of shipment is "text-normal-form": "U+F900, which normal form C writes as U+8C48"
            => reason("\u{F900}");
        "text-leading-space" of shipment is "text-space": "a space first" => reason(" a");
        "text-trailing-space" of shipment is "text-space": "a space last" => reason("a ");
        "text-ideographic-space" of shipment is "text-space": "U+3000 last" => reason("稀土\u{3000}");
        "code-lower-case" of "lot-mined" is "code-character": "a small letter" => code("pIT-1");
        "code-space" of "lot-mined" is "code-character": "a space" => code("PIT 1");
        "code-chinese" of "lot-mined" is "code-character": "a Chinese character" => code("矿");
        "origin-plus" of "ledger-founded" is "code-character": "a plus sign in the origin, which ends a key's name"
            => swap(&text("ledger.example/rare-earths"), &text("ledger.example+rare-earths"));
    }
}

fn parties_and_codes() -> Vec<Faulty> {
    let number = |party: &str, change: &dyn Fn(&mut String)| {
        let mut changed = party.to_owned();
        change(&mut changed);
        changed.into_bytes()
    };
    let author = |change: &dyn Fn(&mut String)| At(AUTHOR + 1, number(&plant(), change));
    let replace_last =
        |last: &'static str| move |text: &mut String| text.replace_range(text.len() - 1.., last);
    let wrong = if plant().ends_with('0') { "1" } else { "0" };
    let auditor_wrong = if auditor().ends_with('0') { "1" } else { "0" };
    let lei_wrong = if trader().ends_with('0') { "1" } else { "0" };
    let process = |process: u8, model: u8| [text("SX-1"), vec![process, model]].concat();
    faults! {
        "uscc-check" of "lot-mined" is "uscc-check": "a wrong check character" => author(&replace_last(wrong));
        "uscc-typing-error" of "lot-mined" is "uscc-check": "one wrong digit"
            => author(&|t| t.replace_range(3..4, "7"));
        "uscc-letter-i" of "lot-mined" is "party-shape": "a letter that the code never has"
            => author(&|t| t.replace_range(8..9, "I"));
        "uscc-lower-case" of "lot-mined" is "party-shape": "a small letter" => author(&|t| t.replace_range(8..9, "m"));
        "lei-check" of "lot-mined-lei-author" is "lei-check": "a wrong check digit"
            => At(AUTHOR + 1, number(&trader(), &replace_last(lei_wrong)));
        "lei-typing-error" of "lot-mined-lei-author" is "lei-check": "two digits in the wrong order"
            => At(AUTHOR + 1, number(&trader(), &|t| t.replace_range(16..18, "10")));
        "lei-check-letter" of "lot-mined-lei-author" is "lei-check": "a letter for a check digit"
            => At(AUTHOR + 1, number(&trader(), &replace_last("A")));
        "lei-lower-case" of "lot-mined-lei-author" is "party-shape": "a small letter"
            => At(AUTHOR + 1, number(&trader(), &|t| t.replace_range(6..7, "y")));
        "party-tag-0" of "lot-mined" is "unknown-code": "kind of party id 0" => At(AUTHOR, vec![0]);
        "party-tag-3" of "lot-mined" is "unknown-code": "kind of party id 3" => At(AUTHOR, vec![3]);
        "party-kind-5" of "party-registered-auditor" is "unknown-code": "kind of party 5"
            => swap(&[3, 0xB8, 0x4A, 2, 0], &[5, 0xB8, 0x4A, 2, 0]);
        "sector-6" of "party-registered-regulator" is "unknown-code": "sector 6"
            => swap(&[1, 4, 0xB8, 0x4A, 2, 0], &[1, 6, 0xB8, 0x4A, 2, 0]);
        "activity-8" of "site-licensed" is "unknown-code": "activity 8"
            => swap(&[text("PIT-1"), vec![1]].concat(), &[text("PIT-1"), vec![8]].concat());
        "activities-unsorted" of "party-registered" is "list-order": "exporting before mining"
            => swap(&[le64(2), vec![1, 6]].concat(), &[le64(2), vec![6, 1]].concat());
        "activities-twice" of "party-registered" is "list-order": "mining twice"
            => swap(&[le64(2), vec![1, 6]].concat(), &[le64(2), vec![1, 1]].concat());
        "holder-3" of "quota-allocated" is "unknown-code": "kind of quota holder 3" => At(PAYLOAD, vec![3]);
        "track-0" of "quota-allocated-party" is "unknown-code": "quota track 0"
            => swap(&[0xE8, 7, 2, 1], &[0xE8, 7, 0, 1]);
        "process-9" of "lot-processed" is "unknown-code": "process 9" => swap(&process(2, 3), &process(9, 3));
        "custody-4" of "lot-processed" is "unknown-code": "chain of custody model 4"
            => swap(&process(2, 3), &process(2, 4));
        "outcome-4" of "shipment-received" is "unknown-code": "outcome 4" => swap(&[9, 0, 0, 3], &[9, 0, 0, 4]);
        "loss-cause-3" of "lot-lost" is "unknown-code": "cause of loss 3"
            => swap(&[vec![2], text("已报案")].concat(), &[vec![3], text("已报案")].concat());
        "division-gap" of "party-registered-auditor" is "division": "a county of no city: 150002"
            => swap(&150_200u32.to_le_bytes(), &150_002u32.to_le_bytes());
        "division-seven-digits" of "party-registered-auditor" is "division": "1000000"
            => swap(&150_200u32.to_le_bytes(), &1_000_000u32.to_le_bytes());
        "country-lower-case" of "lot-exported" is "country": "de"
            => swap(&[text("EXP-1"), b"DE".to_vec()].concat(), &[text("EXP-1"), b"de".to_vec()].concat());
        "hs-letter" of "lot-exported" is "hs-code": "a letter in a tariff code" => swap(b"2846901920", b"284690192O");
        "parties-unsorted" of "access-granted" is "list-order": "the LEI first"
            => swap(&[vec![1], mine().into_bytes(), vec![2], trader().into_bytes()].concat(), &[vec![2],
               trader().into_bytes(), vec![1], mine().into_bytes()].concat());
        "author-other-lei" of "lot-mined-lei-author" is "lei-check": "the check digits of another LEI"
            => At(AUTHOR + 19, lei("999900YTTERBY00002").as_bytes()[18..].to_vec());
        "auditor-check" of "access-granted" is "uscc-check": "a wrong check character of a code full of letters"
            => swap(auditor().as_bytes(), &number(&auditor(), &replace_last(auditor_wrong)));
    }
}

fn goods() -> Vec<Faulty> {
    let good = shares(&[(57, 300_000), (58, 500_000), (60, 200_000)]);
    let composition = |put: &[(u8, u32)]| Replace(good.clone(), shares(put));
    let mined = "lot-mined";
    let ore = |put: [u8; 3]| {
        swap(
            &[text("ORE-7"), vec![1, 3, 0]].concat(),
            &[text("ORE-7"), put.to_vec()].concat(),
        )
    };
    let scrap = |put: [u8; 3]| {
        swap(
            &[text("SCR-1"), vec![6, 1, 0]].concat(),
            &[text("SCR-1"), put.to_vec()].concat(),
        )
    };
    let (net, reo) = (40_000_000_000, 20_000_000_000);
    let mass =
        |net_put, reo_put, basis| Replace(masses(net, reo, 1), masses(net_put, reo_put, basis));
    let dysprosium = masses(1_000_000, 1_147_683, 2);
    faults! {
        "composition-unsorted" of mined is "list-order": "Ce before La"
            => composition(&[(58, 500_000), (57, 300_000), (60, 200_000)]);
        "composition-duplicate" of mined is "list-order": "La twice"
            => composition(&[(57, 300_000), (57, 500_000), (60, 200_000)]);
        "composition-zero" of mined is "list-order": "a share of zero"
            => composition(&[(57, 300_000), (58, 700_000), (60, 0)]);
        "composition-short" of mined is "composition-sum": "one ppm missing"
            => composition(&[(57, 300_000), (58, 500_000), (60, 199_999)]);
        "composition-over" of mined is "composition-sum": "one ppm too many"
            => composition(&[(57, 300_000), (58, 500_000), (60, 200_001)]);
        "composition-overflow" of mined is "composition-sum": "shares whose sum overflows 32 bits to one whole"
            => composition(&[(57, u32::MAX), (58, 500_000), (60, 500_001)]);
        "element-56" of mined is "unknown-code": "barium is no rare earth"
            => composition(&[(56, 300_000), (58, 500_000), (60, 200_000)]);
        "product-class-9" of mined is "unknown-code": "product class 9" => ore([9, 3, 0]);
        "product-class-0" of mined is "unknown-code": "product class 0" => ore([0, 3, 0]);
        "product-ore-6" of mined is "unknown-code": "ore 6" => ore([1, 6, 0]);
        "product-spare-byte" of mined is "unknown-code": "ore with a third byte that is not zero" => ore([1, 3, 1]);
        "product-element-72" of "scrap-collected" is "unknown-code": "oxide of element 72" => scrap([2, 6, 72]);
        "mined-compound" of mined is "product-not-possible": "a mine that yields an oxide" => ore([2, 6, 60]);
        "mined-other-ore" of mined is "product-not-possible": "the product is monazite, the ore mixed"
            => ore([1, 2, 0]);
        "scrap-is-ore" of "scrap-collected" is "product-not-possible": "scrap that is ore" => scrap([1, 3, 0]);
        "mass-above-most" of mined is "mass-too-large": "one milligram above ten million tonnes"
            => mass(10_000_000_000_000_001, reo, 1);
        "mass-max" of mined is "mass-too-large": "2^64 - 1 milligrams" => mass(u64::MAX, reo, 1);
        "net-zero" of mined is "nothing-weighed": "no net mass" => mass(0, 0, 1);
        "reo-above-net" of mined is "reo-above-net": "two milligrams more REO than ore: one is the grace of rounding"
            => mass(net, net + 2, 1);
        "reo-above-any" of mined is "reo-above-net": "more REO than any product can hold" => mass(net, 2 * net, 1);
        "reo-above-factor" of "lot-imported" is "reo-above-net": "more REO than dysprosium metal can hold"
            => Replace(dysprosium, masses(1_000_000, 1_147_685, 2));
        "basis-5" of mined is "unknown-code": "basis 5" => mass(net, reo, 5);
        "uncertainty-above-whole" of mined is "share-above-whole": "1000001 ppm"
            => swap(&[1, 1, 0xC4, 9, 0, 0], &[1, 1, 0x41, 0x42, 0x0F, 0]);
        "assay-above-whole" of "lot-assayed" is "share-above-whole": "more than one whole is REO"
            => swap(&612_345u32.to_le_bytes(), &1_000_001u32.to_le_bytes());
    }
}

fn times() -> Vec<Faulty> {
    let at = |ms: i64| At(OCCURRED, ms.to_le_bytes().to_vec());
    let closed = |year, number| swap(&month(2024, 1), &month(year, number));
    let from = |year, month, number| swap(&day(2024, 2, 29), &day(year, month, number));
    let of = |as_of: i64| [&text("SX-1")[..], &as_of.to_le_bytes()].concat();
    let counted = |right, wrong| swap(&of(right), &of(wrong));
    faults! {
        "month-13" of "month-closed" is "month": "month 13" => closed(2024, 13);
        "month-0" of "month-closed" is "month": "month 0" => closed(2024, 0);
        "month-1989" of "month-closed" is "month": "before the first year" => closed(1989, 1);
        "month-2200" of "month-closed" is "month": "after the last year" => closed(2200, 1);
        "day-february-30" of "site-licensed" is "day": "30 February" => from(2024, 2, 30);
        "day-no-leap-year" of "site-licensed" is "day": "29 February 2023" => from(2023, 2, 29);
        "day-0" of "site-licensed" is "day": "day 0" => from(2024, 2, 0);
        "day-1989" of "site-licensed" is "day": "before the first year" => from(1989, 2, 28);
        "quota-year" of "indicator-set" is "month": "a quota of the year 1989"
            => At(PAYLOAD, 1989u16.to_le_bytes().to_vec());
        "occurred-1989" of "lot-mined" is "time": "a millisecond before 1990" => at(631_151_999_999);
        "occurred-2200" of "lot-mined" is "time": "the first moment of 2200" => at(7_258_118_400_000);
        "occurred-negative" of "lot-mined" is "time": "before 1970" => at(-1);
        "signed-before-occurred" of "lot-mined" is "signed-before-occurred": "signed a millisecond before it happened"
            => at(1_706_749_323_457);
        "counted-after-occurred" of "stock-counted" is "counted-after-occurred": "counted a millisecond after it happened"
            => counted(1_706_689_800_000, 1_706_689_800_001);
        "correction-counted-after-occurred" of "event-corrected-count" is "counted-after-occurred":
            "the replacement counts a millisecond after the corrected event" => counted(1_706_603_400_000, 1_706_603_400_001);
        "zone-841" of "ledger-founded" is "zone": "841 minutes east"
            => swap(&(-210i16).to_le_bytes(), &841i16.to_le_bytes());
        "licence-reversed" of "site-licensed" is "period-reversed": "ends before it begins"
            => swap(&day(2026, 12, 31), &day(2024, 2, 28));
        "grant-reversed" of "access-granted" is "period-reversed": "the last month before the first"
            => swap(&month(2024, 3), &month(2023, 11));
    }
}

fn across_fields() -> Vec<Faulty> {
    let range = |first, last| [le64(first), le64(last)].concat();
    let band = |process: u8, low: u32, high: u32| {
        [&[process][..], &low.to_le_bytes(), &high.to_le_bytes()].concat()
    };
    let line =
        |place: u16, tag: u8, mg: u64| [&place.to_le_bytes()[..], &[tag], &le64(mg)].concat();
    let sealed =
        |first: u8, second: u8| [&[first][..], &[0x71; 32], &[second], &[0x72; 32]].concat();
    faults! {
        "sequence-reversed" of "month-closed" is "sequence-range": "the last before the first"
            => swap(&range(17, 41), &range(42, 41));
        "lot-twice" of "stock-counted" is "lot-twice": "one lot on two lines" => swap(b"OLD-2", b"OUT-1");
        "lots-twice" of "lot-sealed" is "lot-twice": "one lot named twice"
            => swap(mine().as_bytes(), plant().as_bytes());
        "new-lot-twice" of "opening-stock-declared" is "lot-twice": "one new lot twice" => swap(b"OLD-2", b"OLD-1");
        "retained-lot-twice" of "lot-processed" is "lot-twice": "retained under the code of an output"
            => swap(b"RES-1", b"OUT-1");
        "invoice-twice" of "shipment-dispatched" is "lot-twice": "one invoice twice"
            => swap(b"00000002", b"00000001");
        "inspector-twice" of "inspection-recorded" is "lot-twice": "one inspector twice"
            => swap("李工".as_bytes(), "王工".as_bytes());
        "line-twice" of "shipment-received" is "line-twice": "line 0 twice"
            => swap(&line(1, 1, 499_000), &line(0, 1, 499_000));
        "line-unsorted" of "shipment-received" is "line-twice": "line 10 before line 9"
            => swap(&line(1, 1, 499_000), &line(10, 1, 499_000));
        "receipt-rejected-with-quantity" of "shipment-received" is "receipt-quantity": "a rejected line with a quantity"
            => swap(&[vec![2], text("少1公斤")].concat(), &[vec![3], text("少1公斤")].concat());
        "receipt-accepted-without-quantity" of "shipment-received" is "receipt-quantity": "an accepted line without a quantity"
            => swap(&[9, 0, 0, 3], &[9, 0, 0, 1]);
        "nothing-produced" of "lot-processed-discarded" is "nothing-produced": "no output, no discard, nothing retained"
            => Replace([le64(1), vec![2], masses(70_000, 1_000, 2), vec![0; 3]].concat(), le64(0));
        "sealed-unsorted" of "shipment-dispatched" is "list-order": "the buyer before the price"
            => swap(&sealed(1, 4), &sealed(4, 1));
        "bands-unsorted" of "rules-changed" is "list-order": "separation before beneficiation"
            => swap(&band(1, 500_000, 1_000_000), &band(3, 500_000, 1_000_000));
        "band-reversed" of "rules-changed" is "period-reversed": "the lowest yield above the highest"
            => swap(&band(2, 850_000, 990_000), &band(2, 990_001, 990_000));
        "due-day-29" of "rules-changed" is "range": "a day that February lacks"
            => swap(&[10, 1, 0x88, 0x13], &[29, 1, 0x88, 0x13]);
        "document-of-0-bytes" of "document-attached" is "range": "a document of no bytes"
            => swap(&le64(123_456), &le64(0));
        "quota-to-itself" of "quota-moved" is "same-holder": "from an enterprise to itself"
            => Replace([vec![2], text("NORTHERN"), vec![1, 1], plant().into_bytes()].concat(), [vec![1, 1],
               plant().into_bytes(), vec![1, 1], plant().into_bytes()].concat());
    }
}

fn corrections() -> Vec<Faulty> {
    let replaced = |number: u8| [&text("写错了")[..], &[1, number, 0]].concat();
    let cause = |cause: u8| [&[cause][..], &text("写错了")].concat();
    let inner = super::correctable(&plant());
    let whole = |bytes: &[u8]| [&le64(bytes.len() as u64)[..], bytes].concat();
    let with = |bytes: &[u8]| Replace(whole(&inner), whole(bytes));
    let abroad = super::good_bytes("event-corrected-lei-author");
    let with_abroad = |bytes: &[u8]| Replace(whole(&super::correctable(&trader())), whole(bytes));
    let (twice, _) = super::mutate("two corrections", &abroad, &with_abroad(&abroad));
    let closed = super::good_bytes("month-closed");
    let correction = super::good_bytes("event-corrected-did-not-occur");
    let office = [&inner[..=AUTHOR], mine().as_bytes(), &inner[SEQ..]].concat();
    let kind = super::good_bytes("lot-discarded");
    let mut version = inner.clone();
    version[0] = 2;
    let mut cut = inner.clone();
    cut.pop();
    let base = "event-corrected-did-not-occur";
    faults! {
        "correction-in-replacement" of "event-corrected" is "nested-correction": "the replacement is a correction"
            => swap(&replaced(33), &replaced(46));
        "correction-of-correction" of base is "nested-correction": "the corrected event is a correction"
            => with(&correction);
        "correction-of-correction-of-correction" of "event-corrected-lei-author" is "nested-correction":
            "the corrected event is a correction of a correction" => with_abroad(&twice);
        "correction-of-closed-month" of base is "not-correctable": "the corrected event closes a month"
            => with(&closed);
        "correction-of-foreign-event" of base is "corrects-foreign": "the corrected event is another party's"
            => with(&office);
        "correction-of-another-ledger" of base is "corrects-foreign": "the corrected event is of another ledger"
            => with(&[&inner[..2], &[0x1e], &inner[3..]].concat());
        "correction-of-other-kind" of "event-corrected" is "replacement-kind": "the replacement is of another kind"
            => with(&kind);
        "correction-of-unknown-version" of base is "corrected": "the corrected event has version 2" => with(&version);
        "correction-of-cut-event" of base is "corrected": "the corrected event lacks its last byte" => with(&cut);
        "replacement-missing" of base is "replacement": "incorrect data without a replacement"
            => swap(&cause(1), &cause(2));
        "replacement-present" of "event-corrected" is "replacement": "an event that did not occur, and a replacement"
            => swap(&cause(2), &cause(1));
        "replacement-unknown" of "event-corrected" is "unknown-payload": "the replacement has payload number 31"
            => swap(&replaced(33), &replaced(31));
        "replacement-of-office" of base is "not-correctable": "the replacement is an act of office"
            => swap(&[&text("写错了")[..], &[0]].concat(), &[&text("写错了")[..], &[1],
               &super::good_bytes("heads-committed")[NUMBER..]].concat());
    }
}
