//! How a command ends: exit codes, and errors printed once with their causes.
//!
//! Invariant: the four exit codes are the whole contract with scripts. A broken pipe is not an error.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use answers::{ErrorCode, NoAnswer, Refused};
use clap::builder::styling::Styles;
use domain::text::printable;

/// Done, or valid.
pub(crate) const DONE: u8 = 0;
/// Findings, or a refusal.
pub(crate) const FOUND: u8 = 1;
/// The command was not understood.
pub(crate) const USAGE: u8 = 2;
/// Disk, network or program failed.
pub(crate) const FAULT: u8 = 3;

/// A command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// There is something to look at.
    Found,
}

impl Outcome {
    /// What a command that only looks comes to.
    pub(crate) const fn found_if(there_is: bool) -> Self {
        if there_is { Self::Found } else { Self::Done }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => DONE,
            Self::Found => FOUND,
        }
    }
}

/// Why a command did not finish.
#[derive(Debug)]
pub(crate) struct CliError {
    code: u8,
    /// The permanent name of what went wrong, where it has one: `docs/errors.md`.
    name: Option<&'static str>,
    message: String,
    help: Option<String>,
}

impl CliError {
    /// What was typed can't be done; `message` says what would be right.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::unnamed(USAGE, message)
    }

    /// A rule refuses it.
    pub(crate) fn refused(message: impl Display) -> Self {
        Self::unnamed(FOUND, message)
    }

    /// Something failed.
    pub(crate) fn fault(message: impl Display) -> Self {
        Self::unnamed(FAULT, message)
    }

    fn unnamed(code: u8, message: impl Display) -> Self {
        Self {
            code,
            name: None,
            message: message.to_string(),
            help: None,
        }
    }

    /// What to do next.
    pub(crate) fn help(mut self, help: impl Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// Prints the error and gives its exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if self.message == BROKEN_PIPE {
            return DONE.into();
        }
        // What can't be said leaves the exit code as it is, and what a file says forges no line.
        let mut out = anstream::stderr().lock();
        let name = self.name.map(|name| format!("[{name}]"));
        let name = name.unwrap_or_default();
        let style = Styles::styled();
        let (error, help) = (style.get_error(), style.get_literal());
        let message = printable(&self.message);
        let _ = writeln!(out, "{error}error{name}:{error:#} {message}");
        if let Some(next) = &self.help {
            let _ = writeln!(out, "{help}help:{help:#} {}", printable(next));
        }
        self.code.into()
    }
}

const BROKEN_PIPE: &str = "broken pipe";

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::fault(BROKEN_PIPE)
        } else {
            Self::fault(error)
        }
    }
}

/// An error with all its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl From<store::StoreFault> for CliError {
    fn from(fault: store::StoreFault) -> Self {
        Self::fault(chain(&fault))
    }
}

impl From<ledger::LedgerFault> for CliError {
    fn from(fault: ledger::LedgerFault) -> Self {
        Self::fault(chain(&fault))
    }
}

impl From<answers::ProjectionFault> for CliError {
    fn from(fault: answers::ProjectionFault) -> Self {
        Self::fault(chain(&fault))
    }
}

/// The exit code of a question that has no answer: what was typed names nothing, a rule refuses, or the log can't be read.
const fn exit(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::UnknownParty
        | ErrorCode::UnknownSite
        | ErrorCode::UnknownLot
        | ErrorCode::UnknownEvent
        | ErrorCode::UnknownFinding
        | ErrorCode::UnknownHolder
        | ErrorCode::UnknownThing
        | ErrorCode::Ambiguous
        | ErrorCode::PastEnd
        | ErrorCode::Malformed => USAGE,
        ErrorCode::Empty
        | ErrorCode::NotFounded
        | ErrorCode::NothingMoved
        | ErrorCode::NoRules
        | ErrorCode::NoQuota => FOUND,
        ErrorCode::Unreadable => FAULT,
    }
}

/// The command that shows what there is.
const fn hint(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::UnknownParty => "`ytterby party list` lists all",
        ErrorCode::UnknownSite | ErrorCode::NothingMoved => {
            "a site is PARTY/CODE; `ytterby site list` lists every licensed site"
        }
        ErrorCode::UnknownLot => {
            "a lot is PARTY/CODE, the party that made it first, as `ytterby balance` lists them"
        }
        ErrorCode::UnknownEvent => {
            "`ytterby flows PARTY` and `ytterby inspect --entry POSITION` show ids"
        }
        ErrorCode::UnknownFinding => "`ytterby findings --all` lists every finding with its id",
        ErrorCode::UnknownThing => {
            "give a position, PARTY/LOT, PARTY/SITE, a party, or the beginning of an id or of a shipment's code"
        }
        ErrorCode::UnknownHolder => "`ytterby quota` lists every holder of a year",
        ErrorCode::NotFounded => "`ytterby found` founds a ledger",
        ErrorCode::NoQuota => "`ytterby quota --year YEAR` shows what was consumed in a year",
        ErrorCode::Unreadable => "`ytterby verify` says what is wrong with the log",
        _ => return None,
    })
}

impl From<NoAnswer> for CliError {
    fn from(none: NoAnswer) -> Self {
        let code = none.code();
        let help = [none.help(), hint(code).map(str::to_owned)];
        let help: Vec<_> = help.into_iter().flatten().collect();
        Self {
            code: exit(code),
            name: Some(code.name()),
            message: chain(&none),
            help: (!help.is_empty()).then(|| help.join(" ")),
        }
    }
}

impl From<Refused> for CliError {
    fn from(refused: Refused) -> Self {
        NoAnswer::from(refused).into()
    }
}

/// The exit code of a refusal: what was typed can't be meant, a rule stands against it, or the machine failed.
const fn exit_of(kind: desk::RefusalKind) -> u8 {
    match kind {
        desk::RefusalKind::Slip => USAGE,
        desk::RefusalKind::Rule => FOUND,
        desk::RefusalKind::Fault => FAULT,
    }
}

impl From<desk::DeskRefused> for CliError {
    fn from(refused: desk::DeskRefused) -> Self {
        Self {
            code: exit_of(refused.kind()),
            name: Some(refused.code()),
            message: refused.to_string(),
            help: refused.help(),
        }
    }
}

impl From<desk::NotDone> for CliError {
    fn from(not: desk::NotDone) -> Self {
        match not {
            desk::NotDone::Refused(refused) => refused.into(),
            desk::NotDone::Unanswered(none) => none.into(),
            desk::NotDone::Form(error) => error.into(),
            desk::NotDone::Ledger(fault) => Self::fault(chain(&fault)),
            desk::NotDone::Store(fault) => fault.into(),
            desk::NotDone::Portable(fault) => fault.into(),
            desk::NotDone::File(fault) => fault.into(),
            desk::NotDone::Durable(fault) => fault.into(),
            desk::NotDone::Vault(fault) => Self::fault(fault),
            desk::NotDone::Key(fault) => Self::fault(chain(&fault)),
            desk::NotDone::Io(error) => error.into(),
            desk::NotDone::Fault(what) => Self::fault(what),
        }
    }
}

impl From<files::FileFault> for CliError {
    fn from(fault: files::FileFault) -> Self {
        Self::fault(fault)
    }
}

impl From<durable::DurableFault> for CliError {
    fn from(fault: durable::DurableFault) -> Self {
        match fault {
            durable::DurableFault::Exists { .. } => Self::refused(fault),
            other => Self::fault(other),
        }
    }
}

impl From<portable::PortableFault> for CliError {
    fn from(fault: portable::PortableFault) -> Self {
        match fault {
            portable::PortableFault::File(fault) => fault.into(),
            portable::PortableFault::Durable(fault) => fault.into(),
            portable::PortableFault::AnotherLog { .. } | portable::PortableFault::Handed { .. } => {
                Self::refused(fault)
            }
            fault if fault.is_usage() => Self::usage(chain(&fault)),
            other => Self::fault(chain(&other)),
        }
    }
}

impl From<domain::FormError> for CliError {
    fn from(error: domain::FormError) -> Self {
        Self::usage(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_errors_has_the_exit_code_of_every_code() {
        let page = include_str!("../../../docs/errors.md");
        for code in ErrorCode::ALL {
            let row = format!("| `{}` | {} | ", code.name(), exit(*code));
            assert!(page.contains(&row), "{row}");
        }
    }
}
