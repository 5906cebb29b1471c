//! Extracts of a log whose log key was replaced.
//! Invariant: what is signed with the wrong key of a log is found; what an older key leaves open is said.

use domain::Payload;
use portable::{Extract, check_extract, extract};
use signing::{SecretKey, Signer, VerifierKey};
use testkit::{ORIGIN, TestCountry, key, log_key, party, rotation};
use verify::{Report, Trust, Verdict};

use crate::log::{AUTHORITY, Log, honest, mined, next_event, put};

/// The honest log, then the replacement of its key, then a lot.
fn rotated() -> Log {
    let mut entries = honest().entries;
    let payload = Payload::LogKeyRotated(Box::new(rotation(0)));
    let event = next_event(&entries, AUTHORITY, &key(AUTHORITY), payload);
    put(&mut entries, event);
    let author = TestCountry::MINE;
    let event = next_event(&entries, author, &key(author), mined(20));
    put(&mut entries, event);
    Log::of(entries)
}

fn signed_by(log: &Log, signer: &SecretKey) -> Extract {
    extract(log, party(TestCountry::MINE), &log.checkpoint_by(signer)).unwrap()
}

fn check(extract: &Extract, trusted: Option<&SecretKey>) -> Report {
    let log_key = trusted.map(|key| VerifierKey::new(ORIGIN, key.public().clone()).unwrap());
    let trust = Trust {
        log_key,
        ..Trust::default()
    };
    check_extract(extract, &trust)
}

#[test]
fn an_extract_holds_the_rotation_and_is_checked_with_the_key_after_it() {
    let extract = signed_by(&rotated(), &log_key(1));
    for trusted in [None, Some(&log_key(1)), Some(&log_key(0))] {
        let report = check(&extract, trusted);
        assert!(report.is_good(), "{:#?}", report.faults);
    }
    let old = check(&extract, Some(&log_key(0)));
    assert!(
        old.not_checked
            .iter()
            .any(|note| note.contains("handed over by its owner"))
    );
    let foreign = check(&extract, Some(&log_key(2)));
    assert_eq!(
        (foreign.verdict, foreign.fault_count),
        (Verdict::Tampered, 1)
    );
}

#[test]
fn an_extract_under_a_key_that_was_handed_over_is_found() {
    for signer in [log_key(0), log_key(2)] {
        let extract = signed_by(&rotated(), &signer);
        for trusted in [None, Some(&log_key(0)), Some(&log_key(1))] {
            assert_eq!(check(&extract, trusted).verdict, Verdict::Tampered);
        }
    }
}

#[test]
fn an_extract_without_the_rotation_does_not_reach_the_new_key() {
    let mut extract = signed_by(&rotated(), &log_key(1));
    let is_rotation = |position: u64| position == rotated().entries.len() as u64 - 2;
    extract.entries.retain(|entry| !is_rotation(entry.position));
    for trusted in [None, Some(&log_key(0)), Some(&log_key(1))] {
        assert_eq!(check(&extract, trusted).verdict, Verdict::Tampered);
    }
}
