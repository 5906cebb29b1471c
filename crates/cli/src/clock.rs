//! The machine's clock, for the crates that must not read it.
//!
//! Invariant: the only place that asks what time it is.

use domain::Moment;

use crate::machine;

/// 1990, the earliest moment that there is.
const EARLIEST_MS: i64 = 631_152_000_000;

/// The clock of the machine that the command was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl ledger::Clock for SystemClock {
    fn now(&self) -> Moment {
        let now_ms = i64::try_from((machine::given().now_ms)()).unwrap_or(i64::MAX);
        let start = Moment::from_ms(EARLIEST_MS).expect("1990 is in range");
        start.plus_ms(now_ms - EARLIEST_MS)
    }
}
