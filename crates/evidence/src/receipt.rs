//! A receipt: an entry and the proof that it stands in the log, in one file.
//!
//! Invariant: the event is what the entry's bytes say, never what the file says next to them; without a key that the reader
//! trusts there is no verdict at all, since anybody can sign a checkpoint of its own.
//! Knows no files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Body, Bytes32, EventId, KeyId, Moment};
use serde::{Deserialize, Serialize};
use signing::{Checkpoint, ProofTextRefusal, TlogProof, peek_unverified};
use thiserror::Error;
use verify::{FaultKind, Known, Report};

use crate::EVIDENCE_BYTES_MAX;
use crate::check::check_keys;
use crate::log_facts::{AtHand, LogFacts};

/// The first field of every receipt.
pub const RECEIPT_FORMAT: &str = "ytterby receipt v1";

/// An entry with its tlog-proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    format: String,
    /// The entry's bytes, base64.
    pub entry: String,
    /// The tlog-proof, verbatim.
    pub proof: String,
}

/// Why a file is no receipt, or can't be judged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiptRefusal {
    #[error("a receipt has at most {EVIDENCE_BYTES_MAX} bytes, this file has {0}")]
    TooLong(usize),
    #[error("it is not one JSON document of the format {RECEIPT_FORMAT:?}: {0}")]
    Document(String),
    #[error(
        "a receipt proves nothing without the log's key, since anybody can sign a checkpoint: give the key from your own \
         notes (--log-key KEY) or a copy of the log (--log COPY)"
    )]
    NoKey,
}

impl Receipt {
    /// The receipt of an entry.
    pub fn new(entry: &[u8], proof: &TlogProof) -> Self {
        Self {
            format: RECEIPT_FORMAT.to_owned(),
            entry: STANDARD.encode(entry),
            proof: proof.to_text(),
        }
    }

    /// Reads a file. That it is well formed says nothing of whether it holds.
    ///
    /// # Errors
    /// It is no receipt.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptRefusal> {
        if bytes.len() > EVIDENCE_BYTES_MAX {
            return Err(ReceiptRefusal::TooLong(bytes.len()));
        }
        let read = serde_json::from_slice::<Self>(bytes);
        let receipt = read.map_err(|error| ReceiptRefusal::Document(error.to_string()))?;
        if receipt.format == RECEIPT_FORMAT {
            Ok(receipt)
        } else {
            Err(ReceiptRefusal::Document(receipt.format))
        }
    }

    /// The file: JSON with two spaces of indentation, the fields in the order of the specification, a newline at the end.
    pub fn to_text(&self) -> String {
        // Three texts always have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The id of the event, as far as there is one.
    pub fn event(&self) -> Option<EventId> {
        let entry = STANDARD.decode(&self.entry).ok()?;
        Some(wire::event_id(wire::decode_entry(&entry).ok()?.body))
    }

    /// Its position and when it was received, by the node's clock, as far as the file can be read.
    pub fn received(&self) -> Option<(u64, Moment)> {
        let (proof, _) = TlogProof::parse_with_extra(&self.proof).ok()?;
        let entry = STANDARD.decode(&self.entry).ok()?;
        let received = wire::decode_entry(&entry).ok()?.received;
        Some((proof.position, received))
    }

    /// The signed note that the proof leads to.
    pub fn note(&self) -> Option<Vec<u8>> {
        TlogProof::parse(&self.proof).ok().map(|proof| proof.note)
    }

    /// The checkpoint that it claims, which a copy of the log must continue.
    pub fn claimed(&self) -> Option<Known> {
        let Checkpoint { origin, size, root } = peek_unverified(&self.note()?).ok()?;
        Some(Known { origin, size, root })
    }
}

/// Verifies a receipt.
///
/// # Errors
/// There is no key to verify it with.
pub fn check_receipt(receipt: &Receipt, reader: &AtHand<'_>) -> Result<Report, ReceiptRefusal> {
    let keys = reader.keys();
    let Some(current) = keys.current() else {
        return Err(ReceiptRefusal::NoKey);
    };
    let mut report = Report::default();
    let proof = TlogProof::parse_with_extra(&receipt.proof);
    let entry = STANDARD.decode(&receipt.entry);
    let ((proof, extra), entry) = match (proof, entry) {
        (Ok(proof), Ok(entry)) => (proof, entry),
        (Err(refusal), _) => {
            report.fault(FaultKind::Entry, 0, "a tlog-proof", refusal);
            return Ok(report);
        }
        (_, Err(refusal)) => {
            report.fault(FaultKind::Entry, 0, "an entry in base64", refusal);
            return Ok(report);
        }
    };
    if let Some(extra) = extra {
        let line = format!(
            "what the extra line of the proof says: nothing signs its {} bytes",
            extra.len()
        );
        report.not_checked.push(line);
    }
    let position = proof.position;
    match proof.verify(&entry, &keys) {
        Ok(signed) => {
            let checkpoint = signed.checkpoint();
            report.origin = Some(checkpoint.origin.clone());
            report.tree_size = checkpoint.size;
            report.root = checkpoint.root;
            report.checkpoint_signatures = 1;
        }
        Err(refusal @ ProofTextRefusal::Proof(_)) => {
            let expected = "an entry under the checkpoint";
            report.fault(FaultKind::Root, position, expected, refusal);
        }
        Err(refusal) => {
            let size = peek_unverified(&proof.note).map_or(0, |claimed| claimed.size);
            let key = keys.as_of(size).unwrap_or(current);
            let expected = format!("a checkpoint signed by {key}");
            report.fault(FaultKind::Checkpoint, position, &expected, refusal);
        }
    }
    check_entry(position, &entry, reader, &mut report);
    reader.say_what_it_rests_on(&mut report);
    Ok(report)
}

/// The event that the entry holds, and what the log at hand says of it.
fn check_entry(position: u64, entry: &[u8], reader: &AtHand<'_>, report: &mut Report) {
    let decoded = wire::decode_entry(entry)
        .and_then(|view| wire::decode_body(view.body).map(|body| (view, body)));
    let (view, body) = match decoded {
        Ok(decoded) => decoded,
        Err(refusal) => {
            report.fault(FaultKind::Entry, position, "a canonical entry", refusal);
            return;
        }
    };
    (report.size, report.authors) = (1, 1);
    let id = wire::event_id(view.body);
    match reader.log {
        Some(log) => check_against(log, position, id, &view, &body, report),
        None => report.not_checked.push(format!(
            "whether the event's signatures are by keys of {}: only a log copy tells (--log COPY)",
            body.author
        )),
    }
    if report.fault_count == 0 {
        let (origin, size) = (report.origin.clone().unwrap_or_default(), report.tree_size);
        let by = reader.rests().words().unwrap_or("no log key");
        report.proven.push(format!(
            "event {id}, {} of {} with seq {}, stands at position {position} of {origin} (size {size}), by {by}",
            body.payload.name(),
            body.author,
            body.seq
        ));
    }
}

fn check_against(
    log: &LogFacts,
    position: u64,
    id: EventId,
    view: &wire::EntryView<'_>,
    body: &Body,
    report: &mut Report,
) {
    let signatures: Vec<_> = view.signatures().collect();
    let keys: Vec<KeyId> = signatures.iter().map(|(key, _)| *key).collect();
    let revoked = report.not_checked.len();
    check_keys(body.author, &keys, log.registry(), report);
    // The log's own admission judged the key at the position, if the event stands there.
    match log.position(&id) {
        Some(found) if found == position => report.not_checked.truncate(revoked),
        Some(found) => {
            let expected = format!("event {id} at position {position}");
            report.fault(FaultKind::History, position, &expected, found);
        }
        None if position < log.size() => {
            let expected = format!("event {id} in the log copy");
            report.fault(FaultKind::History, position, &expected, "another one");
        }
        None => report.not_checked.push(format!(
            "whether the log copy goes on to hold it: it ends at {}",
            log.size()
        )),
    }
    if let Some(ledger) = log.ledger().filter(|ledger| *ledger != body.ledger.0) {
        let expected = format!("an event for the ledger {}", Bytes32(ledger));
        report.fault(FaultKind::Entry, position, &expected, body.ledger);
    }
    for (key, signature) in signatures {
        let public = log.registry().key(&key).map(|record| record.key.0);
        let Some(Ok(public)) = public.map(|key| signing::PublicKey::from_bytes(&key)) else {
            continue;
        };
        match signing::verify_event(&public, view.body, &signing::Signature(signature.0)) {
            Ok(()) => report.event_signatures += 1,
            Err(refusal) => {
                let expected = format!("a signature by {key}");
                report.fault(FaultKind::Signature, position, &expected, refusal);
            }
        }
    }
}
