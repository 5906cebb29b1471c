//! What is signed: a label of its own for each use, then the content. The body of an event names its ledger itself; a
//! possession and a handover are told it.
//!
//! Invariant: labels end in NUL, which no signed note may hold, and differ from each other; what binds the ledger keeps a
//! signature made for one from being used in another. Knows nothing of the content's layout.

use std::cell::RefCell;

use thiserror::Error;

use crate::key::{KeyRefusal, PublicKey, Signature};
use crate::signer::{Signer, SigningFault};

const EVENT_LABEL: &[u8] = b"ytterby event v1\0";
const POSSESSION_LABEL: &[u8] = b"ytterby possession v1\0";
const LOG_KEY_LABEL: &[u8] = b"ytterby log key v1\0";

/// The order of the prime-order group, little-endian (RFC 8032 section 5.1). A signature's S lies below it.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Why `verify_strict` refuses a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureRefusal {
    #[error("the signature's S is not below the group order: a second spelling of a signature")]
    ScalarNotCanonical,
    #[error("the signature's R is not a point of the curve in its canonical encoding")]
    PointNotCanonical,
    #[error("the signature's R is of small order, about which verifiers disagree")]
    PointOfSmallOrder,
    #[error(
        "the signature does not match: made with another key, for another log or use, or changed since"
    )]
    DoesNotMatch,
}

impl SignatureRefusal {
    /// Names what is wrong with a signature that was refused. Decides nothing.
    #[cold]
    fn of(signature: &Signature) -> Self {
        let (r, s) = signature.0.split_at(32);
        if s.iter().rev().ge(GROUP_ORDER.iter().rev()) {
            return Self::ScalarNotCanonical;
        }
        let point = <&[u8; 32]>::try_from(r).map(PublicKey::from_bytes);
        match point {
            Ok(Err(KeyRefusal::NotCanonical)) => Self::PointNotCanonical,
            Ok(Err(KeyRefusal::SmallOrder)) => Self::PointOfSmallOrder,
            _ => Self::DoesNotMatch,
        }
    }
}

/// Joins the parts in a buffer that each thread keeps: no allocation per event on the append and verify paths.
fn with_message<T>(parts: &[&[u8]], use_it: impl FnOnce(&[u8]) -> T) -> T {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        parts.iter().for_each(|part| buffer.extend_from_slice(part));
        use_it(buffer)
    })
}

fn check(key: &PublicKey, parts: &[&[u8]], signature: &Signature) -> Result<(), SignatureRefusal> {
    if with_message(parts, |message| key.verifies(message, signature)) {
        Ok(())
    } else {
        Err(SignatureRefusal::of(signature))
    }
}

/// Signs the body of an event, which names the ledger that it is for.
///
/// # Errors
/// The carrier of the key did not sign.
pub fn sign_event(signer: &dyn Signer, body: &[u8]) -> Result<Signature, SigningFault> {
    signer.sign(&[EVENT_LABEL, body].concat())
}

/// Checks an event's signature, strictly.
///
/// # Errors
/// What is wrong with it.
pub fn verify_event(
    key: &PublicKey,
    body: &[u8],
    signature: &Signature,
) -> Result<(), SignatureRefusal> {
    check(key, &[EVENT_LABEL, body], signature)
}

/// Proves that the party holds the key, for this ledger. `party` is the id's characters.
///
/// # Errors
/// The carrier of the key did not sign.
pub fn sign_possession(
    signer: &dyn Signer,
    ledger: &[u8; 32],
    party: &[u8],
) -> Result<Signature, SigningFault> {
    signer.sign(&[POSSESSION_LABEL, ledger, party, signer.public().as_bytes()].concat())
}

/// Checks a proof of possession, strictly.
///
/// # Errors
/// What is wrong with it.
pub fn verify_possession(
    key: &PublicKey,
    ledger: &[u8; 32],
    party: &[u8],
    signature: &Signature,
) -> Result<(), SignatureRefusal> {
    check(
        key,
        &[POSSESSION_LABEL, ledger, party, key.as_bytes()],
        signature,
    )
}

/// Hands the log of this ledger over from the signer's key to a new one. `next` is the commitment to the key after it.
///
/// # Errors
/// The carrier of the key did not sign.
pub fn sign_handover(
    signer: &dyn Signer,
    ledger: &[u8; 32],
    new: &[u8; 32],
    next: &[u8; 32],
) -> Result<Signature, SigningFault> {
    signer.sign(&[LOG_KEY_LABEL, ledger, new, next].concat())
}

/// Checks a handover by the key that is replaced, strictly.
///
/// # Errors
/// What is wrong with it.
pub fn verify_handover(
    replaced: &PublicKey,
    ledger: &[u8; 32],
    new: &[u8; 32],
    next: &[u8; 32],
    signature: &Signature,
) -> Result<(), SignatureRefusal> {
    check(replaced, &[LOG_KEY_LABEL, ledger, new, next], signature)
}

#[cfg(test)]
mod tests;
