//! A small country's log, its tree, and the keys of everybody in it.
//! Invariant: the entries were accepted by a ledger. Knows no lie.

use std::sync::Arc;

use author::SignedEvent;
use chain::{Hash, Levels, inclusion_proof, leaf_hash, root_at};
use domain::{Bytes32, Bytes64, Payload};
use evidence::{Beginning, Receipt, WholeKeySignature};
use signing::{Checkpoint, SecretKey, Signer, TlogProof, VerifierKey, sign_event};
use store::{Entries, MemoryStore, Store};
use testkit::{ORIGIN, TestCountry, accept, at, key, open};

pub(crate) const AUTHORITY: u32 = 1;
pub(crate) const OPERATOR: u32 = 2;

/// The log's key.
pub(crate) fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, key(OPERATOR).public().clone()).unwrap()
}

/// An event as a file of evidence has it.
pub(crate) type Event = (Vec<u8>, Vec<WholeKeySignature>);

/// Signs a body with these keys, ascending by key id.
pub(crate) fn signed(body: &[u8], keys: &[u32]) -> Event {
    let mut keys: Vec<SecretKey> = keys.iter().map(|number| key(*number)).collect();
    keys.sort_by_key(|key| key.public().id().0);
    let sign = |key: &SecretKey| WholeKeySignature {
        key: Bytes32(*key.public().as_bytes()),
        signature: Bytes64(sign_event(key, body).unwrap().0),
    };
    (body.to_vec(), keys.iter().map(sign).collect())
}

/// A lot that an enterprise says it mined, as its event number `before` in a world where it said other things before.
pub(crate) fn mined(author: u32, before: u64, lot: u64) -> SignedEvent {
    let mut country = TestCountry::new();
    for number in 0..before {
        country.mined_by(author, number);
    }
    country.mined_by(author, lot)
}

/// The founding of the log, said at this hour.
pub(crate) fn founding(hour: &str) -> Vec<u8> {
    let mut authors = testkit::Authors::default();
    let moment = at(&format!("2024-01-01 {hour}"));
    authors.sign(AUTHORITY, moment, testkit::founding()).body
}

/// Entries under a tree.
pub(crate) struct Log {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) levels: Levels,
}

impl Log {
    /// The country and lots of the mine, each in a group of its own, from lot `first` on.
    pub(crate) fn of(lots: std::ops::Range<u64>) -> Self {
        let memory = MemoryStore::new();
        let store: Arc<dyn Store> = Arc::new(memory.clone());
        let (ledger, _clock) = open(&store, at("2024-02-01"));
        let mut country = TestCountry::new();
        accept(&ledger, country.founding.clone());
        for number in lots {
            accept(&ledger, vec![country.mined(number)]);
        }
        let heads = Payload::HeadsCommitted(ledger.heads_commitment());
        accept(
            &ledger,
            vec![country.authors.sign(2, at("2024-02-02"), heads)],
        );
        let frames = memory.frames(0).unwrap().map(Result::unwrap);
        let entries = frames.flat_map(|frame| {
            let entries = frame.entries().map(|(_, entry)| entry.to_vec());
            entries.collect::<Vec<_>>()
        });
        Self::from(entries.collect())
    }

    pub(crate) fn from(entries: Vec<Vec<u8>>) -> Self {
        let levels = Levels::new(entries.iter().map(|entry| leaf_hash(entry)).collect());
        Self { entries, levels }
    }

    pub(crate) fn note(&self, size: u64) -> Vec<u8> {
        note(size, root_at(size, &self.levels).unwrap(), OPERATOR)
    }

    pub(crate) fn beginning(&self, old: u64, new: u64) -> Option<Beginning> {
        Beginning::of(&self.levels, old, new)
    }

    pub(crate) fn receipt(&self, position: u64, size: u64) -> (Vec<u8>, TlogProof) {
        let proof = TlogProof {
            position,
            hashes: inclusion_proof(position, size, &self.levels).unwrap(),
            note: self.note(size),
        };
        (
            self.entries[usize::try_from(position).unwrap()].clone(),
            proof,
        )
    }

    pub(crate) fn receipt_text(&self, position: u64, size: u64) -> String {
        let (entry, proof) = self.receipt(position, size);
        Receipt::new(&entry, &proof).to_text()
    }
}

/// A checkpoint of anything, signed in the name of the log.
pub(crate) fn note(size: u64, root: Hash, signer: u32) -> Vec<u8> {
    let origin = ORIGIN.to_owned();
    Checkpoint { origin, size, root }
        .sign(&key(signer))
        .unwrap()
}
