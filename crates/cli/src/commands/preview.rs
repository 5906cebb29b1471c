//! What would be signed, what it would raise, and the consent to it, on the terminal.
//!
//! Invariant: without a person to ask, only `--yes` consents. Computes nothing.

use std::io::IsTerminal;

use answers::{NamedFigure, Severity};
use books::{Found, Preview, State};

use crate::outcome::CliError;
use crate::output;

/// Asks before signing, unless told not to.
pub(crate) fn consent(question: &str, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage("nobody is here to consent to signing")
            .help("look at it with --dry-run, then give --yes"));
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
pub(crate) fn show_preview(preview: &Preview) -> bool {
    let parts = [
        ("would be raised", &preview.raised),
        ("would grow", &preview.grown),
        ("would be cleared", &preview.cleared),
    ];
    for (what, found) in parts {
        for found in found {
            let finding = &found.finding;
            let figures = finding.figures.iter().map(NamedFigure::from);
            let figures: Vec<_> = figures.map(|figure| figure.to_string()).collect();
            let (code, severity, title) = (finding.code, finding.severity, finding.code.title());
            output::say(format!("{what}: {code} {severity}: {title}"));
            output::say(format!("    {} {}", finding.subject, figures.join(", ")));
            if found.state == State::OpenAgain {
                output::say("    a ruling on it would no longer hold");
            }
        }
    }
    let weighs = |found: &Found| found.finding.severity > Severity::Info;
    let first = preview
        .raised
        .iter()
        .chain(&preview.grown)
        .find(|found| weighs(found));
    if let Some(first) = first {
        let code = first.finding.code;
        output::say(format!(
            "help: `ytterby explain {code}` tells what it means and what to do"
        ));
    }
    first.is_some()
}
