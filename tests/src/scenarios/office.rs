//! Verbs of office: registration, licences, quota, seals, inspections, penalties, rules.
//!
//! Invariant: one verb is one event, under an invented instrument. Knows no ledger beyond names and labels.

use domain::{PartyKind, RuleSet};
use serde_json::{Value, json};

use super::country::Names;
use super::enterprise::lines;
use super::words::Words;

/// The payload of a regulator's sentence; nothing if the verb is not a regulator's.
pub(super) fn payload(names: &mut Names, verb: &str, words: &mut Words<'_>) -> Option<Value> {
    Some(match verb {
        "registers" => registers(names, words),
        "grants" => {
            let number = names.number(words.name());
            let key = testkit::key_added(number, 9_000 + number);
            serde_json::to_value(key).unwrap()
        }
        "licenses" => licenses(names, words),
        "sets" => batch(names, "indicator-set", Value::Null, words),
        "allocates" => {
            let holder = holder(names, words.name());
            batch(names, "quota-allocated", holder, words)
        }
        "amends" => amends(names, words),
        "lets" => {
            let successor = names.id(words.name());
            words.expect("succeed");
            let party = names.id(words.name());
            words.expect("from");
            json!({"event": "party-succeeded", "party": party, "successor": successor, "from": words.name(),
                "instrument": instrument()})
        }
        "annuls" => {
            let annulled = domain::Blob::<{ domain::limits::CORRECTED_BYTES_MAX }>::new(
                &names.body(words.name()).1,
            )
            .unwrap();
            json!({"event": "act-annulled", "annulled": annulled, "reason": "a slip of the pen",
                "instrument": instrument()})
        }
        "moves" => moves(names, words),
        "deducts" => {
            let party = names.id(words.name());
            let (year, track) = (number(words.name()), words.name());
            let amount = words.mass();
            words.expect("for");
            json!({"event": "quota-deducted", "party": party, "year": year, "track": track, "amount_mg": amount,
                "penalty": names.event(words.name())})
        }
        "penalises" => {
            let party = names.id(words.name());
            words.expect("under");
            json!({"event": "penalty-imposed", "party": party, "article": words.rest(), "fine_fen": 100_000_000,
                "instrument": instrument()})
        }
        "suspends" => standing("party-suspended", names, words),
        "reinstates" => standing("party-reinstated", names, words),
        "delists" => standing("party-delisted", names, words),
        "seals" => named("lot-sealed", names, words),
        "releases" => named("lot-released", names, words),
        "inspects" => inspects(names, words),
        "changes" => changes_rules(words),
        "tables" => {
            let (table, key) = (words.name(), words.name());
            words.expect("from");
            let row = json!({"key": key, "value": "added", "from": words.name(), "until": null, "suspensions": []});
            json!({"event": "reference-changed", "table": table, "rows": [row], "instrument": instrument()})
        }
        _ => return None,
    })
}

fn inspects(names: &mut Names, words: &mut Words<'_>) -> Value {
    let site = names.site(words.name());
    let counted = if words.skip("finds") {
        lines(names, "authority", words)
    } else {
        Vec::new()
    };
    json!({"event": "inspection-recorded", "site": site, "inspectors": ["Li", "Wang"], "counted": counted,
        "note": ""})
}

fn instrument() -> Value {
    json!({"number": "No. 7", "issued": "2024-01-01"})
}

fn number(word: &str) -> u16 {
    word.parse()
        .unwrap_or_else(|_| panic!("{word:?} is no year"))
}

/// `NAME as mining,separation in 150207 [group G]`, or `as regulator`.
fn registers(names: &mut Names, words: &mut Words<'_>) -> Value {
    let name = words.name();
    let number = names.add(name);
    words.expect("as");
    let kind = words.name();
    words.expect("in");
    let division = words.name();
    let kind = if kind == "regulator" {
        json!({"kind": "regulator", "sector": "industry"})
    } else {
        let mut activities: Vec<domain::Activity> = kind
            .split(',')
            .map(|activity| activity.parse().unwrap())
            .collect();
        activities.sort_unstable();
        serde_json::to_value(PartyKind::Enterprise {
            activities: activities.try_into().unwrap(),
        })
        .unwrap()
    };
    let kind: PartyKind = serde_json::from_value(kind).unwrap();
    let mut event = serde_json::to_value(testkit::registration(number, kind, division)).unwrap();
    event["names"]["en"] = json!(name);
    if words.skip("group") {
        event["group"] = json!(words.name());
    }
    *names.registered(name) = event.clone();
    event
}

/// `PARTY from DAY: group G`, or `PARTY/SITE from DAY until DAY: mining 100 t a year`.
fn amends(names: &mut Names, words: &mut Words<'_>) -> Value {
    let subject = words.name();
    words.expect("from");
    let from = words.name();
    if subject.contains('/') {
        words.expect("until");
        let until = words.name();
        let activity = words.name();
        let capacity = words.mass();
        words.expect("a");
        words.expect("year");
        return json!({"event": "site-amended", "site": names.site(subject), "activity": activity, "licence": "L-1",
            "division": "150207", "capacity_mg": capacity, "from": from, "until": until, "instrument": instrument()});
    }
    let party = names.id(subject);
    let known = names.registered(subject);
    if words.skip("group") {
        known["group"] = json!(words.name());
    }
    json!({"event": "party-amended", "party": party, "names": known["names"], "division": known["division"],
        "group": known["group"], "activities": known["kind"]["enterprise"]["activities"], "from": from, "instrument": instrument()})
}

/// `PARTY/SITE for mining, 5000 t a year`.
fn licenses(names: &Names, words: &mut Words<'_>) -> Value {
    let site = names.site(words.name());
    words.expect("for");
    let activity = words.name();
    let capacity = words.mass();
    words.expect("a");
    words.expect("year");
    json!({"event": "site-licensed", "site": site, "activity": activity, "licence": "L-1", "division": "150207",
        "capacity_mg": capacity, "from": "2024-01-01", "until": "2027-12-31"})
}

/// `2024 MiningRock 100 t [cumulative] [batch N] [issued DAY]`; without a number the next one.
fn batch(names: &mut Names, event: &str, holder: Value, words: &mut Words<'_>) -> Value {
    let (year, track) = (number(words.name()), words.name());
    let amount = words.mass();
    let basis = if words.skip("cumulative") {
        "cumulative"
    } else {
        "incremental"
    };
    let batch = if words.skip("batch") {
        words.name().parse().unwrap()
    } else {
        names.next_batch(format!("{event} {holder} {year} {track}"))
    };
    let mut event = json!({"event": event, "year": year, "track": track, "batch": batch, "amount_mg": amount,
        "basis": basis, "instrument": instrument()});
    if words.skip("issued") {
        event["instrument"]["issued"] = json!(words.name());
    }
    if !holder.is_null() {
        event["holder"] = holder;
    }
    event
}

/// An enterprise by name, or `group:NAME`.
fn holder(names: &Names, word: &str) -> Value {
    match word.strip_prefix("group:") {
        Some(group) => json!({"group": group}),
        None => json!({"party": names.id(word)}),
    }
}

fn moves(names: &Names, words: &mut Words<'_>) -> Value {
    let (year, track) = (number(words.name()), words.name());
    let amount = words.mass();
    words.expect("from");
    let from = holder(names, words.name());
    words.expect("to");
    let to = holder(names, words.name());
    json!({"event": "quota-moved", "from": from, "to": to, "year": year, "track": track, "amount_mg": amount,
        "instrument": instrument()})
}

fn standing(event: &str, names: &Names, words: &mut Words<'_>) -> Value {
    json!({"event": event, "party": names.id(words.name()), "instrument": instrument()})
}

fn named(event: &str, names: &Names, words: &mut Words<'_>) -> Value {
    let mut lots = vec![names.lot("", words.name())];
    while words.skip("+") {
        lots.push(names.lot("", words.name()));
    }
    json!({"event": event, "lots": lots, "instrument": instrument()})
}

/// `rules from DAY: field = value`, in place of the customary ones.
fn changes_rules(words: &mut Words<'_>) -> Value {
    words.expect("rules");
    words.expect("from");
    let effective = words.name();
    let mut rules = serde_json::to_value(RuleSet::customary()).unwrap();
    while words.peek().is_some() {
        let field = words.name();
        words.expect("=");
        let value: Value = serde_json::from_str(words.name()).unwrap();
        assert!(rules.get(field).is_some(), "{field:?} is no rule");
        rules[field] = value;
    }
    json!({"event": "rules-changed", "effective": effective, "rules": rules})
}
