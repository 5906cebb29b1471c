//! The good cases of enterprises: lots come into being, move, leave, and the record is kept.
//!
//! Invariant: as in `good`: deterministic and invented. Knows nothing of bytes, but for the event a correction carries.

use domain::id::to_hex;
use serde_json::{Value, json};

use super::good::{Case, event, filled, instrument, mine, plant, trader};

/// A measured quantity with an uncertainty.
pub(super) fn quantity(net_mg: u64, reo_mg: u64) -> Value {
    json!({"net_mg": net_mg, "reo_mg": reo_mg, "basis": "measured", "uncertainty_ppm": 2500})
}

/// A weighed quantity that states no uncertainty.
fn weighed(net_mg: u64, reo_mg: u64) -> Value {
    json!({"net_mg": net_mg, "reo_mg": reo_mg, "basis": "weighed", "uncertainty_ppm": null})
}

/// A quantity as the scales showed it, by a declared method.
fn wet(net_mg: u64, reo_mg: u64, wet_mg: u64, moisture_ppm: u32) -> Value {
    json!({"net_mg": net_mg, "reo_mg": reo_mg, "basis": "measured", "uncertainty_ppm": null, "method": "WB-1", "wet_mg": wet_mg,
        "moisture_ppm": moisture_ppm})
}

/// The worked example of the specification.
pub(super) fn mined() -> Value {
    json!({
        "event": "lot-mined", "site": "PIT-1", "lot": "ORE-7", "product": "ore/mixed", "quantity": quantity(40_000_000_000, 20_000_000_000),
        "composition": "La:300000,Ce:500000,Nd:200000", "assay_method": null, "ore": "mixed",
    })
}

fn new_lot(lot: &str, product: &str, quantity: &Value, composition: &Value) -> Value {
    json!({"lot": lot, "product": product, "quantity": quantity, "composition": composition, "assay_method": null})
}

fn line(lot: &str) -> Value {
    json!({"lot": lot, "quantity": quantity(3_000_000, 1_500_000)})
}

const ALL_ELEMENTS: &str = "Sc:1,Y:2,La:3,Ce:4,Pr:5,Nd:6,Pm:7,Sm:8,Eu:9,Gd:10,Tb:11,Dy:12,Ho:13,Er:14,Tm:15,Yb:16,Lu:999864";

pub(super) fn origins() -> Vec<Case> {
    let plain = weighed(900_000, 850_000);
    let bare = json!({
        "event": "lot-mined", "site": "P", "lot": "A.B_C/D-0123456789ABCDEFGHIJKLMN", "product": "ore/ion-adsorption",
        "quantity": weighed(1, 0), "composition": null, "assay_method": null, "ore": "ion-adsorption",
    });
    vec![
        (
            "opening-stock-declared",
            "two lots, with and without composition",
            json!({
                "event": "opening-stock-declared", "site": "SX-1", "lots": [
                    new_lot("OLD-1", "compound/carbonate/mixed", &plain, &json!(ALL_ELEMENTS)),
                    new_lot("OLD-2", "compound/oxide/Nd", &plain, &json!(null)),
                ],
            }),
        ),
        (
            "lot-mined",
            "the worked example of docs/spec/event.md",
            mined(),
        ),
        (
            "lot-mined-bare",
            "no composition, no uncertainty, the longest code, the last month",
            bare,
        ),
        (
            "lot-mined-raw",
            "as dug, weighed wet by a declared method",
            json!({
                "event": "lot-mined", "site": "PIT-1", "lot": "RAW-1", "product": "raw-ore/mixed",
                "quantity": wet(96_200_000, 5_000_000, 100_000_000, 38_000), "composition": null, "assay_method": null, "ore": "mixed",
            }),
        ),
        (
            "lot-mined-leached",
            "leached out of ion-adsorption clay",
            json!({
                "event": "lot-mined", "site": "PIT-1", "lot": "LCH-1", "product": "compound/carbonate/mixed", "quantity": weighed(9, 4),
                "composition": null, "assay_method": null, "ore": "ion-adsorption",
            }),
        ),
        (
            "lot-imported",
            "metal: REO above net by the element's factor",
            json!({
                "event": "lot-imported", "site": "SX-1", "lot": "IMP-1", "product": "metal/Dy", "quantity": weighed(1_000_000, 1_147_683),
                "composition": "Dy:1000000", "assay_method": "ICP-1", "country": "MM", "declaration": "DECL-2024/0001", "supplier": "Å. Gadolin & Söner",
            }),
        ),
        (
            "scrap-collected",
            "magnet scrap of post-consumer origin",
            json!({
                "event": "scrap-collected", "site": "YARD", "lot": "SCR-1", "product": "scrap/NdFeB", "quantity": weighed(5_000_000, 1_500_000),
                "composition": null, "assay_method": null, "source": "post-consumer", "supplier": "废料回收公司",
            }),
        ),
    ]
}

pub(super) fn methods() -> Vec<Case> {
    vec![
        (
            "lot-recovered",
            "slag that had been thrown away",
            json!({
                "event": "lot-recovered", "site": "SX-1", "lot": "REC-1", "product": "residue/slag", "quantity": weighed(5_000_000, 500_000),
                "composition": "Nd:1000000", "assay_method": "ICP-1", "source": "slag", "note": "",
            }),
        ),
        (
            "method-declared",
            "an assay, with what the laboratory states of two elements",
            json!({
                "event": "method-declared", "method": "ICP-1", "kind": "assay", "random_ppm": 1_500, "systematic_ppm": 800,
                "elements": [{"element": "Pr", "ppm": 2_500}, {"element": "Nd", "ppm": 2_000}], "laboratory": "包头稀土研究院",
                "certificate": filled(0x7b, 32), "from": "2024-01-01", "until": "2025-12-31",
            }),
        ),
        (
            "method-declared-bare",
            "a weighbridge, no certificate",
            json!({
                "event": "method-declared", "method": "WB-1", "kind": "weighing", "random_ppm": 500, "systematic_ppm": 1_000,
                "elements": [], "laboratory": null, "certificate": null, "from": "2024-01-01", "until": "2024-12-31",
            }),
        ),
    ]
}

pub(super) fn processing() -> Vec<Case> {
    let plain = weighed(900_000, 850_000);
    vec![
        (
            "lot-processed",
            "inputs, outputs, discards and retained residue",
            json!({
                "event": "lot-processed", "site": "SX-1", "process": "separation", "model": "mass-balance",
                "inputs": [line(&format!("{}/ORE-7", mine())), line(&format!("{}/OLD-1", plant()))],
                "outputs": [new_lot("OUT-1", "compound/oxide/Nd", &plain, &json!("Nd:1000000")),
                    new_lot("OUT-2", "alloy/PrNd", &weighed(1_000_000, 1_190_000), &json!("Pr:200000,Nd:800000"))],
                "discards": [{"kind": "effluent", "quantity": weighed(70_000, 1_000)}],
                "retained": [new_lot("RES-1", "residue/filter-cake", &weighed(80_000, 8_000), &json!(null))],
            }),
        ),
        (
            "lot-processed-discarded",
            "a run that made only a discard",
            json!({
                "event": "lot-processed", "site": "SX-1", "process": "recycling", "model": "segregated",
                "inputs": [line(&format!("{}/SCR-1", plant()))], "outputs": [],
                "discards": [{"kind": "slag", "quantity": weighed(70_000, 1_000)}], "retained": [],
            }),
        ),
        (
            "lot-assayed",
            "another party's lot",
            json!({
                "event": "lot-assayed", "lot": format!("{}/ORE-7", mine()), "reo_ppm": 612_345, "composition": "Y:400000,Dy:600000", "assay_method": null,
                "laboratory": "国家稀土产品质检中心", "certificate": filled(0x70, 32),
            }),
        ),
    ]
}

pub(super) fn movements() -> Vec<Case> {
    let sealed = json!([{"field": "price", "commitment": filled(0x71, 32)}, {"field": "buyer", "commitment": filled(0x72, 32)}]);
    let receipt = |line: u16, received: &Value, outcome: &str, reason: &str| {
        json!({
            "line": line, "received": received, "outcome": outcome, "reason": reason, "owner": null,
        })
    };
    let invoice = |number: u8, cancels: &Value| {
        json!({"code": "3600234130", "number": format!("0000000{number}"), "date": "2024-01-31",
        "goods_mg": 1_000_000 * u64::from(number), "cancels": cancels})
    };
    vec![
        (
            "shipment-dispatched",
            "two lines, two invoices, two sealed fields",
            json!({
                "event": "shipment-dispatched", "shipment": "SH-1", "site": "SX-1", "to": trader(), "title": "sale",
                "lines": [{"lot": format!("{}/OUT-1", plant()), "quantity": quantity(500_000, 450_000), "packages": 20, "owner": mine()},
                    {"lot": format!("{}/OUT-2", plant()), "quantity": weighed(500_000, 590_000), "packages": 0, "owner": null}],
                "invoices": [invoice(1, &json!(null)), invoice(2, &json!("00000003"))], "carrier": "赣A·12345", "sealed": sealed,
            }),
        ),
        (
            "shipment-dispatched-bare",
            "no invoice, no carrier, nothing sealed",
            json!({
                "event": "shipment-dispatched", "shipment": "SH-2", "site": "SX-1", "to": plant(), "title": "internal",
                "lines": [{"lot": format!("{}/OUT-1", plant()), "quantity": quantity(1, 1), "packages": 1, "owner": null}],
                "invoices": [], "carrier": "", "sealed": [],
            }),
        ),
        (
            "shipment-dispatched-end-user",
            "to a final user, whom nobody registered",
            json!({
                "event": "shipment-dispatched", "shipment": "SH-3", "site": "SX-1", "to": "end-user", "title": "sale",
                "lines": [{"lot": format!("{}/OUT-1", plant()), "quantity": quantity(1, 1), "packages": 1, "owner": null}],
                "invoices": [{"code": null, "number": "25112000000012345678", "date": "2024-01-31", "goods_mg": 1, "cancels": null}],
                "carrier": "", "sealed": [],
            }),
        ),
        (
            "shipment-dispatched-stockpile",
            "to the state reserve",
            json!({
                "event": "shipment-dispatched", "shipment": "SH-4", "site": "SX-1", "to": format!("stockpile/{}", plant()), "title": "sale",
                "lines": [{"lot": format!("{}/OUT-1", plant()), "quantity": quantity(1, 1), "packages": 1, "owner": null}],
                "invoices": [], "carrier": "", "sealed": [],
            }),
        ),
        (
            "shipment-received",
            "accepted, adjusted and rejected lines",
            json!({
                "event": "shipment-received", "dispatch": filled(0x73, 32), "site": "YARD", "lines": [
                    receipt(0, &quantity(500_000, 450_000), "accepted", ""), receipt(1, &weighed(499_000, 588_000), "adjusted", "少1公斤"),
                    receipt(9, &json!(null), "rejected", "wet")],
                "completion": "partial",
            }),
        ),
    ]
}

pub(super) fn leaving() -> Vec<Case> {
    let lines = || json!([line(&format!("{}/OUT-1", plant()))]);
    vec![
        (
            "shipment-withdrawn",
            "taken back",
            json!({"event": "shipment-withdrawn", "dispatch": filled(0x73, 32), "reason": "truck broke down"}),
        ),
        (
            "lot-exported",
            "under a licence and a control code",
            json!({
                "event": "lot-exported", "site": "PORT", "lines": lines(), "licence": {"number": "24-A-000017", "quantity_mg": 50_000_000,
                    "from": "2024-01-01", "until": "2024-06-30"}, "control_code": "1C902",
                "hs_code": "2846901920", "declaration": "EXP-1", "destination": "DE", "final_destination": "FR", "sealed": [{"field": "consignee", "commitment": filled(0x74, 32)}],
            }),
        ),
        (
            "lot-exported-bare",
            "no licence is needed",
            json!({
                "event": "lot-exported", "site": "PORT", "lines": lines(), "licence": null, "control_code": "", "hs_code": "2846101000",
                "declaration": "EXP-2", "destination": "JP", "final_destination": null, "sealed": [],
            }),
        ),
        (
            "lot-used",
            "left the regulated scope",
            json!({"event": "lot-used", "site": "SX-1", "lines": lines(), "end_use": "永磁电机", "sealed": []}),
        ),
        (
            "lot-discarded",
            "measured and thrown away",
            json!({"event": "lot-discarded", "site": "SX-1", "lines": lines(), "note": "spilled"}),
        ),
        (
            "lot-lost",
            "a theft",
            json!({"event": "lot-lost", "site": "SX-1", "lines": lines(), "cause": "theft", "note": "已报案"}),
        ),
    ]
}

/// Corrects the event that the correction vectors correct, in the chain of this author.
pub(super) fn corrected(author: &str, cause: &str, replacement: &Value) -> Value {
    json!({
        "event": "event-corrected", "corrected": to_hex(&super::correctable(author)), "cause": cause, "reason": "写错了",
        "replacement": replacement,
    })
}

fn count(as_of: &str) -> Value {
    json!({"event": "stock-counted", "site": "SX-1", "as_of": as_of, "inventory": "PIT-1", "page": 1, "last": true, "lots": [],
        "vessels": []})
}

/// A count is corrected that occurred a day before its correction.
pub(super) fn corrected_count() -> Value {
    let mut counted = event(&plant(), 2, &count("2024-01-29T08:30:00.000Z"));
    counted.occurred = counted.occurred.plus_ms(-86_400_000);
    let counted = wire::encode_body(&counted).unwrap();
    json!({
        "event": "event-corrected", "corrected": to_hex(&counted), "cause": "incorrect-data", "reason": "写错了",
        "replacement": count("2024-01-30T08:30:00.000Z"),
    })
}

pub(super) fn records() -> Vec<Case> {
    let mut right = mined();
    right["lot"] = json!("ORE-8");
    vec![
        (
            "stock-counted",
            "two lots, of the very time of the event",
            json!({
                "event": "stock-counted", "site": "SX-1", "as_of": "2024-01-31T08:30:00.000Z",
                "inventory": "PIT-2024/1", "page": 2, "last": false,
                "lots": [line(&format!("{}/OUT-1", plant())), line(&format!("{}/OLD-2", plant()))],
                "vessels": [{"vessel": "MS-01", "volume_ml": 12_000_000, "reo_mg_per_l": 118_000, "composition": "Nd:1000000", "method": "VOL-1"},
                    {"vessel": "MS-02", "volume_ml": 0, "reo_mg_per_l": 0, "composition": null, "method": null}],
            }),
        ),
        (
            "stock-counted-empty",
            "nothing found, the first moment that can be written",
            json!({
                "event": "stock-counted", "site": "SX-1", "as_of": "1990-01-01T00:00:00.000Z", "inventory": "PIT-1", "page": 1, "last": true, "lots": [],
                "vessels": [],
            }),
        ),
        (
            "event-corrected",
            "data was incorrect: with a replacement",
            corrected(&plant(), "incorrect-data", &right),
        ),
        (
            "event-corrected-did-not-occur",
            "no replacement",
            corrected(&plant(), "did-not-occur", &Value::Null),
        ),
        (
            "month-closed",
            "a month with movements",
            json!({
                "event": "month-closed", "month": "2024-01", "statement": filled(0x75, 32), "first_seq": 17, "last_seq": 41, "nil": false,
            }),
        ),
        (
            "month-closed-nil",
            "nothing moved",
            json!({
                "event": "month-closed", "month": "2024-02", "statement": filled(0x76, 32), "first_seq": 42, "last_seq": 42, "nil": true,
            }),
        ),
        (
            "document-attached",
            "a scan of a certificate",
            json!({
                "event": "document-attached", "about": filled(0x77, 32), "media_type": "application/pdf", "digest": filled(0x78, 32),
                "file_name": "检验报告.pdf", "bytes": 123_456,
            }),
        ),
        (
            "detail-erased",
            "a sealed price",
            json!({"event": "detail-erased", "about": filled(0x77, 32), "field": "price", "instrument": instrument()}),
        ),
    ]
}
