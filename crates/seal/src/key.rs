//! Keys: public ones that passed the gate, secret ones that wipe themselves, and the trait both files and tokens sign by.
//!
//! Invariant: a [`PublicKey`] is canonical, not of small order and free of torsion, so every strict verifier in any
//! language gives the same verdict for its signatures. Knows nothing of who owns a key.

use chain::Context;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
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

/// Signing failed outside this program's control.
#[derive(Debug, Error)]
pub enum SealFault {
    #[error("the key carrier did not sign: {0}; check that it is connected and unlocked")]
    Carrier(String),
    #[error("the key carrier's signature does not verify under its public key {0}; do not use it")]
    WrongSignature(KeyId),
    #[error("a checkpoint can't be made of this: {0}")]
    Checkpoint(#[from] crate::note::NoteRefusal),
}

/// Short name of a public key: the first eight bytes of its BLAKE3. For finding a key, never for trusting one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

/// Sixteen hexadecimal digits.
impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for KeyId {
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
    pub fn id(&self) -> KeyId {
        let digest = chain::digest(Context::KeyId, &[self.as_bytes()]);
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        KeyId(id)
    }

    /// The signature, if it is this key's: what a carrier outside this process gave is looked at before it is used.
    ///
    /// # Errors
    /// It does not verify.
    pub fn confirm(&self, message: &[u8], signature: Signature) -> Result<Signature, SealFault> {
        if self.verifies(message, &signature) {
            Ok(signature)
        } else {
            Err(SealFault::WrongSignature(self.id()))
        }
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

/// Signs, wherever the key lives: in a file, an agent or a token.
pub trait Signer: Send + Sync {
    /// The public key that checks its signatures.
    fn public(&self) -> &PublicKey;

    /// A pure Ed25519 signature over the message.
    ///
    /// # Errors
    /// The carrier of the key did not sign.
    fn sign(&self, message: &[u8]) -> Result<Signature, SealFault>;
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

    fn sign(&self, message: &[u8]) -> Result<Signature, SealFault> {
        Ok(Signature(self.signing.sign(message).to_bytes()))
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public.id())
    }
}
