//! The log keys, which sign checkpoints: each with the position that brought it, and who may replace the newest.
//!
//! Invariant: the keys are in the order of their positions, and each but the first was committed to, and handed over to, by
//! the one before it. Knows nothing of checkpoints.

use super::{AuthorityRefusal, KeyRules, Registry};
use crate::body::Body;
use crate::id::Bytes32;
use crate::payload::{KeyGrant, LogKeyRotated};

/// A log key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogKey {
    pub key: Bytes32,
    /// Position of the event that brought it.
    pub brought_at: u64,
    /// Commitment to the key that may follow it.
    pub next: Bytes32,
}

impl LogKey {
    pub(super) fn of(position: u64, grant: &KeyGrant) -> Self {
        Self {
            key: grant.key,
            brought_at: position,
            next: grant.next,
        }
    }
}

impl Registry {
    /// Every log key, oldest first; none before the founding.
    pub fn log_keys(&self) -> &[LogKey] {
        &self.log_keys
    }

    /// Whether the founding authority may replace the newest log key by this one.
    pub(super) fn permit_log_key(
        &self,
        body: &Body,
        rotated: &LogKeyRotated,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        let (Some(founding), Some(current)) = (&self.founding, self.log_keys.last()) else {
            return Err(AuthorityRefusal::NotFounded);
        };
        self.permit_founder(body)?;
        if rules.commitment(&rotated.key.key) != current.next {
            return Err(AuthorityRefusal::NotTheCommittedLogKey);
        }
        self.permit_new_key(&founding.operator, &rotated.key, rules)?;
        if rules.handover_holds(&current.key, rotated) {
            Ok(())
        } else {
            Err(AuthorityRefusal::HandoverFails)
        }
    }

    /// The new key signs for the operator in the old one's place, checkpoints and events alike.
    pub(super) fn rotate_log_key(
        &mut self,
        position: u64,
        rotated: &LogKeyRotated,
        rules: &dyn KeyRules,
    ) {
        let operator = self.founding.as_ref().map(|founding| founding.operator);
        let (Some(operator), Some(old)) = (operator, self.log_keys.last().copied()) else {
            return;
        };
        let old = rules.key_id(&old.key).and_then(|id| self.keys.get_mut(&id));
        if let Some(old) = old.filter(|old| old.revoked_at.is_none()) {
            old.revoked_at = Some(position);
        }
        self.add_key(position, operator, &rotated.key, None, rules);
        self.log_keys.push(LogKey::of(position, &rotated.key));
    }
}
