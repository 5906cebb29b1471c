//! The operator's answer to signed events that came by file: which are in the log, and where.
//!
//! Invariant: nobody is shown what others wrote: a receipt holds what the entry adds to the event, and its author has the rest;
//! an event is in the log only if the proof holds from the bytes that its author sent to a checkpoint that a key signed which
//! the author knew before.

use std::collections::HashMap;
use std::io::BufReader;
use std::path::Path;

use chain::Hash;
use domain::{Bytes32, EventId, Moment, PartyId};
use serde::{Deserialize, Serialize};
use signing::{LogKeys, TlogProof, peek_unverified};
use wire::Entry;

use crate::fault::PortableFault;
use crate::limits::RECEIPTS_BYTES_MAX;
use crate::signed::{HandedEvent, KeySignature, key_signatures};

/// The first field of every file of receipts.
const FORMAT: &str = "ytterby receipts 1";

/// Where one event stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventReceipt {
    pub event: EventId,
    pub author: PartyId,
    pub seq: u64,
    pub position: u64,
    /// When the node received it, milliseconds UTC.
    pub received_ms: i64,
    /// As the entry holds them.
    pub signatures: Vec<KeySignature>,
    /// The inclusion proof under the file's checkpoint, from the leaf's sibling upward.
    pub proof: Vec<Bytes32>,
}

/// Receipts under one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipts {
    format: String,
    pub origin: String,
    /// The signed note.
    pub checkpoint: String,
    pub receipts: Vec<EventReceipt>,
}

/// An event that was sent, and what the receipts say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub event: EventId,
    pub author: PartyId,
    pub seq: u64,
    /// Its position; or why it is not known to be in the log.
    pub answer: Result<u64, String>,
}

impl EventReceipt {
    /// The receipt of an entry of the log with its inclusion proof; nothing if the entry is not canonical.
    #[must_use]
    pub fn of(position: u64, entry: &[u8], proof: &[Hash]) -> Option<Self> {
        let view = wire::decode_entry(entry).ok()?;
        let body = wire::decode_body(view.body).ok()?;
        let signatures: Vec<_> = view.signatures().collect();
        Some(Self {
            event: wire::event_id(view.body),
            author: body.author,
            seq: body.seq,
            position,
            received_ms: view.received.ms(),
            signatures: key_signatures(&signatures),
            proof: proof.iter().map(|hash| Bytes32(*hash.as_bytes())).collect(),
        })
    }

    fn prove(&self, sent: &HandedEvent, note: &str, keys: &LogKeys) -> Result<u64, String> {
        if (self.author, self.seq) != (sent.body.author, sent.body.seq) {
            return Err("its receipt names another author or number".to_owned());
        }
        let signatures = self.signatures.iter();
        let entry = Entry {
            received: Moment::from_ms(self.received_ms).map_err(|error| error.to_string())?,
            body: sent.bytes.clone(),
            signatures: signatures
                .map(|given| (given.key, given.signature))
                .collect(),
        };
        let entry = wire::encode_entry(&entry).map_err(|refusal| refusal.to_string())?;
        let hashes = self.proof.iter().map(|hash| Hash::from_bytes(hash.0));
        let proof = TlogProof {
            position: self.position,
            hashes: hashes.collect(),
            note: note.as_bytes().to_vec(),
        };
        match proof.verify(&entry, keys) {
            Ok(_) => Ok(self.position),
            Err(refusal) => Err(format!("its receipt proves nothing: {refusal}")),
        }
    }
}

impl Receipts {
    /// The receipts of one log under one checkpoint.
    #[must_use]
    pub fn new(origin: String, checkpoint: String, receipts: Vec<EventReceipt>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            origin,
            checkpoint,
            receipts,
        }
    }

    /// Reads a file that the operator handed over. That it is well formed says nothing of whether it holds.
    ///
    /// # Errors
    /// It can't be read, is too long, or is not a file of receipts.
    pub fn read(path: &Path) -> Result<Self, PortableFault> {
        let file = BufReader::new(files::open_at_most(path, RECEIPTS_BYTES_MAX)?);
        let wrong = |what| PortableFault::Handed {
            path: path.to_owned(),
            what,
        };
        let read: Self = serde_json::from_reader(file)
            .map_err(|error| wrong(format!("it is no {FORMAT}: {error}")))?;
        if read.format == FORMAT {
            Ok(read)
        } else {
            Err(wrong(format!(
                "its format is {:?}, not {FORMAT:?}",
                read.format
            )))
        }
    }

    /// The file: JSON with two spaces of indentation and a newline at the end.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Texts and numbers always have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What the receipts say of each event that was sent, in the order of sending, by the log's keys that the sender knows.
    #[must_use]
    pub fn check(&self, sent: &[HandedEvent], keys: &LogKeys) -> Vec<Answered> {
        let by_event: HashMap<_, _> = self.receipts.iter().map(|one| (one.event, one)).collect();
        let claimed = peek_unverified(self.checkpoint.as_bytes());
        let is_same_log = claimed.is_ok_and(|claimed| claimed.origin == self.origin);
        let answer = |event: &HandedEvent| {
            if !is_same_log {
                return Err("the receipts lie under a checkpoint of another log".to_owned());
            }
            let receipt = by_event.get(&event.id).ok_or("there is no receipt of it")?;
            receipt.prove(event, &self.checkpoint, keys)
        };
        sent.iter()
            .map(|event| Answered {
                event: event.id,
                author: event.body.author,
                seq: event.body.seq,
                answer: answer(event),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chain::{Levels, inclusion_proof, leaf_hash};
    use signing::{Signer, VerifierKey};
    use store::{Entries, MemoryStore, Store};
    use testkit::{ORIGIN, TestCountry, accept, at, key, open};

    use super::*;

    /// What a small log answers to its own founding events, and these events.
    fn answered() -> (Receipts, Vec<HandedEvent>) {
        let memory = MemoryStore::new();
        let store: Arc<dyn Store> = Arc::new(memory.clone());
        let (ledger, _clock) = open(&store, at("2024-02-01"));
        let founding = TestCountry::new().founding;
        accept(&ledger, founding.clone());
        let frames: Vec<_> = memory.frames(0).unwrap().map(Result::unwrap).collect();
        let entries: Vec<_> = frames.iter().flat_map(store::Frame::entries).collect();
        let leaves = entries.iter().map(|(_, entry)| leaf_hash(entry));
        let levels = Levels::new(leaves.collect());
        let of = |(position, entry): &(u64, &[u8])| {
            let proof = inclusion_proof(*position, levels.size(), &levels).unwrap();
            EventReceipt::of(*position, entry, &proof).unwrap()
        };
        let checkpoint = String::from_utf8(memory.checkpoint().unwrap().unwrap()).unwrap();
        let receipts = entries.iter().map(of).collect();
        let sent = founding.into_iter();
        let sent = sent.map(|event| HandedEvent::of(event.body, event.signatures).unwrap());
        (
            Receipts::new(ORIGIN.to_owned(), checkpoint, receipts),
            sent.collect(),
        )
    }

    fn keys(number: u32) -> LogKeys {
        let mut keys = LogKeys::default();
        keys.push(
            0,
            VerifierKey::new(ORIGIN, key(number).public().clone()).unwrap(),
        );
        keys
    }

    fn good(receipts: &Receipts, sent: &[HandedEvent], keys: &LogKeys) -> usize {
        let answers = receipts.check(sent, keys);
        assert_eq!(answers.len(), sent.len());
        answers
            .iter()
            .filter(|answered| answered.answer.is_ok())
            .count()
    }

    #[test]
    fn receipts_prove_what_was_sent_and_nothing_else() {
        let (receipts, sent) = answered();
        assert_eq!(good(&receipts, &sent, &keys(2)), sent.len());
        assert_eq!(
            good(&receipts, &sent, &keys(3)),
            0,
            "signed by a key that nobody knows"
        );
        let mut fewer = receipts.clone();
        fewer.receipts.remove(2);
        assert!(fewer.check(&sent, &keys(2))[2].answer.is_err());
        let mut late = receipts.clone();
        late.receipts[1].received_ms += 1;
        assert!(late.check(&sent, &keys(2))[1].answer.is_err());
        let mut swapped = receipts.clone();
        swapped.receipts[1].event = receipts.receipts[2].event;
        assert!(swapped.check(&sent, &keys(2))[1].answer.is_err());
        let mut elsewhere = receipts;
        elsewhere.origin = "else.example/log".to_owned();
        assert_eq!(good(&elsewhere, &sent, &keys(2)), 0);
    }
}
