//! Public keys that passed the gate, and the one place where a signature gets its verdict.
//!
//! Invariant: a [`PublicKey`] is canonical, not of small order and free of torsion, so every strict verifier in any
//! language gives the same verdict for its signatures. Knows nothing of who owns a key.

use chain::Context;
use ed25519_dalek::VerifyingKey;
use thiserror::Error;

/// Why 32 bytes are not a usable public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyRefusal {
    #[error("the bytes are not a point of the curve in its one canonical encoding")]
    NotCanonical,
    #[error("the key is of small order: anyone could sign for it")]
    SmallOrder,
    #[error("the key has a torsion part: verifiers would disagree about its signatures")]
    Torsion,
    #[error(
        "the secret seed can be guessed: it is one byte repeated, a count or typed text; draw it from the system's random source"
    )]
    NoEntropy,
}

/// Short name of a public key: the first eight bytes of its BLAKE3. For finding a key, never for trusting one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortKey(pub [u8; 8]);

/// Sixteen hexadecimal digits.
impl std::fmt::Display for ShortKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for ShortKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// An Ed25519 signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

/// A public key that passed the gate, kept parsed.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The gate: canonical encoding, not of small order, no torsion part.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyRefusal> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyRefusal::NotCanonical)?;
        let point = key.to_edwards();
        // Decompression accepts y above the field prime; the one canonical spelling is what compression gives back.
        if point.compress().as_bytes() != bytes {
            return Err(KeyRefusal::NotCanonical);
        }
        if point.is_small_order() {
            return Err(KeyRefusal::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyRefusal::Torsion);
        }
        Ok(Self(key))
    }

    /// The key's 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Its short name.
    pub fn id(&self) -> ShortKey {
        let digest = chain::digest(Context::KeyId, &[self.as_bytes()]);
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        ShortKey(id)
    }

    /// Whether the signature over this message is strictly valid: the one place where a signature gets its verdict.
    pub(crate) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

/// The commitment to a key that will follow.
pub fn key_commitment(key: &[u8; 32]) -> [u8; 32] {
    chain::digest(Context::KeyCommitment, &[key])
}
