//! `ytterby`: the command that the plant clerk, the regulator and the auditor type.
//!
//! Invariant: stdout is data, stderr is talk; exit 0 done or valid, 1 findings or refusal, 2 usage, 3 fault.
//! Holds no rule of the trade: it parses, asks, calls and prints.
#![expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock, files and the environment for the pure crates"
)]

mod clock;
mod commands;
mod keys;
mod layout;
mod limits;
mod machine;
mod outcome;
mod output;
mod place;
mod terminal;

use std::process::ExitCode;

use clap::FromArgMatches;
use grammar::{Arguments, help};

pub use machine::Machine;

/// Runs the command that the process was started with.
#[must_use]
pub fn run(machine: Machine) -> ExitCode {
    machine::give(machine);
    let matches = help::command().try_get_matches();
    let arguments = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(help) => return tell(&help),
    };
    match commands::run(arguments) {
        Ok(outcome) => outcome.code().into(),
        Err(error) => error.report(),
    }
}

/// Help that was asked for is data and no error; clap prints each where it belongs.
fn tell(help: &clap::Error) -> ExitCode {
    let code = if help.use_stderr() {
        outcome::USAGE
    } else {
        outcome::DONE
    };
    match help.print() {
        Ok(()) => code.into(),
        Err(error) => outcome::CliError::from(error).report(),
    }
}
