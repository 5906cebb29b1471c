//! Acts about keys and the clock besides the ordinary grant and revocation: recovery, objection, confirmation.
//!
//! Invariant: an act that a key signs before it is registered shows that key itself. Whether it is the one that was committed
//! to is the registry's question.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Payload;
use super::lines::{KeyGrant, check_distinct};
use crate::form::FormError;
use crate::id::{Bytes32, KeyId};
use crate::limits::SIGNATURES_MAX;
use crate::list::List;
use crate::text::Term;
use crate::time::Moment;

/// 27: the founding authority gives up all its keys and takes new ones, by the recovery key that its founding, or its last
/// recovery, committed to. That key signs this act and no other.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityRecovered {
    /// The recovery key, public from now on.
    pub recovery: Bytes32,
    /// As many as its acts need signatures, or more.
    pub keys: List<KeyGrant, 1, SIGNATURES_MAX>,
    /// Hash of the recovery key after it.
    pub next: Bytes32,
    pub reason: Term,
}

impl AuthorityRecovered {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_distinct(self.keys.iter().map(|grant| &grant.key))
    }
}

/// 28: a party does not want a key that an office granted to it, and says so before the key takes effect.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantObjected {
    pub key: KeyId,
    /// The key that signs this, if it is one that the party committed to and that is not registered yet: a party whose keys
    /// an office revoked can still object.
    pub committed: Option<Bytes32>,
}

impl GrantObjected {
    pub(super) fn check(&self) -> Result<(), FormError> {
        Ok(())
    }
}

/// 29: the operator says that the clock of its node is right, although it stands far from the last entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockConfirmed {
    /// What the clock shows. The times of the envelope can't tell: they never run back.
    pub shows: Moment,
    pub reason: Term,
}

impl ClockConfirmed {
    pub(super) fn check(&self) -> Result<(), FormError> {
        Ok(())
    }
}

impl Payload {
    /// The key that may sign this very event although it is not registered before it: one that the event brings or shows.
    pub fn shown_key(&self) -> Option<&Bytes32> {
        match self {
            Self::LedgerFounded(founded) => Some(&founded.authority_key.key),
            Self::KeyAdded(added) => Some(&added.key.key),
            Self::AuthorityRecovered(recovered) => Some(&recovered.recovery),
            Self::GrantObjected(objected) => objected.committed.as_ref(),
            _ => None,
        }
    }
}
