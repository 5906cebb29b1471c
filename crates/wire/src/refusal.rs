//! Why bytes are not an event: a closed list.
//!
//! Invariant: each refusal names one broken rule, and the first one met. Knows nothing of who sent the bytes.

use bincode::error::DecodeError;
use thiserror::Error;

/// The bytes are not a canonical event or entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("{found} bytes are too many: an event has at most {max}")]
    TooLong { found: usize, max: usize },
    #[error("the bytes end in the middle of the event; ask for the whole event again")]
    Truncated,
    #[error("{count} bytes are left over after the event")]
    TrailingBytes { count: usize },
    #[error("event format version {found} is not known here; update this program")]
    UnknownVersion { found: u16 },
    #[error("payload number {found} is not known here; update this program")]
    UnknownPayload { found: u16 },
    #[error("a yes-or-no byte or an absent-or-present byte is neither 0 nor 1")]
    BadTag,
    #[error("{sentence}")]
    Form { rule: String, sentence: String },
    #[error("the event decodes but is not the canonical encoding of what it says")]
    NotCanonical,
    #[error("the event that is corrected is not itself a canonical event: {0}")]
    Corrected(Box<Self>),
    #[error("the act that is annulled is not itself a canonical event: {0}")]
    Annulled(Box<Self>),
    #[error("signatures are not sorted by key id, or one key signs twice")]
    SignatureOrder,
    #[error("{found} signatures; an entry has 1 to {max}")]
    SignatureCount { found: u64, max: usize },
    #[error("malformed: {0}")]
    Malformed(String),
}

impl Refusal {
    /// The stable name of the broken rule, as golden vectors give it.
    pub fn code(&self) -> &str {
        match self {
            Self::TooLong { .. } => "too-long",
            Self::Truncated => "truncated",
            Self::TrailingBytes { .. } => "trailing-bytes",
            Self::UnknownVersion { .. } => "unknown-version",
            Self::UnknownPayload { .. } => "unknown-payload",
            Self::BadTag => "bad-tag",
            Self::Form { rule, .. } => rule,
            Self::NotCanonical => "not-canonical",
            Self::Corrected(_) => "corrected",
            Self::Annulled(_) => "annulled",
            Self::SignatureOrder => "signature-order",
            Self::SignatureCount { .. } => "signature-count",
            Self::Malformed(_) => "malformed",
        }
    }

    pub(crate) fn form(form: &domain::FormError) -> Self {
        Self::Form {
            rule: form.code().to_owned(),
            sentence: form.to_string(),
        }
    }

    pub(crate) fn from_decoder(error: &DecodeError, max: usize) -> Self {
        match error {
            DecodeError::UnexpectedEnd { .. } => Self::Truncated,
            DecodeError::LimitExceeded => Self::TooLong {
                found: max + 1,
                max,
            },
            DecodeError::InvalidBooleanValue(_) | DecodeError::UnexpectedVariant { .. } => {
                Self::BadTag
            }
            other => match domain::form_of(other) {
                Some((domain::payload::UNKNOWN_PAYLOAD, number)) => Self::UnknownPayload {
                    found: number.parse().unwrap_or(u16::MAX),
                },
                Some((rule, sentence)) => Self::Form {
                    rule: rule.to_owned(),
                    sentence: sentence.to_owned(),
                },
                None => Self::Malformed(other.to_string()),
            },
        }
    }
}
