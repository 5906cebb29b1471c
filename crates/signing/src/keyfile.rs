//! Key files as text: PKCS#8 PEM, plain or encrypted with a passphrase (PBES2: scrypt, AES-256-CBC).
//!
//! Invariant: version 1 of PKCS#8, without the public key, which OpenSSL, Python and Node read; a file asks for no
//! more memory or work than the limits allow, whoever wrote it. Salt and vector are given: nothing here draws
//! randomness, and nothing touches a file.

use ed25519_dalek::pkcs8::{ALGORITHM_OID, KeypairBytes};
use pkcs8::der::Decode;
use pkcs8::pkcs5::{self, EncryptionScheme, pbes2, scrypt};
use pkcs8::{
    EncodePrivateKey, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::key::KeyRefusal;
use crate::limits::{
    KEY_FILE_BYTES_MAX, PBKDF2_ROUNDS_MAX, SCRYPT_BYTES_MAX, SCRYPT_LOG_N_MAX, SCRYPT_WORK_MAX,
};
use crate::signer::SecretKey;

const PLAIN_LABEL: &str = "PRIVATE KEY";
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// Block size of scrypt: 1 KiB, as everywhere.
const SCRYPT_BLOCK_SIZE: u32 = 8;
/// Passes of scrypt: the OWASP minimum for 16 MiB of memory.
const SCRYPT_PASSES: u32 = 5;

/// Why a key file is not opened or made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyFileRefusal {
    #[error("the key file is encrypted; give its passphrase")]
    PassphraseNeeded,
    #[error("a passphrase was given, but the key file is not encrypted; encrypt it or give none")]
    NotEncrypted,
    #[error("the passphrase does not open the key file")]
    WrongPassphrase,
    #[error("the passphrase is empty; give one, or write the key file without encryption")]
    PassphraseEmpty,
    #[error("a key file has at most {KEY_FILE_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    #[error("the file is not a PKCS#8 PEM: {0}")]
    NotAKey(String),
    #[error("the key is not an Ed25519 key but one of algorithm {0}")]
    NotEd25519(String),
    #[error(
        "the key file is encrypted in a way that is not read here: {0}; re-encrypt it with scrypt or PBKDF2 and AES"
    )]
    Unsupported(String),
    #[error(
        "opening the key file would take more memory or time than is allowed; re-encrypt it with a lower cost"
    )]
    TooCostly,
    #[error("the key in the file is not usable: {0}")]
    Unusable(#[from] KeyRefusal),
}

/// Cost of opening an encrypted key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScryptCost {
    /// Logarithm of the memory and time cost, 1 to 14; the memory is 2^`log_n` KiB.
    pub log_n: u8,
}

impl ScryptCost {
    /// What new key files get: 16 MiB. OpenSSL refuses to open a file that takes 32 MiB or more.
    pub const USUAL: Self = Self {
        log_n: SCRYPT_LOG_N_MAX,
    };
}

fn keypair(key: &SecretKey) -> KeypairBytes {
    KeypairBytes {
        secret_key: *key.seed(),
        public_key: None,
    }
}

fn unsupported(error: &impl ToString) -> KeyFileRefusal {
    KeyFileRefusal::Unsupported(error.to_string())
}

fn not_a_key(error: &impl ToString) -> KeyFileRefusal {
    KeyFileRefusal::NotAKey(error.to_string())
}

/// The key as plain PEM: for a file that only its owner can read.
///
/// # Errors
/// Never for a real key.
pub fn plain(key: &SecretKey) -> Result<Zeroizing<String>, KeyFileRefusal> {
    keypair(key)
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| not_a_key(&error))
}

/// The key as encrypted PEM. `salt` and `iv` must be fresh random bytes.
///
/// # Errors
/// The passphrase is empty, or the cost is out of range.
pub fn encrypt(
    key: &SecretKey,
    passphrase: &[u8],
    salt: [u8; 16],
    iv: [u8; 16],
    cost: ScryptCost,
) -> Result<String, KeyFileRefusal> {
    if passphrase.is_empty() {
        return Err(KeyFileRefusal::PassphraseEmpty);
    }
    if !(1..=SCRYPT_LOG_N_MAX).contains(&cost.log_n) {
        return Err(KeyFileRefusal::TooCostly);
    }
    let params = scrypt::Params::new(cost.log_n, SCRYPT_BLOCK_SIZE, SCRYPT_PASSES)
        .map_err(|error| unsupported(&error))?;
    let params = pbes2::Parameters::generate_scrypt_aes256cbc(params, &salt, iv)
        .map_err(|error| unsupported(&error))?;
    let der = keypair(key)
        .to_pkcs8_der()
        .map_err(|error| not_a_key(&error))?;
    let info = PrivateKeyInfoRef::try_from(der.as_bytes()).map_err(|error| not_a_key(&error))?;
    let encrypted = info
        .encrypt_with_params(params, passphrase)
        .map_err(|error| unsupported(&error))?;
    let pem = encrypted
        .to_pem(ENCRYPTED_LABEL, LineEnding::LF)
        .map_err(|error| not_a_key(&error))?;
    Ok(pem.to_string())
}

/// Whether the text is an encrypted key file, so that a passphrase is asked for.
pub fn is_encrypted(pem: &str) -> bool {
    pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// Opens a key file; a passphrase is given exactly if it is encrypted.
///
/// # Errors
/// No, a wrong or a needless passphrase, a cost beyond the limits, or not an Ed25519 key at all.
pub fn open(pem: &str, passphrase: Option<&[u8]>) -> Result<SecretKey, KeyFileRefusal> {
    if pem.len() > KEY_FILE_BYTES_MAX {
        return Err(KeyFileRefusal::TooLong(pem.len()));
    }
    let (label, document) = SecretDocument::from_pem(pem).map_err(|error| not_a_key(&error))?;
    match (label, passphrase) {
        (PLAIN_LABEL, None) => {
            let info = PrivateKeyInfoRef::from_der(document.as_bytes());
            secret_key(info.map_err(|error| not_a_key(&error))?)
        }
        (PLAIN_LABEL, Some(_)) => Err(KeyFileRefusal::NotEncrypted),
        (ENCRYPTED_LABEL, None) => Err(KeyFileRefusal::PassphraseNeeded),
        (ENCRYPTED_LABEL, Some(passphrase)) => {
            let opened = decrypt(document.as_bytes(), passphrase)?;
            // A wrong passphrase leaves valid padding behind once in 256 times, but never a key.
            let info = PrivateKeyInfoRef::from_der(&opened);
            secret_key(info.map_err(|_| KeyFileRefusal::WrongPassphrase)?)
        }
        (other, _) => Err(KeyFileRefusal::NotAKey(format!("it holds a {other}"))),
    }
}

fn decrypt(der: &[u8], passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileRefusal> {
    let info = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|error| not_a_key(&error))?;
    let EncryptionScheme::Pbes2(params) = &info.encryption_algorithm else {
        return Err(unsupported(&pkcs5::Error::NoPbes1CryptSupport));
    };
    check_cost(&params.kdf)?;
    match params.decrypt(passphrase, info.encrypted_data.as_bytes()) {
        Ok(opened) => Ok(Zeroizing::new(opened)),
        Err(pkcs5::Error::DecryptFailed) => Err(KeyFileRefusal::WrongPassphrase),
        Err(error) => Err(unsupported(&error)),
    }
}

/// A file names the cost of opening it, so a hostile one could take all memory or all day.
fn check_cost(kdf: &pbes2::Kdf) -> Result<(), KeyFileRefusal> {
    let (scrypt, pbkdf2) = (kdf.scrypt(), kdf.pbkdf2());
    if pbkdf2.is_some_and(|params| !(1..=PBKDF2_ROUNDS_MAX).contains(&params.iteration_count)) {
        return Err(KeyFileRefusal::TooCostly);
    }
    let Some(params) = scrypt else { return Ok(()) };
    // Checked here and not left to the library, which takes the logarithm first and stops the process at 0.
    if params.cost_parameter < 2 || !params.cost_parameter.is_power_of_two() {
        let found = params.cost_parameter;
        return Err(unsupported(&format!(
            "its scrypt cost {found} is not a power of two"
        )));
    }
    let (block_size, passes) = (
        u64::from(params.block_size),
        u64::from(params.parallelization),
    );
    let blocks = params.cost_parameter.checked_add(passes);
    let memory = blocks.and_then(|blocks| blocks.checked_mul(128 * block_size));
    let work = params.cost_parameter.checked_mul(block_size * passes);
    if memory.is_some_and(|bytes| bytes <= SCRYPT_BYTES_MAX)
        && work.is_some_and(|work| work <= SCRYPT_WORK_MAX)
    {
        Ok(())
    } else {
        Err(KeyFileRefusal::TooCostly)
    }
}

fn secret_key(info: PrivateKeyInfoRef<'_>) -> Result<SecretKey, KeyFileRefusal> {
    let algorithm = info.algorithm.oid;
    if algorithm != ALGORITHM_OID {
        return Err(KeyFileRefusal::NotEd25519(algorithm.to_string()));
    }
    let keypair = KeypairBytes::try_from(info).map_err(|error| not_a_key(&error))?;
    let key = SecretKey::from_seed(&keypair.secret_key)?;
    // Version 2 files carry the public key too; one that does not match would sign in another's name.
    match keypair.public_key {
        Some(public) if public.to_bytes() != *key.public_bytes() => Err(KeyFileRefusal::NotAKey(
            "its public key does not belong to its secret key".to_owned(),
        )),
        _ => Ok(key),
    }
}

#[cfg(test)]
mod tests;
