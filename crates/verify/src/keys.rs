//! Keys for checking: the registry's questions answered by `seal`, and parsed keys kept for speed.
//!
//! Invariant: a parsed key in the directory is the one the registry holds under that id. Knows nothing of validity by
//! position; the registry does.

use std::collections::HashMap;

use domain::payload::KeyGrant;
use domain::registry::KeyRules;
use domain::{Bytes32, KeyId, PartyId, Registry};
use seal::{PublicKey, Signature};

/// Answers the registry's questions about keys for one log.
#[derive(Debug, Clone, Copy)]
pub struct SealKeys {
    /// Hash of the log's origin.
    pub origin_hash: [u8; 32],
}

impl KeyRules for SealKeys {
    fn key_id(&self, key: &Bytes32) -> Option<KeyId> {
        PublicKey::from_bytes(&key.0)
            .ok()
            .map(|key| KeyId(key.id().0))
    }

    fn commitment(&self, key: &Bytes32) -> Bytes32 {
        Bytes32(seal::key_commitment(&key.0))
    }

    fn possession_holds(&self, party: &PartyId, grant: &KeyGrant) -> bool {
        let Ok(key) = PublicKey::from_bytes(&grant.key.0) else {
            return false;
        };
        let signature = Signature(grant.possession.0);
        seal::verify_possession(&key, &self.origin_hash, party.as_bytes(), &signature).is_ok()
    }
}

/// Parsed keys by id. Parsing costs an eighth of a verification, so it is done once.
#[derive(Debug, Clone, Default)]
pub struct KeyDirectory(HashMap<KeyId, PublicKey>);

impl KeyDirectory {
    /// Every key that a registry knows.
    pub fn of(registry: &Registry) -> Self {
        let parsed = registry
            .keys()
            .filter_map(|(id, record)| Some((*id, PublicKey::from_bytes(&record.key.0).ok()?)));
        Self(parsed.collect())
    }

    /// A key by id.
    pub fn get(&self, id: &KeyId) -> Option<&PublicKey> {
        self.0.get(id)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
