//! Where the ledger is: `--ledger`, else `YTTERBY_LEDGER`, else the nearest `.ytterby` folder upward.
//!
//! Invariant: nothing is created by looking. Does not know what lies in the folder.

use std::path::{Path, PathBuf};

use crate::outcome::CliError;

/// The environment variable that names the ledger.
const LEDGER_VARIABLE: &str = "YTTERBY_LEDGER";
/// The folder that is looked for, as git looks for its repository.
const FOLDER: &str = ".ytterby";

/// The ledger that a command works on. A variable that is set to nothing is how people unset one.
pub(crate) fn ledger(given: Option<&Path>) -> Result<PathBuf, CliError> {
    let variable = std::env::var_os(LEDGER_VARIABLE).filter(|folder| !folder.is_empty());
    if let Some(folder) = given.map_or_else(
        || variable.map(PathBuf::from),
        |given| Some(given.to_path_buf()),
    ) {
        return Ok(folder);
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
