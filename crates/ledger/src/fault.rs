//! What can fail in the ledger itself, as opposed to an event that is refused.
//!
//! Invariant: after a fault of the store the writer stops until the ledger is opened again.

use author::SignFault;
use store::StoreFault;
use thiserror::Error;

/// The ledger can't do its work.
#[derive(Debug, Error)]
pub enum LedgerFault {
    #[error("the store failed")]
    Store(#[from] StoreFault),
    #[error(
        "the log is not the one it claims to be at position {position}: {what}; run `ytterby verify` on it"
    )]
    Log { position: u64, what: String },
    #[error(
        "the signing key is not the log key of this ledger; use the operator's current key, which its founding or the last `log-key-rotated` names"
    )]
    WrongLogKey,
    #[error("the checkpoint could not be signed")]
    Signing(#[source] signing::SigningFault),
    #[error(
        "the cosigned checkpoint next to the log is not one of this log: {what}; if the log was restored from a backup it has \
         lost its tail, else `ytterby cosign` asks for a new one"
    )]
    Cosigned { what: String },
    #[error(
        "the event at position {position} is in the log and not acknowledged: enough witnesses have cosigned the first {size} \
         entries; `ytterby cosign` asks them for more"
    )]
    NotAcknowledged { position: u64, size: u64 },
    #[error("the ledger is not founded yet")]
    NotFounded,
    #[error("the commitment to heads could not be signed")]
    Heads(#[from] SignFault),
    /// The fault that stopped it, with all its causes.
    #[error("the ledger stopped: {0}; mend that and open it again: what was acknowledged is safe")]
    Stopped(String),
    #[error("the ledger was closed")]
    Closed,
    #[error(
        "a submission of {found} events and {bytes} bytes is too large: split it; at most {events_max} events and \
         {bytes_max} bytes are taken at once",
        events_max = crate::limits::SUBMISSION_EVENTS_MAX,
        bytes_max = crate::limits::SUBMISSION_BYTES_MAX
    )]
    SubmissionTooLarge { found: usize, bytes: usize },
    #[error("the tiles could not answer: {0}; run `ytterby rebuild`")]
    Tiles(String),
}

impl LedgerFault {
    /// What failed and every cause of it, in one line.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        text
    }
}
