//! Where the ledger is: `--ledger`, else `YTTERBY_LEDGER`, else the nearest `.ytterby` folder upward.
//!
//! Invariant: nothing is created by looking. Knows the folder's layout: `log`, `index`, `keys`, `evidence`, `witnesses`;
//! and of a folder that follows the log by file: `copy`, `seen.json`, `signed.json`.

use std::path::{Path, PathBuf};

use crate::outcome::CliError;

/// The environment variable that names the ledger.
pub(crate) const LEDGER_VARIABLE: &str = "YTTERBY_LEDGER";
/// The folder that is looked for, as git looks for its repository.
const FOLDER: &str = ".ytterby";

/// The ledger that a command works on. clap has read `--ledger` and the environment already.
pub(crate) fn ledger(given: Option<&Path>) -> Result<PathBuf, CliError> {
    if let Some(given) = given {
        return Ok(given.to_path_buf());
    }
    let here = std::env::current_dir()?;
    let found = here
        .ancestors()
        .map(|folder| folder.join(FOLDER))
        .find(|folder| folder.is_dir());
    found.ok_or_else(|| {
        let sought = here.display();
        CliError::usage(format!(
            "no ledger: there is no {FOLDER} folder in {sought} or above it"
        ))
        .help(format!(
            "give --ledger DIR, set {LEDGER_VARIABLE}, or found one with `ytterby found`"
        ))
    })
}

/// Key files of a ledger.
pub(crate) fn keys(ledger: &Path) -> PathBuf {
    ledger.join("keys")
}

/// The verified copy of a log that is elsewhere, as a pack.
pub(crate) fn copy(folder: &Path) -> PathBuf {
    folder.join("copy")
}

/// What is remembered of the log that is elsewhere.
pub(crate) fn seen(folder: &Path) -> PathBuf {
    folder.join("seen.json")
}

/// Events that were signed here and that the log, as far as it is known here, does not hold yet.
pub(crate) fn outbox(folder: &Path) -> PathBuf {
    folder.join("signed.json")
}

/// Whether the folder follows a log by file, instead of holding it.
pub(crate) fn follows(folder: &Path) -> bool {
    copy(folder).exists() && !folder.join("log").exists()
}

/// Checkpoints that witnesses cosigned, and the newest that they were asked for.
pub(crate) fn witnesses(ledger: &Path) -> PathBuf {
    ledger.join("witnesses")
}

/// The policy of a ledger that acknowledges only what its witnesses cosigned; there is none where durable is enough.
pub(crate) fn policy(ledger: &Path) -> PathBuf {
    witnesses(ledger).join("policy")
}

/// Evidence of equivocation.
pub(crate) fn evidence(ledger: &Path) -> PathBuf {
    ledger.join("evidence")
}
