//! The body of a request and of a conflict: one spelling, and one fault at a time.

use chain::{Hash, leaf_hash};
use signing::CheckpointRefusal;

use super::{ORIGIN, TestLog};
use crate::protocol::{
    Malformed, PROOF_HASHES_MAX, REQUEST_BYTES_MAX, Request, parse_size_body, size_body,
};

fn note() -> String {
    String::from_utf8(TestLog::of(5).at(5).note().to_vec()).unwrap()
}

fn hashes(count: usize) -> Vec<Hash> {
    vec![leaf_hash(b"hash"); count]
}

/// The base64 of `SHA-256(0x00 "hash")`, from `printf '\0hash' | openssl dgst -sha256 -binary | base64`.
const LINE: &str = "bKbsuHhgkvLjT4kKF6p4hr+g4A2biYwkyZhlXhUvXKw=";

#[test]
fn a_request_is_written_as_the_standard_shows_it() {
    let request = Request::new(3, hashes(2), note().into_bytes()).unwrap();
    let text = format!("old 3\n{LINE}\n{LINE}\n\n{}", note());
    assert_eq!(String::from_utf8(request.to_bytes()).unwrap(), text);
    assert_eq!(Request::parse(text.as_bytes()).unwrap(), request);
    assert_eq!(request.origin(), ORIGIN);

    let first = format!("old 0\n\n{}", note());
    let request = Request::new(0, Vec::new(), note().into_bytes()).unwrap();
    assert_eq!(String::from_utf8(request.to_bytes()).unwrap(), first);
    assert_eq!(Request::parse(first.as_bytes()).unwrap(), request);
}

#[test]
fn malformed_requests_are_refused_by_name() {
    let note = note();
    let lines = |count: usize| format!("{LINE}\n").repeat(count);
    let cut = LINE.trim_end_matches('=');
    for (body, expected) in [
        (String::new(), Malformed::NoEmptyLine),
        ("old 3\n".to_owned(), Malformed::NoEmptyLine),
        (format!("\n\n{note}"), Malformed::OldSize),
        (format!("new 3\n\n{note}"), Malformed::OldSize),
        (format!("old  3\n\n{note}"), Malformed::OldSize),
        (format!("old 03\n\n{note}"), Malformed::OldSize),
        (format!("old +3\n\n{note}"), Malformed::OldSize),
        (format!("old -3\n\n{note}"), Malformed::OldSize),
        (format!("old \n\n{note}"), Malformed::OldSize),
        (
            format!("old 18446744073709551616\n\n{note}"),
            Malformed::OldSize,
        ),
        (format!("old 3\r\n\n{note}"), Malformed::OldSize),
        (format!("old 3\n{cut}\n\n{note}"), Malformed::Hash(1)),
        (format!("old 3\n{LINE}\nAAAA\n\n{note}"), Malformed::Hash(2)),
        (
            format!("old 3\n{}\n{note}", lines(PROOF_HASHES_MAX + 1)),
            Malformed::TooManyHashes,
        ),
        (
            "x".repeat(REQUEST_BYTES_MAX + 1),
            Malformed::TooLong(REQUEST_BYTES_MAX + 1),
        ),
    ] {
        assert_eq!(Request::parse(body.as_bytes()), Err(expected), "{body}");
    }
    let most = format!("old 3\n{}\n{note}", lines(PROOF_HASHES_MAX));
    assert!(Request::parse(most.as_bytes()).is_ok());
    assert_eq!(
        Request::new(3, hashes(PROOF_HASHES_MAX + 1), note.into_bytes()),
        Err(Malformed::TooManyHashes)
    );
}

#[test]
fn a_request_without_a_whole_checkpoint_is_malformed() {
    let whole = format!("old 0\n\n{}", note());
    for length in 7..whole.len() - 1 {
        let cut = whole.as_bytes().get(..length).unwrap();
        assert!(
            matches!(
                Request::parse(cut),
                Err(Malformed::Checkpoint(_) | Malformed::NoEmptyLine)
            ),
            "{length} bytes"
        );
    }
    let extended = whole.replacen("\n\n\u{2014}", "\nextension\n\n\u{2014}", 1);
    assert_eq!(
        Request::parse(extended.as_bytes()),
        Err(Malformed::Checkpoint(CheckpointRefusal::Lines))
    );
}

#[test]
fn the_longest_request_fits_the_limit() {
    let request = Request::new(u64::MAX, hashes(PROOF_HASHES_MAX), note().into_bytes()).unwrap();
    let longest = request.to_bytes().len() - note().len() + signing::limits::NOTE_BYTES_MAX;
    assert_eq!(longest, REQUEST_BYTES_MAX);
}

#[test]
fn a_conflict_names_a_size_in_its_one_spelling() {
    assert_eq!(parse_size_body(size_body(0).as_bytes()), Some(0));
    assert_eq!(
        parse_size_body(size_body(u64::MAX).as_bytes()),
        Some(u64::MAX)
    );
    for bad in [
        "",
        "\n",
        "7",
        "07\n",
        "+7\n",
        "7\n\n",
        " 7\n",
        "7\r\n",
        "18446744073709551616\n",
    ] {
        assert_eq!(parse_size_body(bad.as_bytes()), None, "{bad:?}");
    }
}
