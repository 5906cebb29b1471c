//! A long national log, written without signatures: for measuring replay and memory at sizes that signing would make slow.
//!
//! Invariant: every lot is mined, sent, separated, sold and exported whole, so that what is open stays the same however
//! long the log is. Each enterprise closes each month.

use std::path::Path;

use domain::{DAY_MS, EventId, Moment, Payload};
use serde_json::{Value, json};
use store::{Entries, Store};
use store_embedded::EmbeddedStore;
use testkit::{Unsigned, at, party};

/// Chains of mine, separator and exporter.
const CHAINS: u32 = 40;
/// Events of the nation in a day.
const EVENTS_A_DAY: u64 = 1_400;
/// Entries of one frame.
const GROUP: usize = 4_096;

struct Stream<'a> {
    store: &'a EmbeddedStore,
    authors: Unsigned,
    entries: Vec<Vec<u8>>,
    written: u64,
    start: Moment,
}

/// Writes a log of about `events` entries into a new folder.
pub(crate) fn write(folder: &Path, events: u64) -> EmbeddedStore {
    let store = EmbeddedStore::create(folder).unwrap();
    let mut stream = Stream {
        store: &store,
        authors: Unsigned::default(),
        entries: Vec::new(),
        written: 0,
        start: at("2024-01-01"),
    };
    stream.found();
    let mut month = 0;
    for lot in 0.. {
        if stream.written >= events {
            break;
        }
        stream.trade(lot);
        let elapsed = stream.written / (EVENTS_A_DAY * 30);
        if elapsed > month {
            month = elapsed;
            stream.close(month);
        }
    }
    stream.flush();
    store
}

impl Stream<'_> {
    fn say(&mut self, author: u32, payload: Value) -> EventId {
        self.add(author, serde_json::from_value(payload).unwrap())
    }

    fn add(&mut self, author: u32, payload: Payload) -> EventId {
        let day = i64::try_from(self.written / EVENTS_A_DAY).unwrap();
        let now = Moment::from_ms(self.start.ms() + day * DAY_MS).unwrap();
        let (id, _, entry) = self.authors.entry(author, now, now, payload);
        self.entries.push(entry);
        self.written += 1;
        if self.entries.len() == GROUP {
            self.flush();
        }
        id
    }

    fn flush(&mut self) {
        // A store takes no frame without entries.
        if self.entries.is_empty() {
            return;
        }
        let entries: Vec<&[u8]> = self.entries.iter().map(Vec::as_slice).collect();
        self.store
            .append(self.store.size(), &entries, b"unsigned")
            .unwrap();
        self.entries.clear();
    }

    fn found(&mut self) {
        self.add(1, testkit::founding());
        for chain in 0..CHAINS {
            for (number, activity) in [(0, "mining"), (1, "separation"), (2, "exporting")] {
                let activity =
                    serde_json::from_value(json!({"enterprise": {"activities": [activity]}}));
                let number = 3 + 3 * chain + number;
                self.add(
                    1,
                    testkit::registration(number, activity.unwrap(), "150207"),
                );
            }
        }
    }

    /// Seven events: one lot from the mine to the border.
    fn trade(&mut self, lot: u64) {
        let chain = u32::try_from(lot % u64::from(CHAINS)).unwrap();
        let (mine, separator, exporter) = (3 + 3 * chain, 4 + 3 * chain, 5 + 3 * chain);
        let quantity =
            |net: u64, reo: u64| json!({"net_mg": net, "reo_mg": reo, "basis": "measured"});
        let (ore, oxide) = (
            quantity(20_000_000_000, 10_000_000_000),
            quantity(9_400_000_000, 9_400_000_000),
        );
        let ore_lot = json!(format!("{}/O-{lot}", party(mine)));
        let oxide_lot = json!(format!("{}/X-{lot}", party(separator)));
        self.say(mine, json!({"event": "lot-mined", "site": "PIT", "lot": format!("O-{lot}"), "product": "ore/mixed",
            "quantity": ore, "composition": "La:280000,Ce:500000,Pr:50000,Nd:170000", "ore": "mixed"}));
        let sent = |to: u32, lot: &Value, quantity: &Value| {
            json!({"event": "shipment-dispatched", "shipment": "S", "site": "PIT", "to": party(to), "title": "sale",
                "lines": [{"lot": lot, "quantity": quantity, "packages": 20}], "invoices": [], "carrier": "", "sealed": []})
        };
        let got = |dispatch: EventId, quantity: &Value| {
            json!({"event": "shipment-received", "dispatch": dispatch, "site": "PIT", "completion": "final",
                "lines": [{"line": 0, "received": quantity, "outcome": "accepted", "reason": ""}]})
        };
        let dispatch = self.say(mine, sent(separator, &ore_lot, &ore));
        self.say(separator, got(dispatch, &ore));
        self.say(separator, json!({"event": "lot-processed", "site": "PIT", "process": "separation", "model": "mass-balance",
            "inputs": [{"lot": ore_lot, "quantity": ore}], "discards": [], "retained": [],
            "outputs": [{"lot": format!("X-{lot}"), "product": "compound/oxide/mixed", "quantity": oxide,
                "composition": "La:280000,Ce:500000,Pr:50000,Nd:170000"}]}));
        let dispatch = self.say(separator, sent(exporter, &oxide_lot, &oxide));
        self.say(exporter, got(dispatch, &oxide));
        self.say(exporter, json!({"event": "lot-exported", "site": "PIT", "lines": [{"lot": oxide_lot, "quantity": oxide}],
            "licence": null, "control_code": "", "hs_code": "2846901900", "declaration": "D", "destination": "JP", "sealed": []}));
    }

    fn close(&mut self, month: u64) {
        let number = month - 1;
        let name = format!("{}-{:02}", 2024 + number / 12, number % 12 + 1);
        for author in 3..3 + 3 * CHAINS {
            let seq = self.authors.next_seq(author);
            self.say(
                author,
                json!({"event": "month-closed", "month": name, "statement": "00".repeat(32),
                "first_seq": 0, "last_seq": seq, "nil": false}),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_may_end_with_a_full_frame() {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::create(folder.path()).unwrap();
        let mut stream = Stream {
            store: &store,
            authors: Unsigned::default(),
            entries: Vec::new(),
            written: 0,
            start: at("2024-01-01"),
        };
        for _ in 0..GROUP {
            stream.add(1, testkit::founding());
        }
        stream.flush();
        assert_eq!(store.size(), GROUP as u64);
    }
}
