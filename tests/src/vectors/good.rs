//! The good cases: one or more for each payload, made of JSON so that they read as what they say.
//!
//! Invariant: deterministic; names, parties and numbers are invented and fixed. Knows nothing of bytes.

use domain::Body;
use domain::id::uscc_check_character;
use serde_json::{Value, json};

use super::{acts, enterprise};

/// A well-formed event.
pub(super) struct Good {
    pub(super) name: &'static str,
    pub(super) comment: &'static str,
    pub(super) body: Body,
}

/// A unified social credit code, completed by its check character.
pub(super) fn uscc(first_17: &str) -> String {
    let first: &[u8; 17] = first_17.as_bytes().try_into().unwrap();
    format!("{first_17}{}", uscc_check_character(first).unwrap())
}

/// An LEI, completed by its check digits: 98 minus the remainder of the digits followed by 00 (ISO 7064 MOD 97-10).
pub(super) fn lei(first_18: &str) -> String {
    let digits = first_18
        .chars()
        .map(|c| c.to_digit(36).unwrap().to_string())
        .collect::<String>()
        + "00";
    let remainder = digits
        .chars()
        .fold(0, |r, c| (r * 10 + c.to_digit(10).unwrap()) % 97);
    format!("{first_18}{:02}", 98 - remainder)
}

pub(super) fn authority() -> String {
    uscc("11100000MB0000001")
}

pub(super) fn operator() -> String {
    uscc("12100000MB0000002")
}

pub(super) fn mine() -> String {
    uscc("91150000MA0000001")
}

pub(super) fn plant() -> String {
    uscc("91360700MA0000002")
}

/// A code in which every place but the check character counts: none of its characters is worth nothing.
pub(super) fn auditor() -> String {
    uscc("9H1J2K3L4M5N6P7QR")
}

/// A trader abroad, known by its LEI.
pub(super) fn trader() -> String {
    lei("999900YTTERBY00001")
}

/// Bytes of a digest, key or signature: one byte repeated.
pub(super) fn filled(byte: u8, length: usize) -> String {
    format!("{byte:02x}").repeat(length)
}

/// The body around a payload.
pub(super) fn event(author: &str, seq: u64, payload: &Value) -> Body {
    let body = json!({
        "version": 1, "ledger": filled(0x1d, 32), "author": author, "seq": seq, "prev": filled(0xab, 32),
        "seen": {"size": 40_000, "root": filled(0x5e, 32)},
        "occurred": "2024-01-31T08:30:00.000Z", "signed": "2024-02-01T01:02:03.456Z", "payload": payload,
    });
    serde_json::from_value(body).unwrap_or_else(|error| panic!("{payload}: {error}"))
}

pub(super) fn instrument() -> Value {
    json!({"number": "工信部联原〔2024〕7号", "issued": "2024-01-29"})
}

pub(super) fn penalty() -> Value {
    json!({
        "event": "penalty-imposed", "party": plant(), "article": "第二十五条", "fine_fen": 100_000_000, "instrument": instrument(),
    })
}

pub(super) fn grant(byte: u8) -> Value {
    json!({"key": filled(byte, 32), "possession": filled(byte + 1, 64), "next": filled(byte + 2, 32)})
}

fn rules(bands: &Value) -> Value {
    json!({
        "return_due_day": 10, "return_due_day_included": true, "receipt_tolerance_ppm": 5000,
        "receipt_tolerance_mg": 20_000_000, "transit_days": 45, "gain_tolerance_ppm": 5000, "yield_bands": bands,
        "muf_sigma_milli": 3000, "default_uncertainty_ppm": 2000, "fingerprint_tolerance_ppm": 100_000,
        "taint_threshold_ppm": 1000, "quota_warning_ppm": 950_000, "authority_signatures": 2,
        "grant_delay_days": 7, "clock_gap_days": 30, "breakdown_days": 30, "opening_stock_days": 90, "loss_share_ppm": 1_000,
        "circuit_months": 6, "uncertainties": [
            {"basis": "measured", "random_ppm": 1_100, "systematic_ppm": 1_200},
            {"basis": "stated", "random_ppm": 2_100, "systematic_ppm": 2_200}],
        "uncertainty_floor_ppm": 500, "uncertainty_cap_ppm": 50_000,
    })
}

/// Every good case: acts of office, then facts of enterprises.
pub(super) fn cases() -> Vec<Good> {
    let office = registry()
        .into_iter()
        .chain(licences_and_rules())
        .chain(quotas())
        .chain(inspections())
        .chain(acts::amendments())
        .chain(acts::keys())
        .map(|(name, comment, payload)| (name, comment, authority(), payload));
    let enterprises = enterprise::origins()
        .into_iter()
        .chain(enterprise::methods())
        .chain(enterprise::processing())
        .chain(enterprise::movements())
        .chain(enterprise::leaving())
        .chain(enterprise::records())
        .map(|(name, comment, payload)| (name, comment, plant(), payload));
    let mut cases: Vec<_> = office
        .chain(enterprises)
        .zip(0..)
        .map(|((name, comment, author, payload), seq)| Good {
            name,
            comment,
            body: event(&author, seq, &payload),
        })
        .collect();
    of_others(&mut cases);
    cases
}

/// By authors of their own.
fn of_others(cases: &mut Vec<Good>) {
    cases.push(Good {
        name: "lot-mined-lei-author",
        comment: "an author known by its LEI, the highest sequence number",
        body: event(&trader(), u64::MAX, &enterprise::mined()),
    });
    cases.push(Good {
        name: "event-corrected-lei-author",
        comment: "no replacement, an author known by its LEI",
        body: event(
            &trader(),
            2,
            &enterprise::corrected(&trader(), "did-not-occur", &Value::Null),
        ),
    });
    cases.push(Good {
        name: "event-corrected-count",
        comment: "a count of the very time of the corrected event",
        body: event(&plant(), 3, &enterprise::corrected_count()),
    });
    cases.push(Good {
        name: "heads-committed",
        comment: "by the operator",
        body: event(
            &operator(),
            3,
            &json!({"event": "heads-committed", "covered": 4096, "authors": 17, "root": filled(0x20, 32)}),
        ),
    });
    cases.push(Good {
        name: "clock-confirmed",
        comment: "by the operator",
        body: event(
            &operator(),
            4,
            &json!({"event": "clock-confirmed", "shows": "2024-01-31T08:31:00.000Z", "reason": "授时中心校准"}),
        ),
    });
    cases.push(Good {
        name: "grant-objected",
        comment: "by the party, with a key that signs",
        body: event(
            &plant(),
            5,
            &json!({"event": "grant-objected", "key": filled(0x51, 8), "committed": null}),
        ),
    });
    cases.push(Good {
        name: "grant-objected-committed",
        comment: "by the party, with the key that it had committed to",
        body: event(
            &plant(),
            5,
            &json!({"event": "grant-objected", "key": filled(0x51, 8), "committed": filled(0x54, 32)}),
        ),
    });
    cases.push(Good {
        name: "log-key-rotated",
        comment: "by the authority that founded the ledger",
        body: event(
            &authority(),
            40,
            &json!({"event": "log-key-rotated", "key": grant(0x50), "handover": filled(0x53, 64)}),
        ),
    });
}

/// Name, comment and payload of a case.
pub(super) type Case = (&'static str, &'static str, Value);

fn registry() -> Vec<Case> {
    let names = json!({"zh": "白云鄂博稀土矿", "en": "Bayan Obo Mine"});
    let standing =
        |event: &str| json!({"event": event, "party": mine(), "instrument": instrument()});
    let register = |kind: Value, group: Value| json!({"event": "party-registered", "party": mine(), "names": names, "kind": kind, "division": "150200", "group": group, "key": grant(0x10)});
    vec![
        (
            "ledger-founded",
            "no yield bands, zone west of Greenwich",
            json!({
                "event": "ledger-founded", "name": "稀土追溯总账", "origin": "ledger.example/rare-earths", "zone": "-03:30",
                "authority": authority(), "authority_names": {"zh": "工业和信息化部", "en": "Industry"}, "authority_key": grant(0x30),
                "operator": operator(), "operator_names": {"zh": "运行中心", "en": "Operations Centre"}, "log_key": grant(0x40),
                "recovery": filled(0x77, 32),
                "rules": rules(&json!([])),
            }),
        ),
        (
            "party-registered",
            "an enterprise with two activities, in a group",
            register(
                json!({"enterprise": {"activities": ["mining", "exporting"]}}),
                json!("NORTHERN"),
            ),
        ),
        (
            "party-registered-regulator",
            "a department, no group",
            register(json!({"regulator": {"sector": "customs"}}), json!(null)),
        ),
        (
            "party-registered-auditor",
            "a kind without fields",
            register(json!("auditor"), json!(null)),
        ),
        (
            "party-registered-operator",
            "the other kind without fields",
            register(json!("operator"), json!("G")),
        ),
        (
            "party-suspended",
            "an instrument with a number in Chinese",
            standing("party-suspended"),
        ),
        (
            "party-reinstated",
            "same fields as a suspension",
            standing("party-reinstated"),
        ),
        (
            "party-delisted",
            "same fields as a suspension",
            standing("party-delisted"),
        ),
    ]
}

fn licences_and_rules() -> Vec<Case> {
    let bands = json!([
        {"process": "beneficiation", "low_ppm": 500_000, "high_ppm": 1_000_000},
        {"process": "separation", "low_ppm": 850_000, "high_ppm": 990_000},
    ]);
    vec![
        (
            "key-added",
            "a party known by its LEI",
            json!({"event": "key-added", "party": trader(), "key": grant(0x50)}),
        ),
        (
            "key-revoked",
            "a compromised key",
            json!({"event": "key-revoked", "party": mine(), "key": filled(0x51, 8), "reason": "compromised"}),
        ),
        (
            "site-licensed",
            "the largest capacity, a leap day",
            json!({
                "event": "site-licensed", "site": format!("{}/PIT-1", mine()), "activity": "mining", "licence": "采矿许可证 C1500",
                "division": "150206", "capacity_mg": 10_000_000_000_000_000_u64, "from": "2024-02-29", "until": "2026-12-31",
            }),
        ),
        (
            "rules-changed",
            "two yield bands",
            json!({"event": "rules-changed", "effective": "2024-07-01", "rules": rules(&bands)}),
        ),
        (
            "access-granted",
            "two parties, one by each kind of id",
            json!({
                "event": "access-granted", "auditor": auditor(), "division": "000000", "parties": [mine(), trader()],
                "first_month": "2023-12", "last_month": "2024-03", "until": "2025-06-30",
            }),
        ),
        (
            "access-granted-everyone",
            "no parties named, one month, the code that GB 32100-2015 gives as an example",
            json!({
                "event": "access-granted", "auditor": "91350100M000100Y43", "division": "360000", "parties": [],
                "first_month": "2024-03", "last_month": "2024-03", "until": "2025-06-30",
            }),
        ),
        (
            "finding-ruled",
            "a ruling with an empty note",
            json!({"event": "finding-ruled", "finding": filled(0x60, 32), "ruling": "dismissed", "note": ""}),
        ),
    ]
}

fn quotas() -> Vec<Case> {
    vec![
        (
            "indicator-set",
            "a national batch",
            json!({
                "event": "indicator-set", "year": 2024, "track": "MiningRock", "batch": 1, "amount_mg": 124_900_000_000_000_u64,
                "basis": "incremental", "instrument": instrument(),
            }),
        ),
        (
            "quota-allocated",
            "to a group, cumulative",
            json!({
                "event": "quota-allocated", "holder": {"group": "NORTHERN"}, "year": 2024, "track": "Separation", "batch": 2,
                "amount_mg": 90_000_000_000_000_u64, "basis": "cumulative", "instrument": instrument(),
            }),
        ),
        (
            "quota-allocated-party",
            "to an enterprise",
            json!({
                "event": "quota-allocated", "holder": {"party": plant()}, "year": 2024, "track": "MiningIon", "batch": 1,
                "amount_mg": 1_000_000_000_u64, "basis": "incremental", "instrument": instrument(),
            }),
        ),
        (
            "quota-moved",
            "from a group to an enterprise",
            json!({
                "event": "quota-moved", "from": {"group": "NORTHERN"}, "to": {"party": plant()}, "year": 2024, "track": "Separation",
                "amount_mg": 5_000_000_000_u64, "instrument": instrument(),
            }),
        ),
        (
            "quota-deducted",
            "after a penalty",
            json!({
                "event": "quota-deducted", "party": plant(), "year": 2025, "track": "Separation", "amount_mg": 7_000_000_000_u64,
                "penalty": filled(0x61, 32),
            }),
        ),
    ]
}

fn inspections() -> Vec<Case> {
    let lots = |event: &str| json!({"event": event, "lots": [format!("{}/L-1", mine()), format!("{}/L-1", plant())], "instrument": instrument()});
    vec![
        (
            "inspection-recorded",
            "two inspectors, one counted lot",
            json!({
                "event": "inspection-recorded", "site": format!("{}/SX-1", plant()), "inspectors": ["王工", "李工"],
                "counted": [{"lot": format!("{}/L-1", plant()), "quantity": enterprise::quantity(1_000_000, 500_000)}],
                "note": "封条完好。",
            }),
        ),
        (
            "inspection-recorded-nothing-counted",
            "no counted lot, empty note",
            json!({
                "event": "inspection-recorded", "site": format!("{}/SX-1", trader()), "inspectors": ["A. Berg", "B. Sund", "C. Lind"],
                "counted": [], "note": "",
            }),
        ),
        (
            "lot-sealed",
            "lots of two creators with the same code",
            lots("lot-sealed"),
        ),
        (
            "lot-released",
            "same fields as a seal",
            lots("lot-released"),
        ),
        ("penalty-imposed", "a fine in fen", penalty()),
    ]
}
