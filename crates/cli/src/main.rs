//! `ytterby`, the program: the command on the machine that it is started on.
//!
//! Invariant: it is the command with the real clock and the real random source, and holds nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Machine::REAL)
}
