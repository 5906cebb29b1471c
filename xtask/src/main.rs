//! Chores of this repository: `cargo xtask tidy` and `cargo xtask ci`.
//! Tidy collects every fault before it fails, and each fault says what to do; nothing is repaired silently.
//! Knows nothing of the ledger: it reads manifests, sources and pages as text.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks on its standard streams"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "arguments and the path of cargo come from the process that started us"
)]

mod docs;
mod faults;
mod functions;
mod graph;
mod manifests;
mod source;
mod text;
mod tidy;
mod tree;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: cargo xtask tidy | ci
  tidy  check the rules of this tree: crate graph, manifests, sources, pages
  ci    rustfmt, clippy, tidy and every test, as the build machine runs them";

const FAULTS_FOUND: u8 = 1;
const USAGE_WRONG: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let passed = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy_passes(),
        ["ci"] => ci_passes(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(USAGE_WRONG);
        }
    };
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAULTS_FOUND)
    }
}

fn tidy_passes() -> bool {
    let faults = tidy::faults_of(&root());
    for fault in faults.lines() {
        eprintln!("{fault}");
    }
    match faults.lines().len() {
        0 => println!("tidy: nothing to mend"),
        count => eprintln!("tidy: {count} to mend"),
    }
    faults.lines().is_empty()
}

/// The cheap steps come first; a later step runs only when the earlier ones passed.
fn ci_passes() -> bool {
    cargo_passes(&["fmt", "--all", "--check"])
        && cargo_passes(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])
        && tidy_passes()
        && cargo_passes(&["test", "--workspace", "--locked"])
}

fn cargo_passes(arguments: &[&str]) -> bool {
    println!("== cargo {}", arguments.join(" "));
    match Command::new(cargo())
        .args(arguments)
        .current_dir(root())
        .status()
    {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("cargo could not be started: {error}; is it on the path?");
            false
        }
    }
}

/// The cargo that started us, so that a nested call uses the same toolchain.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// The top of the repository: the parent of this package.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}
