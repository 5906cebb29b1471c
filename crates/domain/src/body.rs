//! The signed body of an event: who says what, as which link of the author's own chain.
//!
//! Invariant: a body that exists satisfies every form rule of its payload. Knows nothing of ids, hashes and signatures.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::form::FormError;
use crate::id::{Bytes32, PartyId};
use crate::payload::Payload;
use crate::time::Moment;

/// What an author signs. Its bytes are the fields in this order.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Version of the event format: 1.
    pub version: u16,
    pub author: PartyId,
    /// Place in the author's chain, dense from 0.
    pub seq: u64,
    /// Id of the author's previous event; for seq 0 the hash of the log's origin.
    pub prev: Bytes32,
    /// When it happened.
    pub occurred: Moment,
    /// When it was signed.
    pub signed: Moment,
    pub payload: Payload,
}

/// The one version of the event format so far.
pub const VERSION: u16 = 1;

impl Body {
    /// Form rules of the envelope and of the payload.
    pub fn check(&self) -> Result<(), FormError> {
        if self.signed < self.occurred {
            let (signed_ms, occurred_ms) = (self.signed.ms(), self.occurred.ms());
            return Err(FormError::SignedBeforeOccurred {
                signed_ms,
                occurred_ms,
            });
        }
        self.payload.check()?;
        self.payload.check_time(self.occurred)
    }
}
