//! A long national log, written without signatures: for measuring replay and memory at sizes that signing would make slow.
//!
//! Invariant: every lot is mined, sent, separated, sold and exported whole, so that what is open stays the same however
//! long the log is. The trade is honest: licensed, within quota, invoiced, declared, and each enterprise files each month as
//! the log has it, so that no finding stands at the end of any month.

use std::path::Path;

use books::Books;
use domain::{DAY_MS, EventId, Moment, Month, Payload, Zone};
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
/// Years for which licences and quota are there from the start.
const YEARS: std::ops::Range<u16> = 2024..2034;
/// Yearly quota and capacity of one enterprise.
const TONNES_A_YEAR: u64 = 200_000;

struct Stream<'a> {
    store: &'a EmbeddedStore,
    authors: Unsigned,
    entries: Vec<Vec<u8>>,
    written: u64,
    start: Moment,
    events_a_day: u64,
    /// What follows the log, for the statements that are filed.
    books: Books,
}

/// Writes a log of about `events` entries into a new folder; gives the time of its end, too.
pub(crate) fn write(folder: &Path, events: u64) -> (EmbeddedStore, Moment) {
    write_slowly(folder, events, EVENTS_A_DAY)
}

fn write_slowly(folder: &Path, events: u64, events_a_day: u64) -> (EmbeddedStore, Moment) {
    let store = EmbeddedStore::create(folder).unwrap();
    let mut stream = Stream::new(&store, events_a_day);
    stream.found();
    let mut month = stream.month();
    for lot in 0.. {
        if stream.written >= events {
            break;
        }
        if stream.month() > month {
            stream.close(month);
            month = stream.month();
        }
        stream.trade(lot);
    }
    stream.flush();
    let end = stream.now();
    drop(stream);
    (store, end)
}

fn tonnes(tonnes: u64) -> u64 {
    tonnes * 1_000_000_000
}

impl<'a> Stream<'a> {
    fn new(store: &'a EmbeddedStore, events_a_day: u64) -> Self {
        Self {
            store,
            authors: Unsigned::default(),
            entries: Vec::new(),
            written: 0,
            start: at("2024-01-01"),
            events_a_day,
            books: Books::default(),
        }
    }

    fn now(&self) -> Moment {
        let day = i64::try_from(self.written / self.events_a_day).unwrap();
        Moment::from_ms(self.start.ms() + day * DAY_MS).unwrap()
    }

    fn month(&self) -> Month {
        Zone::CHINA.month_of(self.now())
    }

    fn say(&mut self, author: u32, payload: Value) -> EventId {
        self.add(author, serde_json::from_value(payload).unwrap())
    }

    fn add(&mut self, author: u32, payload: Payload) -> EventId {
        let now = self.now();
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
        let instrument = json!({"number": "No. 1", "issued": "2024-01-01"});
        for year in YEARS {
            for track in ["MiningRock", "Separation"] {
                self.say(
                    1,
                    json!({"event": "indicator-set", "year": year, "track": track, "batch": 1,
                    "amount_mg": tonnes(u64::from(CHAINS) * TONNES_A_YEAR), "basis": "incremental",
                    "instrument": instrument}),
                );
            }
        }
        for chain in 0..CHAINS {
            for (number, activity) in [(0, "mining"), (1, "separation"), (2, "exporting")] {
                let kind =
                    serde_json::from_value(json!({"enterprise": {"activities": [activity]}}));
                let number = 3 + 3 * chain + number;
                self.add(1, testkit::registration(number, kind.unwrap(), "150207"));
                self.say(1, json!({"event": "site-licensed", "site": format!("{}/PIT", party(number)),
                    "activity": activity, "licence": format!("L-{number}"), "division": "150207",
                    "capacity_mg": tonnes(TONNES_A_YEAR), "from": "2024-01-01", "until": "2033-12-31"}));
            }
            for (number, track) in [(0, "MiningRock"), (1, "Separation")] {
                for year in YEARS {
                    self.say(1, json!({"event": "quota-allocated", "holder": {"party": party(3 + 3 * chain + number)},
                        "year": year, "track": track, "batch": 1, "amount_mg": tonnes(TONNES_A_YEAR),
                        "basis": "incremental", "instrument": instrument}));
                }
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
        let today = Zone::CHINA.day_of(self.now()).to_string();
        self.say(mine, json!({"event": "lot-mined", "site": "PIT", "lot": format!("O-{lot}"), "product": "ore/mixed",
            "quantity": ore, "composition": "La:280000,Ce:500000,Pr:50000,Nd:170000", "ore": "mixed"}));
        let sent = |to: u32, lot: &Value, number: String, quantity: &Value| {
            json!({"event": "shipment-dispatched", "shipment": number, "site": "PIT", "to": party(to), "title": "sale",
                "lines": [{"lot": lot, "quantity": quantity, "packages": 20}],
                "invoices": [{"code": null, "number": number, "date": today, "goods_mg": quantity["net_mg"],
                    "cancels": null}],
                "carrier": "", "sealed": []})
        };
        let got = |dispatch: EventId, quantity: &Value| {
            json!({"event": "shipment-received", "dispatch": dispatch, "site": "PIT", "completion": "final",
                "lines": [{"line": 0, "received": quantity, "outcome": "accepted", "reason": ""}]})
        };
        let dispatch = self.say(mine, sent(separator, &ore_lot, format!("O-{lot}"), &ore));
        self.say(separator, got(dispatch, &ore));
        self.say(separator, json!({"event": "lot-processed", "site": "PIT", "process": "separation", "model": "mass-balance",
            "inputs": [{"lot": ore_lot, "quantity": ore}], "discards": [], "retained": [],
            "outputs": [{"lot": format!("X-{lot}"), "product": "compound/oxide/mixed", "quantity": oxide,
                "composition": "La:280000,Ce:500000,Pr:50000,Nd:170000"}]}));
        let dispatch = self.say(
            separator,
            sent(exporter, &oxide_lot, format!("X-{lot}"), &oxide),
        );
        self.say(exporter, got(dispatch, &oxide));
        self.say(exporter, json!({"event": "lot-exported", "site": "PIT", "lines": [{"lot": oxide_lot, "quantity": oxide}],
            "licence": null, "control_code": "", "hs_code": "2846901900", "declaration": format!("D-{lot}"),
            "destination": "JP", "sealed": []}));
    }

    /// Everybody files a month, as the log has it by now.
    fn close(&mut self, month: Month) {
        self.flush();
        self.books
            .advance(self.store, self.store.size(), &mut |_, _| {})
            .unwrap();
        for author in 3..3 + 3 * CHAINS {
            let seq = self.authors.next_seq(author);
            let filing = flow::filing(&self.books.flow, party(author), month, seq);
            self.add(author, Payload::MonthClosed(filing));
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
        let mut stream = Stream::new(&store, EVENTS_A_DAY);
        for _ in 0..GROUP {
            stream.add(1, testkit::founding());
        }
        stream.flush();
        assert_eq!(store.size(), GROUP as u64);
    }

    #[test]
    fn an_honest_trade_raises_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // Two months, the first one filed. The founding takes a day.
        let (store, end) = write_slowly(folder.path(), 6_000, 120);
        let books = Books::replay(&store, projection::Until::End, &mut |_, _| {}).unwrap();
        let found = books.findings(end).unwrap();
        let mut codes: Vec<_> = found.iter().map(|found| found.finding.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes, []);
    }
}
