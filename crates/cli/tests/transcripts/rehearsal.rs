//! The command as a transcript runs it: this same program, started again with the transcript's clock and known keys.
//!
//! Invariant: what it reads of the machine is in one variable that only a transcript sets, and the command that people
//! run does not know it. The random numbers protect nothing.

use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use cli::Machine;

/// A seed, a space, and the file that holds the time in milliseconds since 1970. A file, so that a program that goes on
/// while the transcript does, such as a witness, has its time too.
pub(crate) const VARIABLE: &str = "YTTERBY_REHEARSAL";

/// The clock, and the state from which every key and salt comes.
static CLOCK: OnceLock<String> = OnceLock::new();
static STATE: AtomicU64 = AtomicU64::new(0);

/// What is added for each number: splitmix64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Runs the command, if this process was started for it.
pub(crate) fn run_if_asked() -> Option<ExitCode> {
    let given = std::env::var(VARIABLE).ok()?;
    let (seed, clock) = given.split_once(' ').unwrap();
    CLOCK.set(clock.to_owned()).unwrap();
    // The words too: a script that starts several commands under one seed must not get one key for all.
    let words = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    STATE.store(hash(seed) ^ hash(&words), Ordering::Relaxed);
    Some(cli::run(Machine {
        now_ms: now,
        fill,
        // Stdout is a pipe here, so this is what the transcript exports as COLUMNS, and else any width.
        width: Machine::REAL.width,
    }))
}

fn now() -> u64 {
    let time = std::fs::read_to_string(CLOCK.get().unwrap());
    time.unwrap().parse().unwrap()
}

fn fill(bytes: &mut [u8]) -> Result<(), String> {
    for chunk in bytes.chunks_mut(8) {
        let state = STATE.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        chunk.copy_from_slice(&mixed(state).to_le_bytes()[..chunk.len()]);
    }
    Ok(())
}

fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// FNV-1a, mixed.
fn hash(text: &str) -> u64 {
    let bytes = text.bytes();
    mixed(bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}
