//! The signed body of an event: who says what, in which ledger, as which link of the author's own chain, having seen what.
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
    /// The ledger's id, over its origin and the event that founded it; for that event the hash of the origin alone.
    pub ledger: Bytes32,
    pub author: PartyId,
    /// Place in the author's chain, dense from 0.
    pub seq: u64,
    /// Id of the author's previous event; for seq 0 the same as `ledger`.
    pub prev: Bytes32,
    /// The newest state of the log that the author's machine had verified.
    pub seen: Seen,
    /// When it happened.
    pub occurred: Moment,
    /// When it was signed.
    pub signed: Moment,
    pub payload: Payload,
}

/// A size of the log and its root then. Who signs it vouches for all that stood before: no history that lacks any of it, or
/// has it otherwise, is this author's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Entries.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Bytes32,
}

impl Seen {
    /// No entry at all, with the root of the empty tree: SHA-256 of nothing (RFC 6962 section 2.1).
    pub const NOTHING: Self = Self {
        size: 0,
        root: Bytes32([
            0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f,
            0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b,
            0x78, 0x52, 0xb8, 0x55,
        ]),
    };
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
        if (self.seen.size == 0) != (self.seen.root == Seen::NOTHING.root) {
            let size = self.seen.size;
            return Err(FormError::SeenRoot { size });
        }
        self.payload.check()?;
        self.payload.check_time(self.occurred)
    }
}
