//! A log of a few leaves, its forks and its witnesses, for the tests of this crate.

mod client;
mod cosigner;
mod decide;
mod loopback;
mod request;
mod server;

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chain::{Hash, HashReader, consistency_proof, leaf_hash, node_hash, root_at};
use signing::{
    Checkpoint, SecretKey, SignedCheckpoint, Signer, VerifierKey, WitnessKey, open_checkpoint,
};

use crate::server::{Caps, Event, Server, StartFault, Witness};

pub(crate) const ORIGIN: &str = "test.example/log";
pub(crate) const SECONDS: u64 = 1_800_000_000;

pub(crate) fn key(number: u8) -> SecretKey {
    let mut seed = [number; 32];
    seed[0] = number.wrapping_add(1);
    SecretKey::from_seed(&seed).unwrap()
}

pub(crate) fn witness_key(name: &str, number: u8) -> WitnessKey {
    WitnessKey::new(name, key(number).public().clone()).unwrap()
}

pub(crate) fn log_key() -> VerifierKey {
    VerifierKey::new(ORIGIN, key(1).public().clone()).unwrap()
}

/// The log of all tests: key 1.
pub(crate) struct TestLog(Vec<Hash>);

impl HashReader for TestLog {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        match level {
            0 => self.0.get(usize::try_from(index).ok()?).copied(),
            _ => Some(node_hash(
                &self.hash(level - 1, 2 * index)?,
                &self.hash(level - 1, 2 * index + 1)?,
            )),
        }
    }
}

impl TestLog {
    pub(crate) fn of(size: u64) -> Self {
        Self::forked(u64::MAX, size)
    }

    /// A history that is another from this leaf on.
    pub(crate) fn forked(at: u64, size: u64) -> Self {
        let leaf = |number| match number < at {
            true => format!("entry {number}"),
            false => format!("other {number}"),
        };
        Self((0..size).map(|n| leaf_hash(leaf(n).as_bytes())).collect())
    }

    pub(crate) fn at(&self, size: u64) -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size,
            root: root_at(size, self).unwrap(),
        };
        open_checkpoint(&checkpoint.sign(&key(1)).unwrap(), &log_key()).unwrap()
    }

    pub(crate) fn proof(&self, old: u64, new: u64) -> Vec<Hash> {
        consistency_proof(old, new, self).unwrap()
    }
}

/// What a witness told its operator.
pub(crate) type Told = Arc<Mutex<Vec<Event>>>;

/// The witness `w<number>`, with the key of that number, and what it tells.
pub(crate) fn witness_in(folder: &Path, number: u8) -> (Witness, Told) {
    let told = Told::default();
    let teller = Arc::clone(&told);
    let witness = Witness {
        name: format!("w{number}"),
        signer: Box::new(key(number)),
        logs: vec![log_key()],
        folder: folder.to_owned(),
        admit: None,
        clock: Box::new(|| SECONDS),
        tell: Box::new(move |event| teller.lock().unwrap().push(event.clone())),
    };
    (witness, told)
}

pub(crate) fn start(folder: &Path, number: u8) -> Server {
    try_start(folder, number).unwrap()
}

pub(crate) fn try_start(folder: &Path, number: u8) -> Result<Server, StartFault> {
    Server::start("127.0.0.1:0", witness_in(folder, number).0, Caps::default())
}

/// The head and the body of the next request or answer on a connection; `None` if there is none.
pub(crate) fn read_message(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| {
        let length = line.strip_prefix("content-length: ")?;
        length.parse().ok()
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

pub(crate) fn url(server: &Server) -> String {
    format!("http://{}/", server.address())
}
