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

mod ci;
mod circles;
mod docs;
mod faults;
mod functions;
mod graph;
mod imports;
mod manifests;
mod names;
mod source;
mod supply;
mod text;
mod tidy;
mod tree;
mod width;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask tidy | dependencies | ci
  tidy          check the rules of this tree: crate graph, manifests, sources, pages
  dependencies  hold licences and sources of Cargo.lock against deny.toml
  ci            all that the build machine checks, in its order; `.ci/run` installs what it needs";

const FAULTS_FOUND: u8 = 1;
const USAGE_WRONG: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let passed = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy_passes(),
        ["dependencies"] => supply_passes(),
        ["ci"] => ci::passes(),
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
    report("tidy", &tidy::faults_of(&root()))
}

fn supply_passes() -> bool {
    let mut faults = faults::Faults::default();
    supply::check(&root(), &mut faults);
    report("dependencies", &faults)
}

/// Says what is to mend; whether there is nothing.
fn report(of: &str, faults: &faults::Faults) -> bool {
    for fault in faults.lines() {
        eprintln!("{fault}");
    }
    match faults.lines().len() {
        0 => println!("{of}: nothing to mend"),
        count => eprintln!("{of}: {count} to mend"),
    }
    faults.lines().is_empty()
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
