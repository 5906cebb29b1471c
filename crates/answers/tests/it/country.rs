//! A country in which something stands in every list, and one question of each kind.
//! Invariant: the same events each time. Knows no answer.

use std::sync::Arc;

use answers::{Question, Reading, Until};
use domain::Payload;
use serde_json::json;
use store::{MemoryStore, Store};
use testkit::{Authors, TestCountry, at, party};

fn act(authors: &mut Authors, by: u32, json: serde_json::Value) -> author::SignedEvent {
    let payload: Payload = serde_json::from_value(json).unwrap();
    authors.sign(by, at("2024-01-10"), payload)
}

/// The log of the country.
pub(crate) fn log() -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (ledger, _) = testkit::open(&store, at("2024-01-20"));
    let mut country = TestCountry::new();
    testkit::accept(&ledger, country.founding.clone());
    let mined: Vec<_> = (1..=3).map(|number| country.mined(number)).collect();
    testkit::accept(&ledger, mined);
    let (mine, separator) = (party(TestCountry::MINE), party(TestCountry::SEPARATOR));
    let instrument = json!({"number": "N-1", "issued": "2024-01-09"});
    let acts = [
        json!({"event": "site-licensed", "site": format!("{mine}/PIT"), "activity": "mining", "licence": "C1",
               "division": "150207", "capacity_mg": 1_000_000_000_000_u64, "from": "2024-01-01", "until": "2026-12-31"}),
        json!({"event": "quota-allocated", "year": 2024, "track": "MiningRock", "holder": {"party": mine}, "batch": 1,
               "amount_mg": 2_000_000_000_u64, "basis": "incremental", "instrument": instrument}),
        json!({"event": "lot-sealed", "lots": [format!("{mine}/M-1")], "instrument": instrument}),
    ];
    let acts = acts.map(|json| act(&mut country.authors, 1, json));
    testkit::accept(&ledger, acts.to_vec());
    let quantity = json!({"net_mg": 1_000_000, "reo_mg": 500_000, "basis": "measured"});
    let acts = [
        json!({"event": "shipment-dispatched", "shipment": "S-1", "site": "PIT", "to": separator, "title": "sale",
               "lines": [{"lot": format!("{mine}/M-2"), "quantity": quantity, "packages": 1}], "invoices": [], "carrier": "",
               "sealed": []}),
        json!({"event": "stock-counted", "site": "PIT", "as_of": "2024-01-09T12:00:00Z", "inventory": "I-1",
               "page": 1, "last": true, "vessels": [],
               "lots": [{"lot": format!("{mine}/M-3"), "quantity": quantity}]}),
    ];
    let acts = acts.map(|json| act(&mut country.authors, TestCountry::MINE, json));
    testkit::accept(&ledger, acts.to_vec());
    ledger.close().unwrap();
    store
}

/// The log of a country whose mine sends a shipment of each code.
pub(crate) fn sent(codes: &[&str]) -> Arc<dyn Store> {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (ledger, _) = testkit::open(&store, at("2024-01-20"));
    let mut country = TestCountry::new();
    testkit::accept(&ledger, country.founding.clone());
    let mined = vec![country.mined(1)];
    testkit::accept(&ledger, mined);
    let (mine, separator) = (party(TestCountry::MINE), party(TestCountry::SEPARATOR));
    let quantity = json!({"net_mg": 1_000, "reo_mg": 500, "basis": "measured"});
    let acts = codes.iter().map(|code| {
        let sent = json!({"event": "shipment-dispatched", "shipment": code, "site": "PIT", "to": separator, "title": "sale",
            "lines": [{"lot": format!("{mine}/M-1"), "quantity": quantity, "packages": 1}], "invoices": [],
            "carrier": "", "sealed": []});
        act(&mut country.authors, TestCountry::MINE, sent)
    });
    let acts: Vec<_> = acts.collect();
    testkit::accept(&ledger, acts);
    ledger.close().unwrap();
    store
}

/// All that is known of it.
pub(crate) fn reading(store: &Arc<dyn Store>) -> Reading {
    Reading::new(store.handle(), Until::End, |_, _| {}).unwrap()
}

/// One question of each kind.
pub(crate) fn questions(reading: &Reading) -> Vec<Question> {
    let mine = party(TestCountry::MINE);
    let by = reading.now().unwrap();
    let (found, _) = answers::all_findings(reading, by).unwrap();
    let asked = |of: &str, arguments| json!({"of": of, "arguments": arguments});
    let lot = format!("{mine}/M-1");
    [
        asked("quota", json!({"year": 2024, "explain": true})),
        asked(
            "statement",
            json!({"party": mine, "month": "2024-01", "as_known": false, "explain": true}),
        ),
        asked("flows", json!({"party": mine})),
        asked("material", json!({"site": format!("{mine}/PIT")})),
        asked("balance", json!({"party": mine, "explain": true})),
        asked("conservation", json!({"explain": true})),
        asked("findings", json!({"all": true, "by": by})),
        asked("finding", json!({"finding": found[0].finding.id, "by": by})),
        asked("trace", json!({"lot": lot, "forward": false, "depth": 9})),
        asked("taint", json!({})),
        asked("label", json!({"lot": lot})),
        asked("returns", json!({"month": "2024-01", "by": by})),
        asked("parties", json!({})),
        asked("sites", json!({})),
        asked("keys", json!({"by": by})),
        asked("acts", json!({"events": []})),
        asked("shipments", json!({"uninvoiced": true})),
        asked("exports", json!({})),
        asked("entry", json!({"position": 3})),
        asked(
            "inbox",
            json!({"party": party(TestCountry::SEPARATOR), "by": by}),
        ),
        asked("today", json!({"by": by})),
        asked("show", json!({"id": lot, "by": by})),
        asked("replay", json!({})),
    ]
    .into_iter()
    .map(|asked| serde_json::from_value(asked).unwrap())
    .collect()
}
