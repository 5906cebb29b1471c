//! Verbs of enterprises: sentences of the trade become event payloads.
//!
//! Invariant: one verb is one event. Knows no ledger beyond names and labels.

use domain::Mass;
use serde_json::{Value, json};

use super::country::Names;
use super::words::Words;

/// The payload of an enterprise's sentence; nothing if the verb is not an enterprise's.
pub(super) fn payload(
    names: &Names,
    author: &str,
    verb: &str,
    words: &mut Words<'_>,
) -> Option<Value> {
    Some(match verb {
        "mines" => mines(words),
        "imports" => imports(names, words),
        "collects" => collects(words),
        "recovers" => recovers(words),
        "declares" => {
            let (lot, site) = lot_at(words);
            let line = new_lot(lot, words);
            json!({"event": "opening-stock-declared", "site": site, "lots": [line]})
        }
        "dresses" => process(names, author, "beneficiation", words),
        "separates" => process(names, author, "separation", words),
        "smelts" => process(names, author, "metal-smelting", words),
        "alloys" => process(names, author, "alloying", words),
        "recycles" => process(names, author, "recycling", words),
        "blends" => process(names, author, "blending", words),
        "repacks" => process(names, author, "repackaging", words),
        "sends" => sends(names, author, words),
        "receives" => receives(names, words),
        "withdraws" => {
            let dispatch = names.event(words.name());
            json!({"event": "shipment-withdrawn", "dispatch": dispatch, "reason": "road closed"})
        }
        "exports" => exports(names, author, words),
        "uses" => draws(
            names,
            author,
            "lot-used",
            json!({"end_use": "magnets", "sealed": []}),
            words,
        ),
        "discards" => draws(names, author, "lot-discarded", json!({"note": ""}), words),
        "loses" => draws(
            names,
            author,
            "lot-lost",
            json!({"cause": "accident", "note": ""}),
            words,
        ),
        "counts" => counts(names, author, words),
        _ => return None,
    })
}

fn lot_at<'a>(words: &mut Words<'a>) -> (&'a str, &'a str) {
    let lot = words.name();
    words.expect("at");
    (lot, words.name())
}

/// `PRODUCT QUANTITY [COMPOSITION]`.
fn new_lot(lot: &str, words: &mut Words<'_>) -> Value {
    let (product, quantity) = (words.name(), words.quantity());
    json!({"lot": lot, "product": product, "quantity": quantity, "composition": words.composition()})
}

fn mines(words: &mut Words<'_>) -> Value {
    let (lot, site) = lot_at(words);
    let mut event = new_lot(lot, words);
    let ore = event["product"]
        .as_str()
        .unwrap()
        .trim_start_matches("raw-")
        .trim_start_matches("ore/")
        .to_owned();
    event["event"] = json!("lot-mined");
    event["site"] = json!(site);
    event["ore"] = json!(ore);
    event
}

fn imports(names: &Names, words: &mut Words<'_>) -> Value {
    let (lot, site) = lot_at(words);
    let mut event = new_lot(lot, words);
    words.expect("from");
    event["event"] = json!("lot-imported");
    event["site"] = json!(site);
    event["country"] = json!(words.name());
    let own = format!("CUSTOMS-{}", names.count());
    let declaration = if words.skip("declared") {
        words.expect("as");
        words.name()
    } else {
        &own
    };
    event["declaration"] = json!(declaration);
    event["supplier"] = json!("supplier abroad");
    event
}

fn collects(words: &mut Words<'_>) -> Value {
    let (lot, site) = lot_at(words);
    let mut event = new_lot(lot, words);
    event["event"] = json!("scrap-collected");
    event["site"] = json!(site);
    event["source"] = json!(words.name());
    event["supplier"] = json!("dismantler");
    event
}

/// `LOT at SITE: PRODUCT QUANTITY out of SOURCE`
fn recovers(words: &mut Words<'_>) -> Value {
    let (lot, site) = lot_at(words);
    let mut event = new_lot(lot, words);
    words.expect("out");
    words.expect("of");
    event["event"] = json!("lot-recovered");
    event["site"] = json!(site);
    event["source"] = json!(words.name());
    event["note"] = json!("");
    event["assay_method"] = Value::Null;
    event
}

/// `at SITE: takes LOT QUANTITY + ...; gives LOT PRODUCT QUANTITY + ...; discards tailings QUANTITY; keeps LOT ...`
fn process(names: &Names, author: &str, process: &str, words: &mut Words<'_>) -> Value {
    words.expect("at");
    let site = words.name();
    words.expect("takes");
    let inputs = lines(names, author, words);
    let (mut outputs, mut discards, mut retained) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(part) = words.peek() {
        words.skip(part);
        loop {
            let lot = words.name();
            match part {
                "gives" => outputs.push(new_lot(lot, words)),
                "keeps" => retained.push(new_lot(lot, words)),
                "discards" => discards.push(json!({"kind": lot, "quantity": words.quantity()})),
                _ => panic!("{part:?} is no part of a run: takes, gives, keeps, discards"),
            }
            if !words.skip("+") {
                break;
            }
        }
    }
    json!({"event": "lot-processed", "site": site, "process": process, "model": "mass-balance",
        "inputs": inputs, "outputs": outputs, "discards": discards, "retained": retained})
}

/// `LOT QUANTITY + LOT QUANTITY`, sorted as the form asks.
fn lines(names: &Names, author: &str, words: &mut Words<'_>) -> Vec<Value> {
    let mut lines = Vec::new();
    if words.skip("nothing") {
        return lines;
    }
    loop {
        let lot = names.lot(author, words.name());
        lines.push(json!({"lot": lot, "quantity": words.quantity()}));
        if !words.skip("+") {
            return lines;
        }
    }
}

/// Net goods of a dispatch in milligrams: what its invoice is for, unless the story says something else.
fn goods_of(lines: &[Value]) -> u64 {
    let net = lines.iter().map(|line| {
        let net: Mass = serde_json::from_value(line["quantity"]["net_mg"].clone()).unwrap();
        net.mg()
    });
    net.sum()
}

fn sends(names: &Names, author: &str, words: &mut Words<'_>) -> Value {
    words.expect("to");
    let to = names.id(words.name());
    words.expect("from");
    let site = words.name();
    let mut lines = lines(names, author, words);
    for line in &mut lines {
        line["packages"] = 1.into();
    }
    let (mut title, mut invoices) = ("sale", Vec::new());
    while let Some(word) = words.peek() {
        words.skip(word);
        match word {
            "invoice" => {
                let number = words.name();
                let goods = if words.skip("for") {
                    json!(words.mass())
                } else {
                    json!(goods_of(&lines))
                };
                invoices.push(json!({
                    "code": null, "number": number, "date": "2024-01-02", "goods_mg": goods, "cancels": null
                }));
            }
            "tolling" | "internal" | "return" | "sale" => title = word,
            _ => panic!("{word:?} is no part of a dispatch: invoice, tolling, internal, return"),
        }
    }
    json!({"event": "shipment-dispatched", "shipment": format!("S-{}", names.count()), "site": site, "to": to,
        "title": title, "lines": lines, "invoices": invoices, "carrier": "", "sealed": []})
}

/// `NAME at SITE: QUANTITY + rejected [partial]`: a line for each line of the dispatch.
fn receives(names: &Names, words: &mut Words<'_>) -> Value {
    let dispatch = words.name();
    words.expect("at");
    let site = words.name();
    let (mut lines, mut completion) = (Vec::new(), "final");
    loop {
        let line = lines.len();
        if words.skip("rejected") {
            lines.push(json!({"line": line, "received": null, "outcome": "rejected", "reason": "off grade"}));
        } else {
            let received = words.quantity();
            lines.push(
                json!({"line": line, "received": received, "outcome": "accepted", "reason": ""}),
            );
        }
        if !words.skip("+") {
            break;
        }
    }
    if words.skip("partial") {
        completion = "partial";
    }
    json!({"event": "shipment-received", "dispatch": names.event(dispatch), "site": site, "lines": lines,
        "completion": completion})
}

/// `from SITE: LOT QUANTITY to COUNTRY under HS [declared as CODE] [licence N 1 t until DAY] [control CODE] [end-user]`.
fn exports(names: &Names, author: &str, words: &mut Words<'_>) -> Value {
    words.expect("from");
    let site = words.name();
    let lines = lines(names, author, words);
    words.expect("to");
    let destination = words.name();
    words.expect("under");
    let mut event = json!({"event": "lot-exported", "site": site, "lines": lines, "licence": null, "control_code": "",
        "hs_code": words.name(), "declaration": format!("CUSTOMS-{}", names.count()), "destination": destination, "sealed": []});
    if words.skip("declared") {
        words.expect("as");
        event["declaration"] = json!(words.name());
    }
    if words.skip("licence") {
        let (number, quantity) = (words.name(), words.mass());
        words.expect("until");
        event["licence"] = json!({"number": number, "quantity_mg": quantity, "from": "2025-01-01", "until": words.name()});
    }
    if words.skip("control") {
        event["control_code"] = json!(words.name());
    }
    if words.skip("end-user") {
        event["sealed"] = json!([{"field": "end-user", "commitment": "07".repeat(32)}]);
    }
    event
}

fn draws(names: &Names, author: &str, event: &str, more: Value, words: &mut Words<'_>) -> Value {
    words.expect("at");
    let mut payload = more;
    payload["event"] = json!(event);
    payload["site"] = json!(words.name());
    payload["lines"] = json!(lines(names, author, words));
    payload
}

fn counts(names: &Names, author: &str, words: &mut Words<'_>) -> Value {
    words.expect("at");
    let site = words.name();
    let as_of = if words.skip("as") {
        words.expect("of");
        testkit::at(words.name())
    } else {
        names.now()
    };
    json!({"event": "stock-counted", "inventory": "PIT", "page": 1, "last": true, "vessels": [],
        "site": site, "as_of": as_of, "lots": lines(names, author, words)})
}
