//! The node's receive times next to the times at which witnesses cosigned: clocks that nobody sets together.
//!
//! Invariant: receive times are called false only where the reader's own quorum had cosigned entries before the log says that
//! it received them; every other gap is a notice, for one clock can be wrong, and old checkpoints can be cosigned late by
//! anybody. One function judges whole logs, extracts and receipts. Knows no policy and no signatures.

use domain::Moment;

use crate::report::{FaultKind, Report};
use crate::trust::Cosigned;

/// How far receive times and cosignature times may lie apart, in milliseconds: two clocks that are each kept within a minute or
/// two, and the time that asking all witnesses takes.
pub const CLOCKS_APART_MS_MAX: i64 = 300_000;

/// The receive times nearest to the size that was cosigned, each with its position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nearest {
    /// Of the last entry that the checkpoint covers.
    pub below: Option<(u64, Moment)>,
    /// Of the first entry that it does not cover.
    pub from: Option<(u64, Moment)>,
}

/// How much of the log is there to be judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockContext {
    /// All of it, and the operator did not say that its clock had run ahead.
    Whole,
    /// The operator confirmed its clock while receive times stayed at the one that is compared: it says itself that they are
    /// not true.
    Confirmed,
    /// A part, from which such a confirmation may be missing.
    Part,
}

/// Compares, and adds to the report what does not fit.
pub fn compare_clocks(
    cosigned: &Cosigned,
    nearest: &Nearest,
    context: ClockContext,
    report: &mut Report,
) {
    let size = cosigned.checkpoint.size;
    if let Some((position, received)) = nearest.below {
        let is_ahead = |seconds: u64| apart(received, seconds) > CLOCKS_APART_MS_MAX.into();
        match cosigned.quorum.filter(|seconds| is_ahead(*seconds)) {
            Some(seconds) if context == ClockContext::Whole => {
                let expected = format!(
                    "a time at most five minutes after {}, when enough witnesses had cosigned the first {size} entries",
                    shown_seconds(seconds)
                );
                report.fault(FaultKind::ReceiveTime, position, &expected, received);
            }
            _ => notice_ahead(cosigned, position, received, context, report),
        }
    }
    if let Some((position, received)) = nearest.from {
        let late = cosigned
            .each
            .iter()
            .filter(|(_, seconds)| -apart(received, *seconds) > CLOCKS_APART_MS_MAX.into());
        for (witness, seconds) in late {
            report.notice(format!(
                "{witness} cosigned the first {size} entries at {}, and entry {position}, which is not among them, says that it \
                 was received before that, at {received}: the checkpoint reached this witness late, or entries are dated back",
                shown_seconds(*seconds)
            ));
        }
    }
}

fn notice_ahead(
    cosigned: &Cosigned,
    position: u64,
    received: Moment,
    context: ClockContext,
    report: &mut Report,
) {
    let why = match context {
        ClockContext::Whole => "the clock of the node or of this witness was wrong",
        ClockContext::Confirmed => "the operator says in the log that its clock had run ahead",
        ClockContext::Part => {
            "the clock of the node or of this witness was wrong; only the whole log tells whether the operator says so"
        }
    };
    let size = cosigned.checkpoint.size;
    for (witness, seconds) in &cosigned.each {
        if apart(received, *seconds) > CLOCKS_APART_MS_MAX.into() {
            report.notice(format!(
                "{witness} cosigned the first {size} entries at {}, and entry {position}, one of them, says that it was received \
                 after that, at {received}: {why}",
                shown_seconds(*seconds)
            ));
        }
    }
}

/// Milliseconds from the cosignature to the receipt. A witness may name any second.
fn apart(received: Moment, seconds: u64) -> i128 {
    i128::from(received.ms()) - i128::from(seconds) * 1_000
}

/// The time that a cosignature names, for a person.
pub fn shown_seconds(seconds: u64) -> String {
    let moment = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000))
        .and_then(|ms| Moment::from_ms(ms).ok());
    moment.map_or_else(
        || format!("{seconds} s since 1970"),
        |time| time.to_string(),
    )
}

/// The cosigned checkpoints that a log is held against while it is read.
#[derive(Debug, Clone)]
pub(crate) struct Clocks {
    watched: Vec<Watched>,
    /// The receive time of the operator's last word on its clock.
    confirmed: Option<Moment>,
}

#[derive(Debug, Clone)]
struct Watched {
    cosigned: Cosigned,
    nearest: Nearest,
    /// The log had this root at this size: of another history nothing is compared.
    is_of_log: bool,
    is_confirmed: bool,
}

impl Clocks {
    pub(crate) fn new(cosigned: &[Cosigned]) -> Self {
        let watched = cosigned.iter().map(|cosigned| Watched {
            cosigned: cosigned.clone(),
            nearest: Nearest::default(),
            is_of_log: false,
            is_confirmed: false,
        });
        Self {
            watched: watched.collect(),
            confirmed: None,
        }
    }

    /// An entry was received.
    pub(crate) fn take(&mut self, position: u64, received: Moment) {
        let confirmed = self.confirmed;
        for watched in &mut self.watched {
            let size = watched.cosigned.checkpoint.size;
            if position == size {
                watched.nearest.from = Some((position, received));
            } else if position + 1 == size {
                watched.nearest.below = Some((position, received));
                watched.is_confirmed = confirmed == Some(received);
            }
        }
    }

    /// The operator confirmed its clock, by an entry that was received then.
    pub(crate) fn confirm(&mut self, received: Moment) {
        self.confirmed = Some(received);
        for watched in &mut self.watched {
            let below = watched.nearest.below.map(|(_, below)| below);
            watched.is_confirmed |= below == Some(received);
        }
    }

    /// The log has reached a size.
    pub(crate) fn reach(&mut self, size: u64, root: impl Fn() -> chain::Hash) {
        let of_size = |watched: &&mut Watched| watched.cosigned.checkpoint.size == size;
        for watched in self.watched.iter_mut().filter(of_size) {
            watched.is_of_log = watched.cosigned.checkpoint.root == root();
        }
    }

    /// Adds to the report what does not fit.
    pub(crate) fn judge(&self, report: &mut Report) {
        let origin = report.origin.clone().unwrap_or_default();
        let is_own =
            |watched: &&Watched| watched.is_of_log && watched.cosigned.checkpoint.origin == origin;
        for watched in self.watched.iter().filter(is_own) {
            let context = if watched.is_confirmed {
                ClockContext::Confirmed
            } else {
                ClockContext::Whole
            };
            compare_clocks(&watched.cosigned, &watched.nearest, context, report);
        }
    }
}
