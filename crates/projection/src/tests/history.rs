//! Builds histories: bodies, author chains and entries, by party number.
//! Invariant: the same calls make the same bytes. Knows nothing of keys: signatures are zeros.

use std::collections::BTreeMap;

use domain::{EventId, LotId, Moment, PartyId, Payload};
use serde_json::{Value, json};
use store::{MemoryStore, Store};
use testkit::{Unsigned, at, founding, party};

#[derive(Debug, Clone, Default)]
pub(super) struct History {
    entries: Vec<Vec<u8>>,
    authors: Unsigned,
    bodies: BTreeMap<EventId, Vec<u8>>,
}

impl History {
    pub(super) fn founded() -> Self {
        let mut history = Self::default();
        history.add(1, "2024-01-01", founding());
        history
    }

    pub(super) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(super) fn add(&mut self, author: u32, occurred: &str, payload: Payload) -> EventId {
        let received = self.received(self.size());
        let (id, body, entry) = self.authors.entry(author, at(occurred), received, payload);
        self.bodies.insert(id, body);
        self.entries.push(entry);
        id
    }

    /// Event n is received n seconds into March 2024.
    pub(super) fn received(&self, position: u64) -> Moment {
        at("2024-03-01").plus_ms(position as i64 * 1_000)
    }

    pub(super) fn say(&mut self, author: u32, occurred: &str, payload: Value) -> EventId {
        self.add(author, occurred, serde_json::from_value(payload).unwrap())
    }

    /// Corrects an event: with a replacement, or as one that did not occur.
    pub(super) fn correct(
        &mut self,
        author: u32,
        id: EventId,
        replacement: Option<Value>,
    ) -> EventId {
        let corrected: String = self.bodies[&id]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        let cause = if replacement.is_some() {
            "incorrect-data"
        } else {
            "did-not-occur"
        };
        let payload = json!({"event": "event-corrected", "corrected": corrected, "cause": cause,
            "reason": "slip of the pen", "replacement": replacement});
        self.say(author, "2024-02-20", payload)
    }

    /// Takes back an act of office.
    pub(super) fn annul(&mut self, author: u32, id: EventId) -> EventId {
        let annulled = domain::id::to_hex(&self.bodies[&id]);
        let instrument = json!({"number": "A-1", "issued": "2024-02-19"});
        let payload = json!({"event": "act-annulled", "annulled": annulled, "reason": "an error",
            "instrument": instrument});
        self.say(author, "2024-02-20", payload)
    }

    /// Takes over the bytes of an event that another history holds, without recording it.
    pub(super) fn knows_body_of(&mut self, other: &Self, id: EventId) {
        self.bodies.insert(id, other.bodies[&id].clone());
    }

    /// Three entries a frame.
    pub(super) fn store(&self) -> MemoryStore {
        let store = MemoryStore::new();
        for (group, entries) in self.entries.chunks(3).enumerate() {
            let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
            store.append(group as u64 * 3, &entries, b"").unwrap();
        }
        store
    }
}

pub(super) fn lot(author: u32, code: &str) -> LotId {
    LotId {
        creator: party(author),
        code: code.parse().unwrap(),
    }
}

pub(super) fn id(author: u32) -> PartyId {
    party(author)
}

pub(super) fn mg(net: u64) -> Value {
    json!({"net_mg": net, "reo_mg": net / 2, "basis": "measured"})
}

fn line(lot: LotId, net: u64) -> Value {
    json!({"lot": lot.to_string(), "quantity": mg(net)})
}

pub(super) fn mined(code: &str, net: u64) -> Value {
    json!({"event": "lot-mined", "site": "PIT", "lot": code, "product": "ore/mixed", "quantity": mg(net),
        "composition": null, "ore": "mixed"})
}

/// Another product under the same code.
pub(super) fn monazite(code: &str, net: u64) -> Value {
    let mut event = mined(code, net);
    event["product"] = json!("ore/monazite");
    event["ore"] = json!("monazite");
    event
}

pub(super) fn dispatched(lot: LotId, net: u64, to: u32) -> Value {
    json!({"event": "shipment-dispatched", "shipment": "S-1", "site": "PIT", "to": party(to).to_string(),
        "title": "sale", "lines": [{"lot": lot.to_string(), "quantity": mg(net), "packages": 1}],
        "invoices": [], "carrier": "", "sealed": []})
}

pub(super) fn received(dispatch: EventId, net: Option<u64>, completion: &str) -> Value {
    let outcome = if net.is_some() {
        "accepted"
    } else {
        "rejected"
    };
    json!({"event": "shipment-received", "dispatch": dispatch.to_string(), "site": "YARD",
        "lines": [{"line": 0, "received": net.map(mg), "outcome": outcome, "reason": ""}],
        "completion": completion})
}

pub(super) fn withdrawn(dispatch: EventId) -> Value {
    json!({"event": "shipment-withdrawn", "dispatch": dispatch.to_string(), "reason": "road closed"})
}

pub(super) fn processed(input: LotId, drawn: u64, output: &str, made: u64) -> Value {
    json!({"event": "lot-processed", "site": "YARD", "process": "separation", "model": "segregated",
        "inputs": [line(input, drawn)],
        "outputs": [{"lot": output, "product": "compound/oxide/Nd", "quantity": mg(made), "composition": null}],
        "discards": [], "retained": []})
}

pub(super) fn lost(lot: LotId, net: u64) -> Value {
    json!({"event": "lot-lost", "site": "PIT", "lines": [line(lot, net)], "cause": "theft", "note": ""})
}

pub(super) fn counted(lots: &[(LotId, u64)]) -> Value {
    let lots: Vec<_> = lots.iter().map(|(lot, net)| line(*lot, *net)).collect();
    json!({"event": "stock-counted", "inventory": "PIT", "page": 1, "last": true, "vessels": [],
        "site": "PIT", "as_of": "2024-02-01T00:00:00Z", "lots": lots})
}

pub(super) fn closed(month: &str) -> Value {
    json!({"event": "month-closed", "month": month, "statement": "00".repeat(32),
        "first_seq": 0, "last_seq": 0, "nil": false})
}
