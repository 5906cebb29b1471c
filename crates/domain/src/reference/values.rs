//! Values of an event that no table knows.
//!
//! Invariant: asked of the tables of the day on which it happened; what the event does not say is not judged. The one home of
//! which value belongs to which table, for the command that refuses and for the finding that flags.

use std::fmt;

use super::{AsOf, Reference};
use crate::division::Division;
use crate::id::Country;
use crate::payload::{Payload, ReferenceTable};

/// A value and the table that does not know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownValue {
    pub table: ReferenceTable,
    pub value: String,
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not in the table {}", self.value, self.table)
    }
}

impl Reference {
    /// Values that no table knows.
    pub fn unknown_values(&self, payload: &Payload, as_of: AsOf) -> Vec<UnknownValue> {
        let mut values = Vec::new();
        match payload {
            Payload::PartyRegistered(act) => values.push(of_division(act.division)),
            Payload::PartyAmended(act) => values.push(of_division(act.division)),
            Payload::SiteLicensed(act) => values.push(of_division(act.division)),
            Payload::SiteAmended(act) => values.push(of_division(act.division)),
            Payload::LotImported(fact) => values.push(of_country(fact.country)),
            Payload::LotExported(fact) => {
                values.push(of_country(fact.destination));
                values.extend(fact.final_destination.map(of_country));
                let (table, value) = (ReferenceTable::HsCodes, fact.hs_code.to_string());
                values.push(UnknownValue { table, value });
            }
            Payload::EventCorrected(correction) => {
                let replacement = correction.replacement.as_deref();
                return replacement.map_or_else(Vec::new, |replacement| {
                    self.unknown_values(replacement.payload(), as_of)
                });
            }
            _ => {}
        }
        values.retain(|value| !self.knows(value, as_of));
        values
    }

    /// Whether the table knows the value by now.
    pub fn knows(&self, value: &UnknownValue, as_of: AsOf) -> bool {
        let text = value.value.as_str();
        match value.table {
            ReferenceTable::Divisions => text
                .parse()
                .is_ok_and(|division| self.knows_division(division, as_of)),
            ReferenceTable::HsCodes => text
                .parse()
                .is_ok_and(|code| self.heading(&code, as_of).is_some()),
            table => self.row(table, text, as_of).is_some(),
        }
    }
}

fn of_division(division: Division) -> UnknownValue {
    UnknownValue {
        table: ReferenceTable::Divisions,
        value: division.to_string(),
    }
}

fn of_country(country: Country) -> UnknownValue {
    UnknownValue {
        table: ReferenceTable::Countries,
        value: country.to_string(),
    }
}
