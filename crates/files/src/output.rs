//! What a program says at its end, so that it is written or known not to be.
//!
//! Invariant: whoever gets `Ok` from here has written it all to where somebody can read it, or to where the caller of the
//! program sends what it does not want. Knows no exit codes.

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{OFlags, fcntl_getfl, fstat};

/// Writes a verdict to the standard output; where that was closed when the program began, to the standard error.
///
/// # Errors
/// Nobody could be told: both are closed, or the one that is open is full or its reader is gone.
pub fn deliver(text: &str) -> io::Result<()> {
    let whole = |out: &mut dyn Write| {
        out.write_all(text.as_bytes())?;
        out.flush()
    };
    if !is_closed(io::stdout()) {
        return whole(&mut io::stdout().lock());
    }
    if is_closed(io::stderr()) {
        return Err(io::Error::other(
            "standard output and standard error are closed",
        ));
    }
    whole(&mut io::stderr().lock())
}

/// Whether an output was closed: then the runtime opened the null device in its place, for reading and writing. A shell that
/// sends an output to the null device opens it for writing alone; a program that does not is told its verdict on stderr.
fn is_closed(output: impl AsFd) -> bool {
    let (Ok(flags), Ok(details)) = (fcntl_getfl(&output), fstat(&output)) else {
        return false;
    };
    let is_null = fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == details.st_rdev);
    is_null && flags.contains(OFlags::RDWR)
}
