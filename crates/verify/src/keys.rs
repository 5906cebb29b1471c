//! Keys for checking: the registry's questions answered by `seal`, and parsed keys kept for speed.
//!
//! Invariant: a parsed key in the directory is the one the registry holds under that id. Knows nothing of validity by
//! position; the registry does.

use std::collections::HashMap;

use domain::payload::KeyGrant;
use domain::registry::KeyRules;
use domain::{Bytes32, KeyId, PartyId, Payload, Registry};
use seal::{PublicKey, Signature, VerifierKey};

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

/// The key that signs the log's checkpoints, as its founding names it; none before it is founded.
pub fn log_key(registry: &Registry) -> Option<VerifierKey> {
    let founding = registry.founding()?;
    let key = PublicKey::from_bytes(&founding.log_key.0).ok()?;
    VerifierKey::new(&founding.origin, key).ok()
}

/// Parsed keys by id. Parsing costs an eighth of a verification, so it is done once.
#[derive(Debug, Clone, Default)]
pub struct KeyDirectory(HashMap<KeyId, PublicKey>);

impl KeyDirectory {
    /// Takes in the keys that an admitted event brings; each is parsed once, whoever asks for it later.
    pub(crate) fn take(&mut self, payload: &Payload) {
        let grants = match payload {
            Payload::LedgerFounded(founded) => {
                [Some(&founded.authority_key), Some(&founded.log_key)]
            }
            Payload::PartyRegistered(registered) => [Some(&registered.key), None],
            Payload::KeyAdded(added) => [Some(&added.key), None],
            _ => [None, None],
        };
        for grant in grants.into_iter().flatten() {
            if let Ok(key) = PublicKey::from_bytes(&grant.key.0) {
                self.0.insert(KeyId(key.id().0), key);
            }
        }
    }

    /// A key by id.
    pub fn get(&self, id: &KeyId) -> Option<&PublicKey> {
        self.0.get(id)
    }
}
