//! Verifies a pack, folder or extract, and prints what was found: `cargo run -p examples --bin verify-pack -- FILE`.
//! Without a network and without trust in who handed it over. Exit code 0 means good, 1 not good, 2 not readable.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the file is named on the command line"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use portable::{Handed, PortableFault};
use verify::{Depth, Report, Trust};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: verify-pack FILE");
        return ExitCode::from(2);
    };
    match verdict(&path) {
        Ok(report) => {
            print!("{}", portable::text(&report));
            ExitCode::from(u8::from(!report.is_good()))
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(2)
        }
    }
}

fn verdict(path: &Path) -> Result<Report, PortableFault> {
    // A reader who knows the log's key, or an earlier checkpoint, says so here.
    let trust = Trust::default();
    Handed::open(path)?.verify(Depth::Full, &trust, &mut |_, _| {})
}
