//! Acts of office that amend what an earlier one stated, put an end to it, or take it back; and dated reference data.
//!
//! Invariant: nothing that was stated is rewritten: each act holds from a day on, and an annulled one stays in the log. Whether
//! the author may act so is the registry's question.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::lines::Instrument;
use super::{FIRST_FACT, Payload};
use crate::coded::coded_enum;
use crate::division::Division;
use crate::form::FormError;
use crate::id::{Code, PartyId, SiteId};
use crate::limits::{CORRECTED_BYTES_MAX, LINES_MAX, PERIODS_MAX};
use crate::list::{Blob, List};
use crate::party::{Activity, Names};
use crate::quantity::Mass;
use crate::text::{Note, Term};
use crate::time::Day;

fn check_period(from: Day, until: Day) -> Result<(), FormError> {
    if until < from {
        let (from, until) = (from.to_string(), until.to_string());
        return Err(FormError::PeriodReversed { from, until });
    }
    Ok(())
}

/// 22: what the register says of a party, restated in full from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyAmended {
    pub party: PartyId,
    pub names: Names,
    pub division: Division,
    pub group: Option<Code>,
    /// Of an enterprise: sorted by code, none twice. Empty for any other party.
    pub activities: List<Activity, 0, 7>,
    pub from: Day,
    pub instrument: Instrument,
}

impl PartyAmended {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.activities.is_sorted_by(|a, b| a < b) {
            Ok(())
        } else {
            Err(FormError::ListOrder { what: "activities" })
        }
    }
}

/// 23: a licence of a site is restated from a day on; one whose last day lies before ends.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteAmended {
    pub site: SiteId,
    pub activity: Activity,
    /// The number by which the licence is known.
    pub licence: Term,
    pub division: Division,
    /// REO that the site may produce in a year.
    pub capacity_mg: Mass,
    pub from: Day,
    /// Last day of validity.
    pub until: Day,
    pub instrument: Instrument,
}

impl SiteAmended {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_period(self.from, self.until)
    }
}

/// 24: an enterprise takes over from another, by merger or under a new credit code.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartySucceeded {
    pub party: PartyId,
    pub successor: PartyId,
    pub from: Day,
    pub instrument: Instrument,
}

impl PartySucceeded {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.party == self.successor {
            return Err(FormError::SameHolder);
        }
        Ok(())
    }
}

/// 25: an earlier act of office is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActAnnulled {
    /// The whole signed body of the act: a fold can reverse it without a look-up, its hash proves it.
    pub annulled: Blob<CORRECTED_BYTES_MAX>,
    pub reason: Term,
    pub instrument: Instrument,
}

impl ActAnnulled {
    pub(super) fn check(&self) -> Result<(), FormError> {
        Ok(())
    }
}

coded_enum! {
    /// Which table of the trade is changed.
    ReferenceTable, "reference table" {
        OreProducts = 1 "ore-products",
        GradeBounds = 2 "grade-bounds",
        HsCodes = 3 "hs-codes",
        ControlCodes = 4 "control-codes",
        Divisions = 5 "divisions",
        Countries = 6 "countries",
    }
}

/// Days on which a row does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    pub from: Day,
    /// Last day.
    pub until: Day,
}

/// A row of a reference table.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceRow {
    pub key: Term,
    /// What the table says of the key; empty where it only lists it.
    pub value: Note,
    pub from: Day,
    /// Last day; none while it is open.
    pub until: Option<Day>,
    /// In order, apart from each other, and inside the row's own days.
    pub suspensions: List<Period, 0, PERIODS_MAX>,
}

impl ReferenceRow {
    /// By key, then by day; two rows of one key share no day, so that a table says one thing of a day.
    fn precedes(&self, later: &Self) -> bool {
        let is_over = || self.until.is_some_and(|until| until < later.from);
        self.key < later.key || (self.key == later.key && is_over())
    }

    fn check(&self) -> Result<(), FormError> {
        let inside = |day| self.until.map_or(Ok(()), |until| check_period(day, until));
        inside(self.from)?;
        for period in self.suspensions.iter() {
            check_period(period.from, period.until)?;
            check_period(self.from, period.from)?;
            inside(period.until)?;
        }
        let apart = |a: &Period, b: &Period| a.until < b.from;
        if self.suspensions.is_sorted_by(apart) {
            Ok(())
        } else {
            Err(FormError::ListOrder {
                what: "suspensions",
            })
        }
    }
}

/// 26: rows of a reference table, each from its day on; sorted by key, then by day.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceChanged {
    pub table: ReferenceTable,
    pub rows: List<ReferenceRow, 1, LINES_MAX>,
    pub instrument: Instrument,
}

impl ReferenceChanged {
    pub(super) fn check(&self) -> Result<(), FormError> {
        self.rows.iter().try_for_each(ReferenceRow::check)?;
        if self.rows.is_sorted_by(ReferenceRow::precedes) {
            Ok(())
        } else {
            Err(FormError::ListOrder { what: "rows" })
        }
    }
}

/// Whether an event with this payload number can be taken back: an act of office whose effect is its own alone. Asked of a
/// number, so that a reader can look before it decodes; a number that no payload has is the decoder's to refuse.
///
/// # Errors
/// What is done instead.
pub fn check_annullable(number: u16) -> Result<(), FormError> {
    let Some(event) = Payload::name_of(number) else {
        return Ok(());
    };
    let instead = match event {
        "act-annulled" => return Err(FormError::NestedAnnulment),
        "ledger-founded" => "a ledger is founded once",
        "heads-committed" => "a commitment is true of its size",
        "party-registered" => "delist the party: `party-delisted`",
        "party-suspended" | "party-delisted" => "reinstate the party: `party-reinstated`",
        "party-reinstated" => "suspend the party: `party-suspended`",
        "party-amended" => "amend the party again: `party-amended`",
        "site-licensed" | "site-amended" => "amend the licence: `site-amended`",
        "key-added" | "log-key-rotated" | "authority-recovered" => "revoke the key: `key-revoked`",
        "key-revoked" | "grant-objected" => "grant a new key: `key-added`",
        "clock-confirmed" => "confirm the clock again: `clock-confirmed`",
        "rules-changed" => "change the rules again: `rules-changed`",
        _ if number >= FIRST_FACT => "correct it: `event-corrected`",
        _ => return Ok(()),
    };
    Err(FormError::NotAnnullable { event, instead })
}
