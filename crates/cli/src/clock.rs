//! The machine's clock, for the crates that must not read it.
//!
//! Invariant: the only place that asks what time it is.

use std::time::SystemTime;

use domain::Moment;

/// The system clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl ledger::Clock for SystemClock {
    fn now(&self) -> Moment {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let start = Moment::from_ms(631_152_000_000).expect("1990 is in range");
        start.plus_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX) - 631_152_000_000)
    }
}
