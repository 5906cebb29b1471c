//! Key files of a party, or of the log, in one folder, through a rotation: the current key, the next, and the one that comes
//! after it.
//!
//! Invariant: no file is overwritten, and only a whole and durable file bears the name that a later run looks for. Knows
//! no events: the registry is asked what the log has taken.

use std::fs;
use std::path::{Path, PathBuf};

use domain::{KeyId, Registry};
use durable::DurableFault;
use signing::{SecretKey, Signer};
use token::TokenUri;

use super::{Key, file, id_of};
use crate::host::Host;
use crate::refused::{KeyRefused, NotDone};

/// Key files of a party, or of the log, in one folder. `fresh` is the coming next key until the log has taken the rotation;
/// `unfinished` is the same file while it is being written.
#[derive(Debug)]
pub struct PartyFiles {
    pub(crate) folder: PathBuf,
    /// What every file name begins with.
    pub(crate) name: String,
    pub current: PathBuf,
    pub next: PathBuf,
    pub(crate) fresh: PathBuf,
    pub(crate) unfinished: PathBuf,
}

impl PartyFiles {
    /// The files whose names begin with `name`.
    pub fn of(folder: &Path, name: &str) -> Self {
        let named = |suffix: &str| folder.join(format!("{name}{suffix}.pem"));
        Self {
            folder: folder.to_path_buf(),
            name: name.to_owned(),
            current: named(""),
            next: named(".next"),
            fresh: named(".fresh"),
            unfinished: named(".unfinished"),
        }
    }

    fn old(&self, key: &KeyId) -> PathBuf {
        let id = key.to_string();
        self.folder
            .join(format!("{}.old-{}.pem", self.name, &id[..8]))
    }

    /// Writes the coming next key. Only its whole and durable file bears the name that a later run looks for.
    pub(crate) fn write_fresh(
        &self,
        fresh: &Fresh,
        plain: bool,
        host: &dyn Host,
    ) -> Result<(), NotDone> {
        if matches!(fresh, Fresh::Held(_)) {
            return Ok(());
        }
        if self.unfinished.exists() {
            // Cut off while it was written, so no event can name what it holds.
            fs::remove_file(&self.unfinished)?;
        }
        match fresh {
            Fresh::Held(_) => {}
            Fresh::Made(key) => file::write(&self.unfinished, key, plain, host)?,
            Fresh::InToken(uri, _) => file::write_uri(&self.unfinished, uri)?,
        }
        rename(&self.unfinished, &self.fresh)
    }

    /// Gives every file the name of what it is now, each rename where it is still missing, and says so.
    pub(crate) fn settle(
        &self,
        registry: &Registry,
        ids: &Ids,
        host: &dyn Host,
    ) -> Result<(), NotDone> {
        let revoked = |id: &KeyId| registry.key(id).is_some_and(|key| key.revoked_at.is_some());
        if let Some(old) = ids.current.filter(revoked) {
            rename(&self.current, &self.old(&old))?;
        }
        if ids.next.is_some() {
            rename(&self.next, &self.current)?;
        }
        rename(&self.fresh, &self.next)?;
        let tell = |file: &Path, what: String| host.result(format!("{}: {what}", file.display()));
        if let Some(id) = ids.next.or(ids.current) {
            tell(&self.current, format!("key {id}, which signs from now on"))?;
        }
        let kept = format!("next key {}: keep it elsewhere, offline", ids.fresh);
        tell(&self.next, kept)?;
        for (id, _) in registry.keys().filter(|(id, _)| revoked(id)) {
            let old = self.old(id);
            if old.exists() {
                tell(
                    &old,
                    format!("old key {id}, revoked: the file may be destroyed"),
                )?;
            }
        }
        Ok(())
    }
}

/// Moves a file to a name that is free.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), NotDone> {
    // The renames must reach the disk in this order, else a power cut could leave a state that no run makes.
    durable::move_to_free(from, to).map_err(|fault| match fault {
        DurableFault::Exists { path } => {
            let path = path.display().to_string();
            KeyRefused::NameTaken { path }.into()
        }
        fault => fault.into(),
    })
}

/// The keys in a party's files, as far as the files are there.
pub(crate) struct Held {
    pub(crate) current: Option<Key>,
    pub(crate) next: Option<Key>,
    pub(crate) fresh: Option<Key>,
}

impl Held {
    pub(crate) fn open(files: &PartyFiles, host: &dyn Host) -> Result<Self, NotDone> {
        let open = |path: &Path| path.exists().then(|| file::open(path, host)).transpose();
        Ok(Self {
            current: open(&files.current)?,
            next: open(&files.next)?,
            fresh: open(&files.fresh)?,
        })
    }

    /// The ids of these keys, and of the one that comes.
    pub(crate) fn ids(&self, fresh: &Fresh) -> Ids {
        Ids {
            current: self.current.as_deref().map(id_of),
            next: self.next.as_deref().map(id_of),
            fresh: id_of(fresh.key()),
        }
    }
}

/// The ids of the keys in a party's files.
pub(crate) struct Ids {
    current: Option<KeyId>,
    next: Option<KeyId>,
    fresh: KeyId,
}

/// The coming next key.
pub(crate) enum Fresh {
    /// A rotation that was cut off wrote its file.
    Held(Key),
    Made(Box<SecretKey>),
    InToken(Box<TokenUri>, Key),
}

impl Fresh {
    pub(crate) fn key(&self) -> &dyn Signer {
        match self {
            Self::Held(key) | Self::InToken(_, key) => &**key,
            Self::Made(key) => &**key,
        }
    }

    /// The one that lies ready, else a new one: in the token, if one is named. A dry run names none; the commitment that it
    /// shows is of another key than the real run's anyway.
    pub(crate) fn get(
        held: Option<Key>,
        token: Option<&TokenUri>,
        registry: &Registry,
        next: Option<&Key>,
        host: &dyn Host,
    ) -> Result<Self, NotDone> {
        if let Some(key) = held {
            return Ok(Self::Held(key));
        }
        let Some(uri) = token else {
            return file::new_key(host).map(|key| Self::Made(Box::new(key)));
        };
        let key = file::open_or_make(uri, host)?;
        let id = id_of(&*key);
        if registry.key(&id).is_some() || next.is_some_and(|next| id_of(&**next) == id) {
            return Err(KeyRefused::InUse { key: id }.into());
        }
        Ok(Self::InToken(Box::new(uri.clone()), key))
    }
}
