//! The node's clock against the last receive time: one boot with a wrong clock must not pin a year to come for ever.
//!
//! Invariant: refuses nothing that the operator confirmed with a reason, which stands in the log. Knows no clock itself.

use domain::{DAY_MS, Moment, Registry};
use verify::AdmissionRefusal;

/// How far the clock may stand behind the last receive time, in milliseconds: clocks that are set by network step back so far.
const BEHIND_MS_MAX: i64 = 60_000;

/// Whether the clock can be right: not behind the last entry by more than a minute, nor after it by more days than the rules
/// allow. A confirmation is what the clock is held against while receive times stay where a wrong boot left them.
///
/// # Errors
/// It can't.
pub(crate) fn check_clock(
    now: Moment,
    received: Option<Moment>,
    registry: &Registry,
) -> Result<(), AdmissionRefusal> {
    let Some(received) = received else {
        return Ok(());
    };
    let confirmed = registry.clock().filter(|clock| clock.received == received);
    let last = confirmed.map_or(received, |clock| clock.shown);
    if now.plus_ms(BEHIND_MS_MAX) < last {
        return Err(AdmissionRefusal::ClockBehind { now, last });
    }
    let days = registry
        .rules_at(received)
        .map_or(1, |rules| rules.clock_gap_days);
    if now > last.plus_ms(i64::from(days) * DAY_MS) {
        return Err(AdmissionRefusal::ClockAhead { now, last, days });
    }
    Ok(())
}
