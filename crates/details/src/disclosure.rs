//! A disclosure: values and salts of one event, for one reader who holds the log or a copy of it.
//!
//! Invariant: the same details give the same bytes. Proves what was sealed, not that it is true. Knows no files.

use domain::EventId;
use domain::payload::SealedField;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::detail::{Detail, Details, Mismatch};
use crate::stopped;

const FORMAT: &str = "ytterby disclosure v1";

/// What one reader is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    format: String,
    /// The log's origin line.
    pub origin: String,
    pub event: EventId,
    /// Where the event stands in the log.
    pub position: u64,
    pub details: Details,
}

/// What is wrong with a disclosure.
#[derive(Debug, Error)]
pub enum DisclosureFault {
    #[error("this is not a disclosure: {0}")]
    Form(String),
    #[error("its format is {found:?}, and this program reads {FORMAT:?}")]
    Format { found: String },
    #[error("it is of the log {disclosed:?}, not of {here:?}")]
    Origin { disclosed: String, here: String },
    #[error("position {position} holds the event {held}, not {disclosed}")]
    Event {
        position: u64,
        held: EventId,
        disclosed: EventId,
    },
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

impl Disclosure {
    /// Details of an event, to be shown to one reader.
    #[must_use]
    pub fn new(origin: &str, position: u64, event: EventId, details: Details) -> Self {
        Self {
            format: FORMAT.to_owned(),
            origin: origin.to_owned(),
            event,
            position,
            details,
        }
    }

    /// The document: JSON with two spaces of indent and a newline at its end.
    ///
    /// # Errors
    /// Never for what this crate can build; JSON writing is fallible by its signature.
    pub fn to_json(&self) -> Result<String, DisclosureFault> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| DisclosureFault::Form(stopped(&error)))?;
        Ok(text + "\n")
    }

    /// Reads a document.
    ///
    /// # Errors
    /// It is no JSON of this shape, or of another version.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DisclosureFault> {
        let read: Self = serde_json::from_slice(bytes)
            .map_err(|error| DisclosureFault::Form(stopped(&error)))?;
        if read.format == FORMAT {
            Ok(read)
        } else {
            let found = read.format;
            Err(DisclosureFault::Format { found })
        }
    }

    /// Whether it is of the log with this origin; of another log, its position says nothing here.
    ///
    /// # Errors
    /// It is of another log.
    pub fn check_origin(&self, origin: &str) -> Result<(), DisclosureFault> {
        if self.origin == origin {
            return Ok(());
        }
        Err(DisclosureFault::Origin {
            disclosed: self.origin.clone(),
            here: origin.to_owned(),
        })
    }

    /// Holds it against the log with this origin, whose entry at [`Self::position`] is the event `held` that seals `sealed`.
    ///
    /// # Errors
    /// It is of another log or event, or one of its details opens no commitment.
    pub fn check(
        &self,
        origin: &str,
        held: EventId,
        sealed: &[SealedField],
    ) -> Result<&[Detail], DisclosureFault> {
        self.check_origin(origin)?;
        if self.event != held {
            return Err(DisclosureFault::Event {
                position: self.position,
                held,
                disclosed: self.event,
            });
        }
        for detail in self.details.as_slice() {
            detail.open_among(sealed)?;
        }
        Ok(self.details.as_slice())
    }
}
