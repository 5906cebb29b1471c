//! Whether what a program prints goes anywhere at all.
//!
//! Invariant: says so only of an output that was closed when the program began, in whose place the runtime opens the null
//! device for reading and writing. Whoever sends it to the null device on purpose opens it for writing.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{OFlags, fcntl_getfl, fstat};

/// Whether an output is the null device that stands in for a closed one.
pub fn is_discarded(output: impl AsFd) -> bool {
    let (Ok(flags), Ok(details)) = (fcntl_getfl(&output), fstat(&output)) else {
        return false;
    };
    let is_null = fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == details.st_rdev);
    is_null && flags.contains(OFlags::RDWR)
}
