//! A small log, and the power of whoever holds the operator's key: to write any entries and sign any tree over them.
//! Invariant: what is published is a well-formed export of those entries. Knows no lie.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chain::{Frontier, leaf_hash};
use domain::{Moment, Payload};
use portable::write_folder;
use signing::{Checkpoint, SecretKey, Signer, VerifierKey};
use store::{Entries, MemoryStore, Store};
use tempfile::TempDir;
use testkit::{ORIGIN, TestCountry, accept, at, key, open};

/// Lots that the honest log holds.
const LOTS: u64 = 300;

/// The entries of an honest log: a country, lots of three enterprises in turn, and a commitment to heads near the end.
pub(crate) struct Honest {
    pub entries: Vec<Vec<u8>>,
    /// Size and root at a look some time ago.
    pub remembered: (u64, chain::Hash),
    /// The receipt of the newest event, as its author got it.
    pub receipt: String,
}

impl Honest {
    /// Size and root of the checkpoint that the receipt lies under.
    pub(crate) fn receipted(&self) -> (u64, chain::Hash) {
        (self.entries.len() as u64, root(&self.entries))
    }

    /// Whether a witness cosigned a log of just these entries, or would: it cosigned every state up to the look some time ago,
    /// and cosigns only what continues that.
    pub(crate) fn is_cosigned(&self, entries: &[Vec<u8>]) -> bool {
        let seen = usize::try_from(self.remembered.0).unwrap();
        let common = entries.len().min(seen);
        entries[..common] == self.entries[..common]
    }
}

pub(crate) fn honest() -> Honest {
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    let authors = [
        TestCountry::MINE,
        TestCountry::SEPARATOR,
        TestCountry::TRADER,
    ];
    for number in 0..LOTS {
        let author = authors[usize::try_from(number).unwrap() % authors.len()];
        clock.set(Moment::from_ms(at("2024-02-01").ms() + i64::try_from(number).unwrap()).unwrap());
        country.authors.seen = ledger.seen().unwrap();
        accept(&ledger, vec![country.mined_by(author, number)]);
    }
    clock.set(at("2024-02-02"));
    let heads = Payload::HeadsCommitted(ledger.heads_commitment());
    accept(
        &ledger,
        vec![country.authors.sign(2, at("2024-02-02"), heads)],
    );
    country.authors.seen = ledger.seen().unwrap();
    let last = country.mined_by(authors[0], LOTS);
    accept(&ledger, vec![last]);
    let entries = entries_of(&memory);
    let half = entries.len() / 2;
    let remembered = (half as u64, root(&entries[..half]));
    let receipt = ledger::receipt(&memory, entries.len() as u64 - 1).unwrap();
    let receipt = evidence::Receipt::new(&receipt.entry, &receipt.proof).to_text();
    Honest {
        entries,
        remembered,
        receipt,
    }
}

/// Every entry of a log, in order.
pub(crate) fn entries_of(store: &MemoryStore) -> Vec<Vec<u8>> {
    let frames = store.frames(0).unwrap().map(Result::unwrap);
    let entries = frames.flat_map(|frame| {
        let entries = frame.entries().map(|(_, entry)| entry.to_vec());
        entries.collect::<Vec<_>>()
    });
    entries.collect()
}

pub(crate) fn root(entries: &[Vec<u8>]) -> chain::Hash {
    let mut frontier = Frontier::new();
    entries
        .iter()
        .for_each(|entry| frontier.push(leaf_hash(entry)));
    frontier.root()
}

/// A checkpoint over entries, signed by a log key.
pub(crate) fn checkpoint_by(signer: &SecretKey, entries: &[Vec<u8>]) -> Vec<u8> {
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: entries.len() as u64,
        root: root(entries),
    };
    checkpoint.sign(signer).unwrap()
}

/// A published copy in a folder that vanishes.
pub(crate) struct Copy {
    folder: TempDir,
    /// What it was made of; its files may have been changed since.
    pub entries: Vec<Vec<u8>>,
}

impl Copy {
    /// What the operator publishes of these entries.
    pub(crate) fn of(entries: &[Vec<u8>]) -> Self {
        Self::signed(&key(2), entries)
    }

    /// The same with a checkpoint by another log key.
    pub(crate) fn signed(signer: &SecretKey, entries: &[Vec<u8>]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log_key = VerifierKey::new(ORIGIN, signer.public().clone()).unwrap();
        let mut all = entries.iter().cloned().map(Ok);
        let note = checkpoint_by(signer, entries);
        write_folder(folder.path(), &mut all, &note, &log_key).unwrap();
        let entries = entries.to_vec();
        Self { folder, entries }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the bytes of a file.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.file(name);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }
}
