//! The author's side: bodies become signed events, keys become grants. The same on a plant's machine and in the demo.
//!
//! Invariant: nothing is signed that the encoder refuses. Knows nothing of where keys live.

use chain::AuthorHead;
use domain::body::VERSION;
use domain::payload::{KeyGrant, LogKeyRotated};
use domain::{Body, Bytes32, Bytes64, KeyId, Moment, PartyId, Payload};
use seal::{SealFault, Signer};
use thiserror::Error;

use crate::answer::SignedEvent;

/// An event could not be signed.
#[derive(Debug, Error)]
pub enum SignFault {
    #[error("the event is not well formed: {0}")]
    Form(#[from] wire::Refusal),
    #[error("the key did not sign")]
    Key(#[from] SealFault),
}

/// One party's chain as its own machine keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    pub party: PartyId,
    pub head: AuthorHead,
    pub origin_hash: [u8; 32],
}

impl Author {
    /// A party that has signed nothing in the log with this origin.
    pub fn new(party: PartyId, origin: &str) -> Self {
        let origin_hash = chain::origin_hash(origin);
        Self {
            party,
            head: AuthorHead::start(origin_hash),
            origin_hash,
        }
    }

    /// The next body of the chain, not signed yet.
    pub fn body(&self, occurred: Moment, signed: Moment, payload: Payload) -> Body {
        Body {
            version: VERSION,
            author: self.party,
            seq: self.head.next_seq,
            prev: Bytes32(self.head.last),
            occurred,
            signed,
            payload,
        }
    }

    /// Signs the next event of the chain and moves the head behind it.
    ///
    /// # Errors
    /// The payload breaks a form rule, or the key did not sign; then the head stays.
    pub fn sign(
        &mut self,
        signer: &dyn Signer,
        occurred: Moment,
        signed: Moment,
        payload: Payload,
    ) -> Result<SignedEvent, SignFault> {
        let body = self.body(occurred, signed, payload);
        let bytes = wire::encode_body(&body)?;
        let signature = seal::sign_event(signer, &self.origin_hash, &bytes)?;
        self.head = self.head.extend(wire::event_id(&bytes).0);
        let signatures = vec![(KeyId(signer.public().id().0), Bytes64(signature.0))];
        Ok(SignedEvent {
            body: bytes,
            signatures,
        })
    }
}

/// A key as it enters the registry: with proof of possession, and the commitment to the key that may follow it.
///
/// # Errors
/// The key did not sign.
pub fn grant(
    signer: &dyn Signer,
    next: &[u8; 32],
    origin: &str,
    party: &PartyId,
) -> Result<KeyGrant, SealFault> {
    let origin_hash = chain::origin_hash(origin);
    let possession = seal::sign_possession(signer, &origin_hash, party.as_bytes())?;
    Ok(KeyGrant {
        key: Bytes32(*signer.public().as_bytes()),
        possession: Bytes64(possession.0),
        next: Bytes32(seal::key_commitment(next)),
    })
}

/// The replacement of the log key `current` by `new`, for the operator; the key with the public bytes `next` may follow.
///
/// # Errors
/// One of the keys did not sign.
pub fn log_key_rotation(
    current: &dyn Signer,
    new: &dyn Signer,
    next: &[u8; 32],
    origin: &str,
    operator: &PartyId,
) -> Result<LogKeyRotated, SealFault> {
    let key = grant(new, next, origin, operator)?;
    let origin_hash = chain::origin_hash(origin);
    let handover = seal::sign_handover(current, &origin_hash, &key.key.0, &key.next.0)?;
    Ok(LogKeyRotated {
        key,
        handover: Bytes64(handover.0),
    })
}
