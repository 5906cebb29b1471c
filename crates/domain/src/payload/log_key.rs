//! The act that replaces the operator's log key, which signs the checkpoints.
//!
//! Invariant: carries both proofs, of the new key and of the key it replaces. Whether they hold is the registry's question.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::lines::KeyGrant;
use crate::form::FormError;
use crate::id::Bytes64;

/// 21: the log key is replaced by the one whose hash was committed before; by the authority that founded the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogKeyRotated {
    /// The new log key, its possession proved for the operator.
    pub key: KeyGrant,
    /// Signature by the log key that is replaced, over the new one and the hash of the one after it: a reader who knows
    /// only the old key has a reason to follow.
    pub handover: Bytes64,
}

impl LogKeyRotated {
    pub(super) fn check(&self) -> Result<(), FormError> {
        Ok(())
    }
}
