//! What a desk is given by the machine that it stands on: a clock, chance, secrets that somebody types, and an ear.
//!
//! Invariant: the desk reads no clock, draws no random number and prints nothing by itself; so a command, a service and a
//! console run the same code, and a rehearsal runs it with a fixed clock and known keys.

use std::fmt::Display;
use std::io;
use std::sync::Arc;

use domain::Moment;
use ledger::Clock;
use zeroize::Zeroizing;

use crate::refused::{KeyRefused, NotDone};

/// What the desk says while it works, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// What came of it.
    Result(String),
    /// What is worth knowing besides.
    Note(String),
}

/// How far a long work is: told what is done and what there is in all.
pub type Progress = Box<dyn Fn(u64, u64) + Send + Sync>;

/// The machine, as a command or a service gives it.
pub trait Host {
    /// The clock; a ledger keeps it for as long as it is open.
    fn clock(&self) -> Arc<dyn Clock>;

    /// Fills the whole slice from the random source, or says why it can't.
    ///
    /// # Errors
    /// There is no randomness to be had.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), String>;

    /// The passphrase or PIN that `what` names; of a new one it may be asked twice.
    ///
    /// # Errors
    /// Nobody is there to type it, or it can't be read.
    fn secret(&self, what: &str, is_new: bool) -> Result<Zeroizing<String>, NotDone>;

    /// Hears what the desk has to say.
    ///
    /// # Errors
    /// A result can't be written where it goes; a note that is lost is no error.
    fn tell(&self, told: Told) -> io::Result<()>;

    /// Shows how far a work over `total` entries is; it is over when what this gives is dropped.
    fn progress(&self, what: &'static str, total: u64) -> Progress;
}

impl dyn Host + '_ {
    /// The present moment.
    pub fn now(&self) -> Moment {
        self.clock().now()
    }

    /// Random bytes.
    ///
    /// # Errors
    /// There is no randomness to be had.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], NotDone> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)
            .map_err(|why| KeyRefused::NoRandomness { why })?;
        Ok(bytes)
    }

    /// Says something that is worth knowing.
    pub fn note(&self, words: impl Display) {
        // What can't be said leaves the rest as it is.
        let _ = self.tell(Told::Note(words.to_string()));
    }

    /// Says what came of it.
    ///
    /// # Errors
    /// It can't be written where it goes.
    pub fn result(&self, words: impl Display) -> Result<(), NotDone> {
        Ok(self.tell(Told::Result(words.to_string()))?)
    }
}
