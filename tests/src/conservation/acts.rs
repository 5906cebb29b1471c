//! What the model's acts say, and what they do to the goods.
//!
//! Invariant: what an act does follows from what it says, at whatever quantity. Knows no books and no log.

use std::collections::BTreeMap;

use domain::{Composition, LotId, Moment};
use serde_json::{Value, json};
use testkit::{at, party};

/// Every lot has whole grams of REO, so that shares in ppm are whole milligrams.
pub(super) const GRAM: u64 = 1_000_000;
pub(super) const COMPOSITIONS: [&str; 3] = [
    "La:300000,Ce:500000,Nd:200000",
    "Ce:600000,Nd:400000",
    "Y:600000,Dy:100000,Nd:300000",
];

/// What an act does to the goods, in grams of REO.
pub(super) enum Effect {
    Moves(Vec<(u32, LotId, i64)>),
    /// From this time on the holder has what was counted, and nothing else.
    Count(Moment, u32, BTreeMap<LotId, i64>),
}

/// An act of so many grams: what it says and what it does.
pub(super) type Make = Box<dyn Fn(u64) -> (Value, Effect)>;

pub(super) fn quantity(grams: u64) -> Value {
    json!({"net_mg": 2 * grams * GRAM, "reo_mg": grams * GRAM, "basis": "measured"})
}

pub(super) fn day(number: i64) -> Moment {
    at("2024-01-01").plus_ms(number * 86_400_000)
}

pub(super) fn signed(grams: u64) -> i64 {
    i64::try_from(grams).unwrap()
}

/// What draws of one lot of its author.
pub(super) fn draw(author: u32, lot: LotId, kind: u8) -> Make {
    Box::new(move |grams| {
        let (event, more) = match kind {
            8 => ("lot-used", json!({"end_use": "magnets", "sealed": []})),
            9 => ("lot-discarded", json!({"note": ""})),
            10 => ("lot-lost", json!({"cause": "theft", "note": ""})),
            _ => (
                "lot-exported",
                json!({"licence": null, "control_code": "", "hs_code": "2846901900",
                "declaration": "D", "destination": "JP", "sealed": []}),
            ),
        };
        let mut payload = more;
        payload["event"] = json!(event);
        payload["site"] = json!("HERE");
        payload["lines"] = json!([{"lot": lot, "quantity": quantity(grams)}]);
        (payload, Effect::Moves(vec![(author, lot, -signed(grams))]))
    })
}

/// A lot comes in.
pub(super) fn source(author: u32, lot: LotId, kind: u8, composition: Composition) -> Make {
    Box::new(move |grams| {
        let line = json!({"lot": lot.code, "product": "compound/oxide/mixed",
                "quantity": quantity(grams), "composition": composition});
        let mut event = line.clone();
        event["site"] = json!("HERE");
        match kind % 4 {
            0 => {
                event["event"] = json!("lot-mined");
                event["product"] = json!("ore/mixed");
                event["ore"] = json!("mixed");
            }
            1 => {
                event["event"] = json!("lot-imported");
                event["country"] = json!("MM");
                event["declaration"] = json!("D");
                event["supplier"] = json!("S");
            }
            2 => {
                event["event"] = json!("scrap-collected");
                event["product"] = json!("scrap/NdFeB");
                event["source"] = json!("post-consumer");
                event["supplier"] = json!("S");
            }
            _ => event = json!({"event": "opening-stock-declared", "site": "HERE", "lots": [line]}),
        }
        (event, Effect::Moves(vec![(author, lot, signed(grams))]))
    })
}

/// One lot is sent.
pub(super) fn dispatch(from: u32, to: u32, lot: LotId) -> Make {
    Box::new(move |grams| {
        let sent = json!({"event": "shipment-dispatched", "shipment": "S", "site": "HERE", "to": party(to),
                "title": "sale", "lines": [{"lot": lot, "quantity": quantity(grams), "packages": 1}],
                "invoices": [], "carrier": "", "sealed": []});
        (sent, Effect::Moves(vec![(from, lot, -signed(grams))]))
    })
}

/// Half of it comes out, in a lot of the same composition.
pub(super) fn run(holder: u32, (lot, made): (LotId, LotId), composition: Composition) -> Make {
    Box::new(move |grams| {
        let out = grams.div_ceil(2);
        let run = json!({"event": "lot-processed", "site": "HERE", "process": "separation",
                "model": "mass-balance", "inputs": [{"lot": lot, "quantity": quantity(grams)}],
                "outputs": [{"lot": made.code, "product": "compound/oxide/mixed", "quantity": quantity(out),
                    "composition": composition}], "discards": [], "retained": []});
        (
            run,
            Effect::Moves(vec![
                (holder, lot, -signed(grams)),
                (holder, made, signed(out)),
            ]),
        )
    })
}

/// Everything is counted as it is there but one lot, of which something is missing; of the day or up to two days before.
pub(super) fn count(
    holder: u32,
    there: BTreeMap<LotId, i64>,
    lot: LotId,
    (date, number): (i64, usize),
) -> Make {
    Box::new(move |grams| {
        let mut there = there.clone();
        there
            .entry(lot)
            .and_modify(|has| *has -= (*has).min(signed(grams) / 2));
        there.retain(|_, has| *has > 0);
        let lines = there
            .iter()
            .map(|(lot, has)| json!({"lot": lot, "quantity": quantity(has.unsigned_abs())}));
        let lots: Vec<_> = lines.collect();
        let as_of = day(date - signed(grams) % 3);
        let count = json!({"event": "stock-counted", "inventory": format!("PIT-{number}"), "page": 1, "last": true, "vessels": [],
        "site": "HERE", "as_of": as_of, "lots": lots});
        (count, Effect::Count(as_of, holder, there))
    })
}
