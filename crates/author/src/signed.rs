//! A signed event, as it is handed from its author to whoever admits it.
//!
//! Invariant: none; what is signed may be false, malformed or not of its author. Knows no rule.

use domain::{Bytes64, KeyId};
use signing::{Signer, SigningFault};

/// An event as its author signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEvent {
    /// Canonical bytes of the body.
    pub body: Vec<u8>,
    /// Sorted by key id.
    pub signatures: Vec<(KeyId, Bytes64)>,
}

impl SignedEvent {
    /// Bytes of the body and of the signatures with their key ids.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.body.len() + 72 * self.signatures.len()
    }

    /// Adds the signature of a further key of the author.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn sign_with(&mut self, key: &dyn Signer) -> Result<(), SigningFault> {
        let signature = signing::sign_event(key, &self.body)?;
        let signature = (KeyId(key.public().id().0), Bytes64(signature.0));
        self.signatures.push(signature);
        // The wire format wants them by key id.
        self.signatures.sort_unstable_by_key(|(key, _)| *key);
        Ok(())
    }
}
