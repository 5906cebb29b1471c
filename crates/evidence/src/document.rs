//! Evidence as a document: what stands in the file, how it is read, and how one is made.
//!
//! Invariant: the same two things give the same bytes, whoever found them and in whichever order. What is made here holds
//! or is not made; what is read is only well formed until `check` has judged it.
//! Knows no files.

use chain::{Hash, HashReader, consistency_proof, root_at, verify_consistency};
use domain::{Bytes32, Bytes64, EventId, KeyId, Registry, id};
use serde::{Deserialize, Serialize};
use signing::{SignedCheckpoint, VerifierKey, open_checkpoint};
use thiserror::Error;

/// The first field of every piece of evidence.
pub const EVIDENCE_FORMAT: &str = "ytterby evidence v1";
/// A file of evidence or a receipt. Two bodies as hexadecimal digits fit four times.
pub const EVIDENCE_BYTES_MAX: usize = 512 * 1024;

/// Why a text is no evidence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvidenceRefusal {
    #[error("evidence has at most {EVIDENCE_BYTES_MAX} bytes, this file has {0}")]
    TooLong(usize),
    #[error("it is not one JSON document of this format: {0}")]
    Document(String),
    #[error("the format is {0:?}, not {EVIDENCE_FORMAT:?}")]
    Format(String),
    #[error("{0:?} is no kind of evidence: two-events or two-histories")]
    Kind(String),
}

/// What a file of evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    TwoEvents(TwoEvents),
    TwoHistories(TwoHistories),
}

/// Two events of one author for one place of its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoEvents {
    format: String,
    kind: String,
    /// The origin of the log that both were signed for.
    pub origin: String,
    /// The one with the lower id first.
    pub events: [SignedBody; 2],
}

/// One event as its author signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBody {
    /// The body's bytes, hexadecimal.
    pub body: String,
    /// Ascending by key id.
    pub signatures: Vec<WholeKeySignature>,
}

/// A signature with the whole key that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeKeySignature {
    /// The public key.
    pub key: Bytes32,
    pub signature: Bytes64,
}

/// Two checkpoints of one log that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoHistories {
    format: String,
    kind: String,
    /// The verifier keys that signed the checkpoints, in their order; the same twice unless the log key was replaced between.
    pub log_keys: [String; 2],
    /// The signed notes, the smaller size first, of equal sizes the lower root. Made here they have the log's line alone.
    pub checkpoints: [String; 2],
    /// The root that the larger tree has at the smaller size, another one than that signed; absent if the sizes are equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_root: Option<Bytes32>,
    /// Leads from it to the root of the larger size; empty if the sizes are equal.
    pub proof: Vec<Bytes32>,
}

/// What the larger of two trees begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// Its root at the smaller size. A consistency proof does not carry it where that size is a power of two.
    pub root: Hash,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
}

impl Beginning {
    /// What this tree begins with.
    pub fn of(tree: &dyn HashReader, old: u64, new: u64) -> Option<Self> {
        Some(Self {
            root: root_at(old, tree).ok()?,
            proof: consistency_proof(old, new, tree).ok()?,
        })
    }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    kind: String,
}

/// A body, and its signatures under key ids.
pub type SignedByIds<'a> = (&'a [u8], &'a [(KeyId, Bytes64)]);

const TWO_EVENTS: &str = "two-events";
const TWO_HISTORIES: &str = "two-histories";

impl SignedBody {
    /// The id of the event; nothing if the body is no hexadecimal digits.
    pub fn id(&self) -> Option<EventId> {
        Some(wire::event_id(&id::from_hex(&self.body)?))
    }
}

impl Evidence {
    /// Two signed bodies of one place, each with its signatures by key; the order does not matter.
    pub fn two_events(origin: &str, events: [(Vec<u8>, Vec<WholeKeySignature>); 2]) -> Self {
        let mut events = events.map(|(body, signatures)| (wire::event_id(&body), body, signatures));
        events.sort_by_key(|(id, ..)| *id);
        Self::TwoEvents(TwoEvents {
            format: EVIDENCE_FORMAT.to_owned(),
            kind: TWO_EVENTS.to_owned(),
            origin: origin.to_owned(),
            events: events.map(|(_, body, signatures)| SignedBody {
                body: id::to_hex(&body),
                signatures,
            }),
        })
    }

    /// As [`Self::two_events`], of events as a log takes them, signed under key ids; `None` if nobody registered such a key.
    pub fn two_refused(registry: &Registry, events: [SignedByIds<'_>; 2]) -> Option<Self> {
        let origin = &registry.founding()?.origin;
        let signed = |(body, signatures): SignedByIds<'_>| {
            let with_key = |(id, signature): &(KeyId, Bytes64)| {
                let key = registry.key(id)?.key;
                let signature = *signature;
                Some(WholeKeySignature { key, signature })
            };
            let signatures: Option<Vec<_>> = signatures.iter().map(with_key).collect();
            Some((body.to_vec(), signatures?))
        };
        let [one, other] = events;
        Some(Self::two_events(origin, [signed(one)?, signed(other)?]))
    }

    /// Evidence, if these two checkpoints contradict, each signed by one of the log's keys. `begin` is asked what the larger
    /// tree begins with at the smaller size.
    pub fn two_histories<'a>(
        keys: impl Iterator<Item = &'a VerifierKey> + Clone,
        notes: [&[u8]; 2],
        begin: impl FnOnce(u64, u64) -> Option<Beginning>,
    ) -> Option<Self> {
        let open = |note: &[u8]| {
            let by = |key: &'a VerifierKey| Some((open_checkpoint(note, key).ok()?, key));
            keys.clone().find_map(by)
        };
        let mut signed = [open(notes[0])?, open(notes[1])?];
        signed.sort_by_key(|(signed, _)| place(signed));
        let [(one, first_key), (other, second_key)] = signed;
        let signed = [one, other];
        let [old, new] = signed.each_ref().map(SignedCheckpoint::checkpoint);
        let beginning = if old.size == new.size {
            None
        } else {
            Some(begin(old.size, new.size)?)
        };
        if !contradict(&signed[0], &signed[1], beginning.as_ref()) {
            return None;
        }
        // Lines of strangers say nothing of the log, differ from finder to finder, and could swell the file beyond its limit.
        let text = |signed: &SignedCheckpoint, key| String::from_utf8(signed.only_by([key])).ok();
        let bytes = |hash: &Hash| Bytes32(*hash.as_bytes());
        let proof = beginning.iter().flat_map(|beginning| &beginning.proof);
        Some(Self::TwoHistories(TwoHistories {
            format: EVIDENCE_FORMAT.to_owned(),
            kind: TWO_HISTORIES.to_owned(),
            log_keys: [first_key, second_key].map(VerifierKey::to_string),
            checkpoints: [text(&signed[0], first_key)?, text(&signed[1], second_key)?],
            proof: proof.map(bytes).collect(),
            other_root: beginning.map(|beginning| bytes(&beginning.root)),
        }))
    }

    /// Reads a file. That it is well formed says nothing of whether it holds.
    ///
    /// # Errors
    /// It is no evidence of a known kind.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceRefusal> {
        if bytes.len() > EVIDENCE_BYTES_MAX {
            return Err(EvidenceRefusal::TooLong(bytes.len()));
        }
        let document = |error: serde_json::Error| EvidenceRefusal::Document(error.to_string());
        let head: Head = serde_json::from_slice(bytes).map_err(document)?;
        if head.format != EVIDENCE_FORMAT {
            return Err(EvidenceRefusal::Format(head.format));
        }
        match head.kind.as_str() {
            TWO_EVENTS => serde_json::from_slice(bytes).map(Self::TwoEvents),
            TWO_HISTORIES => serde_json::from_slice(bytes).map(Self::TwoHistories),
            _ => return Err(EvidenceRefusal::Kind(head.kind)),
        }
        .map_err(document)
    }

    /// The file: JSON with two spaces of indentation, the fields in the order of the specification, a newline at the end.
    pub fn to_text(&self) -> String {
        let text = match self {
            Self::TwoEvents(events) => serde_json::to_string_pretty(events),
            Self::TwoHistories(histories) => serde_json::to_string_pretty(histories),
        };
        // Texts, numbers and lists always have a JSON form.
        text.unwrap_or_default() + "\n"
    }

    /// The origin of the log that it says it is about.
    pub fn origin(&self) -> Option<String> {
        match self {
            Self::TwoEvents(two) => Some(two.origin.clone()),
            Self::TwoHistories(two) => {
                let key: VerifierKey = two.log_keys.first()?.parse().ok()?;
                Some(key.name().to_owned())
            }
        }
    }

    /// The ids of the events that it is about: two, or none.
    pub fn events(&self) -> Vec<EventId> {
        match self {
            Self::TwoEvents(two) => two.events.iter().filter_map(SignedBody::id).collect(),
            Self::TwoHistories(_) => Vec::new(),
        }
    }

    /// The name that its file is known by among others: nothing in it comes from a stranger but digits.
    pub fn file_name(&self) -> String {
        let digest = |bytes: &[u8]| id::to_hex(chain::leaf_hash(bytes).as_bytes());
        let kind = match self {
            Self::TwoEvents(_) => TWO_EVENTS,
            Self::TwoHistories(_) => TWO_HISTORIES,
        };
        let digest: String = digest(self.to_text().as_bytes()).chars().take(32).collect();
        format!("{kind}-{digest}.json")
    }
}

/// The order of two checkpoints.
pub(crate) fn place(signed: &SignedCheckpoint) -> (u64, [u8; 32]) {
    let checkpoint = signed.checkpoint();
    (checkpoint.size, *checkpoint.root.as_bytes())
}

/// Whether neither of two checkpoints, in their order, can extend the other.
pub(crate) fn contradict(
    old: &SignedCheckpoint,
    new: &SignedCheckpoint,
    beginning: Option<&Beginning>,
) -> bool {
    let (old, new) = (old.checkpoint(), new.checkpoint());
    match beginning {
        None => old.size == new.size && old.root != new.root,
        Some(Beginning { root, proof }) => {
            let leads = verify_consistency(old.size, root, new.size, &new.root, proof);
            old.size < new.size && *root != old.root && leads.is_ok()
        }
    }
}
