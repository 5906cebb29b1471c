//! Why a question has no answer: a closed list of refusals with codes, or a log that can't be read.
//!
//! Invariant: one slip has one code and one text, whatever was asked; `docs/errors.md` lists every code. Knows no exit code
//! and no command: a program adds what to type next.

use domain::{Code, Day, FormError, SiteId};
use projection::ProjectionFault;
use thiserror::Error;

/// What a name was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Party,
    Site,
    Lot,
    Event,
    Finding,
    Holder,
    /// Anything that has a name.
    Thing,
}

impl Named {
    /// As a reader calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Site => "site",
            Self::Lot => "lot",
            Self::Event => "event",
            Self::Finding => "finding",
            Self::Holder => "holder of quota",
            Self::Thing => "thing",
        }
    }
}

/// The log has no answer to what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// Nothing goes by that name; `near` are those that nearly do.
    #[error("unknown {} {given:?}", .what.word())]
    Unknown {
        what: Named,
        given: String,
        near: Vec<String>,
    },
    #[error("{given:?} names more than one {}", .what.word())]
    Ambiguous {
        what: Named,
        given: String,
        candidates: Vec<String>,
    },
    #[error("no entry {position}: the log has entries 0 to {}", .size.saturating_sub(1))]
    PastEnd { position: u64, size: u64 },
    /// Nothing had been received by then.
    #[error("the log has no entry at that time")]
    Empty,
    #[error("the ledger is not founded yet")]
    NotFounded,
    #[error("nothing ever moved at {site}")]
    NothingMoved { site: SiteId },
    #[error("no rules hold on {day}")]
    NoRules { day: Day },
    #[error("no quota was set or allocated yet")]
    NoQuota,
    #[error(transparent)]
    Malformed(#[from] FormError),
}

/// Declares the codes, so that none is missing from the list of all.
macro_rules! codes {
    ($($item:ident $text:literal),+ $(,)?) => {
        /// The permanent name of a kind of refusal or fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($item),+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$item),+];

            /// The permanent name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$item => $text),+ }
            }
        }

        impl std::str::FromStr for ErrorCode {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                let mut all = Self::ALL.iter().copied();
                all.find(|code| code.name() == text).ok_or(())
            }
        }
    };
}

codes! {
    UnknownParty "unknown-party",
    UnknownSite "unknown-site",
    UnknownLot "unknown-lot",
    UnknownEvent "unknown-event",
    UnknownFinding "unknown-finding",
    UnknownHolder "unknown-holder",
    UnknownThing "unknown-thing",
    Ambiguous "ambiguous",
    PastEnd "past-end",
    Empty "empty",
    NotFounded "not-founded",
    NothingMoved "nothing-moved",
    NoRules "no-rules",
    NoQuota "no-quota",
    Malformed "malformed",
    Unreadable "unreadable",
}

impl Refused {
    /// Its permanent name.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { what, .. } => match what {
                Named::Party => ErrorCode::UnknownParty,
                Named::Site => ErrorCode::UnknownSite,
                Named::Lot => ErrorCode::UnknownLot,
                Named::Event => ErrorCode::UnknownEvent,
                Named::Finding => ErrorCode::UnknownFinding,
                Named::Holder => ErrorCode::UnknownHolder,
                Named::Thing => ErrorCode::UnknownThing,
            },
            Self::Ambiguous { .. } => ErrorCode::Ambiguous,
            Self::PastEnd { .. } => ErrorCode::PastEnd,
            Self::Empty => ErrorCode::Empty,
            Self::NotFounded => ErrorCode::NotFounded,
            Self::NothingMoved { .. } => ErrorCode::NothingMoved,
            Self::NoRules { .. } => ErrorCode::NoRules,
            Self::NoQuota => ErrorCode::NoQuota,
            Self::Malformed(_) => ErrorCode::Malformed,
        }
    }

    /// What may have been meant.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unknown { near, .. } if !near.is_empty() => {
                Some(format!("did you mean {}?", near.join(" or ")))
            }
            Self::Ambiguous { candidates, .. } => {
                Some(format!("write more of it: {}", candidates.join(", ")))
            }
            _ => None,
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum NoAnswer {
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The log can't be read, or its state can't be folded from it.
    #[error(transparent)]
    Fault(ProjectionFault),
}

/// A position past the end is a slip of the one who asks; all else is the log's.
impl From<ProjectionFault> for NoAnswer {
    fn from(fault: ProjectionFault) -> Self {
        match fault {
            ProjectionFault::PastEnd { position, size } => {
                Refused::PastEnd { position, size }.into()
            }
            fault => Self::Fault(fault),
        }
    }
}

impl From<store::StoreFault> for NoAnswer {
    fn from(fault: store::StoreFault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<FormError> for NoAnswer {
    fn from(error: FormError) -> Self {
        Self::Refused(error.into())
    }
}

impl NoAnswer {
    /// The permanent name of what went wrong.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refused) => refused.code(),
            Self::Fault(_) => ErrorCode::Unreadable,
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Refused(refused) => refused.help(),
            Self::Fault(_) => None,
        }
    }
}

/// A site's code that is no code is malformed, not unknown.
pub(crate) fn code(text: &str) -> Result<Code, Refused> {
    Ok(text.parse()?)
}
