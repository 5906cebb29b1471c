//! Keys in files and tokens: made, and opened with a passphrase or a PIN that the host gets from whoever has it.
//!
//! Invariant: a key file that others can read is refused and none is overwritten. A key file holds the key, or the one
//! line that names it in a token; whoever signs does not know which.

mod file;
pub(crate) mod party_files;
pub(crate) mod recovery_files;

use std::fmt;
use std::path::PathBuf;

use signing::Signer;
use token::{TokenUri, UriRefusal};

use crate::host::Host;
use crate::refused::{KeyRefused, NotDone};

pub use file::{make, new_key, open, open_at, write, write_pem};
pub use party_files::PartyFiles;

/// A key that signs, wherever it lives.
pub type Key = Box<dyn Signer>;

/// Where a key is, as it is typed.
#[derive(Debug, Clone)]
pub enum KeyPlace {
    File(PathBuf),
    Token(Box<TokenUri>),
}

/// What begins as a PKCS#11 URI is one or is refused; it is never taken for a file.
impl TryFrom<PathBuf> for KeyPlace {
    type Error = UriRefusal;

    fn try_from(path: PathBuf) -> Result<Self, UriRefusal> {
        match path.to_str() {
            Some(text) if TokenUri::is_meant(text) => Ok(Self::Token(Box::new(text.parse()?))),
            _ => Ok(Self::File(path)),
        }
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Token(uri) => uri.fmt(f),
        }
    }
}

/// How a key is named to people.
pub fn show(key: &dyn Signer) -> String {
    domain::id::to_hex(&key.public().id().0)
}

/// The id by which the registry knows a key.
pub(crate) fn id_of(key: &dyn Signer) -> domain::KeyId {
    domain::KeyId(key.public().id().0)
}

/// Opens the keys that sign besides `first`; a key that is given twice would be one signature only.
///
/// # Errors
/// A key can't be opened, or one is given twice.
pub fn more_keys(
    first: &dyn Signer,
    places: &[KeyPlace],
    host: &dyn Host,
) -> Result<Vec<Key>, NotDone> {
    let mut ids = vec![first.public().id()];
    let mut others = Vec::with_capacity(places.len());
    for place in places {
        let key = open_at(place, host)?;
        if ids.contains(&key.public().id()) {
            let (place, key) = (place.to_string(), show(&*key));
            return Err(KeyRefused::Twice { place, key }.into());
        }
        ids.push(key.public().id());
        others.push(key);
    }
    Ok(others)
}
