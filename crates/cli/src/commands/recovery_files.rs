//! Key files of the founding authority through a recovery: the three new keys, and the old files that they replace.
//!
//! Invariant: no file is overwritten or removed, and the new files get their names in one order, so that a later run knows
//! from the files alone how far an earlier one came. Knows no events.

use std::path::{Path, PathBuf};

use domain::KeyId;
use seal::{SecretKey, Signer};

use super::key_files::Files;
use crate::keys::{self, Access, Key};
use crate::outcome::CliError;
use crate::output;

/// What the names of the three files have behind the party, in the order in which they are written and named.
const KINDS: [&str; 3] = ["", ".next", ".recovery"];

/// The files of one party in one folder.
pub(super) struct RecoveryFiles {
    files: Files,
}

/// The keys of the new files, as far as they are there.
pub(super) struct Coming {
    pub(super) current: Option<Key>,
    pub(super) next: Option<Key>,
    pub(super) recovery: Option<Key>,
}

/// A key that comes: the file of an earlier run holds it, or it was made now and is on no disk yet.
pub(super) enum New {
    Held(Key),
    Made(Box<SecretKey>),
}

/// The three keys that come.
pub(super) struct NewKeys {
    pub(super) current: New,
    pub(super) next: New,
    pub(super) recovery: New,
}

impl New {
    fn of(held: Option<Key>) -> Result<Self, CliError> {
        match held {
            Some(key) => Ok(Self::Held(key)),
            None => keys::new_key().map(|key| Self::Made(Box::new(key))),
        }
    }

    pub(super) fn key(&self) -> &dyn Signer {
        match self {
            Self::Held(key) => &**key,
            Self::Made(key) => &**key,
        }
    }
}

impl NewKeys {
    /// The keys that an earlier run wrote, and new ones for the rest.
    pub(super) fn of(coming: Coming) -> Result<Self, CliError> {
        Ok(Self {
            current: New::of(coming.current)?,
            next: New::of(coming.next)?,
            recovery: New::of(coming.recovery)?,
        })
    }
}

impl RecoveryFiles {
    pub(super) fn of(folder: &Path, name: &str) -> Self {
        Self {
            files: Files::of(folder, name),
        }
    }

    fn named(&self, middle: &str, kind: &str) -> PathBuf {
        let (folder, name) = (&self.files.folder, &self.files.name);
        folder.join(format!("{name}{middle}{kind}.pem"))
    }

    /// The key that signs before and after.
    pub(super) fn current(&self) -> PathBuf {
        self.named("", "")
    }

    pub(super) fn next(&self) -> PathBuf {
        self.named("", ".next")
    }

    /// Where the recovery key is, unless the command names another place.
    pub(super) fn recovery(&self) -> PathBuf {
        self.named("", ".recovery")
    }

    /// Opens what an earlier run wrote.
    pub(super) fn open(&self, access: &Access) -> Result<Coming, CliError> {
        let open = |kind: &str| {
            let path = self.named(".new", kind);
            path.exists().then(|| keys::open(&path, access)).transpose()
        };
        Ok(Coming {
            current: open("")?,
            next: open(".next")?,
            recovery: open(".recovery")?,
        })
    }

    /// Writes the keys that are on no disk yet.
    pub(super) fn write(
        &self,
        new: &NewKeys,
        plain: bool,
        access: &Access,
    ) -> Result<(), CliError> {
        for (kind, new) in KINDS
            .into_iter()
            .zip([&new.current, &new.next, &new.recovery])
        {
            if let New::Made(key) = new {
                keys::write(&self.named(".new", kind), key, plain, access)?;
            }
        }
        Ok(())
    }

    /// Puts the old files aside and gives the new ones their names, each where it is still missing, and says so. `new` is the
    /// new key.
    pub(super) fn settle(&self, new: &KeyId) -> Result<(), CliError> {
        let id = new.to_string();
        let before = format!(".before-{}", &id[..8]);
        let waits = |kind: &str| self.named(".new", kind).exists();
        // A rotation that was cut off ends with the keys that it was between.
        let fresh = waits("").then_some(".fresh");
        for kind in KINDS.into_iter().filter(|kind| waits(kind)).chain(fresh) {
            let old = self.named("", kind);
            if old.exists() {
                self.files.rename(&old, &self.named(&before, kind))?;
            }
        }
        for kind in KINDS.into_iter().filter(|kind| waits(kind)) {
            let (new, name) = (self.named(".new", kind), self.named("", kind));
            self.files.rename(&new, &name)?;
        }
        self.tell(&id, &before)
    }

    fn tell(&self, id: &str, before: &str) -> Result<(), CliError> {
        let tell = |file: &Path, what: &str| output::line(format!("{}: {what}", file.display()));
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
