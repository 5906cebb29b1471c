//! Extracts that lie by the order of their entries, by the keys of events, or by the form of the document.
//! Invariant: as in `lies`, whose ways to change an extract it uses.

use author::{Author, grant};
use domain::Payload;
use portable::check_extract;
use serde_json::json;
use signing::{Signer, VerifierKey};
use testkit::{ORIGIN, TestCountry, key, party};
use verify::FaultKind::{
    Admission, Checkpoint, Entry, Equivocation, Founding, Gap, Missing, Position, ReceiveTime,
    Repeated,
};
use verify::Trust;

use crate::lies::{changed, drop_at, signed_anew};
use crate::log::{
    AUTHORITY, COMMITMENT, DEPARTMENT, GRANT, Log, MINED, OPERATOR, SECOND_KEY, check, granted,
    honest, mined, next_event, now, put, revoked,
};
use crate::vectors::Case;

pub(crate) fn cases(whole: &Log) -> Vec<Case> {
    let mut cases = of_order(whole);
    cases.extend(of_founding(whole));
    cases.extend(of_keys(whole));
    cases.extend(of_form(whole));
    cases
}

fn of_order(whole: &Log) -> Vec<Case> {
    vec![
        changed(
            whole,
            "entries-swapped",
            "two entries change places",
            &[Position, Gap, Repeated],
            |extract| extract.entries.swap(9, 10),
        ),
        changed(
            whole,
            "entries-of-two-authors-swapped",
            "two entries change places, each with its own position and proof",
            &[Position, ReceiveTime],
            |extract| extract.entries.swap(8, 9),
        ),
        changed(
            whole,
            "entry-twice",
            "one entry stands there twice",
            &[Position, Repeated],
            |extract| extract.entries.insert(9, extract.entries[9].clone()),
        ),
    ]
}

/// The mine's last place in the log once more, under another event: only one that the mine signed accuses the mine.
#[test]
fn only_two_events_that_an_author_signed_accuse_it() {
    let whole = honest();
    let (place, last) = (MINED[3], whole.entries.len());
    for (signer, at, kinds) in [
        (TestCountry::MINE, last, &[Equivocation][..]),
        (TestCountry::SEPARATOR, last, &[Admission]),
        (TestCountry::SEPARATOR, place, &[Admission]),
    ] {
        let mut entries = whole.entries.clone();
        let event = next_event(
            &entries[..place],
            TestCountry::MINE,
            &key(signer),
            mined(70),
        );
        put(&mut entries, event);
        let second = entries.remove(last);
        entries.insert(at, second);
        let faults = check(&Log::of(entries).extract(TestCountry::MINE)).faults;
        let found: Vec<_> = faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(found, kinds, "{faults:#?}");
    }
}

/// A log of one entry, which founds another one.
fn founding_elsewhere() -> portable::Extract {
    let elsewhere = "elsewhere.example/log";
    let Payload::LedgerFounded(mut founded) = testkit::founding() else {
        unreachable!()
    };
    founded.origin = elsewhere.parse().unwrap();
    let unfounded = chain::origin_hash(elsewhere);
    let granted = |number: u32| {
        let (signer, next) = (key(number), [7; 32]);
        grant(&signer, &next, &unfounded, &party(number)).unwrap()
    };
    founded.authority_key = granted(AUTHORITY);
    founded.log_key = granted(OPERATOR);
    let mut author = Author::founder(party(AUTHORITY), elsewhere);
    let payload = Payload::LedgerFounded(founded);
    let event = author.sign(&key(AUTHORITY), now(), now(), payload);
    let mut entries = Vec::new();
    put(&mut entries, event.unwrap());
    Log::of(entries).extract(TestCountry::MINE)
}

fn of_founding(whole: &Log) -> Vec<Case> {
    vec![
        signed_anew(
            whole,
            "founding-not-first",
            "an event that the extract does not hold stands before the founding",
            &[Founding],
            |entries| {
                entries.truncate(COMMITMENT);
                let smelted = entries.remove(13);
                entries.insert(0, smelted);
            },
        ),
        Case::of(
            "founding-of-another-log",
            "the checkpoint has the name of the log, the founding that of another one",
            &founding_elsewhere(),
            &[Checkpoint, Founding],
        ),
    ]
}

/// Whoever brings the log key does not take it from the founding.
#[test]
fn a_founding_is_there_and_of_the_checkpoints_log_whatever_key_the_reader_brings() {
    let log_key = VerifierKey::new(ORIGIN, key(OPERATOR).public().clone()).unwrap();
    let trust = Trust {
        log_key: Some(log_key),
        ..Trust::default()
    };
    let kinds = |extract: &portable::Extract| {
        let faults = check_extract(extract, &trust).faults;
        faults.iter().map(|fault| fault.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&founding_elsewhere()), [Founding]);
    let mut without = honest().extract(TestCountry::MINE);
    assert_eq!(kinds(&without), []);
    (without.entries, without.heads) = (Vec::new(), None);
    assert_eq!(kinds(&without), [Founding, Missing]);
}

fn of_keys(whole: &Log) -> Vec<Case> {
    let signed_by = |number: u32| {
        move |entries: &mut Vec<Vec<u8>>| {
            let event = next_event(entries, TestCountry::MINE, &key(number), mined(50));
            put(entries, event);
        }
    };
    vec![
        revoked_key_unexplained(whole),
        changed(
            whole,
            "grant-of-a-key-missing",
            "the event is left out with which the department granted the mine its second key",
            &[Admission, Missing, Gap],
            |extract| drop_at(extract, &[GRANT]),
        ),
        signed_anew(
            whole,
            "key-never-registered",
            "the mine's newest event is signed by a key that nobody registered",
            &[Admission],
            signed_by(41),
        ),
        signed_anew(
            whole,
            "key-of-another",
            "the mine's newest event is signed by the separator",
            &[Admission],
            signed_by(TestCountry::SEPARATOR),
        ),
        signed_anew(
            whole,
            "revoked-key",
            "the mine's newest event is signed by the key that the department revoked before",
            &[Admission],
            signed_by(SECOND_KEY),
        ),
    ]
}

/// The department gives itself a key and the authority revokes it, both after the commitment; the first is left out.
fn revoked_key_unexplained(whole: &Log) -> Case {
    let mut entries = whole.entries.clone();
    // The key that its registration commits to.
    let own_key = DEPARTMENT + 1_000_000;
    let acts = [
        (DEPARTMENT, granted(DEPARTMENT, own_key)),
        (AUTHORITY, revoked(DEPARTMENT, own_key)),
    ];
    for (author, act) in acts {
        let event = next_event(&entries, author, &key(author), act);
        put(&mut entries, event);
    }
    let left_out = whole.entries.len();
    let mut extract = Log::of(entries).extract(TestCountry::MINE);
    assert!(check(&extract).is_good());
    drop_at(&mut extract, &[left_out]);
    Case::of(
        "newest-left-out-but-needed",
        "after the commitment: an act about a key of a department whose chain is there without that key",
        &extract,
        &[Admission],
    )
}

fn of_form(whole: &Log) -> Vec<Case> {
    let upper_case = changed(
        whole,
        "upper-case-entry",
        "the last entry in upper-case digits",
        &[Entry],
        |extract| {
            let last = extract.entries.last_mut().unwrap();
            last.entry = last.entry.to_uppercase();
        },
    );
    let document = || serde_json::to_value(whole.extract(TestCountry::MINE)).unwrap();
    let raw = |name, why, change: &dyn Fn(&mut serde_json::Value)| {
        let mut document = document();
        change(&mut document);
        Case::raw(name, why, document, &[Entry])
    };
    vec![
        upper_case,
        raw(
            "unknown-field",
            "a field that no extract has",
            &|document| {
                document["entries"][0]["note"] = json!("");
            },
        ),
        raw(
            "another-format",
            "the format of a later version",
            &|document| {
                document["format"] = json!("ytterby extract v2");
            },
        ),
        raw(
            "no-party",
            "the party's last character is not its check character",
            &|document| {
                document["party"] = json!("91150000MA00000040");
            },
        ),
        raw(
            "upper-case-digits",
            "a proof in upper-case digits",
            &|document| {
                let hash = document["entries"][0]["proof"][0].as_str().unwrap();
                document["entries"][0]["proof"][0] = json!(hash.to_uppercase());
            },
        ),
    ]
}
