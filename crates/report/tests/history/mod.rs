//! A small country that trades for two months, in a store in memory.
//! Invariant: the same calls make the same log; figures are in whole tonnes but for one milligram.

use std::sync::Arc;

use domain::{Activity, Bytes32, EventId, Names, PartyKind, Payload};
use serde_json::{Value, json};
use store::{MemoryStore, Store};
use testkit::{Authors, accept, at, founding, open, party, registration};

struct History {
    authors: Authors,
    events: Vec<author::SignedEvent>,
}

impl History {
    fn act(&mut self, author: u32, day: &str, json: Value) -> EventId {
        let payload: Payload = serde_json::from_value(json).unwrap();
        let event = self.authors.sign(author, at(day), payload);
        let id = wire::event_id(&event.body);
        self.events.push(event);
        id
    }
}

fn mass(net_mg: u64, reo_mg: u64) -> Value {
    json!({"net_mg": net_mg, "reo_mg": reo_mg, "basis": "measured"})
}

const TONNE: u64 = 1_000_000_000;

fn mined(lot: &str, reo_mg: u64) -> Value {
    json!({"event": "lot-mined", "site": "PIT", "lot": lot, "product": "ore/mixed",
        "quantity": mass(2 * reo_mg, reo_mg), "composition": null, "ore": "mixed"})
}

fn quota(holder: Option<u32>, track: &str, tonnes: u64) -> Value {
    let instrument = json!({"number": "No. 1", "issued": "2024-01-02"});
    let amount = format!("{tonnes} t");
    match holder {
        None => json!({"event": "indicator-set", "year": 2024, "track": track, "batch": 1,
            "amount_mg": amount, "basis": "incremental", "instrument": instrument}),
        Some(number) => {
            json!({"event": "quota-allocated", "holder": {"party": party(number)}, "year": 2024,
            "track": track, "batch": 1, "amount_mg": amount, "basis": "incremental", "instrument": instrument})
        }
    }
}

fn dispatched(lot: &str, creator: u32, site: &str, to: u32, quantity: &Value) -> Value {
    json!({"event": "shipment-dispatched", "shipment": format!("S-{lot}-{to}"), "site": site, "to": party(to),
        "title": "sale", "lines": [{"lot": format!("{}/{lot}", party(creator)), "quantity": quantity, "packages": 1}],
        "invoices": [], "carrier": "", "sealed": []})
}

fn received(dispatch: EventId, site: &str, quantity: &Value) -> Value {
    json!({"event": "shipment-received", "dispatch": dispatch.to_string(), "site": site,
        "lines": [{"line": 0, "received": quantity, "outcome": "accepted", "reason": ""}], "completion": "final"})
}

/// Authority, mine, separator and trader; the mine has a name that tries to be HTML.
fn founded() -> History {
    let mut authors = Authors::default();
    let kind = |activity| PartyKind::Enterprise {
        activities: vec![activity].try_into().unwrap(),
    };
    let mut mine = registration(4, kind(Activity::Mining), "150207");
    if let Payload::PartyRegistered(registered) = &mut mine {
        registered.names = Names {
            zh: "矿<script>alert(2)</script>".parse().unwrap(),
            en: "\"><script>alert(1)</script> & onload=\"x\" Mine"
                .parse()
                .unwrap(),
        };
    }
    let acts = [
        founding(),
        mine,
        registration(5, kind(Activity::Separation), "150207"),
        registration(6, kind(Activity::Trading), "360700"),
    ];
    let events = acts
        .into_iter()
        .map(|act| authors.sign(1, at("2024-01-01"), act));
    let events = events.collect();
    History { authors, events }
}

/// Two months.
pub(crate) fn store() -> MemoryStore {
    appended(two_months(0))
}

/// The separator also declares as many small lots of stock.
pub(crate) fn store_with_lots(lots: u64) -> MemoryStore {
    appended(two_months(lots))
}

/// The authority dismisses a finding.
pub(crate) fn store_with_dismissed(finding: Bytes32) -> MemoryStore {
    let mut history = two_months(0);
    let ruling = json!({"event": "finding-ruled", "finding": finding, "ruling": "dismissed", "note": "seen"});
    history.act(1, "2024-02-28", ruling);
    appended(history)
}

fn appended(history: History) -> MemoryStore {
    let store = MemoryStore::new();
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    let (ledger, _clock) = open(&shared, at("2024-03-01"));
    accept(&ledger, history.events);
    store
}

fn two_months(lots: u64) -> History {
    let mut history = founded();
    history.act(1, "2024-01-02", quota(None, "MiningRock", 30));
    history.act(1, "2024-01-02", quota(Some(4), "MiningRock", 20));
    if lots > 0 {
        let lot = |number| {
            json!({"lot": format!("OLD-{number}"), "product": "residue/slag",
                "quantity": mass(2 * TONNE, TONNE + number), "composition": null})
        };
        let lots: Vec<Value> = (0..lots).map(lot).collect();
        let opening = json!({"event": "opening-stock-declared", "site": "SX", "lots": lots});
        history.act(5, "2024-01-03", opening);
    }
    history.act(4, "2024-01-10", mined("A", 5 * TONNE + 1));
    history.act(4, "2024-02-05", mined("B", 6 * TONNE));
    let six = mass(12 * TONNE, 6 * TONNE);
    let sent = history.act(4, "2024-02-06", dispatched("B", 4, "PIT", 5, &six));
    history.act(5, "2024-02-08", received(sent, "SX", &six));
    let run = json!({"event": "lot-processed", "site": "SX", "process": "separation", "model": "segregated",
        "inputs": [{"lot": format!("{}/B", party(4)), "quantity": six}],
        "outputs": [{"lot": "O", "product": "compound/oxide/Nd", "quantity": mass(5 * TONNE, 5 * TONNE),
            "composition": null}], "discards": [], "retained": []});
    history.act(5, "2024-02-10", run);
    let two = mass(2 * TONNE, 2 * TONNE);
    let sold = history.act(5, "2024-02-12", dispatched("O", 5, "SX", 6, &two));
    history.act(6, "2024-02-14", received(sold, "YARD", &two));
    // More than the trader has: a finding with a mass.
    let three = mass(3 * TONNE, 3 * TONNE);
    history.act(6, "2024-02-16", dispatched("O", 5, "YARD", 4, &three));
    history
}
