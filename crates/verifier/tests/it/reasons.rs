//! For what reason each lie is noticed that the copy alone shows: a verdict that came about by accident would prove nothing.
//! Invariant: each is named with the rule that it breaks, in the words of the crate and of the verifier in another language,
//! and no author is accused of what it did not sign. Knows no lie but by its name.

use verify::{FaultKind, Report};

use crate::lies::Lie;

/// The lie, words of one fault in the crate's report, and the kind of one in the other verifier's.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "edit one byte of an event",
        "not a canonical event",
        "malformed-entry",
    ),
    (
        "edit an event and sign the tree anew",
        "sign the very bytes",
        "signature",
    ),
    ("backdate an entry", "expected a time from", "receive-time"),
    (
        "swap the signatures of two events",
        "sign the very bytes",
        "signature",
    ),
    (
        "sign two events for one place",
        "equivocation at position",
        "equivocation",
    ),
    (
        "cut the tail",
        "expected a checkpoint that covers the last entry",
        "missing-entries",
    ),
    (
        "cut out the middle",
        "the events between are missing",
        "chain-gap",
    ),
    ("write an event twice", "repeated at position", "repeated"),
    (
        "reorder events of one author",
        "the events between are missing",
        "chain-gap",
    ),
    (
        "reorder events of two authors",
        "this one lost its end",
        "seen",
    ),
    ("drop one enterprise", "this one lost its end", "seen"),
    (
        "drop one enterprise and commit to heads again",
        "this one lost its end",
        "seen",
    ),
    (
        "drop one enterprise, commit to heads again and fill its places with the operator's own events",
        "where this log has",
        "seen",
    ),
    (
        "replay an event of a ledger founded under the same name",
        "signed for another ledger",
        "another-ledger",
    ),
    (
        "take two events in another order",
        "where this log has",
        "seen",
    ),
    (
        "sign on with a log key that was handed over",
        "signed by the log key",
        "checkpoint-signature",
    ),
    ("commit to false heads", "heads at position", "false-heads"),
    (
        "let a county's department register a second operator",
        "would be a second operator",
        "second-operator",
    ),
    (
        "let a county's department register another of its rank",
        "decides over it",
        "not-over-regulators",
    ),
    (
        "take up an event that is signed for a year to come",
        "more than a day after it was received",
        "ahead-of-receipt",
    ),
    (
        "drop one enterprise and all that the register says of it",
        "this one lost its end",
        "seen",
    ),
    (
        "drop one enterprise, and fill its places with the operator's own events",
        "where this log has",
        "seen",
    ),
    (
        "found the ledger again under its name and take over what plants had signed",
        "signed for another ledger",
        "another-ledger",
    ),
    (
        "grant a plant a key of one's own and sign with it before the plant can object",
        "takes effect on",
        "key",
    ),
    (
        "end the days to object, grant a plant a key of one's own and sign with it",
        "would shorten the 7 days",
        "notice-too-short",
    ),
    (
        "put an event of a plant in among older ones",
        "where this log has",
        "seen",
    ),
    (
        "receive every event an hour earlier than it came",
        "where this log has",
        "seen",
    ),
    (
        "grant an office a second key by its first",
        "not the one whose hash was committed",
        "commitment",
    ),
    (
        "revoke the founding authority's key by that of a county",
        "touched by itself",
        "kept-for-the-founder",
    ),
    (
        "act for the authority with one key where the rules ask for two, on an earlier day",
        "needs 2 signatures",
        "too-few-signatures",
    ),
    (
        "bring a next key of one's own for a plant",
        "not the one whose hash was committed",
        "commitment",
    ),
    (
        "revoke a plant's only key, so that it can't rotate",
        "the last active key",
        "last-key",
    ),
    (
        "sign with a plant's key that was revoked",
        "was revoked at position",
        "key",
    ),
    (
        "put in an event that a plant never signed",
        "sign the very bytes",
        "signature",
    ),
    (
        "put in a second event for a place, with the signature of the first",
        "sign the very bytes",
        "signature",
    ),
    (
        "put in a forged event before the true one for its place",
        "sign the very bytes",
        "signature",
    ),
    ("truncate a file", "whole entries", "malformed-bundle"),
    ("change one bit of a tile", "tile at position", "wrong-tile"),
    (
        "change one bit of the checkpoint",
        "is wrong",
        "checkpoint-signature",
    ),
];

/// Lies in which a plant took part that signed two events for one place; of any other, no author is accused.
const SIGNED_TWICE: &[&str] = &[
    "sign two events for one place",
    "put an event of a plant in among older ones",
];

/// The lie is noticed for its own reason, and accuses nobody who has no part in it.
pub(crate) fn assert_reason(lie: &Lie, full: &Report, chained: &Report, python: Option<&str>) {
    let reason = REASONS.iter().find(|(what, ..)| *what == lie.what);
    let (what, words, kind) =
        reason.unwrap_or_else(|| panic!("{}: noticed for which reason?", lie.what));
    let faults: Vec<String> = full.faults.iter().map(ToString::to_string).collect();
    assert!(
        faults.iter().any(|fault| fault.contains(words)),
        "{what}: {faults:#?}"
    );
    let is_accused = SIGNED_TWICE.contains(what);
    let mut kinds = full
        .faults
        .iter()
        .chain(&chained.faults)
        .map(|fault| fault.kind);
    assert_eq!(
        kinds.any(|kind| kind == FaultKind::Equivocation),
        is_accused,
        "{what}: {faults:#?}"
    );
    if let Some(said) = python {
        let has = |kind: &str| {
            said.lines()
                .any(|line| line.starts_with(&format!("{kind} at ")))
        };
        assert!(has(kind), "{what}: {said}");
        assert_eq!(has("equivocation"), is_accused, "{what}: {said}");
    }
}
