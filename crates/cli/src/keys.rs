//! The secrets that somebody is asked for.
//!
//! Invariant: a secret never comes from or goes to the command line. Opens no key.

use std::fs;
use std::io::{IsTerminal, Read};

use desk::limits::KEY_BYTES_MAX;
use desk::{KeyRefused, NotDone};
use grammar::Access;
use zeroize::Zeroizing;

/// The environment variable that holds the passphrase.
const PASSPHRASE_VARIABLE: &str = "YTTERBY_PASSPHRASE";

/// `what` is asked for: the passphrase of a file or the PIN of a token.
pub(crate) fn secret(
    access: &Access,
    what: &str,
    is_new: bool,
) -> Result<Zeroizing<String>, NotDone> {
    if let Some(file) = &access.passphrase_file {
        // Somebody's own, and often what another program prints: a pipe will do, and a line is enough.
        let mut text = Zeroizing::new(String::new());
        let read = fs::File::open(file)
            .and_then(|opened| opened.take(KEY_BYTES_MAX).read_to_string(&mut text));
        read.map_err(|error| {
            NotDone::Fault(format!("could not read {}: {error}", file.display()))
        })?;
        let line = text.lines().next().unwrap_or_default();
        return Ok(Zeroizing::new(line.to_owned()));
    }
    if let Ok(passphrase) = std::env::var(PASSPHRASE_VARIABLE) {
        return Ok(Zeroizing::new(passphrase));
    }
    if !std::io::stdin().is_terminal() {
        let ways = format!("give --passphrase-file FILE or set {PASSPHRASE_VARIABLE}");
        let what = what.to_owned();
        return Err(KeyRefused::NoSecret { what, ways }.into());
    }
    let mut prompt = dialoguer::Password::new().with_prompt(format!("The {what}"));
    if is_new {
        prompt = prompt.with_confirmation("Repeat it", "The two differ");
    }
    prompt
        .interact()
        .map(Zeroizing::new)
        .map_err(NotDone::fault)
}
