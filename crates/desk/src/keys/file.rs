//! One key file, and the token that it may name.
//!
//! Invariant: a file is whole or absent, encrypted unless its owner wants it plain, and asked for its passphrase only if it
//! has one. Knows no party.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use durable::DurableFault;
use signing::SecretKey;
use signing::keyfile::{self, ScryptCost};
use token::{Token, TokenFault, TokenRefusal, TokenUri, UriRefusal};
use zeroize::Zeroizing;

use super::{Key, KeyPlace};
use crate::host::Host;
use crate::limits::KEY_BYTES_MAX;
use crate::refused::{KeyRefused, NotDone};

fn passphrase_of(path: &Path) -> String {
    format!("passphrase of {}", path.display())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A new key from the host's random source.
///
/// # Errors
/// There is no randomness to be had.
pub fn new_key(host: &dyn Host) -> Result<SecretKey, NotDone> {
    let seed = Zeroizing::new(host.random::<32>()?);
    SecretKey::from_seed(&seed).map_err(NotDone::fault)
}

/// Writes a key file that did not exist before; encrypted unless `plain`.
///
/// # Errors
/// The file exists, there is no passphrase, or the disk failed.
pub fn write(path: &Path, key: &SecretKey, plain: bool, host: &dyn Host) -> Result<(), NotDone> {
    let pem = if plain {
        keyfile::plain(key).map_err(NotDone::fault)?
    } else {
        let passphrase = host.secret(&passphrase_of(path), true)?;
        let encrypted = keyfile::encrypt(
            key,
            passphrase.as_bytes(),
            host.random()?,
            host.random()?,
            ScryptCost::USUAL,
        );
        Zeroizing::new(encrypted.map_err(NotDone::fault)?)
    };
    write_pem(path, &pem)
}

/// Makes a key, in a token if one is named, and the file that holds it or names it.
///
/// # Errors
/// As [`write()`], or the token does not do it.
pub fn make(
    path: &Path,
    token: Option<&TokenUri>,
    plain: bool,
    host: &dyn Host,
) -> Result<Key, NotDone> {
    let Some(uri) = token else {
        let key = new_key(host)?;
        write(path, &key, plain, host)?;
        return Ok(Box::new(key));
    };
    // Asked before the token makes a key that no file could name.
    if path.exists() {
        return Err(exists(path).into());
    }
    let token = Token::find(uri).map_err(at(uri))?;
    let key = token.generate(&pin(&token, host)?).map_err(at(uri))?;
    write_uri(path, uri)?;
    Ok(Box::new(key))
}

/// A key file that names a key in a token.
pub(crate) fn write_uri(path: &Path, uri: &TokenUri) -> Result<(), NotDone> {
    write_pem(path, &format!("{uri}\n"))
}

/// The key of this name in a token, which makes it if it isn't there: so whoever was cut off finds what was made.
pub(crate) fn open_or_make(uri: &TokenUri, host: &dyn Host) -> Result<Key, NotDone> {
    let token = Token::find(uri).map_err(at(uri))?;
    let pin = pin(&token, host)?;
    let key = match token.open(&pin) {
        Err(TokenFault::Refused(TokenRefusal::NoKey { .. })) => token.generate(&pin),
        other => other,
    };
    Ok(Box::new(key.map_err(at(uri))?))
}

fn open_token(uri: &TokenUri, host: &dyn Host) -> Result<Key, NotDone> {
    let token = Token::find(uri).map_err(at(uri))?;
    let key = token.open(&pin(&token, host)?).map_err(at(uri))?;
    Ok(Box::new(key))
}

fn pin(token: &Token, host: &dyn Host) -> Result<Zeroizing<String>, NotDone> {
    host.secret(&format!("PIN of token {:?}", token.label()), false)
}

fn at(uri: &TokenUri) -> impl FnOnce(TokenFault) -> NotDone {
    let at = uri.to_string();
    move |fault| {
        let why = fault.to_string();
        match fault {
            TokenFault::Refused(_) => KeyRefused::Token { why, at }.into(),
            _ => KeyRefused::TokenFailed { why, at }.into(),
        }
    }
}

/// Writes what a key file holds, for its owner alone.
///
/// # Errors
/// The file exists, or the disk failed.
pub fn write_pem(path: &Path, pem: &str) -> Result<(), NotDone> {
    if let Some(folder) = path.parent() {
        durable::create_folder(folder, durable::Access::Usual)?;
    }
    let created = durable::create(path, pem.as_bytes(), durable::Access::Secret);
    created.map_err(|fault| match fault {
        DurableFault::Exists { .. } => exists(path).into(),
        fault => fault.into(),
    })
}

fn exists(path: &Path) -> KeyRefused {
    KeyRefused::Exists { path: shown(path) }
}

/// Opens a key where it is.
///
/// # Errors
/// As [`open`], or the token does not do it.
pub fn open_at(place: &KeyPlace, host: &dyn Host) -> Result<Key, NotDone> {
    match place {
        KeyPlace::File(path) => open(path, host),
        KeyPlace::Token(uri) => open_token(uri, host),
    }
}

/// Opens a key file, and the token if it names one.
///
/// # Errors
/// There is no such file, others can read it, or it is not a key file that the passphrase opens.
pub fn open(path: &Path, host: &dyn Host) -> Result<Key, NotDone> {
    let bad = |why: String| KeyRefused::BadFile {
        path: shown(path),
        why,
    };
    let details = fs::metadata(path).map_err(|error| KeyRefused::NoFile {
        path: shown(path),
        why: error.to_string(),
    })?;
    let mode = details.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = shown(path);
        return Err(KeyRefused::OpenToOthers { path, mode }.into());
    }
    let pem = Zeroizing::new(files::read_text(path, KEY_BYTES_MAX)?);
    if TokenUri::is_meant(&pem) {
        let uri = pem.trim_end().parse();
        let uri = uri.map_err(|refusal: UriRefusal| bad(refusal.to_string()))?;
        return open_token(&uri, host);
    }
    let passphrase = if keyfile::is_encrypted(&pem) {
        Some(host.secret(&passphrase_of(path), false)?)
    } else {
        None
    };
    let opened = keyfile::open(&pem, passphrase.as_ref().map(|text| text.as_bytes()));
    Ok(Box::new(
        opened.map_err(|refusal| bad(refusal.to_string()))?,
    ))
}
