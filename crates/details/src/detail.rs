//! One confidential detail with its salt, its commitment, and how it is held against what an event sealed.
//!
//! Invariant: equal commitments mean equal salt and value, since the salt has a fixed length. Knows no files.

use std::collections::BTreeMap;
use std::fmt;

use chain::{Context, digest};
use domain::payload::{SealedField, SealedFields, SealedKind};
use domain::{Bytes32, FormError, Payload, Text};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest value, in bytes of UTF-8.
pub const VALUE_BYTES_MAX: usize = 1024;

/// A value as people write it: UTF-8, 1 to 1024 bytes, no control characters, in the one spelling that all texts of the
/// ledger have (normal form C, no space at either end).
pub type DetailValue = Text<1, VALUE_BYTES_MAX>;

/// Values as a clerk states them, before they are salted.
pub type Plain = BTreeMap<SealedKind, DetailValue>;

/// Names of the events that can carry sealed fields.
pub const SEALING_EVENTS: [&str; 3] = ["shipment-dispatched", "lot-exported", "lot-used"];

/// A value with the salt that hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    pub field: SealedKind,
    pub value: DetailValue,
    /// Random and used once: without it, a price could be found by trying all prices.
    pub salt: Bytes32,
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detail")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

/// What keeps a detail from opening what an event sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Mismatch {
    #[error("the detail is the {detail} and the commitment is to the {sealed}")]
    Field {
        detail: SealedKind,
        sealed: SealedKind,
    },
    #[error("the event seals no {field}")]
    NotSealed { field: SealedKind },
    #[error("the {field} does not open its commitment: value or salt is not what was sealed")]
    Commitment { field: SealedKind },
}

impl Detail {
    /// BLAKE3 with the context for sealed fields over the salt's 32 bytes and the value's UTF-8.
    #[must_use]
    pub fn commitment(&self) -> Bytes32 {
        Bytes32(digest(
            Context::SealedField,
            &[&self.salt.0, self.value.as_bytes()],
        ))
    }

    /// What of this detail enters the log.
    #[must_use]
    pub fn sealed(&self) -> SealedField {
        SealedField {
            field: self.field,
            commitment: self.commitment(),
        }
    }

    /// Whether this is the detail that was sealed.
    ///
    /// # Errors
    /// It is of another field, or its value or salt is another.
    pub fn open(&self, sealed: &SealedField) -> Result<(), Mismatch> {
        if self.field != sealed.field {
            return Err(Mismatch::Field {
                detail: self.field,
                sealed: sealed.field,
            });
        }
        if self.commitment() != sealed.commitment {
            return Err(Mismatch::Commitment { field: self.field });
        }
        Ok(())
    }

    /// As [`Self::open`], among all that an event sealed.
    ///
    /// # Errors
    /// The event sealed no such field, or another value or salt.
    pub fn open_among(&self, sealed: &[SealedField]) -> Result<(), Mismatch> {
        let field = self.field;
        let sealed = sealed.iter().find(|sealed| sealed.field == field);
        self.open(sealed.ok_or(Mismatch::NotSealed { field })?)
    }
}

/// Details of one event: at least one, ascending by the code of the field, none twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Detail>", into = "Vec<Detail>")]
pub struct Details(Vec<Detail>);

/// Details are none, unsorted, or of the same field twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("details must be at least one, ascending by field, none twice")]
pub struct OrderFault;

impl TryFrom<Vec<Detail>> for Details {
    type Error = OrderFault;

    fn try_from(details: Vec<Detail>) -> Result<Self, OrderFault> {
        let sorted = details.is_sorted_by(|a, b| a.field < b.field);
        if sorted && !details.is_empty() {
            Ok(Self(details))
        } else {
            Err(OrderFault)
        }
    }
}

impl From<Details> for Vec<Detail> {
    fn from(details: Details) -> Self {
        details.0
    }
}

impl Details {
    /// Salts values, each with the next salt of `salts`. `None` where there is no value or fewer salts than values.
    #[must_use]
    pub fn salted(plain: &Plain, salts: &[[u8; 32]]) -> Option<Self> {
        if plain.is_empty() || salts.len() < plain.len() {
            return None;
        }
        let salted = plain.iter().zip(salts);
        let salted = salted.map(|((field, value), salt)| Detail {
            field: *field,
            value: value.clone(),
            salt: Bytes32(*salt),
        });
        Some(Self(salted.collect()))
    }

    /// All of them, ascending by field.
    #[must_use]
    pub fn as_slice(&self) -> &[Detail] {
        &self.0
    }

    /// The detail of a field.
    #[must_use]
    pub fn get(&self, field: SealedKind) -> Option<&Detail> {
        self.0.iter().find(|detail| detail.field == field)
    }

    /// The details of these fields alone; `None` where nothing is left.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(SealedKind) -> bool) -> Option<Self> {
        let kept: Vec<_> = self
            .0
            .iter()
            .filter(|detail| wanted(detail.field))
            .cloned()
            .collect();
        kept.try_into().ok()
    }

    /// What of them enters the log, ascending by field.
    #[must_use]
    pub fn sealed(&self) -> Vec<SealedField> {
        self.0.iter().map(Detail::sealed).collect()
    }
}

/// Details can't be sealed in an event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealFault {
    #[error("{event} seals no details")]
    Kind { event: &'static str },
    #[error(transparent)]
    Form(#[from] FormError),
}

/// Puts the commitments of details into an event; when this fails, nothing is changed.
///
/// # Errors
/// The event's kind has no place for them, or they are more than an event may seal.
pub fn seal(payload: &mut Payload, details: &Details) -> Result<(), SealFault> {
    let event = payload.name();
    let place = payload.sealed_mut().ok_or(SealFault::Kind { event })?;
    *place = SealedFields::new(details.sealed())?;
    Ok(())
}
