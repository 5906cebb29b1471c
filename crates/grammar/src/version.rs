//! What `--version` says: of which commit the program was built, and which formats it reads and writes.
//!
//! Invariant: the commit is the one that the build found, or `unknown` where there is no repository, as in a tarball.

/// The long form; `-V` gives the first line without the commit.
pub(crate) const LONG: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("YTTERBY_COMMIT"),
    ")\n",
    "formats: event 1, log 1, answer 1, receipt 1, evidence 1, pack 1, extract 1, signed events 1, receipts 1, ",
    "key request 1, disclosure 1",
);
