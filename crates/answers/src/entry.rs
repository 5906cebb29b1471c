//! One entry of the log, from the inside.
//!
//! Invariant: what is shown was decoded from the entry's bytes, and its leaf was hashed from them. Judges nothing.

use domain::{Body, EventId, Moment, PartyId, Zone};
use projection::ProjectionFault;
use serde::Serialize;
use serde_json::{Value, json};

use crate::reading::Reading;
use crate::refused::{NoAnswer, Refused};
use crate::schema::{Schema, answers};
use crate::table::{Cell, Table};
use crate::value::name_of;

answers! {
    /// One entry.
    pub struct OneEntry {
        pub position: u64,
        pub id: EventId,
        pub received: Moment,
        pub author_name: Option<String>,
        /// Its leaf hash in the log's tree.
        pub leaf: String,
        pub bytes: u64,
        /// As it was signed.
        pub body: Box<Body>,
        pub signatures: Vec<KeyAndSignature>,
    }
}

/// A key's id and its signature: a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyAndSignature(pub String, pub String);

impl Schema for KeyAndSignature {
    fn schema() -> Value {
        json!({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2})
    }
}

pub(crate) fn entry(reading: &Reading, position: u64) -> Result<OneEntry, NoAnswer> {
    let size = reading.size();
    if position >= size {
        return Err(Refused::PastEnd { position, size }.into());
    }
    let fault = |what: String| NoAnswer::Fault(ProjectionFault::Log { position, what });
    let frame = reading.store.frame_of(position)?;
    let bytes = frame.entry(position).unwrap_or_default();
    let view = wire::decode_entry(bytes).map_err(|refusal| fault(refusal.to_string()))?;
    let body = wire::decode_body(view.body).map_err(|refusal| fault(refusal.to_string()))?;
    let author: PartyId = body.author;
    let signatures = view.signatures();
    let signatures = signatures.map(|(key, one)| KeyAndSignature(key.to_string(), one.to_string()));
    Ok(OneEntry {
        position,
        id: wire::event_id(view.body),
        received: view.received,
        author_name: name_of(reading.registry()?, &author),
        leaf: chain::leaf_hash(bytes).to_string(),
        bytes: bytes.len() as u64,
        body: Box::new(body),
        signatures: signatures.collect(),
    })
}

pub(crate) fn tables(answer: &OneEntry, zone: Zone) -> Vec<Table> {
    let rows = [
        ("position", Cell::Count(answer.position.into())),
        ("id", Cell::text(answer.id)),
        ("received", Cell::Text(zone.show(answer.received))),
        (
            "by",
            Cell::or_nothing(answer.author_name.as_ref(), Cell::text),
        ),
        ("leaf", Cell::text(&answer.leaf)),
        ("bytes", Cell::Count(answer.bytes.into())),
        ("body", Cell::text(json!(answer.body))),
    ];
    let rows = rows.map(|(name, cell)| vec![Cell::text(name), cell]);
    vec![Table::new(&["of", "value"]).with(rows)]
}
