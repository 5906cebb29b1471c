//! One entry of the log, from the inside.
//!
//! Invariant: what is shown was decoded from the entry's bytes, and its leaf was hashed from them. Judges nothing.

use domain::{EventId, Moment, PartyId, Zone};
use projection::ProjectionFault;
use serde_json::Value;

use crate::reading::Reading;
use crate::refused::{NoAnswer, Refused};
use crate::schema::answers;
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
        pub body: Value,
        /// Each key and its signature.
        pub signatures: Vec<Value>,
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
    let signature = |(key, signature)| serde_json::json!([key, signature]);
    let author: PartyId = body.author;
    Ok(OneEntry {
        position,
        id: wire::event_id(view.body),
        received: view.received,
        author_name: name_of(reading.registry()?, &author),
        leaf: chain::leaf_hash(bytes).to_string(),
        bytes: bytes.len() as u64,
        body: serde_json::to_value(body).map_err(|error| fault(error.to_string()))?,
        signatures: view.signatures().map(signature).collect(),
    })
}

pub(crate) fn tables(answer: &OneEntry, _: Zone) -> Vec<Table> {
    let rows = [
        ("position", Cell::Count(answer.position.into())),
        ("id", Cell::text(answer.id)),
        ("received", Cell::text(answer.received)),
        (
            "by",
            Cell::or_nothing(answer.author_name.as_ref(), Cell::text),
        ),
        ("leaf", Cell::text(&answer.leaf)),
        ("bytes", Cell::Count(answer.bytes.into())),
        ("body", Cell::text(&answer.body)),
    ];
    let rows = rows.map(|(name, cell)| vec![Cell::text(name), cell]);
    vec![Table::new(&["of", "value"]).with(rows)]
}
