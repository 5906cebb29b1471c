//! When an event that is in the log counts as acknowledged: as soon as it is durable, or once enough witnesses had seen it.
//!
//! Invariant: what is not under a checkpoint of this very log that the quorum cosigned is not acknowledged where witnesses are
//! asked for, whatever lies outside the log. Knows no network and no files: the cosigned checkpoint is handed in.

use chain::{HashReader, TileHashes};
use policy::Policy;
use signing::LogKeys;
use store::Entries;

use crate::fault::LedgerFault;
use crate::receipt::Tiles;

/// The receipt policy of a ledger: without a policy of witnesses, what is durable is acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acknowledge {
    policy: Option<Policy>,
}

/// A policy by which no event would be acknowledged by a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "its quorum is none, or one that its witnesses with Ed25519 keys can never be: it asks for no witness that could acknowledge \
     anything"
)]
pub struct NoQuorum;

impl Acknowledge {
    /// Asks for the quorum of this policy.
    ///
    /// # Errors
    /// The quorum asks for nobody, or can never be met.
    pub fn witnessed(policy: Policy) -> Result<Self, NoQuorum> {
        if !policy.can_be_met_by_witnesses() {
            return Err(NoQuorum);
        }
        let policy = Some(policy);
        Ok(Self { policy })
    }

    /// Whether the policy, if there is one, accepts the log that is signed with these keys now. After the log key was replaced
    /// a policy that names keys has to name the new one too.
    pub fn accepts(&self, keys: &LogKeys) -> bool {
        let Some(policy) = &self.policy else {
            return true;
        };
        let mut logs = policy.logs().iter();
        policy.logs().is_empty() || logs.any(|log| keys.current() == Some(log))
    }

    /// The policy whose quorum is asked for; nothing where what is durable is acknowledged.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// How many entries of the log are acknowledged, from the first one on. `cosigned` is the newest checkpoint that witnesses
    /// cosigned, if there is one.
    ///
    /// # Errors
    /// It is not a checkpoint of this log as it is now: nothing may be acknowledged by it, and somebody must look into that.
    pub fn acknowledged(
        &self,
        store: &dyn Entries,
        keys: &LogKeys,
        cosigned: Option<&[u8]>,
    ) -> Result<u64, LedgerFault> {
        let Some(policy) = &self.policy else {
            return Ok(store.size());
        };
        let Some(note) = cosigned else {
            return Ok(0);
        };
        let wrong = |what: String| LedgerFault::Cosigned { what };
        let signed = keys
            .open(note)
            .map_err(|refusal| wrong(refusal.to_string()))?;
        let (size, root) = (signed.checkpoint().size, signed.checkpoint().root);
        let held = store.size();
        if size > held {
            return Err(wrong(format!(
                "it covers {size} entries and the log holds {held}"
            )));
        }
        let found = with_tree(store, size, |tree| chain::root_at(size, tree));
        let found = found.map_err(|fault| LedgerFault::Tiles(fault.to_string()))?;
        if found != root {
            return Err(wrong(format!(
                "it has the root {root} for {size} entries and the log {found}"
            )));
        }
        Ok(if policy.is_met(&signed) { size } else { 0 })
    }
}

/// Hands over the hashes of the log's first entries, for proofs.
pub fn with_tree<T>(store: &dyn Entries, size: u64, take: impl FnOnce(&dyn HashReader) -> T) -> T {
    let tiles = Tiles(store);
    take(&TileHashes::new(&tiles, size))
}
