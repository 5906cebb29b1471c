//! What would be signed, what it would raise, and the consent to it, on the terminal.
//!
//! Invariant: without a person to ask, only `--yes` consents. Computes nothing.

use std::io::IsTerminal;

use desk::Foresight;

use crate::outcome::CliError;
use crate::output;

/// Asks before signing, unless told not to.
pub(crate) fn consent(question: &str, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(
            CliError::usage("signing needs confirmation and stdin is not a terminal")
                .help("look at it with --dry-run, then give --yes"),
        );
    }
    let agreed = dialoguer::Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(CliError::fault)?;
    if agreed {
        Ok(())
    } else {
        Err(CliError::refused("nothing was signed"))
    }
}

/// What events would raise; says whether anything beyond information would be.
pub(crate) fn show_preview(foresight: &Foresight) -> bool {
    foresight.words().iter().for_each(output::say);
    foresight.weighs().is_some()
}
