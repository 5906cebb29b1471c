//! Signing: secret keys that wipe themselves, and the trait by which both files and tokens sign.
//!
//! Invariant: a secret key is never shown, and a seed that can be guessed makes none. Knows nothing of what is signed.

use ed25519_dalek::{Signer as _, SigningKey};
use thiserror::Error;

use crate::key::{KeyRefusal, PublicKey, ShortKey, Signature};
use crate::note::NoteRefusal;

/// Signing failed outside this program's control.
#[derive(Debug, Error)]
pub enum SigningFault {
    #[error("the key carrier did not sign: {0}; check that it is connected and unlocked")]
    Carrier(String),
    #[error("the key carrier's signature does not verify under its public key {0}; do not use it")]
    WrongSignature(ShortKey),
    #[error("a checkpoint can't be made of this: {0}")]
    Checkpoint(#[from] NoteRefusal),
}

/// Signs, wherever the key lives: in a file, an agent or a token.
pub trait Signer: Send + Sync {
    /// The public key that checks its signatures.
    fn public(&self) -> &PublicKey;

    /// A pure Ed25519 signature over the message.
    ///
    /// # Errors
    /// The carrier of the key did not sign.
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningFault>;
}

/// A secret key in memory, wiped when dropped.
pub struct SecretKey {
    signing: SigningKey,
    public: PublicKey,
}

impl SecretKey {
    /// The key of a 32-byte seed, which must come from a random source.
    ///
    /// # Errors
    /// The seed can be guessed: an unfilled buffer, a count, or text typed in place of random bytes. A random seed looks
    /// like one of these less than once in 2^45 times.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyRefusal> {
        let step = seed[1].wrapping_sub(seed[0]);
        let counts = seed
            .windows(2)
            .all(|pair| pair[1].wrapping_sub(pair[0]) == step);
        let text = seed.iter().all(|byte| (b' '..=b'~').contains(byte));
        if counts || text {
            return Err(KeyRefusal::NoEntropy);
        }
        let signing = SigningKey::from_bytes(seed);
        let public = PublicKey::from_bytes(signing.verifying_key().as_bytes())?;
        Ok(Self { signing, public })
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        self.signing.as_bytes()
    }

    pub(crate) fn public_bytes(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }
}

impl Signer for SecretKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SigningFault> {
        Ok(Signature(self.signing.sign(message).to_bytes()))
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public.id())
    }
}

impl PublicKey {
    /// The signature, if it is this key's: what a carrier outside this process gave is looked at before it is used.
    ///
    /// # Errors
    /// It does not verify.
    pub fn confirm(&self, message: &[u8], signature: Signature) -> Result<Signature, SigningFault> {
        if self.verifies(message, &signature) {
            Ok(signature)
        } else {
            Err(SigningFault::WrongSignature(self.id()))
        }
    }
}
