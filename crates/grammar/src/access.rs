//! How a ledger and its keys are opened, as it is typed.
//!
//! Invariant: a secret never comes from the command line. Opens no key and reads no file.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use desk::keys::KeyPlace;
use domain::text::Term;

/// Reads the place of a key on the command line.
pub fn key_place() -> impl TypedValueParser<Value = KeyPlace> {
    PathBufValueParser::new().try_map(KeyPlace::try_from)
}

/// How a ledger and its keys are opened.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Access {
    /// File whose first line is the passphrase of the key file, or the PIN of the token
    #[arg(long, value_name = "FILE", global = true)]
    pub passphrase_file: Option<PathBuf>,
    /// Write on although the log has lost entries that were committed once
    #[arg(long, global = true)]
    pub accept_loss: bool,
    /// Write although the clock stands far from the last entry's time, for this reason, which the operator signs into the log
    #[arg(long, value_name = "REASON", global = true)]
    pub clock_is_right: Option<Term>,
}
