//! What the command reads of the machine besides files: its clock and its random numbers.
//!
//! Invariant: both are given once, before anything else runs, and only this file hands them out; so a rehearsal with a
//! fixed clock and known keys runs the same code as the command that people use, and no flag of that command leads to it.

use std::sync::OnceLock;
use std::time::SystemTime;

/// A clock and a source of random bytes.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// Milliseconds since 1970, UTC.
    pub now_ms: fn() -> u64,
    /// Fills the whole slice, or says why it can't.
    pub fill: fn(&mut [u8]) -> Result<(), String>,
}

impl Machine {
    /// The system's own clock and random source.
    pub const REAL: Self = Self {
        now_ms: system_now_ms,
        fill: system_fill,
    };
}

fn system_now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn system_fill(bytes: &mut [u8]) -> Result<(), String> {
    getrandom::fill(bytes).map_err(|error| error.to_string())
}

static GIVEN: OnceLock<Machine> = OnceLock::new();

/// A process has one machine: the first that is given stays.
pub(crate) fn give(machine: Machine) {
    let _ = GIVEN.set(machine);
}

/// The machine of this process; unit tests, which give none, have the real one.
pub(crate) fn given() -> Machine {
    *GIVEN.get_or_init(|| Machine::REAL)
}
