//! `ytterby`: the command that the plant clerk, the regulator and the auditor type.
//!
//! Invariant: stdout is data, stderr is talk; exit 0 done or valid, 1 findings or refusal, 2 usage, 3 fault.
//! Holds no rule of the trade: it parses, asks, calls and prints.
#![expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock, files and the environment for the pure crates"
)]

mod append;
mod args;
mod clock;
mod commands;
mod keys;
mod layout;
mod limits;
mod machine;
mod outbox;
mod outcome;
mod output;
mod place;
mod session;

use std::process::ExitCode;

use clap::Parser;

pub use machine::Machine;

/// Runs the command that the process was started with.
#[must_use]
pub fn run(machine: Machine) -> ExitCode {
    machine::give(machine);
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(help) => {
            // Help that was asked for is data and no error; clap prints each where it belongs.
            let code = if help.use_stderr() {
                outcome::USAGE
            } else {
                outcome::DONE
            };
            return if help.print().is_ok() {
                code.into()
            } else {
                outcome::FAULT.into()
            };
        }
    };
    match commands::run(arguments) {
        Ok(outcome) => outcome.code().into(),
        Err(error) => error.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn every_subcommand_and_flag_is_well_formed() {
        super::args::Arguments::command().debug_assert();
    }
}
