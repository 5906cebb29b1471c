//! An extract: everything that one enterprise signed, with what is needed to check it and to see that nothing was left
//! out. This file is the document and how one is made; `extract_check` doubts one.
//!
//! Invariant: one JSON document, the same for the same log and checkpoint. It holds the whole chains of the enterprise, of
//! everyone who vouches for it, up to the authority and the operator, and of whoever changed the rules, and the log's last
//! entry, whosever it is, since that tells how far the log goes on. Knows no file.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::path::Path;

use chain::{Hash, leaf_hash};
use domain::payload::{HeadsCommitted, Payload};
use domain::{Bytes32, PartyId, Registry};
use serde::{Deserialize, Serialize};
use verify::{Head, HeadsTree};

use crate::fault::PortableFault;
use crate::limits::EXTRACT_BYTES_MAX;
use crate::subjects::subjects;

/// The first field of every extract.
pub(crate) const FORMAT: &str = "ytterby extract v1";

/// One entry with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractedEntry {
    pub position: u64,
    /// The entry's bytes, hexadecimal.
    pub entry: String,
    /// From the leaf's sibling upward.
    pub proof: Vec<Bytes32>,
}

/// The log's last entry with its proof, where it is of a chain that the extract does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractedLast {
    /// The entry's bytes, hexadecimal. Its position is the last one under the checkpoint.
    pub entry: String,
    /// From the leaf's sibling upward.
    pub proof: Vec<Bytes32>,
}

/// One leaf of the tree of heads with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractedHead {
    pub index: u64,
    pub author: PartyId,
    pub last_seq: u64,
    pub last: Bytes32,
    pub proof: Vec<Bytes32>,
}

/// The commitment that the heads are proven against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractedHeads {
    /// Position of the commitment, which is among the entries.
    pub position: u64,
    pub leaves: Vec<ExtractedHead>,
}

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    pub format: String,
    /// Whose events it holds all of.
    pub party: PartyId,
    /// The signed note.
    pub checkpoint: String,
    /// Ascending by position.
    pub entries: Vec<ExtractedEntry>,
    /// Absent if the log's last entry is the last of `entries`.
    pub last: Option<ExtractedLast>,
    /// Absent if the log commits to no heads yet; then completeness is not proven.
    pub heads: Option<ExtractedHeads>,
}

/// A log from which an extract is made.
pub trait ExtractOrigin {
    /// Every entry in order: position and bytes.
    ///
    /// # Errors
    /// The log can't be read.
    fn each(&self, take: &mut dyn FnMut(u64, &[u8])) -> Result<(), PortableFault>;

    /// The inclusion proof of a position under the checkpoint.
    ///
    /// # Errors
    /// The log can't be read.
    fn prove(&self, position: u64) -> Result<Vec<Hash>, PortableFault>;
}

/// Makes the extract of a party under the newest checkpoint. A party that signed nothing gets the proof that it did not.
///
/// # Errors
/// The log or its checkpoint can't be read.
pub fn extract(
    log: &dyn ExtractOrigin,
    party: PartyId,
    checkpoint: &[u8],
) -> Result<Extract, PortableFault> {
    let claimed = signing::peek_unverified(checkpoint);
    let claimed = claimed.map_err(|refusal| PortableFault::Log(refusal.to_string()))?;
    let end = claimed.size.checked_sub(1);
    let wanted = vouchers(log, party)?;
    let mut entries = Vec::new();
    let (mut commitment, mut last) = (None, None);
    log.each(&mut |position, entry| {
        if position >= claimed.size {
            return;
        }
        let body = body_of(entry).filter(|body| wanted.contains(&body.author));
        let Some(body) = body else {
            last = (Some(position) == end).then(|| entry.to_vec());
            return;
        };
        if let Payload::HeadsCommitted(heads) = body.payload {
            commitment = Some((position, heads));
        }
        entries.push((position, entry.to_vec()));
    })?;
    let heads = match commitment {
        Some((position, heads)) => Some(prove_heads(log, &wanted, position, &heads)?),
        None => None,
    };
    let proven = entries.into_iter().map(|(position, entry)| {
        let proof = log.prove(position)?;
        Ok(ExtractedEntry {
            position,
            entry: domain::id::to_hex(&entry),
            proof: hashes(&proof),
        })
    });
    Ok(Extract {
        format: FORMAT.to_owned(),
        party,
        checkpoint: String::from_utf8_lossy(checkpoint).into_owned(),
        entries: proven.collect::<Result<_, PortableFault>>()?,
        last: last.map(|entry| prove_last(log, end, &entry)).transpose()?,
        heads,
    })
}

impl Extract {
    /// Reads a document piece by piece, so that what is not an extract costs no more memory than its beginning; or why it is not.
    ///
    /// # Errors
    /// The file can't be read, or is too long.
    pub(crate) fn read(path: &Path) -> Result<Result<Self, serde_json::Error>, PortableFault> {
        let file = files::open_at_most(path, EXTRACT_BYTES_MAX)?;
        match serde_json::from_reader(BufReader::new(file)) {
            Err(error) if error.is_io() => Err(PortableFault::io("read", path)(error.into())),
            read => Ok(read),
        }
    }

    /// Whose event is shown only because it is the log's last; nobody's, if that is among the others.
    #[must_use]
    pub fn last_author(&self) -> Option<PartyId> {
        let entry = domain::id::from_hex(&self.last.as_ref()?.entry)?;
        body_of(&entry).map(|body| body.author)
    }
}

fn prove_last(
    log: &dyn ExtractOrigin,
    end: Option<u64>,
    entry: &[u8],
) -> Result<ExtractedLast, PortableFault> {
    Ok(ExtractedLast {
        entry: domain::id::to_hex(entry),
        proof: hashes(&log.prove(end.unwrap_or_default())?),
    })
}

pub(crate) fn body_of(entry: &[u8]) -> Option<domain::Body> {
    let view = wire::decode_entry(entry).ok()?;
    wire::decode_body(view.body).ok()
}

fn hashes(proof: &[Hash]) -> Vec<Bytes32> {
    proof.iter().map(|hash| Bytes32(*hash.as_bytes())).collect()
}

/// The party, the authority, the operator, whoever changed the rules, and whoever stated an act about one of them.
fn vouchers(log: &dyn ExtractOrigin, party: PartyId) -> Result<BTreeSet<PartyId>, PortableFault> {
    let mut wanted = BTreeSet::from([party]);
    let mut acts: Vec<(PartyId, PartyId)> = Vec::new();
    log.each(&mut |_, entry| {
        let Some(body) = body_of(entry) else { return };
        match &body.payload {
            Payload::LedgerFounded(founded) => {
                wanted.extend([founded.authority, founded.operator]);
            }
            // Rules say how many signatures an act needs, whoever states it.
            Payload::RulesChanged(_) => _ = wanted.insert(body.author),
            // Who inspected, punished or sealed says nothing of who may sign.
            Payload::InspectionRecorded(_)
            | Payload::PenaltyImposed(_)
            | Payload::LotSealed(_)
            | Payload::LotReleased(_) => {}
            payload if Registry::concerns(payload) => {
                let about = subjects(payload).into_iter();
                acts.extend(about.map(|about| (about, body.author)));
            }
            _ => {}
        }
    })?;
    loop {
        let before = wanted.len();
        let vouch = acts.iter().filter(|(about, _)| wanted.contains(about));
        let more: Vec<PartyId> = vouch.map(|(_, author)| *author).collect();
        wanted.extend(more);
        if wanted.len() == before {
            return Ok(wanted);
        }
    }
}

/// The leaf of each wanted author; of one that signed nothing, the leaves between which it would stand.
fn prove_heads(
    log: &dyn ExtractOrigin,
    wanted: &BTreeSet<PartyId>,
    position: u64,
    commitment: &HeadsCommitted,
) -> Result<ExtractedHeads, PortableFault> {
    let mut heads = std::collections::BTreeMap::new();
    log.each(&mut |at, entry| {
        if at < commitment.covered
            && let Some(body) = body_of(entry)
            && let Ok(view) = wire::decode_entry(entry)
        {
            let head = chain::AuthorHead {
                next_seq: body.seq + 1,
                last: wire::event_id(view.body).0,
            };
            heads.insert(body.author, head);
        }
    })?;
    let tree = HeadsTree::new(heads);
    let mut indexes = BTreeSet::new();
    for author in wanted {
        match tree.find(author) {
            Ok(index) => _ = indexes.insert(index),
            Err(place) => indexes.extend([place.checked_sub(1), Some(place)].into_iter().flatten()),
        }
    }
    let mut leaves = Vec::new();
    for index in indexes {
        let Some(head) = tree.heads().get(index) else {
            continue;
        };
        let proof = tree
            .prove(index)
            .map_err(|fault| PortableFault::Log(fault.to_string()))?;
        leaves.push(ExtractedHead {
            index: index as u64,
            author: head.author,
            last_seq: head.last_seq,
            last: Bytes32(head.last),
            proof: hashes(&proof),
        });
    }
    Ok(ExtractedHeads { position, leaves })
}

impl ExtractedHead {
    pub(crate) fn head(&self) -> Head {
        Head {
            author: self.author,
            last_seq: self.last_seq,
            last: self.last.0,
        }
    }

    pub(crate) fn leaf(&self) -> Hash {
        leaf_hash(&self.head().bytes())
    }
}
