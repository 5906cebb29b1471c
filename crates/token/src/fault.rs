//! What can go wrong with a key in a token: rules that are not met, and machines that fail.
//!
//! Invariant: a message names the token and what to do next, and never a PIN.
//! Knows nothing of how a token is talked to.

use std::path::PathBuf;

use cryptoki::error::RvError;
use signing::KeyRefusal;
use thiserror::Error;

/// The token can't be used as it is asked for; the person who asked can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenRefusal {
    #[error(
        "no token fits the URI; the module shows {seen}: connect the token, or mend what the URI says of it"
    )]
    NoToken { seen: String },
    #[error("the URI fits {seen}: add ;serial= of the one that is meant")]
    SeveralTokens { seen: String },
    #[error(
        "token {token:?} holds no private Ed25519 key that fits the URI; it holds {seen}: mend object= or id="
    )]
    NoKey { token: String, seen: String },
    #[error(
        "token {token:?} holds {count} keys that fit the URI: add ;id= of the one that is meant"
    )]
    SeveralKeys { token: String, count: usize },
    #[error(
        "token {token:?} holds the private key, but not exactly one public key next to it: bring the public key into the token, with the same id"
    )]
    NoPublicKey { token: String },
    #[error("no PIN was given for token {token:?}; nothing was tried")]
    NoPin { token: String },
    #[error(
        "the PIN is wrong for token {token:?}; a token locks itself after a few wrong ones: look at it before trying again"
    )]
    WrongPin { token: String },
    #[error(
        "the PIN of token {token:?} is locked after too many wrong ones: set a new one with the security officer's PIN and the tool of the token's maker"
    )]
    PinLocked { token: String },
    #[error("token {token:?} has no user PIN yet: set one with the tool of the token's maker")]
    PinNotSet { token: String },
    #[error(
        "token {token:?} can't sign with Ed25519 (it has no CKM_EDDSA): use a token that can, or a key file"
    )]
    NoEdwards { token: String },
    #[error(
        "token {token:?} holds something of that name already; keys are never overwritten: give another object="
    )]
    Exists { token: String },
    #[error("a new key needs a name: add ;object=NAME to the URI")]
    Nameless,
    #[error(
        "token {token:?} made a key that it would give away, so the key was removed again: use a token that keeps its keys"
    )]
    Extractable { token: String },
}

impl TokenRefusal {
    /// What the answer to a login means, if it is one that a person can mend.
    pub(crate) fn of_login(answer: RvError, token: &str) -> Option<Self> {
        let token = token.to_owned();
        match answer {
            RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid => {
                Some(Self::WrongPin { token })
            }
            RvError::PinLocked => Some(Self::PinLocked { token }),
            RvError::UserPinNotInitialized => Some(Self::PinNotSet { token }),
            _ => None,
        }
    }
}

/// Why a token was not opened, or made no key.
#[derive(Debug, Error)]
pub enum TokenFault {
    #[error(transparent)]
    Refused(#[from] TokenRefusal),
    #[error(
        "the PKCS#11 module {} could not be loaded: {why}; install it, or mend module-path",
        module.display()
    )]
    Module { module: PathBuf, why: String },
    #[error("the token failed {doing}: {why}; check that it is connected")]
    Call { doing: &'static str, why: String },
    #[error(
        "the token's public key is no Ed25519 key: CKA_EC_POINT has {0} bytes, where 32 are expected, alone or as a DER OCTET STRING"
    )]
    Point(usize),
    #[error("the token's public key is not accepted: {0}; make another key")]
    Key(#[from] KeyRefusal),
}

/// Says what was being done when a call failed.
pub(crate) fn failed(doing: &'static str) -> impl FnOnce(cryptoki::error::Error) -> TokenFault {
    move |error| TokenFault::Call {
        doing,
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_a_login_are_told_apart() {
        let token = || "mine".to_owned();
        let cases = [
            (
                RvError::PinIncorrect,
                Some(TokenRefusal::WrongPin { token: token() }),
            ),
            (
                RvError::PinLenRange,
                Some(TokenRefusal::WrongPin { token: token() }),
            ),
            (
                RvError::PinLocked,
                Some(TokenRefusal::PinLocked { token: token() }),
            ),
            (
                RvError::UserPinNotInitialized,
                Some(TokenRefusal::PinNotSet { token: token() }),
            ),
            (RvError::DeviceError, None),
        ];
        for (answer, expected) in cases {
            assert_eq!(
                TokenRefusal::of_login(answer, "mine"),
                expected,
                "{answer:?}"
            );
        }
    }

    #[test]
    fn a_locked_pin_is_said_to_be_mended_with_the_officers() {
        let text = TokenRefusal::PinLocked {
            token: "mine".to_owned(),
        }
        .to_string();
        assert!(
            text.contains("\"mine\"") && text.contains("security officer"),
            "{text}"
        );
    }
}
