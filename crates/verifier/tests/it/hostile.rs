//! What the sequencer accepts, every verifier calls good: ten thousand well-signed events of every payload, by authors who
//! may not state them, with keys that are not theirs, at times that do not fit.
//! Invariant: the same events in every run. Knows no rule: it asks the node, then the readers.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use author::{Author, SignedEvent};
use domain::payload::CorrectionCause;
use domain::{Activity, Blob, Bytes32, Moment, PartyKind, Payload, Sector, Seen};
use ledger::Ledger;
use store::{MemoryStore, Store};
use testkit::{
    Authors, TestCountry, accept, at, key_added, key_revoked, open, party, registration,
    rules_asking, suspended,
};

use crate::amending::amending;
use crate::log::{Copy, entries_of};
use crate::table::{python, says};

const EVENTS: u32 = 10_000;
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/wire");
/// Parties of the country, two national and provincial departments more, and one that nobody registered.
const PARTIES: u64 = 9;
/// Whom acts that amend are about: mostly enterprises.
const ABOUT: &[u32] = &[4, 4, 4, 5, 5, 5, 6, 6, 6, 1, 2, 3, 7, 8, 9];
const NEXT: u32 = 1_000_000;

/// SplitMix64: the same numbers on every machine.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// The number of one of so many parties.
    pub(crate) fn number(&mut self, parties: u64) -> u32 {
        u32::try_from(self.below(parties)).unwrap() + 1
    }

    fn party(&mut self) -> u32 {
        self.number(PARTIES)
    }

    /// A key of this party, or of somebody else.
    fn key_of(&mut self, number: u32) -> u32 {
        match self.below(8) {
            0 => self.party(),
            1 => number + NEXT,
            2 => number + 2 * NEXT,
            3 => 70 + number,
            _ => number,
        }
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let place = self.below(of.len() as u64);
        of[usize::try_from(place).unwrap()].clone()
    }
}

/// The payloads of all good golden vectors: each kind there is.
pub(crate) fn every_payload() -> Vec<Payload> {
    let mut payloads = BTreeMap::new();
    for file in fs::read_dir(VECTORS).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if !text.contains("kind: body\nexpect: good\n") {
            continue;
        }
        let bytes = text.split_once("bytes:\n").unwrap().1;
        let bytes = bytes.split_once("id:").unwrap().0.replace('\n', "");
        let body = wire::decode_body(&domain::id::from_hex(&bytes).unwrap()).unwrap();
        payloads.insert(path, body.payload);
    }
    let kinds: std::collections::BTreeSet<u16> = payloads.values().map(Payload::number).collect();
    assert_eq!(kinds.len(), Payload::TABLE.len(), "a vector for every kind");
    payloads.into_values().collect()
}

/// `annullable` are the bodies of acts that the log holds.
fn act(chance: &mut Chance, ledger: &Ledger, every: &[Payload], annullable: &[Vec<u8>]) -> Payload {
    let number = chance.party();
    match chance.below(16) {
        0 => {
            let sectors = [Sector::Industry, Sector::Customs, Sector::NaturalResources];
            let kinds = [
                PartyKind::Operator,
                PartyKind::Auditor,
                PartyKind::Regulator {
                    sector: chance.pick(&sectors),
                },
                PartyKind::Enterprise {
                    activities: vec![Activity::Trading].try_into().unwrap(),
                },
            ];
            let division = chance.pick(&["000000", "150000", "150207", "360700"]);
            let new = 10 + u32::try_from(chance.below(60)).unwrap();
            registration(new, chance.pick(&kinds), division)
        }
        1 => key_added(number, chance.key_of(number)),
        // Mostly of a key that came later: who has none left states nothing more.
        2 => {
            let keys = [70 + number, number + NEXT, number + 2 * NEXT];
            let first = number >= 7 && chance.below(8) == 0;
            key_revoked(number, if first { number } else { chance.pick(&keys) })
        }
        3 => suspended(number),
        4 => {
            let day = chance.pick(&["2024-01-01", "2024-03-01", "2024-06-01", "2025-01-01"]);
            rules_asking(chance.pick(&[1, 1, 1, 2, 3]), day)
        }
        5 | 6 => {
            let mut heads = ledger.heads_commitment();
            match chance.below(6) {
                0 => heads.covered += 1,
                1 => heads.covered = chance.below(heads.covered),
                2 => heads.root = Bytes32([7; 32]),
                3 => heads.authors -= 1,
                _ => {}
            }
            Payload::HeadsCommitted(heads)
        }
        7..=10 => {
            let acts = amending(chance, ABOUT, annullable);
            serde_json::from_value(acts).unwrap()
        }
        _ => of_this_ledger(chance.pick(every)),
    }
}

/// A correction or an annulment of an event of this ledger: the vectors' are of another one.
fn of_this_ledger(mut payload: Payload) -> Payload {
    let moved = |bytes: &[u8]| {
        let mut body = wire::decode_body(bytes).unwrap();
        body.ledger = Bytes32(testkit::ledger_id());
        Blob::new(&wire::encode_body(&body).unwrap()).unwrap()
    };
    match &mut payload {
        Payload::EventCorrected(correction) => correction.corrected = moved(&correction.corrected),
        Payload::ActAnnulled(act) => act.annulled = moved(&act.annulled),
        _ => {}
    }
    payload
}

/// The next event of some author, or one that is nearly that.
fn event(
    chance: &mut Chance,
    ledger: &Ledger,
    authors: &mut Authors,
    now: Moment,
    payload: Payload,
) -> SignedEvent {
    let by = match (&payload, chance.below(4)) {
        (Payload::EventCorrected(correction), _) => {
            let corrected = wire::decode_body(&correction.corrected).unwrap();
            let is_author = |number: &u32| party(*number) == corrected.author;
            (1..).find(is_author).unwrap()
        }
        (Payload::HeadsCommitted(_), 1..) => 2,
        (payload, 1..) if payload.number() < 32 => chance.pick(&[1, 1, 1, 3, 7, 8]),
        (_, 1..) => chance.pick(&[
            TestCountry::MINE,
            TestCountry::SEPARATOR,
            TestCountry::TRADER,
        ]),
        _ => chance.party(),
    };
    let author: &mut Author = authors.author(by);
    *author = ledger.author(author.party).unwrap();
    let head = &mut author.state.head;
    match chance.below(32) {
        0 => head.next_seq += 1,
        1 => head.next_seq = head.next_seq.saturating_sub(1),
        2 => head.last[0] ^= 1,
        // A correction for another ledger than that of what it corrects is not even well formed.
        3 if !matches!(payload, Payload::EventCorrected(_)) => author.ledger[0] ^= 1,
        4 => author.seen = Seen::NOTHING,
        5 => author.seen.size += chance.below(3),
        6 => author.seen.size = chance.below(author.seen.size + 1),
        7 => author.seen.root.0[0] ^= 1,
        8 => author.state.signed = None,
        _ => {}
    }
    // Nothing seen has one spelling.
    let is_nothing = author.seen.size == 0;
    authors.seen = if is_nothing {
        Seen::NOTHING
    } else {
        author.seen
    };
    let mut keys = vec![chance.key_of(by)];
    if chance.below(3) == 0 {
        let second = chance.key_of(by);
        keys.extend(Some(second).filter(|second| *second != keys[0]));
    }
    let keys: Vec<_> = keys.into_iter().map(testkit::key).collect();
    let hours = chance.pick(&[0, 0, 0, -24 * 40, -1, 23, 25, 24 * 400]);
    let signed = now.plus_ms(hours * 3_600_000);
    // A count can't be of a time to come: the vector's is of 31 January 2024.
    let signed = match payload.check_time(signed) {
        Ok(()) => signed,
        Err(_) => now,
    };
    authors.sign_by_all(by, &keys, signed, payload)
}

/// Acts that others rest on: the node accepts some of each.
const AMENDING: &[&str] = &[
    "act-annulled",
    "party-amended",
    "party-succeeded",
    "reference-changed",
    "site-amended",
];

/// Refusals that ten thousand hostile events are sure to meet.
const TRIED: &[&str] = &[
    "ahead-of-receipt",
    "annulled-already",
    "another-ledger",
    "activities-of-kind",
    "author-chain",
    "equivocation",
    "false-heads",
    "foreign-key",
    "kept-for-the-founder",
    "not-over-regulators",
    "not-national",
    "not-the-committed-key",
    "not-the-founder",
    "outside-division",
    "party-exists",
    "second-operator",
    "seen-ahead",
    "seen-less",
    "seen-otherwise",
    "too-few-signatures",
    "unknown-act",
    "unknown-author",
    "unknown-key",
    "unknown-licence",
    "wrong-kind-of-party",
];

#[test]
fn what_the_node_accepts_every_verifier_calls_good() {
    let every = every_payload();
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    let department =
        |number, sector, division| registration(number, PartyKind::Regulator { sector }, division);
    for act in [
        department(7, Sector::Customs, "000000"),
        department(8, Sector::Industry, "150000"),
        key_added(1, 1 + NEXT),
    ] {
        accept(
            &ledger,
            vec![country.authors.sign(1, at("2024-02-01"), act)],
        );
    }
    let (mut chance, mut now) = (Chance(71), at("2024-02-01"));
    let mut said: BTreeMap<String, u32> = BTreeMap::new();
    let mut accepted: BTreeMap<&str, u32> = BTreeMap::new();
    let mined = country.mined(1);
    let (mut correctable, mut annullable) = (mined.body.clone(), Vec::new());
    accept(&ledger, vec![mined]);
    for _ in 0..EVENTS {
        now = now.plus_ms(i64::try_from(chance.below(2 * 3_600_000)).unwrap());
        clock.set(now);
        let mut payload = act(&mut chance, &ledger, &every, &annullable);
        // The correction of a vector is its own author's; here somebody corrects the last event of an enterprise.
        if let Payload::EventCorrected(correction) = &mut payload {
            correction.cause = CorrectionCause::DidNotOccur;
            correction.corrected = Blob::new(&correctable).unwrap();
            correction.replacement = None;
        }
        let event = event(&mut chance, &ledger, &mut country.authors, now, payload);
        let body = event.body.clone();
        let answer = ledger.submit_blocking(vec![event]).unwrap().remove(0);
        let decoded = wire::decode_body(&body).unwrap();
        if answer.is_ok() && decoded.payload.check_correctable().is_ok() {
            correctable = body;
        } else if answer.is_ok()
            && domain::payload::check_annullable(decoded.payload.number()).is_ok()
        {
            annullable.push(body);
        }
        if answer.is_ok() {
            *accepted.entry(decoded.payload.name()).or_default() += 1;
        }
        let word = answer.map_or_else(|refused| refused.refusal.code(), |_| "accepted".to_owned());
        *said.entry(word).or_default() += 1;
    }
    assert!(said["accepted"] > 500, "{said:#?}");
    for rule in TRIED {
        assert!(said.contains_key(*rule), "{rule} was not tried: {said:#?}");
    }
    for act in AMENDING {
        assert!(accepted.contains_key(*act), "{act}: {accepted:#?}");
    }
    let copy = Copy::of(&entries_of(&memory));
    let python = python();
    let said = says(copy.path(), python.as_deref());
    assert!(said.iter().all(|verdict| verdict == "good"), "{said:?}");
}
