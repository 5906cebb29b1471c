//! Acts about parties whose own acts are in chains that an extract does not hold.
//! Invariant: every log went through the ledger's own admission, so every extract of it is good; and an act about the party
//! itself always brings the chain of whoever stated it.

use std::sync::Arc;

use domain::{Activity, PartyId, PartyKind, Payload, Sector};
use serde_json::{Value, json};
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, key_added, open, party, registration};

use crate::log::{AUTHORITY, DEPARTMENT, Log, OPERATOR, SMELTER, check, entries_of, mined, now};

/// A national department beside the authority, and one over the department: both act about the smelter alone.
const RESOURCES: u32 = 8;
const PROVINCE: u32 = 11;
const TAKEN_OVER: u32 = 20;
const HEIR: u32 = 21;

fn instrument() -> Value {
    json!({"number": "7", "issued": "2024-01-05"})
}

fn moved(number: u32, division: &str) -> Payload {
    serde_json::from_value(json!({
        "event": "party-amended", "party": party(number), "names": {"zh": "某公司", "en": "A company"}, "division": division,
        "group": null, "activities": ["metal-smelting"], "from": "2024-01-05", "instrument": instrument(),
    }))
    .unwrap()
}

fn licence(event: &str, number: u32) -> Payload {
    let mut payload = json!({
        "event": event, "site": format!("{}/PIT", party(number)), "activity": "metal-smelting", "licence": "C1",
        "division": "150207", "capacity_mg": 1, "from": "2024-01-05", "until": "2030-01-05",
    });
    if event == "site-amended" {
        payload["instrument"] = instrument();
    }
    serde_json::from_value(payload).unwrap()
}

fn succeeded(number: u32, successor: u32) -> Payload {
    serde_json::from_value(json!({
        "event": "party-succeeded", "party": party(number), "successor": party(successor), "from": "2024-01-05",
        "instrument": instrument(),
    }))
    .unwrap()
}

fn annulled(body: &[u8]) -> Payload {
    serde_json::from_value(json!({
        "event": "act-annulled", "annulled": domain::id::to_hex(body), "reason": "in error", "instrument": instrument(),
    }))
    .unwrap()
}

fn sealed(number: u32) -> Payload {
    let lot = format!("{}/L-1", party(number));
    serde_json::from_value(
        json!({"event": "lot-sealed", "lots": [lot], "instrument": instrument()}),
    )
    .unwrap()
}

/// Both departments act about the smelter, in turn; each act rests on one of the other's.
fn log() -> Log {
    let memory = MemoryStore::new();
    let store: Arc<dyn Store> = Arc::new(memory.clone());
    let (ledger, _clock) = open(&store, at("2024-02-01"));
    let mut country = TestCountry::new();
    accept(&ledger, country.founding.clone());
    let mut state = |author, payload| {
        let event = country.authors.sign(author, now(), payload);
        let body = event.body.clone();
        accept(&ledger, vec![event]);
        body
    };
    let smelting = PartyKind::Enterprise {
        activities: vec![Activity::MetalSmelting].try_into().unwrap(),
    };
    let resources = PartyKind::Regulator {
        sector: Sector::NaturalResources,
    };
    state(AUTHORITY, registration(RESOURCES, resources, "000000"));
    let industry = PartyKind::Regulator {
        sector: Sector::Industry,
    };
    state(AUTHORITY, registration(PROVINCE, industry, "150000"));
    // So that it vouches for the mine.
    state(DEPARTMENT, licence("site-licensed", TestCountry::MINE));
    state(AUTHORITY, registration(SMELTER, smelting.clone(), "360700"));
    for number in [TAKEN_OVER, HEIR] {
        state(AUTHORITY, registration(number, smelting.clone(), "150207"));
    }
    state(RESOURCES, moved(SMELTER, "150207"));
    // The department of 150207 may, since it was moved there.
    state(DEPARTMENT, testkit::suspended(SMELTER));
    state(RESOURCES, licence("site-licensed", SMELTER));
    state(DEPARTMENT, licence("site-amended", SMELTER));
    let succession = state(DEPARTMENT, succeeded(TAKEN_OVER, HEIR));
    state(RESOURCES, licence("site-licensed", HEIR));
    state(PROVINCE, annulled(&succession));
    state(DEPARTMENT, succeeded(TAKEN_OVER, HEIR));
    state(RESOURCES, moved(TestCountry::TRADER, "360700"));
    // The authority takes back an act that is in no chain of the mine's.
    let seal = state(RESOURCES, sealed(SMELTER));
    state(AUTHORITY, annulled(&seal));
    state(TestCountry::MINE, mined(1));
    Log::of(entries_of(&memory))
}

fn authors(log: &Log, number: u32) -> Vec<PartyId> {
    let extract = log.extract(number);
    let report = check(&extract);
    assert!(report.is_good(), "{number}: {:#?}", report.faults);
    let author = |entry: &portable::ExtractedEntry| {
        let bytes = domain::id::from_hex(&entry.entry).unwrap();
        let view = wire::decode_entry(&bytes).unwrap();
        wire::decode_body(view.body).unwrap().author
    };
    extract.entries.iter().map(author).collect()
}

#[test]
fn acts_that_rest_on_others_accuse_nobody() {
    let log = log();
    let of_mine = authors(&log, TestCountry::MINE);
    assert!(of_mine.contains(&party(DEPARTMENT)), "it licensed the mine");
    for number in [RESOURCES, PROVINCE] {
        let party = party(number);
        assert!(!of_mine.contains(&party), "{number} never acted about it");
    }
    let open = check(&log.extract(TestCountry::MINE))
        .not_checked
        .join("\n");
    assert!(open.contains("authority for 4 acts"), "{open}");
}

/// Whoever moved, licensed or merged a party vouches for it as whoever registered it.
#[test]
fn who_amends_a_party_vouches_for_it() {
    let log = log();
    for (number, vouches) in [
        (SMELTER, RESOURCES),
        (HEIR, RESOURCES),
        (TestCountry::TRADER, RESOURCES),
        (HEIR, PROVINCE),
        (TAKEN_OVER, PROVINCE),
    ] {
        assert!(authors(&log, number).contains(&party(vouches)), "{number}");
    }
}

/// What is about the party itself is judged: the whole log would refuse it too.
#[test]
fn acts_about_the_party_itself_are_judged() {
    let whole = log();
    // Of an office whose whole chain the extract holds, and not in it.
    let unsaid = crate::log::next_event(
        &whole.entries,
        DEPARTMENT,
        &testkit::key(DEPARTMENT),
        sealed(SMELTER),
    );
    for (number, about, payload) in [
        (
            DEPARTMENT,
            TestCountry::SEPARATOR,
            licence("site-amended", TestCountry::SEPARATOR),
        ),
        (
            DEPARTMENT,
            TestCountry::TRADER,
            key_added(TestCountry::TRADER, 60),
        ),
        (
            OPERATOR,
            TestCountry::MINE,
            moved(TestCountry::MINE, "150207"),
        ),
        (AUTHORITY, TestCountry::MINE, annulled(&unsaid.body)),
    ] {
        let mut entries = whole.entries.clone();
        let event = crate::log::next_event(&entries, number, &testkit::key(number), payload);
        crate::log::put(&mut entries, event);
        let report = check(&Log::of(entries).extract(about));
        assert_eq!(report.fault_count, 1, "{:#?}", report.faults);
    }
}
