//! What is signed: a label of its own for each use, then the hash of the log's origin, then the content.
//!
//! Invariant: labels end in NUL, which no signed note may hold, and differ from each other; binding the origin keeps an
//! event of one log from being replayed into another. Knows nothing of the content's layout.

use std::cell::RefCell;

use thiserror::Error;

use crate::key::{PublicKey, SealFault, Signature, Signer};

const EVENT_LABEL: &[u8] = b"ytterby event v1\0";
const POSSESSION_LABEL: &[u8] = b"ytterby possession v1\0";

/// A signature that `verify_strict` refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the signature is not strictly valid for this key and message")]
pub struct SignatureRefusal;

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
        Err(SignatureRefusal)
    }
}

/// Signs the body of an event for the log with this origin.
///
/// # Errors
/// The carrier of the key did not sign.
pub fn sign_event(
    signer: &dyn Signer,
    origin_hash: &[u8; 32],
    body: &[u8],
) -> Result<Signature, SealFault> {
    signer.sign(&[EVENT_LABEL, origin_hash, body].concat())
}

/// Checks an event's signature, strictly.
///
/// # Errors
/// It is not valid.
pub fn verify_event(
    key: &PublicKey,
    origin_hash: &[u8; 32],
    body: &[u8],
    signature: &Signature,
) -> Result<(), SignatureRefusal> {
    check(key, &[EVENT_LABEL, origin_hash, body], signature)
}

/// Proves that the party holds the key, for the log with this origin. `party` is the id's characters.
///
/// # Errors
/// The carrier of the key did not sign.
pub fn sign_possession(
    signer: &dyn Signer,
    origin_hash: &[u8; 32],
    party: &[u8],
) -> Result<Signature, SealFault> {
    signer.sign(
        &[
            POSSESSION_LABEL,
            origin_hash,
            party,
            signer.public().as_bytes(),
        ]
        .concat(),
    )
}

/// Checks a proof of possession, strictly.
///
/// # Errors
/// It is not valid.
pub fn verify_possession(
    key: &PublicKey,
    origin_hash: &[u8; 32],
    party: &[u8],
    signature: &Signature,
) -> Result<(), SignatureRefusal> {
    check(
        key,
        &[POSSESSION_LABEL, origin_hash, party, key.as_bytes()],
        signature,
    )
}
