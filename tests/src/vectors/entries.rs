//! The cases of log entries: receive time, body verbatim, signatures.
//!
//! Invariant: an entry's body is not looked into, so each fault here is one of the envelope. Knows no keys and no curve.

use domain::{Bytes64, KeyId, Moment};
use serde_json::{Value, json};
use wire::Entry;

use super::faulty::Mutation;

/// A well-formed entry.
pub(super) struct GoodEntry {
    pub(super) name: &'static str,
    pub(super) comment: &'static str,
    pub(super) entry: Entry,
}

/// Entries with one, two and eight signatures.
pub(super) fn good() -> Vec<GoodEntry> {
    let entry = |keys: std::ops::RangeInclusive<u8>| Entry {
        received: Moment::from_ms(1_706_749_324_000).unwrap(),
        body: super::good_bytes("lot-mined"),
        signatures: keys
            .map(|key| (KeyId([key; 8]), Bytes64([0xF0 | key; 64])))
            .collect(),
    };
    let case = |name, comment, keys| GoodEntry {
        name,
        comment,
        entry: entry(keys),
    };
    vec![
        case("entry", "one signature", 1..=1),
        case("entry-two-signatures", "sorted by key id", 1..=2),
        case("entry-eight-signatures", "as many as there may be", 1..=8),
    ]
}

/// An entry as the independent reader prints it.
pub(super) fn json_of(entry: &Entry) -> Value {
    let signatures: Vec<_> = entry
        .signatures
        .iter()
        .map(|(key, signature)| json!({"key": key, "signature": signature}))
        .collect();
    json!({"body": domain::id::to_hex(&entry.body), "received": entry.received, "signatures": signatures})
}

/// Name, good case, refusal, comment and mutation of every faulty entry.
pub(super) fn faulty() -> Vec<super::faulty::Faulty> {
    use super::faulty::faults;
    use Mutation::{Append, At, CutLast, Keep, Replace, Zeros};
    let length = super::good_bytes("lot-mined").len();
    let count = 16 + length;
    let pair = |key: u8| [vec![key; 8], vec![0xF0 | key; 64]].concat();
    let le = |number: u64| number.to_le_bytes().to_vec();
    let (one, two) = ("entry", "entry-two-signatures");
    let nine = [vec![8; 8], vec![0xF8; 64], vec![9; 8], vec![0xF9; 64]].concat();
    faults! {
        "entry-signature-order" of two is "signature-order": "the larger key id first"
            => Replace([pair(1), pair(2)].concat(), [pair(2), pair(1)].concat());
        "entry-duplicate-key" of two is "signature-order": "one key signs twice" => At(count + 8 + 72, vec![1; 8]);
        "entry-no-signature" of one is "signature-count": "a count of zero and no signature"
            => Replace([le(1), pair(1)].concat(), le(0));
        "entry-nine-signatures" of "entry-eight-signatures" is "signature-count": "one more than there may be"
            => Replace([le(8), pair(1)].concat(), [le(9), vec![0; 8], vec![0xFA; 64], pair(1)].concat());
        "entry-count-max" of one is "signature-count": "2^64 - 1 signatures" => At(count, vec![255; 8]);
        "entry-count-two" of one is "truncated": "a count of two and one signature" => At(count, le(2));
        "entry-trailing-byte" of one is "trailing-bytes": "one byte follows" => Append(vec![0]);
        "entry-trailing-signature" of one is "trailing-bytes": "a signature that is not counted" => Append(nine);
        "entry-cut-last-byte" of one is "truncated": "the last byte is gone" => CutLast;
        "entry-cut-in-received" of one is "truncated": "ends within the receive time" => Keep(7);
        "entry-cut-in-body" of one is "truncated": "ends within the body" => Keep(100);
        "entry-cut-before-count" of one is "truncated": "ends after the body" => Keep(count);
        "entry-body-max" of one is "too-long": "a body that claims 2^64 - 1 bytes" => At(8, vec![255; 8]);
        "entry-body-32769" of one is "too-long": "a body that claims one byte more than the limit" => At(8, le(32_769));
        "entry-body-32768" of one is "truncated": "a body that claims the limit and is shorter" => At(8, le(32_768));
        "entry-received-1989" of one is "time": "received before 1990"
            => At(0, 631_151_999_999_i64.to_le_bytes().to_vec());
        "entry-too-long" of one is "too-long": "more than 34816 bytes" => Zeros(34_816);
    }
}
