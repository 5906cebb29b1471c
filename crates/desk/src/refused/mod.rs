//! Why a desk did not do what was asked: a closed list of refusals with codes, or a fault of what it stands on.
//!
//! Invariant: one slip has one code and one text, whatever was asked; `docs/errors.md` lists every code. A program maps the
//! kind to its exit code or its status and adds nothing.

mod events;
mod keys;
mod log;
mod rows;

use std::io;

use answers::NoAnswer;
use author::SignFault;
use books::PreviewFault;
use details::VaultFault;
use domain::FormError;
use durable::DurableFault;
use files::FileFault;
use ledger::LedgerFault;
use portable::PortableFault;
use signing::SigningFault;
use store::StoreFault;
use thiserror::Error;

pub use events::EventRefused;
pub use keys::KeyRefused;
pub use log::LogRefused;
pub use rows::RefusalKind;

/// A rule, or something that has to be put right, stands against what was asked.
#[derive(Debug, Error)]
pub enum DeskRefused {
    #[error(transparent)]
    Key(#[from] KeyRefused),
    #[error(transparent)]
    Log(#[from] LogRefused),
    #[error(transparent)]
    Event(#[from] EventRefused),
}

impl DeskRefused {
    /// Every code and its kind.
    pub fn codes() -> impl Iterator<Item = (&'static str, RefusalKind)> {
        let all = [KeyRefused::CODES, LogRefused::CODES, EventRefused::CODES];
        all.into_iter().flatten().copied()
    }

    /// Its permanent name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(refused) => refused.code(),
            Self::Log(refused) => refused.code(),
            Self::Event(refused) => refused.code(),
        }
    }

    /// Whose move it is.
    pub const fn kind(&self) -> RefusalKind {
        match self {
            Self::Key(refused) => refused.kind(),
            Self::Log(refused) => refused.kind(),
            Self::Event(refused) => refused.kind(),
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Key(refused) => refused.help(),
            Self::Log(refused) => refused.help(),
            Self::Event(refused) => refused.help(),
        }
    }
}

/// Why something was not done.
#[derive(Debug, Error)]
pub enum NotDone {
    #[error(transparent)]
    Refused(DeskRefused),
    /// The log has no answer to what has to be known first.
    #[error(transparent)]
    Unanswered(#[from] NoAnswer),
    /// What was typed is not well formed.
    #[error(transparent)]
    Form(#[from] FormError),
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
    #[error(transparent)]
    Store(#[from] StoreFault),
    #[error(transparent)]
    Portable(#[from] PortableFault),
    #[error(transparent)]
    File(#[from] FileFault),
    #[error(transparent)]
    Durable(#[from] DurableFault),
    #[error(transparent)]
    Vault(#[from] VaultFault),
    #[error(transparent)]
    Key(#[from] SigningFault),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What was just written or checked is not there, or something below broke its word.
    #[error("{0}")]
    Fault(String),
}

impl From<DeskRefused> for NotDone {
    fn from(refused: DeskRefused) -> Self {
        Self::Refused(refused)
    }
}

impl From<KeyRefused> for NotDone {
    fn from(refused: KeyRefused) -> Self {
        Self::Refused(refused.into())
    }
}

impl From<LogRefused> for NotDone {
    fn from(refused: LogRefused) -> Self {
        Self::Refused(refused.into())
    }
}

impl From<EventRefused> for NotDone {
    fn from(refused: EventRefused) -> Self {
        Self::Refused(refused.into())
    }
}

impl From<answers::Refused> for NotDone {
    fn from(refused: answers::Refused) -> Self {
        Self::Unanswered(refused.into())
    }
}

impl From<wire::Refusal> for NotDone {
    fn from(refusal: wire::Refusal) -> Self {
        let why = refusal.to_string();
        let way_out = String::new();
        EventRefused::Form { why, way_out }.into()
    }
}

impl From<SignFault> for NotDone {
    fn from(fault: SignFault) -> Self {
        match fault {
            SignFault::Form(refusal) => refusal.into(),
            SignFault::Key(fault) => fault.into(),
        }
    }
}

impl From<PreviewFault> for NotDone {
    fn from(fault: PreviewFault) -> Self {
        match fault {
            PreviewFault::Form(refusal) => refusal.into(),
            PreviewFault::Log(fault) => Self::Unanswered(fault.into()),
        }
    }
}

impl From<answers::ProjectionFault> for NotDone {
    fn from(fault: answers::ProjectionFault) -> Self {
        Self::Unanswered(fault.into())
    }
}

impl NotDone {
    /// Something below broke its word.
    pub fn fault(what: impl std::fmt::Display) -> Self {
        Self::Fault(what.to_string())
    }
}
