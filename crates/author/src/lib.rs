//! The author's side: bodies become signed events, keys become grants. The same on a plant's machine, in a browser and in the
//! demo.
//!
//! Invariant: nothing is signed that the encoder refuses. Knows nothing of where keys live, of the log's rules and of its store.

mod signed;
mod state;

use domain::body::VERSION;
use domain::payload::{KeyGrant, LogKeyRotated};
use domain::{Body, Bytes32, Bytes64, EventId, KeyId, Moment, PartyId, Payload, Seen};
use signing::{Signer, SigningFault};
use thiserror::Error;

pub use signed::SignedEvent;
pub use state::{AuthorState, ledger_of};

/// An event could not be signed.
#[derive(Debug, Error)]
pub enum SignFault {
    #[error("the event is not well formed: {0}")]
    Form(#[from] wire::Refusal),
    #[error("the key did not sign")]
    Key(#[from] SigningFault),
}

/// One party's chain as its own machine keeps it, and what that machine knows of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    pub party: PartyId,
    /// The ledger's id; before its founding the hash of its origin.
    pub ledger: [u8; 32],
    pub state: AuthorState,
    /// The newest state of the log that this machine has verified.
    pub seen: Seen,
}

impl Author {
    /// A party that has signed nothing in this ledger and has seen nothing of it.
    pub const fn new(party: PartyId, ledger: [u8; 32]) -> Self {
        Self {
            party,
            ledger,
            state: AuthorState::start(ledger),
            seen: Seen::NOTHING,
        }
    }

    /// Who will found the log with this origin.
    pub fn founder(party: PartyId, origin: &str) -> Self {
        Self::new(party, chain::origin_hash(origin))
    }

    /// The next body of the chain, not signed yet. A clock that was set back since the last event is not followed, and what
    /// was seen before is not forgotten.
    pub fn body(&self, occurred: Moment, signed: Moment, payload: Payload) -> Body {
        Body {
            version: VERSION,
            ledger: Bytes32(self.ledger),
            author: self.party,
            seq: self.state.head.next_seq,
            prev: Bytes32(self.state.head.last),
            seen: self.seen,
            occurred,
            signed: self.state.signed.map_or(signed, |last| last.max(signed)),
            payload,
        }
    }

    /// Signs the next event of the chain and moves behind it. The event that founds the ledger binds what follows to it.
    ///
    /// # Errors
    /// The payload breaks a form rule, or the key did not sign; then the chain stays where it is.
    pub fn sign(
        &mut self,
        signer: &dyn Signer,
        occurred: Moment,
        signed: Moment,
        payload: Payload,
    ) -> Result<SignedEvent, SignFault> {
        let body = self.body(occurred, signed, payload);
        let bytes = wire::encode_body(&body)?;
        let signature = signing::sign_event(signer, &bytes)?;
        self.follow(&body, &wire::event_id(&bytes));
        let signatures = vec![(KeyId(signer.public().id().0), Bytes64(signature.0))];
        Ok(SignedEvent {
            body: bytes,
            signatures,
        })
    }

    /// Moves behind an event of this chain.
    pub fn follow(&mut self, body: &Body, id: &EventId) {
        self.ledger = ledger_of(body, id).unwrap_or(self.ledger);
        self.state = self.state.behind(body, id);
    }
}

/// A key as it enters the registry of this ledger (in its founding: the hash of its origin): with proof of possession, and the
/// commitment to the key that may follow it.
///
/// # Errors
/// The key did not sign.
pub fn grant(
    signer: &dyn Signer,
    next: &[u8; 32],
    ledger: &[u8; 32],
    party: &PartyId,
) -> Result<KeyGrant, SigningFault> {
    let possession = signing::sign_possession(signer, ledger, party.as_bytes())?;
    Ok(KeyGrant {
        key: Bytes32(*signer.public().as_bytes()),
        possession: Bytes64(possession.0),
        next: Bytes32(signing::key_commitment(next)),
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
    ledger: &[u8; 32],
    operator: &PartyId,
) -> Result<LogKeyRotated, SigningFault> {
    let key = grant(new, next, ledger, operator)?;
    let handover = signing::sign_handover(current, ledger, &key.key.0, &key.next.0)?;
    Ok(LogKeyRotated {
        key,
        handover: Bytes64(handover.0),
    })
}
