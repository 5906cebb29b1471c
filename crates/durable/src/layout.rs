//! The folder of a ledger, or of one who follows a log that is elsewhere: what lies where in it.
//!
//! Invariant: every name in such a folder stands here and nowhere else; asking for one creates nothing.
//! Does not know what the files hold.

use std::path::{Path, PathBuf};

/// What the names of the log key's files begin with.
pub const LOG_KEY: &str = "operator";

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    folder: PathBuf,
}

impl Layout {
    const LOG: &str = "log";
    const INDEX: &str = "index";
    const LOCK: &str = "lock";
    /// What belongs to the store of a ledger: the log, what is computed from it, and the lock.
    pub const OF_STORE: [&str; 3] = [Self::LOCK, Self::LOG, Self::INDEX];

    /// The names in this folder.
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The segments of the log, where the log is written.
    pub fn log(&self) -> PathBuf {
        self.folder.join(Self::LOG)
    }

    /// What can be computed again from the log.
    pub fn index(&self) -> PathBuf {
        self.folder.join(Self::INDEX)
    }

    /// Keeps a second writer out.
    pub fn lock(&self) -> PathBuf {
        self.folder.join(Self::LOCK)
    }

    /// Confidential values outside the log, one file an event.
    pub fn details(&self) -> PathBuf {
        self.folder.join("details")
    }

    /// What the rows of sheets were known by, a folder a party.
    pub fn all_rows(&self) -> PathBuf {
        self.folder.join("rows")
    }

    /// The same of one party.
    pub fn rows(&self, party: &str) -> PathBuf {
        self.all_rows().join(party)
    }

    /// Key files.
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// The key file of this name.
    pub fn key(&self, name: &str) -> PathBuf {
        self.keys().join(format!("{name}.pem"))
    }

    /// The key that signs the checkpoints.
    pub fn log_key(&self) -> PathBuf {
        self.key(LOG_KEY)
    }

    /// Evidence of two histories, or of two events for one place.
    pub fn evidence(&self) -> PathBuf {
        self.folder.join("evidence")
    }

    /// Checkpoints that witnesses cosigned, and the newest that they were asked for.
    pub fn witnesses(&self) -> PathBuf {
        self.folder.join("witnesses")
    }

    /// The policy of a ledger that acknowledges only what its witnesses cosigned; there is none where durable is enough.
    pub fn policy(&self) -> PathBuf {
        self.witnesses().join("policy")
    }

    /// The verified copy of a log that is elsewhere, as a pack.
    pub fn copy(&self) -> PathBuf {
        self.folder.join("copy")
    }

    /// A copy that is being verified.
    pub fn fresh_copy(&self) -> PathBuf {
        self.folder.join("copy.new")
    }

    /// What is remembered of the log that is elsewhere.
    pub fn seen(&self) -> PathBuf {
        self.folder.join("seen.json")
    }

    /// Events that were signed here and that the log, as far as it is known here, does not hold yet.
    pub fn outbox(&self) -> PathBuf {
        self.folder.join("signed.json")
    }

    /// Whether the log itself is here.
    pub fn holds_log(&self) -> bool {
        self.log().is_dir()
    }

    /// Whether the folder follows a log by file, instead of holding it.
    pub fn follows(&self) -> bool {
        self.copy().exists() && !self.holds_log()
    }
}
