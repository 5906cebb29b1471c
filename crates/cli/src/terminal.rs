//! The host of a desk that is worked on from a command line: its clock and chance are the machine's, its ear is the terminal.
//!
//! Invariant: what came of it goes to stdout, and everything else to stderr. Decides nothing.

use std::io::{self, Write};
use std::sync::Arc;

use desk::{Desk, Host, NotDone, Progress, Told};
use domain::text::printable_lines;
use grammar::{Access, Form};
use ledger::Clock;
use zeroize::Zeroizing;

use crate::clock::SystemClock;
use crate::machine;
use crate::outcome::CliError;
use crate::output;
use crate::place;

/// The terminal, and how keys are opened from it.
pub(crate) struct Terminal {
    access: Access,
    ledger: Option<std::path::PathBuf>,
}

impl Terminal {
    pub(crate) const fn of(access: Access, ledger: Option<std::path::PathBuf>) -> Self {
        Self { access, ledger }
    }

    /// The desk on the ledger that was named, or is found from here.
    pub(crate) fn desk(&self) -> Result<Desk<'_>, CliError> {
        let folder = place::ledger(self.ledger.as_deref())?;
        Ok(self.desk_on(&folder))
    }

    /// The desk on this folder.
    pub(crate) fn desk_on(&self, folder: &std::path::Path) -> Desk<'_> {
        Desk {
            accept_loss: self.access.accept_loss,
            clock_is_right: self.access.clock_is_right.clone(),
            ..Desk::on(folder, self)
        }
    }
}

impl Host for Terminal {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), String> {
        (machine::given().fill)(bytes)
    }

    fn secret(&self, what: &str, is_new: bool) -> Result<Zeroizing<String>, NotDone> {
        crate::keys::secret(&self.access, what, is_new)
    }

    fn tell(&self, told: Told) -> io::Result<()> {
        match told {
            Told::Result(text) => writeln!(io::stdout().lock(), "{}", printable_lines(&text)),
            Told::Note(text) => {
                output::say(text);
                Ok(())
            }
        }
    }

    fn progress(&self, what: &'static str, total: u64) -> Progress {
        let bar = output::progress(total, what, Form::default());
        Box::new(move |done, size| {
            bar.set_length(size);
            bar.set_position(done);
        })
    }
}
