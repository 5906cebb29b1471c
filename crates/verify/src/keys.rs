//! Keys for checking: the registry's questions answered by `seal`, and parsed keys kept for speed.
//!
//! Invariant: a parsed key in the directory is the one the registry holds under that id. Knows nothing of validity by
//! position; the registry does.

use std::sync::Arc;

use domain::payload::{KeyGrant, LogKeyRotated};
use domain::registry::KeyRules;
use domain::{Body, Bytes32, EventId, KeyId, PartyId, Payload, Registry};
use hashbrown::HashMap;
use signing::{LogKeys, PublicKey, Signature, VerifierKey};

/// Answers the registry's questions about keys for one ledger.
#[derive(Debug, Clone, Copy)]
pub struct SealKeys {
    /// What possessions and handovers are bound to: the ledger's id, and in its founding the hash of the origin.
    pub ledger: [u8; 32],
}

impl KeyRules for SealKeys {
    fn key_id(&self, key: &Bytes32) -> Option<KeyId> {
        PublicKey::from_bytes(&key.0)
            .ok()
            .map(|key| KeyId(key.id().0))
    }

    fn commitment(&self, key: &Bytes32) -> Bytes32 {
        Bytes32(signing::key_commitment(&key.0))
    }

    fn possession_holds(&self, party: &PartyId, grant: &KeyGrant) -> bool {
        let Ok(key) = PublicKey::from_bytes(&grant.key.0) else {
            return false;
        };
        let signature = Signature(grant.possession.0);
        signing::verify_possession(&key, &self.ledger, party.as_bytes(), &signature).is_ok()
    }

    fn handover_holds(&self, replaced: &Bytes32, rotated: &LogKeyRotated) -> bool {
        let Ok(replaced) = PublicKey::from_bytes(&replaced.0) else {
            return false;
        };
        let (new, signature) = (&rotated.key, Signature(rotated.handover.0));
        let ledger = &self.ledger;
        signing::verify_handover(&replaced, ledger, &new.key.0, &new.next.0, &signature).is_ok()
    }

    fn event(&self, bytes: &[u8]) -> Option<(EventId, Body)> {
        let body = wire::decode_body(bytes).ok()?;
        Some((wire::event_id(bytes), body))
    }
}

/// The keys that sign the log's checkpoints, as its founding and its rotations bring them; none before it is founded.
pub fn log_keys(registry: &Registry) -> LogKeys {
    let mut keys = LogKeys::default();
    let Some(founding) = registry.founding() else {
        return keys;
    };
    for log_key in registry.log_keys() {
        let key = PublicKey::from_bytes(&log_key.key.0).ok();
        if let Some(key) = key.and_then(|key| VerifierKey::new(&founding.origin, key).ok()) {
            // A position is what a document claims: it may be any number.
            keys.push(log_key.brought_at.saturating_add(1), key);
        }
    }
    keys
}

/// Parsed keys by id. Parsing costs an eighth of a verification, so it is done once.
#[derive(Debug, Clone, Default)]
pub struct KeyDirectory(HashMap<KeyId, PublicKey>);

impl KeyDirectory {
    /// Takes in the keys that an admitted event brings; each is parsed once, whoever asks for it later. A directory that
    /// somebody still holds is copied first, so it is touched by no event that brings none.
    pub(crate) fn take_into(directory: &mut Arc<Self>, payload: &Payload) {
        let grants = grants_in(payload);
        if !grants.is_empty() {
            let directory = Arc::make_mut(directory);
            grants.iter().for_each(|grant| directory.insert(grant));
        }
    }

    fn insert(&mut self, grant: &KeyGrant) {
        if let Ok(key) = PublicKey::from_bytes(&grant.key.0) {
            self.0.insert(KeyId(key.id().0), key);
        }
    }

    /// A key by id.
    pub fn get(&self, id: &KeyId) -> Option<&PublicKey> {
        self.0.get(id)
    }
}

/// The keys that an event brings.
fn grants_in(payload: &Payload) -> Vec<&KeyGrant> {
    match payload {
        Payload::LedgerFounded(founded) => vec![&founded.authority_key, &founded.log_key],
        Payload::PartyRegistered(registered) => vec![&registered.key],
        Payload::KeyAdded(added) => vec![&added.key],
        Payload::LogKeyRotated(rotated) => vec![&rotated.key],
        Payload::AuthorityRecovered(recovered) => recovered.keys.iter().collect(),
        _ => Vec::new(),
    }
}
