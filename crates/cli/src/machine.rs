//! What the command reads of the machine besides files: its clock, its random numbers and the width of its terminal.
//!
//! Invariant: all three are given once, before anything else runs, and only this file hands them out; so a rehearsal with a
//! fixed clock and known keys runs the same code as the command that people use, and no flag of that command leads to it.

use std::io;
use std::sync::OnceLock;
use std::time::SystemTime;

/// A clock, a source of random bytes, and a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// Milliseconds since 1970, UTC.
    pub now_ms: fn() -> u64,
    /// Fills the whole slice, or says why it can't.
    pub fill: fn(&mut [u8]) -> Result<(), String>,
    /// Columns of the terminal that stdout is; nothing where it is a file or a pipe, and any width will do.
    pub width: fn() -> Option<usize>,
}

impl Machine {
    /// The system's own.
    pub const REAL: Self = Self {
        now_ms: system_now_ms,
        fill: system_fill,
        width: system_width,
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

/// What `COLUMNS` says, for people who know better, and else the terminal itself.
fn system_width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok();
    let said = said.and_then(|text| text.parse().ok());
    said.filter(|columns| *columns > 0).or_else(|| {
        let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(columns.into())
    })
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
