//! Key files of a party, or of the log, in one folder, through a rotation: the current key, the next, and the one that comes
//! after it.
//!
//! Invariant: no file is overwritten, and only a whole and durable file bears the name that a later run looks for. Knows
//! no events: the registry is asked what the log has taken.

use std::fs;
use std::path::{Path, PathBuf};

use domain::{KeyId, Registry};
use durable::DurableFault;
use seal::{SecretKey, Signer};
use token::TokenUri;

use crate::keys::{self, Access, Key};
use crate::outcome::CliError;
use crate::output;

/// Key files of a party, or of the log, in one folder. `fresh` is the coming next key until the log has taken the rotation;
/// `unfinished` is the same file while it is being written.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    /// What every file name begins with.
    pub(super) name: String,
    pub(super) current: PathBuf,
    pub(super) next: PathBuf,
    pub(super) fresh: PathBuf,
    pub(super) unfinished: PathBuf,
}

impl Files {
    pub(super) fn of(folder: &Path, name: &str) -> Self {
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

    pub(super) fn old(&self, key: &KeyId) -> PathBuf {
        let id = key.to_string();
        self.folder
            .join(format!("{}.old-{}.pem", self.name, &id[..8]))
    }

    /// Writes the coming next key. Only its whole and durable file bears the name that a later run looks for.
    pub(super) fn write_fresh(
        &self,
        fresh: &Fresh,
        plain: bool,
        access: &Access,
    ) -> Result<(), CliError> {
        if matches!(fresh, Fresh::Held(_)) {
            return Ok(());
        }
        if self.unfinished.exists() {
            // Cut off while it was written, so no event can name what it holds.
            fs::remove_file(&self.unfinished)?;
        }
        match fresh {
            Fresh::Held(_) => {}
            Fresh::Made(key) => keys::write(&self.unfinished, key, plain, access)?,
            Fresh::InToken(uri, _) => keys::write_uri(&self.unfinished, uri)?,
        }
        self.rename(&self.unfinished, &self.fresh)
    }

    /// Gives every file the name of what it is now, each rename where it is still missing, and says so.
    pub(super) fn settle(&self, registry: &Registry, ids: &Ids) -> Result<(), CliError> {
        let revoked = |id: &KeyId| registry.key(id).is_some_and(|key| key.revoked_at.is_some());
        if let Some(old) = ids.current.filter(revoked) {
            self.rename(&self.current, &self.old(&old))?;
        }
        if ids.next.is_some() {
            self.rename(&self.next, &self.current)?;
        }
        self.rename(&self.fresh, &self.next)?;
        let tell = |file: &Path, what: String| output::line(format!("{}: {what}", file.display()));
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

    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), CliError> {
        // The renames must reach the disk in this order, else a power cut could leave a state that no run makes.
        durable::move_to_free(from, to).map_err(|fault| match fault {
            DurableFault::Exists { path } => CliError::refused(format!(
                "{} exists already; keys are never overwritten",
                path.display()
            ))
            .help("move it out of the folder and run this again"),
            fault => fault.into(),
        })
    }
}

/// The keys in a party's files, as far as the files are there.
pub(super) struct Held {
    pub(super) current: Option<Key>,
    pub(super) next: Option<Key>,
    pub(super) fresh: Option<Key>,
}

impl Held {
    pub(super) fn open(files: &Files, access: &Access) -> Result<Self, CliError> {
        let open = |path: &Path| path.exists().then(|| keys::open(path, access)).transpose();
        Ok(Self {
            current: open(&files.current)?,
            next: open(&files.next)?,
            fresh: open(&files.fresh)?,
        })
    }
}

/// The ids of the keys in a party's files.
pub(super) struct Ids {
    pub(super) current: Option<KeyId>,
    pub(super) next: Option<KeyId>,
    pub(super) fresh: KeyId,
}

/// The coming next key.
pub(super) enum Fresh {
    /// A rotation that was cut off wrote its file.
    Held(Key),
    Made(Box<SecretKey>),
    InToken(Box<TokenUri>, Key),
}

impl Fresh {
    pub(super) fn key(&self) -> &dyn Signer {
        match self {
            Self::Held(key) | Self::InToken(_, key) => &**key,
            Self::Made(key) => &**key,
        }
    }

    /// The one that lies ready, else a new one: in the token, if one is named. A dry run names none; the commitment that it
    /// shows is of another key than the real run's anyway.
    pub(super) fn get(
        held: Option<Key>,
        token: Option<&TokenUri>,
        registry: &Registry,
        next: Option<&Key>,
        access: &Access,
    ) -> Result<Self, CliError> {
        if let Some(key) = held {
            return Ok(Self::Held(key));
        }
        let Some(uri) = token else {
            return keys::new_key().map(|key| Self::Made(Box::new(key)));
        };
        let key = keys::open_or_make(uri, access)?;
        let id = id_of(&*key);
        if registry.key(&id).is_some() || next.is_some_and(|next| id_of(&**next) == id) {
            return Err(CliError::refused(format!(
                "key {id} in the token is in use already, so it can't be the new next key"
            ))
            .help("give another object= in --token"));
        }
        Ok(Self::InToken(Box::new(uri.clone()), key))
    }
}

pub(super) fn id_of(key: &dyn Signer) -> KeyId {
    KeyId(key.public().id().0)
}
