//! A small country's log, and the power of whoever holds keys: to sign anything and to put any tree over any entries.
//! Invariant: the honest entries were accepted by the ledger, at the positions that this file names. Knows no lie.

use std::sync::Arc;

use author::{SignedEvent, grant};
use chain::{Hash, Levels, inclusion_proof, leaf_hash, root_at};
use domain::payload::{KeyAdded, KeyRevoked, RevocationReason};
use domain::{Activity, Bytes32, KeyId, Moment, PartyKind, Payload};
use ledger::Ledger;
use portable::{Extract, ExtractOrigin, PortableFault, check_extract, extract};
use signing::{Checkpoint, SecretKey, Signer};
use store::{Entries, MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, key, open, party, registration};
use verify::{Report, Trust};
use wire::Entry;

/// Party numbers beside those of [`TestCountry`].
pub(crate) const AUTHORITY: u32 = 1;
pub(crate) const OPERATOR: u32 = 2;
pub(crate) const DEPARTMENT: u32 = 3;
pub(crate) const SMELTER: u32 = 9;
/// Its id stands between those of the trader and the smelter.
pub(crate) const NOBODY: u32 = 7;
/// The second key of the mine, which the department grants and revokes.
pub(crate) const SECOND_KEY: u32 = 40;

/// Positions in the honest log.
pub(crate) const GRANT: usize = 6;
/// The mine's events: two with its first key, one with its second, and one after the commitment.
pub(crate) const MINED: [usize; 4] = [10, 12, 14, 16];
pub(crate) const COMMITMENT: usize = 15;
pub(crate) const SEPARATED_LATE: usize = 17;

/// Entries under a tree.
#[derive(Clone)]
pub(crate) struct Log {
    pub entries: Vec<Vec<u8>>,
    levels: Levels,
}

impl Log {
    pub(crate) fn of(entries: Vec<Vec<u8>>) -> Self {
        let levels = Levels::new(entries.iter().map(|entry| leaf_hash(entry)).collect());
        Self { entries, levels }
    }

    /// The tree's checkpoint, signed by any key in the name of the log.
    pub(crate) fn checkpoint_by(&self, signer: &SecretKey) -> Vec<u8> {
        let size = self.levels.size();
        let root = root_at(size, &self.levels).unwrap();
        let origin = ORIGIN.to_owned();
        Checkpoint { origin, size, root }.sign(signer).unwrap()
    }

    pub(crate) fn checkpoint(&self) -> Vec<u8> {
        self.checkpoint_by(&key(OPERATOR))
    }

    pub(crate) fn extract(&self, number: u32) -> Extract {
        extract(self, party(number), &self.checkpoint()).unwrap()
    }
}

impl ExtractOrigin for Log {
    fn each(&self, take: &mut dyn FnMut(u64, &[u8])) -> Result<(), PortableFault> {
        (0..)
            .zip(&self.entries)
            .for_each(|(at, entry)| take(at, entry));
        Ok(())
    }

    fn prove(&self, position: u64) -> Result<Vec<Hash>, PortableFault> {
        inclusion_proof(position, self.levels.size(), &self.levels)
            .map_err(|fault| PortableFault::Log(fault.to_string()))
    }
}

pub(crate) fn check(extract: &Extract) -> Report {
    check_extract(extract, &Trust::default())
}

/// The whole honest log. Its acts make an extract need all of its rules: a department vouches for the mine, the authority
/// acts about a party that the department registered and about a key that the separator gave itself.
pub(crate) fn honest() -> Log {
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    // Early enough that a key which a department grants has taken effect by the time when it signs.
    let (ledger, clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    acts(&ledger, &mut country);
    clock.set(at("2024-02-10"));
    let lots = [
        TestCountry::MINE,
        TestCountry::SEPARATOR,
        TestCountry::MINE,
        SMELTER,
    ];
    for (number, author) in (0..).zip(lots) {
        accept(&ledger, vec![country.mined_by(author, number)]);
    }
    let mut entries = entries_of(&memory);
    let with_second_key = next_event(&entries, TestCountry::MINE, &key(SECOND_KEY), mined(8));
    accept(&ledger, vec![with_second_key]);
    let heads = Payload::HeadsCommitted(ledger.heads_commitment());
    accept(&ledger, vec![country.authors.sign(OPERATOR, now(), heads)]);
    for author in [TestCountry::MINE, TestCountry::SEPARATOR] {
        entries = entries_of(&memory);
        accept(
            &ledger,
            vec![next_event(&entries, author, &key(author), mined(9))],
        );
    }
    let revoked = revoked(TestCountry::MINE, SECOND_KEY);
    accept(
        &ledger,
        vec![country.authors.sign(DEPARTMENT, now(), revoked)],
    );
    Log::of(entries_of(&memory))
}

fn acts(ledger: &Ledger, country: &mut TestCountry) {
    let smelting = PartyKind::Enterprise {
        activities: vec![Activity::MetalSmelting].try_into().unwrap(),
    };
    let own_key = TestCountry::SEPARATOR + 1_000_000;
    let suspended = serde_json::json!({"event": "party-suspended", "party": party(SMELTER),
        "instrument": {"number": "1", "issued": "2024-01-05"}});
    let acts = [
        (DEPARTMENT, registration(SMELTER, smelting, "150207")),
        (DEPARTMENT, granted(TestCountry::MINE, SECOND_KEY)),
        (AUTHORITY, serde_json::from_value(suspended).unwrap()),
        (
            TestCountry::SEPARATOR,
            granted(TestCountry::SEPARATOR, own_key),
        ),
        (AUTHORITY, revoked(TestCountry::SEPARATOR, own_key)),
    ];
    for (author, act) in acts {
        accept(
            ledger,
            vec![country.authors.sign(author, at("2024-01-25"), act)],
        );
    }
}

/// A party gets a key, both by number.
pub(crate) fn granted(number: u32, key_number: u32) -> Payload {
    let (party, signer) = (party(number), key(key_number));
    let key = grant(&signer, &[7; 32], &testkit::ledger_id(), &party).unwrap();
    Payload::KeyAdded(Box::new(KeyAdded { party, key }))
}

/// A party loses a key, both by number.
pub(crate) fn revoked(number: u32, key_number: u32) -> Payload {
    Payload::KeyRevoked(KeyRevoked {
        party: party(number),
        key: KeyId(key(key_number).public().id().0),
        reason: RevocationReason::Lost,
    })
}

pub(crate) fn now() -> Moment {
    at("2024-01-05")
}

/// A lot that its author mined.
pub(crate) fn mined(number: u64) -> Payload {
    let event = TestCountry::new().mined_by(TestCountry::MINE, number);
    wire::decode_body(&event.body).unwrap().payload
}

pub(crate) fn entries_of(store: &MemoryStore) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    for frame in store.frames(0).unwrap() {
        let frame = frame.unwrap();
        entries.extend(frame.entries().map(|(_, entry)| entry.to_vec()));
    }
    entries
}

/// The event that continues a party's chain behind these entries, signed by any key.
pub(crate) fn next_event(
    entries: &[Vec<u8>],
    number: u32,
    signer: &SecretKey,
    payload: Payload,
) -> SignedEvent {
    let mut author = testkit::author(number);
    for entry in entries {
        let view = wire::decode_entry(entry).unwrap();
        let body = wire::decode_body(view.body).unwrap();
        if body.author == author.party {
            author.follow(&body, &wire::event_id(view.body));
            author.state.head.next_seq = body.seq + 1;
        }
    }
    author.sign(signer, now(), now(), payload).unwrap()
}

/// Puts an event into the log as the operator can: whoever signed it.
pub(crate) fn put(entries: &mut Vec<Vec<u8>>, event: SignedEvent) {
    put_at(entries, event, at("2024-02-10"));
}

/// As [`put`], received at another time.
pub(crate) fn put_at(entries: &mut Vec<Vec<u8>>, event: SignedEvent, received: Moment) {
    let entry = Entry {
        received,
        body: event.body,
        signatures: event.signatures,
    };
    entries.push(wire::encode_entry(&entry).unwrap());
}

/// The hash that no tree holds.
pub(crate) const FALSE_HASH: Bytes32 = Bytes32([9; 32]);
