//! An event as a clerk states it, before anybody signs it.
//!
//! Invariant: a draft is well formed; whether it is true, possible or allowed is not asked. Knows no keys.

use details::Plain;
use domain::{Moment, Payload, Term};

use crate::quantity::Derived;

/// An event as a file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// `None` means now.
    pub occurred: Option<Moment>,
    pub payload: Payload,
    /// What its author knows it by: a row that is handed in again under the same key is the same statement.
    pub key: Option<Term>,
    /// Confidential details, not salted yet.
    pub details: Plain,
    /// What was computed instead of read.
    pub derived: Vec<Derived>,
    /// File, sheet and row, for messages.
    pub place: String,
}
