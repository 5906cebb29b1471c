//! The good cases of acts that amend, annul and recover.
//!
//! Invariant: as in `good`: deterministic and invented. Knows nothing of bytes, but for the act that an annulment carries.

use domain::id::to_hex;
use serde_json::{Value, json};

use super::good::{Case, authority, filled, grant, instrument, mine, plant};

/// The annulment of an act, given by its bytes.
pub(super) fn annulled(bytes: &[u8]) -> Value {
    json!({
        "event": "act-annulled", "annulled": to_hex(bytes), "reason": "金额有误", "instrument": instrument(),
    })
}

pub(super) fn amendments() -> Vec<Case> {
    vec![
        (
            "party-amended",
            "an enterprise moves to another county and leaves its group",
            json!({
                "event": "party-amended", "party": mine(), "names": {"zh": "白云鄂博稀土矿业", "en": "Bayan Obo Mining"},
                "division": "150206", "group": null, "activities": ["mining", "separation"], "from": "2024-03-01",
                "instrument": instrument(),
            }),
        ),
        (
            "party-amended-department",
            "no activities, in a group",
            json!({
                "event": "party-amended", "party": authority(), "names": {"zh": "工业和信息化部", "en": "Ministry of Industry"},
                "division": "000000", "group": "NORTHERN", "activities": [], "from": "2024-03-01", "instrument": instrument(),
            }),
        ),
        (
            "site-amended",
            "a licence ends on its first day",
            json!({
                "event": "site-amended", "site": format!("{}/PIT-1", mine()), "activity": "mining", "licence": "采矿许可证 C1500",
                "division": "150206", "capacity_mg": 0, "from": "2024-02-29", "until": "2024-02-29", "instrument": instrument(),
            }),
        ),
        (
            "party-succeeded",
            "an enterprise takes over from another",
            json!({
                "event": "party-succeeded", "party": plant(), "successor": mine(), "from": "2024-03-01", "instrument": instrument(),
            }),
        ),
        (
            "act-annulled",
            "a penalty is taken back",
            annulled(&super::annullable()),
        ),
        (
            "reference-changed",
            "one key twice, and a row that is suspended twice",
            json!({
                "event": "reference-changed", "table": "control-codes", "instrument": instrument(), "rows": [
                    {"key": "1C902", "value": "钐、钆、铽、镝", "from": "2025-04-04", "until": "2025-11-07", "suspensions": []},
                    {"key": "1C902", "value": "钐、钆、铽、镝、钬", "from": "2025-11-08", "until": null, "suspensions": []},
                    {"key": "1C909", "value": "", "from": "2025-11-08", "until": "2027-12-31",
                        "suspensions": [{"from": "2025-11-10", "until": "2026-11-10"}, {"from": "2027-01-01", "until": "2027-01-01"}]}],
            }),
        ),
    ]
}

pub(super) fn keys() -> Vec<Case> {
    vec![(
        "authority-recovered",
        "two new keys",
        json!({
            "event": "authority-recovered", "recovery": filled(0x79, 32), "keys": [grant(0x10), grant(0x13)],
            "next": filled(0x7a, 32), "reason": "all keys were stolen",
        }),
    )]
}
