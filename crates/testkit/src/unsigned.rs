//! Events and their entries without keys, for tests and measurements of what lies behind admission.
//!
//! Invariant: the bodies of each author form a chain; every signature is zeros, so that no admission accepts such an entry.
//! Knows no store: whoever writes a log of them decides on its frames.

use std::collections::BTreeMap;

use domain::body::VERSION;
use domain::{Body, Bytes32, Bytes64, EventId, KeyId, Moment, Payload, Seen};

use crate::party;

/// The writer of an unsigned log.
#[derive(Debug, Clone, Default)]
pub struct Unsigned {
    /// By party number, the next seq of its chain and the id of its last event.
    heads: BTreeMap<u32, (u64, EventId)>,
}

impl Unsigned {
    /// How many events of the party there are, which is the seq of its next one.
    pub fn next_seq(&self, author: u32) -> u64 {
        self.heads.get(&author).map_or(0, |(seq, _)| *seq)
    }

    /// The next event of a party: its id, its body and the entry around it.
    pub fn entry(
        &mut self,
        author: u32,
        occurred: Moment,
        received: Moment,
        payload: Payload,
    ) -> (EventId, Vec<u8>, Vec<u8>) {
        let prev = self.heads.get(&author).map_or([0; 32], |(_, id)| id.0);
        let seq = self.next_seq(author);
        let body = Body {
            version: VERSION,
            ledger: Bytes32([0; 32]),
            author: party(author),
            seq,
            prev: Bytes32(prev),
            seen: Seen::NOTHING,
            occurred,
            signed: occurred,
            payload,
        };
        let body = wire::encode_body(&body).unwrap();
        let id = wire::event_id(&body);
        self.heads.insert(author, (seq + 1, id));
        let entry = wire::Entry {
            received,
            body: body.clone(),
            signatures: vec![(KeyId([1; 8]), Bytes64([0; 64]))],
        };
        (id, body, wire::encode_entry(&entry).unwrap())
    }
}
