//! Lies about who may state what: every event in them is signed by the key of the one who states it.
//! Invariant: as in `lies`: every lie starts from the same honest entries. Knows no verifier.

use domain::{Moment, PartyId, PartyKind, Payload, Sector};
use testkit::at;
use verify::{Admission, KeyDirectory, Place, prepare};
use wire::Entry;

use crate::lies::{PLANT, Tell, author_of, discarded};
use crate::log::{Copy, Honest};

/// What a county's department makes of a key, or an operator of a clock.
pub(crate) fn of_authority(honest: &Honest, lie: Tell<'_>) {
    lie(
        "let a county's department register a second operator",
        "an office and the operator",
        false,
        Copy::of(&with_next(
            honest,
            3,
            testkit::registration(9, PartyKind::Operator, "150207"),
        )),
    );
    lie(
        "let a county's department register another of its rank",
        "an office and the operator",
        false,
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
        false,
        Copy::of(&signed_ahead(honest)),
    );
}

/// The honest entries without those of one author. The operator, which holds its own key, signs its commitments again over
/// what is left, so that they are true of it.
pub(crate) fn committed_again(honest: &Honest, gone: PartyId) -> Vec<Vec<u8>> {
    let (mut admission, directory) = (Admission::new(), KeyDirectory::default());
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for honest in honest
        .entries
        .iter()
        .filter(|entry| author_of(entry) != gone)
    {
        let mut entry = wire::decode_entry(honest).unwrap().to_entry();
        let body = wire::decode_body(&entry.body).unwrap();
        if let Payload::HeadsCommitted(_) = body.payload {
            let mut operator = testkit::author(2);
            operator.state = admission.author(&body.author).unwrap();
            operator.seen = body.seen;
            let heads = Payload::HeadsCommitted(admission.heads_commitment());
            let event = operator.sign(&testkit::key(2), body.occurred, body.signed, heads);
            let event = event.unwrap();
            (entry.body, entry.signatures) = (event.body, event.signatures);
        }
        let signatures = entry.signatures.iter().copied().collect();
        let event = prepare(entry.body.clone().into(), signatures, &directory);
        let (position, received) = (entries.len() as u64, entry.received);
        admission.apply(&Place { position, received }, &event.unwrap());
        entries.push(wire::encode_entry(&entry).unwrap());
    }
    entries
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
    push_next(
        &mut entries,
        testkit::Country::TRADER,
        signed,
        discarded("M-2"),
    );
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
    let event = author.sign(&testkit::key(number), signed, signed, payload);
    let event = event.unwrap();
    let entry = Entry {
        received: at("2024-02-03"),
        body: event.body,
        signatures: event.signatures,
    };
    entries.push(wire::encode_entry(&entry).unwrap());
}
