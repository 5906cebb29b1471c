//! Acts that amend, license, succeed, seal and annul, about whichever parties and divisions.
//! Invariant: each is well formed, and on so few sites, licences and parties that some rest on others. Knows no rule.

use domain::{Blob, Bytes32};
use serde_json::{Value, json};
use testkit::party;

use crate::hostile::Chance;

pub(crate) const DIVISIONS: [&str; 5] = ["000000", "150000", "150200", "150207", "360700"];

/// One of them, by chance; `bodies` are those of acts that may be taken back.
pub(crate) fn amending(chance: &mut Chance, parties: &[u32], bodies: &[Vec<u8>]) -> Value {
    let instrument = json!({"number": "1", "issued": "2024-01-05"});
    let (from, until) = ("2024-01-05", "2030-01-05");
    let first = chance.pick(parties);
    let others: Vec<_> = parties.iter().filter(|other| **other != first).collect();
    // Another one: who succeeds itself is not well formed.
    let [one, other] = [first, *chance.pick(&others)].map(party);
    let division = chance.pick(&DIVISIONS);
    let licence = json!({
        "event": "site-licensed", "site": format!("{one}/PIT"), "activity": "trading", "division": division,
        "licence": chance.pick(&["C1", "C2"]), "capacity_mg": 1, "from": from, "until": until,
    });
    let kinds = if bodies.is_empty() { 6 } else { 7 };
    match chance.below(kinds) {
        0 => licence,
        1 => {
            let mut amended = licence;
            amended["event"] = json!("site-amended");
            amended["instrument"] = instrument;
            amended
        }
        2 => json!({
            "event": "party-amended", "party": one, "names": {"zh": "某", "en": "Any"}, "division": division, "group": null,
            "activities": chance.pick(&[json!(["trading"]), json!([])]), "from": from, "instrument": instrument,
        }),
        3 => json!({
            "event": "party-succeeded", "party": one, "successor": other, "from": from, "instrument": instrument,
        }),
        4 => {
            let lots = json!([format!("{one}/L-1"), format!("{other}/L-2")]);
            json!({"event": "lot-sealed", "lots": lots, "instrument": instrument})
        }
        5 => json!({
            "event": "reference-changed", "table": "control-codes", "instrument": instrument,
            "rows": [{"key": "1C909", "value": "", "from": from, "until": until, "suspensions": []}],
        }),
        _ => {
            // Mostly what the log holds.
            let mut body = chance.pick(bodies);
            if chance.below(8) == 0 {
                let mut read = wire::decode_body(&body).unwrap();
                read.ledger = Bytes32([4; 32]);
                body = wire::encode_body(&read).unwrap();
            }
            let annulled = Blob::<32_768>::new(&body).map(|_| domain::id::to_hex(&body));
            json!({"event": "act-annulled", "annulled": annulled.unwrap(), "reason": "x", "instrument": instrument})
        }
    }
}
