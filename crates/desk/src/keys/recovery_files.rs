//! Key files of the founding authority through a recovery: the three new keys, and the old files that they replace.
//!
//! Invariant: no file is overwritten or removed, and the new files get their names in one order, so that a later run knows
//! from the files alone how far an earlier one came. Knows no events.

use std::path::{Path, PathBuf};

use domain::KeyId;
use signing::{SecretKey, Signer};

use super::party_files::{PartyFiles, rename};
use super::{Key, file};
use crate::host::Host;
use crate::refused::NotDone;

/// What the names of the three files have behind the party, in the order in which they are written and named.
const KINDS: [&str; 3] = ["", ".next", ".recovery"];

/// The files of one party in one folder.
pub(crate) struct RecoveryFiles {
    files: PartyFiles,
}

/// The keys of the new files, as far as they are there.
pub(crate) struct Coming {
    pub(crate) current: Option<Key>,
    pub(crate) next: Option<Key>,
    pub(crate) recovery: Option<Key>,
}

/// A key that comes: the file of an earlier run holds it, or it was made now and is on no disk yet.
pub(crate) enum New {
    Held(Key),
    Made(Box<SecretKey>),
}

/// The three keys that come.
pub(crate) struct NewKeys {
    pub(crate) current: New,
    pub(crate) next: New,
    pub(crate) recovery: New,
}

impl New {
    fn of(held: Option<Key>, host: &dyn Host) -> Result<Self, NotDone> {
        match held {
            Some(key) => Ok(Self::Held(key)),
            None => file::new_key(host).map(|key| Self::Made(Box::new(key))),
        }
    }

    pub(crate) fn key(&self) -> &dyn Signer {
        match self {
            Self::Held(key) => &**key,
            Self::Made(key) => &**key,
        }
    }
}

impl NewKeys {
    /// The keys that an earlier run wrote, and new ones for the rest.
    pub(crate) fn of(coming: Coming, host: &dyn Host) -> Result<Self, NotDone> {
        Ok(Self {
            current: New::of(coming.current, host)?,
            next: New::of(coming.next, host)?,
            recovery: New::of(coming.recovery, host)?,
        })
    }
}

impl RecoveryFiles {
    pub(crate) fn of(folder: &Path, name: &str) -> Self {
        Self {
            files: PartyFiles::of(folder, name),
        }
    }

    fn named(&self, middle: &str, kind: &str) -> PathBuf {
        let (folder, name) = (&self.files.folder, &self.files.name);
        folder.join(format!("{name}{middle}{kind}.pem"))
    }

    /// The key that signs before and after.
    pub(crate) fn current(&self) -> PathBuf {
        self.named("", "")
    }

    pub(crate) fn next(&self) -> PathBuf {
        self.named("", ".next")
    }

    /// Where the recovery key is, unless another place is named.
    pub(crate) fn recovery(&self) -> PathBuf {
        self.named("", ".recovery")
    }

    /// Opens what an earlier run wrote.
    pub(crate) fn open(&self, host: &dyn Host) -> Result<Coming, NotDone> {
        let open = |kind: &str| {
            let path = self.named(".new", kind);
            path.exists().then(|| file::open(&path, host)).transpose()
        };
        Ok(Coming {
            current: open("")?,
            next: open(".next")?,
            recovery: open(".recovery")?,
        })
    }

    /// Writes the keys that are on no disk yet.
    pub(crate) fn write(&self, new: &NewKeys, plain: bool, host: &dyn Host) -> Result<(), NotDone> {
        let keys = [&new.current, &new.next, &new.recovery];
        for (kind, new) in KINDS.into_iter().zip(keys) {
            if let New::Made(key) = new {
                file::write(&self.named(".new", kind), key, plain, host)?;
            }
        }
        Ok(())
    }

    /// Puts the old files aside and gives the new ones their names, each where it is still missing, and says so. `new` is the
    /// new key.
    pub(crate) fn settle(&self, new: &KeyId, host: &dyn Host) -> Result<(), NotDone> {
        let id = new.to_string();
        let before = format!(".before-{}", &id[..8]);
        let waits = |kind: &str| self.named(".new", kind).exists();
        // A rotation that was cut off ends with the keys that it was between.
        let fresh = waits("").then_some(".fresh");
        for kind in KINDS.into_iter().filter(|kind| waits(kind)).chain(fresh) {
            let old = self.named("", kind);
            if old.exists() {
                rename(&old, &self.named(&before, kind))?;
            }
        }
        for kind in KINDS.into_iter().filter(|kind| waits(kind)) {
            let (new, name) = (self.named(".new", kind), self.named("", kind));
            rename(&new, &name)?;
        }
        self.tell(&id, &before, host)
    }

    fn tell(&self, id: &str, before: &str, host: &dyn Host) -> Result<(), NotDone> {
        let tell = |file: &Path, what: &str| host.result(format!("{}: {what}", file.display()));
        tell(
            &self.current(),
            &format!("key {id}, which signs from now on"),
        )?;
        tell(&self.next(), "next key: keep it elsewhere, offline")?;
        tell(
            &self.recovery(),
            "recovery key: keep it elsewhere, offline, and apart from the next key",
        )?;
        for kind in KINDS.into_iter().chain([".fresh"]) {
            let old = self.named(before, kind);
            if old.exists() {
                tell(&old, "ended by the recovery: the file may be destroyed")?;
            }
        }
        Ok(())
    }
}
