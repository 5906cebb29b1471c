//! How far an extract reaches: honest ones say the day, and old ones that are shown as current are incomplete.
//! Invariant: every lie starts from an honest log over two months. Knows no verifier.

use domain::Payload;
use portable::{Extract, ExtractedLast};
use testkit::{TestCountry, at, key, party};
use verify::FaultKind::{self, Admission, Entry, Missing, ReceiveTime, Root};

use crate::lies::{drop_at, heads_over};
use crate::log::{COMMITMENT, Log, MINED, OPERATOR, check, honest, mined, next_event, put, put_at};
use crate::vectors::Case;

/// In the zone of the ledger, 1 March begins at 16:00 UTC of the day before.
const MARCH: &str = "2024-03-01";

/// The next event of a party, received on this day.
fn goes_on(entries: &mut Vec<Vec<u8>>, number: u32, day: &str, payload: Payload) {
    let event = next_event(entries, number, &key(number), payload);
    put_at(entries, event, at(day));
}

fn commits(entries: &mut Vec<Vec<u8>>, day: &str) {
    let heads = heads_over(entries);
    goes_on(entries, OPERATOR, day, heads);
}

/// The honest log, goes on in March as it should: first a commitment, then lots, the last one of the trader.
fn in_march() -> Log {
    let mut entries = honest().entries;
    commits(&mut entries, MARCH);
    goes_on(&mut entries, TestCountry::MINE, "2024-03-05", mined(30));
    goes_on(&mut entries, TestCountry::TRADER, "2024-03-20", mined(31));
    Log::of(entries)
}

/// As [`in_march`], where the operator did not commit when the month turned.
fn uncommitted() -> Log {
    let mut entries = honest().entries;
    goes_on(&mut entries, TestCountry::TRADER, "2024-03-20", mined(31));
    Log::of(entries)
}

pub(crate) fn good() -> Vec<Case> {
    let case = |name, why, log: &Log, number| Case::of(name, why, &log.extract(number), &[]);
    vec![
        case(
            "good-last-of-another",
            "the log's last entry is of an enterprise whose chain is not in the extract",
            &in_march(),
            TestCountry::MINE,
        ),
        case(
            "good-last-of-its-own",
            "the log's last entry is the party's own",
            &in_march(),
            TestCountry::TRADER,
        ),
        case(
            "good-first-month",
            "no commitment is due in the month of the founding; the last entry is another's",
            &Log::of(honest().entries[..MINED[0] + 2].to_vec()),
            TestCountry::MINE,
        ),
    ]
}

pub(crate) fn lies() -> Vec<Case> {
    let mut cases = of_the_last();
    cases.extend(of_months());
    cases
}

fn changed(
    name: &'static str,
    why: &'static str,
    kinds: &[FaultKind],
    change: impl FnOnce(&mut Extract),
) -> Case {
    let mut extract = in_march().extract(TestCountry::MINE);
    change(&mut extract);
    Case::of(name, why, &extract, kinds)
}

fn of_the_last() -> Vec<Case> {
    let last = |extract: &mut Extract| extract.last.clone().unwrap();
    vec![
        changed(
            "last-left-out",
            "the log's last entry is not there: nothing says how far the log goes on",
            &[Missing],
            |extract| extract.last = None,
        ),
        changed(
            "last-with-another-proof",
            "the last entry with the proof of the first",
            &[Root],
            |extract| {
                extract.last = Some(ExtractedLast {
                    proof: extract.entries[0].proof.clone(),
                    ..last(extract)
                });
            },
        ),
        changed(
            "last-that-is-another",
            "an entry from before is shown as the last one",
            &[Root, ReceiveTime],
            |extract| {
                let earlier = &honest().entries[MINED[3] + 1];
                extract.last = Some(ExtractedLast {
                    entry: domain::id::to_hex(earlier),
                    ..last(extract)
                });
            },
        ),
        changed(
            "last-that-is-no-event",
            "the last entry is cut",
            &[Entry],
            |extract| {
                let mut cut = last(extract);
                cut.entry.truncate(90);
                extract.last = Some(cut);
            },
        ),
        apart(),
        commitment_apart(),
        twice(),
        of_another_ledger(),
    ]
}

/// The trader's newest event apart from its chain, so that an event before it need not be shown.
fn apart() -> Case {
    let mut entries = in_march().entries;
    goes_on(&mut entries, TestCountry::MINE, "2024-03-21", mined(32));
    let end = entries.len() - 1;
    let mut extract = Log::of(entries).extract(TestCountry::MINE);
    let newest = extract.entries.pop().unwrap();
    assert_eq!(newest.position, end as u64);
    extract.last = Some(ExtractedLast {
        entry: newest.entry,
        proof: newest.proof,
    });
    drop_at(&mut extract, &[end - 2]);
    Case::of(
        "last-apart-from-its-chain",
        "the party's newest event is shown as the log's last alone, and one before it is left out",
        &extract,
        &[Missing],
    )
}

/// The operator's only event is the commitment.
fn commitment_apart() -> Case {
    let log = Log::of(honest().entries[..COMMITMENT + 1].to_vec());
    let mut extract = log.extract(TestCountry::MINE);
    let newest = extract.entries.pop().unwrap();
    assert_eq!(newest.position, COMMITMENT as u64);
    extract.heads = None;
    extract.last = Some(ExtractedLast {
        entry: newest.entry,
        proof: newest.proof,
    });
    Case::of(
        "commitment-apart",
        "a commitment is shown as the log's last entry alone, so that no leaves need be under it",
        &extract,
        &[Missing],
    )
}

fn twice() -> Case {
    let mut extract = honest().extract(TestCountry::MINE);
    let newest = extract.entries.last().unwrap().clone();
    extract.last = Some(ExtractedLast {
        entry: newest.entry,
        proof: newest.proof,
    });
    Case::of(
        "last-twice",
        "the last of the entries is the log's last, and is there once more as that",
        &extract,
        &[Entry],
    )
}

fn of_another_ledger() -> Case {
    let mut entries = honest().entries;
    let elsewhere = chain::ledger_id(testkit::ORIGIN, &[9; 32]);
    let mut author = author::Author::new(party(TestCountry::TRADER), elsewhere);
    let now = crate::log::now();
    let event = author.sign(&key(TestCountry::TRADER), now, now, mined(31));
    put(&mut entries, event.unwrap());
    Case::of(
        "last-of-another-ledger",
        "the log's last entry is for another ledger",
        &Log::of(entries).extract(TestCountry::MINE),
        &[Admission],
    )
}

fn of_months() -> Vec<Case> {
    let before_heads = Log::of({
        let mut entries = honest().entries[..COMMITMENT].to_vec();
        goes_on(&mut entries, TestCountry::TRADER, "2024-03-20", mined(31));
        entries
    });
    vec![
        Case::of(
            "month-turned-without-a-commitment",
            "the last entry was received in the month after that of the last commitment",
            &uncommitted().extract(TestCountry::MINE),
            &[Missing],
        ),
        Case::of(
            "month-turned-before-any-commitment",
            "the last entry was received in a later month than the founding, and nothing was committed to",
            &before_heads.extract(TestCountry::MINE),
            &[Missing],
        ),
        old_shown_as_current(),
        changed(
            "old-leaves-beside-a-newer-commitment",
            "the newer commitment is there, the leaves are those of the one before",
            &[Missing],
            |extract| {
                let mut old = honest().extract(TestCountry::MINE).heads;
                std::mem::swap(&mut extract.heads, &mut old);
            },
        ),
        changed(
            "leaves-left-out-beside-a-commitment",
            "a commitment is there, and no leaves",
            &[Missing],
            |extract| extract.heads = None,
        ),
        commits_to_the_past(),
    ]
}

/// What the party would show in March to hide what it did since: the new checkpoint over the old extract.
fn old_shown_as_current() -> Case {
    let log = in_march();
    let since = honest().entries.len();
    let mut extract = log.extract(TestCountry::MINE);
    extract.heads = honest().extract(TestCountry::MINE).heads;
    drop_at(&mut extract, &[since, since + 1]);
    Case::of(
        "old-shown-as-current",
        "the newest checkpoint, and of March neither the commitment nor what the party signed after it",
        &extract,
        &[Missing],
    )
}

/// An operator that helps the party: in March it commits once more to what lay before the party's last events.
fn commits_to_the_past() -> Case {
    let mut entries = honest().entries;
    let heads = heads_over(&entries[..MINED[3]]);
    goes_on(&mut entries, OPERATOR, MARCH, heads);
    goes_on(&mut entries, TestCountry::TRADER, "2024-03-20", mined(31));
    Case::of(
        "commitment-of-march-to-february",
        "the commitment was received in March and covers what was received in February",
        &Log::of(entries).extract(TestCountry::MINE),
        &[Missing],
    )
}

#[test]
fn an_extract_says_the_days_that_it_reaches() {
    let extract = in_march().extract(TestCountry::MINE);
    let report = check(&extract);
    assert!(report.is_good(), "{:#?}", report.faults);
    let mine = party(TestCountry::MINE);
    let proven = report.proven.join("\n");
    assert!(
        proven.contains(&format!("whole up to 2024-03-01: every event of {mine}")),
        "{proven}"
    );
    let open = report.not_checked.join("\n");
    assert!(
        open.contains("nothing is known of the 19 days since up to 2024-03-20"),
        "{open}"
    );
    let old = check(&uncommitted().extract(TestCountry::MINE));
    let found = &old.faults[0].computed;
    assert_eq!(
        found,
        "whole up to 2024-02-10; nothing is known of the 39 days since, in which a month turned"
    );
    assert_eq!(old.proven.len(), 0);
    assert_eq!(old.verdict, verify::Verdict::Incomplete);
}

/// The month is the ledger's: the last second of February in China is not in March, whatever the hour in Greenwich.
#[test]
fn the_month_turns_in_the_zone_of_the_ledger() {
    let midnight = domain::Zone::CHINA.start_of(MARCH.parse().unwrap());
    for (ms, expected) in [(-1, true), (0, false)] {
        let mut entries = honest().entries;
        let trader = TestCountry::TRADER;
        let event = next_event(&entries, trader, &key(trader), mined(31));
        put_at(&mut entries, event, midnight.plus_ms(ms));
        let report = check(&Log::of(entries).extract(TestCountry::MINE));
        assert_eq!(report.is_good(), expected, "{:#?}", report.faults);
    }
}

/// Receive times that run backward would date a document as one likes.
#[test]
fn receive_times_never_run_backward() {
    let mut entries = honest().entries;
    goes_on(&mut entries, TestCountry::MINE, "2024-02-08", mined(30));
    let faults = check(&Log::of(entries).extract(TestCountry::MINE)).faults;
    let kinds: Vec<_> = faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [ReceiveTime]);
}
