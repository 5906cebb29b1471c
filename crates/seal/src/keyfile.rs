//! Key files as text: PKCS#8 PEM, plain or encrypted with a passphrase (PBES2: scrypt, AES-256-CBC).
//!
//! Invariant: version 1 of PKCS#8, without the public key, which OpenSSL, Python and Node read. Salt and vector are given:
//! nothing here draws randomness, and nothing touches a file.

use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, PrivateKeyInfoRef};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::key::SecretKey;

/// Why a key file is not opened or made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFileRefusal {
    #[error("the key file is encrypted; give its passphrase")]
    PassphraseNeeded,
    #[error("the passphrase does not open the key file")]
    WrongPassphrase,
    #[error("the file is not a PKCS#8 PEM of an Ed25519 key: {0}")]
    NotAKey(String),
    #[error("the key could not be encrypted: {0}")]
    NotEncrypted(String),
}

/// Cost of opening an encrypted key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScryptCost {
    /// Logarithm of the memory and time cost; 15 takes about 32 MiB.
    pub log_n: u8,
}

impl ScryptCost {
    /// What new key files get.
    pub const USUAL: Self = Self { log_n: 15 };
}

fn keypair(key: &SecretKey) -> KeypairBytes {
    KeypairBytes {
        secret_key: *key.seed(),
        public_key: None,
    }
}

/// The key as plain PEM: for a file that only its owner can read.
///
/// # Errors
/// Never for a real key.
pub fn plain(key: &SecretKey) -> Result<Zeroizing<String>, KeyFileRefusal> {
    keypair(key)
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| KeyFileRefusal::NotAKey(error.to_string()))
}

/// The key as encrypted PEM. `salt` and `iv` must be fresh random bytes.
///
/// # Errors
/// The cost is out of range.
pub fn encrypt(
    key: &SecretKey,
    passphrase: &[u8],
    salt: [u8; 16],
    iv: [u8; 16],
    cost: ScryptCost,
) -> Result<String, KeyFileRefusal> {
    let wrong = |error: String| KeyFileRefusal::NotEncrypted(error);
    let params = scrypt::Params::new(cost.log_n, 8, 1).map_err(|error| wrong(error.to_string()))?;
    let params = pbes2::Parameters::generate_scrypt_aes256cbc(params, &salt, iv);
    let params = params.map_err(|error| wrong(error.to_string()))?;
    let der = keypair(key)
        .to_pkcs8_der()
        .map_err(|error| wrong(error.to_string()))?;
    let info =
        PrivateKeyInfoRef::try_from(der.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    let encrypted = info
        .encrypt_with_params(params, passphrase)
        .map_err(|error| wrong(error.to_string()))?;
    let pem = encrypted
        .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        .map_err(|error| wrong(error.to_string()))?;
    Ok(pem.to_string())
}

/// Whether the text is an encrypted key file, so that a passphrase is asked for.
pub fn is_encrypted(pem: &str) -> bool {
    pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// Opens a key file.
///
/// # Errors
/// No or a wrong passphrase for an encrypted file, or not an Ed25519 key at all.
pub fn open(pem: &str, passphrase: Option<&[u8]>) -> Result<SecretKey, KeyFileRefusal> {
    let keypair = match (is_encrypted(pem), passphrase) {
        (true, None) => return Err(KeyFileRefusal::PassphraseNeeded),
        (true, Some(passphrase)) => KeypairBytes::from_pkcs8_encrypted_pem(pem, passphrase)
            .map_err(|_| KeyFileRefusal::WrongPassphrase)?,
        (false, _) => KeypairBytes::from_pkcs8_pem(pem)
            .map_err(|error| KeyFileRefusal::NotAKey(error.to_string()))?,
    };
    let seed = Zeroizing::new(keypair.secret_key);
    SecretKey::from_seed(&seed).map_err(|refusal| KeyFileRefusal::NotAKey(refusal.to_string()))
}
