//! Lies about who may state what: every event in them is signed by the key of the one who states it.
//! Invariant: as in `lies`: every lie starts from the same honest entries. Knows no verifier.

use domain::{Bytes32, Moment, PartyId, PartyKind, Payload, Sector, Seen};
use testkit::{TestCountry, at, key, party, suspended};
use verify::{Admission, EntryPlace, KeyDirectory, prepare};
use wire::Entry;

use crate::lies::{Noticed, PLANT, Tell, author_of, discarded};
use crate::log::{Copy, Honest, root};

/// What a county's department makes of a key, or an operator of a clock.
pub(crate) fn of_authority(honest: &Honest, lie: Tell<'_>) {
    lie(
        "let a county's department register a second operator",
        "an office and the operator",
        Noticed::Alone,
        Copy::of(&with_next(
            honest,
            3,
            testkit::registration(9, PartyKind::Operator, "150207"),
        )),
    );
    lie(
        "let a county's department register another of its rank",
        "an office and the operator",
        Noticed::Alone,
        Copy::of(&with_next(
            honest,
            3,
            testkit::registration(
                9,
                PartyKind::Regulator {
                    sector: Sector::Industry,
                },
                "150207",
            ),
        )),
    );
    lie(
        "take up an event that is signed for a year to come",
        PLANT,
        Noticed::Alone,
        Copy::of(&signed_ahead(honest)),
    );
}

/// The honest entries without those of one author. Whoever tells the lie signs again what it holds the keys for, so that it is
/// true of what is left: the commitments to heads, and, with the authority's key, the register without that party. Where it
/// fills what it dropped, the operator commits to heads there, so that every size that others saw is reached.
pub(crate) fn without(honest: &Honest, gone: PartyId, holds: &[u32], fills: bool) -> Vec<Vec<u8>> {
    let (mut admission, directory) = (Admission::new(), KeyDirectory::default());
    let mut entries: Vec<Vec<u8>> = Vec::new();
    let left = |entry: &&Vec<u8>| fills || author_of(entry) != gone;
    for honest in honest.entries.iter().filter(left) {
        let mut entry = wire::decode_entry(honest).unwrap().to_entry();
        let body = wire::decode_body(&entry.body).unwrap();
        let is_filled = body.author == gone;
        let holder = if is_filled {
            Some(&2)
        } else {
            holds.iter().find(|number| party(**number) == body.author)
        };
        if let Some(number) = holder.filter(|_| !entries.is_empty()) {
            let payload = match body.payload {
                Payload::PartyRegistered(registered) if registered.party == gone => {
                    if !fills {
                        continue;
                    }
                    // The authority fills the place of the registration: by suspending the mine.
                    suspended(TestCountry::MINE)
                }
                payload if is_filled || matches!(payload, Payload::HeadsCommitted(_)) => {
                    Payload::HeadsCommitted(admission.heads_commitment())
                }
                payload => payload,
            };
            let mut author = testkit::author(*number);
            author.ledger = *admission.ledger().unwrap();
            author.state = admission.author(&author.party).unwrap();
            author.seen = seen(&entries);
            let event = author.sign(&key(*number), body.occurred, body.signed, payload);
            let event = event.unwrap();
            (entry.body, entry.signatures) = (event.body, event.signatures);
        }
        let signatures = entry.signatures.iter().copied().collect();
        let event = prepare(entry.body.clone().into(), signatures, &directory);
        let (position, received) = (entries.len() as u64, entry.received);
        admission.apply(&EntryPlace { position, received }, &event.unwrap());
        entries.push(wire::encode_entry(&entry).unwrap());
    }
    entries
}

/// A true commitment to the heads of these entries.
pub(crate) fn heads_of(entries: &[Vec<u8>]) -> Payload {
    let (mut admission, directory) = (Admission::new(), KeyDirectory::default());
    for (position, entry) in entries.iter().enumerate() {
        let entry = wire::decode_entry(entry).unwrap().to_entry();
        let signatures = entry.signatures.iter().copied().collect();
        let event = prepare(entry.body.into(), signatures, &directory).unwrap();
        let (position, received) = (position as u64, entry.received);
        admission.apply(&EntryPlace { position, received }, &event);
    }
    Payload::HeadsCommitted(admission.heads_commitment())
}

/// What whoever had all of these entries has seen.
pub(crate) fn seen(entries: &[Vec<u8>]) -> Seen {
    Seen {
        size: entries.len() as u64,
        root: Bytes32(*root(entries).as_bytes()),
    }
}

/// The honest entries, then an event of a party that is well signed and next in its chain.
fn with_next(honest: &Honest, number: u32, payload: Payload) -> Vec<Vec<u8>> {
    let mut entries = honest.entries.clone();
    push_next(&mut entries, number, at("2024-02-03"), payload);
    entries
}

/// The honest entries, then a lot of the trader that it signed a year after the operator received it.
fn signed_ahead(honest: &Honest) -> Vec<Vec<u8>> {
    let mut entries = honest.entries.clone();
    let signed = at("2025-02-03");
    push_next(&mut entries, TestCountry::TRADER, signed, discarded("M-2"));
    entries
}

/// Puts the next event of a party behind the entries, received on 3 February.
pub(crate) fn push_next(entries: &mut Vec<Vec<u8>>, number: u32, signed: Moment, payload: Payload) {
    let mut author = testkit::author(number);
    for entry in entries.iter() {
        let view = wire::decode_entry(entry).unwrap();
        let body = wire::decode_body(view.body).unwrap();
        if body.author == author.party {
            author.follow(&body, &wire::event_id(view.body));
            author.seen = body.seen;
        }
    }
    let event = author.sign(&key(number), signed, signed, payload);
    let event = event.unwrap();
    let entry = Entry {
        received: at("2024-02-03"),
        body: event.body,
        signatures: event.signatures,
    };
    entries.push(wire::encode_entry(&entry).unwrap());
}
