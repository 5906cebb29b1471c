//! Values that answers are made of: milligrams, amounts, postings.
//!
//! Invariant: a mass is whole milligrams, as a JSON number where that holds it exactly. Knows no question.

use domain::{EventId, Moment, PartyId, Registry};
use projection::{Amount, Explained};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::reading::Reading;
use crate::schema::{Schema, answers};

/// Milligrams; national sums stay far below 2^63, and what does not is written as digits in a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Mg(pub i128);

impl Serialize for Mg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0) {
            Ok(mg) => serializer.serialize_i64(mg),
            Err(_) => serializer.collect_str(&self.0),
        }
    }
}

impl Schema for Mg {
    fn schema() -> Value {
        json!({"type": ["integer", "string"], "pattern": "^-?[0-9]+$"})
    }
}

answers! {
    /// A net mass and the rare earth oxide in it.
    pub struct NetAndReo {
        pub net_mg: Mg,
        pub reo_mg: Mg,
    }

    /// One event's part in a figure.
    pub struct Posting {
        pub position: u64,
        pub event: EventId,
        /// The statement that counts or is taken back; not `event` where that is a correction.
        pub stated_by: EventId,
        pub kind: &'static str,
        pub author: PartyId,
        pub occurred: Moment,
        /// -1 takes a statement back.
        pub sign: i8,
        pub net_mg: Mg,
        pub reo_mg: Mg,
    }
}

impl From<Amount> for NetAndReo {
    fn from(amount: Amount) -> Self {
        Self {
            net_mg: Mg(amount.net),
            reo_mg: Mg(amount.reo),
        }
    }
}

impl From<&Explained> for Posting {
    fn from(row: &Explained) -> Self {
        Self {
            position: row.position,
            event: row.event,
            stated_by: row.stated_by,
            kind: row.name,
            author: row.author,
            occurred: row.occurred,
            sign: row.sign,
            net_mg: Mg(row.amount.net),
            reo_mg: Mg(row.amount.reo),
        }
    }
}

pub(crate) fn postings(rows: &[Explained]) -> Vec<Posting> {
    rows.iter().map(Posting::from).collect()
}

/// What a party is called in the log that is read; nothing if it is not registered there.
pub fn party_name(reading: &Reading, party: &PartyId) -> Option<String> {
    name_of(reading.registry().ok()?, party)
}

/// What a party is called; nothing if it is not registered.
pub(crate) fn name_of(registry: &Registry, party: &PartyId) -> Option<String> {
    let record = registry.party(party)?;
    Some(record.names.zh.to_string())
}
