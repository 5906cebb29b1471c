//! What can be checked of one event without the log before it: canonical form and signatures by known keys.
//!
//! Invariant: a `Prepared` holds a canonical body and its true id; signatures of keys that were not known yet are left to
//! admission and listed. Runs on many cores at once; shares nothing but the key directory.

use bytes::Bytes;
use domain::{Body, Bytes64, EventId, KeyId};
use signing::{PublicKey, Signature};
use smallvec::SmallVec;

use crate::keys::KeyDirectory;
use crate::refusal::AdmissionRefusal;

/// Signatures by key id. What one core allocates and another frees is what a chained run waits for, so one is kept inline.
pub type Signatures = SmallVec<[(KeyId, Bytes64); 1]>;

/// A canonical event with its signatures checked as far as its keys are known.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub id: EventId,
    pub body: Body,
    /// The signed bytes, verbatim; a part of what they came in.
    pub bytes: Bytes,
    /// Sorted by key id.
    pub signatures: Signatures,
    /// Keys whose signatures were not checked, since the directory does not know them yet.
    pub(crate) unchecked: Vec<KeyId>,
}

impl Prepared {
    /// Key ids of all signatures.
    pub fn keys(&self) -> SmallVec<[KeyId; 1]> {
        self.signatures.iter().map(|(key, _)| *key).collect()
    }

    /// Nothing was checked yet but the form: for checks that vouch for signatures by the chain.
    pub(crate) fn form_only(
        bytes: Bytes,
        signatures: Signatures,
    ) -> Result<Self, AdmissionRefusal> {
        let body = wire::decode_body(&bytes).map_err(AdmissionRefusal::Form)?;
        let id = wire::event_id(&bytes);
        Ok(Self {
            id,
            body,
            bytes,
            signatures,
            unchecked: Vec::new(),
        })
    }
}

/// Decodes an event and checks the signatures of all keys in the directory.
///
/// # Errors
/// The bytes are not canonical, or a signature by a known key is wrong.
pub fn prepare(
    bytes: Bytes,
    signatures: Signatures,
    directory: &KeyDirectory,
) -> Result<Prepared, AdmissionRefusal> {
    let mut prepared = Prepared::form_only(bytes, signatures)?;
    for (key, signature) in &prepared.signatures {
        match directory.get(key) {
            Some(public) => check_signature(*key, public, &prepared.bytes, signature)?,
            None => prepared.unchecked.push(*key),
        }
    }
    Ok(prepared)
}

/// `verify_strict` decides, here as everywhere.
pub(crate) fn check_signature(
    key: KeyId,
    public: &PublicKey,
    bytes: &[u8],
    signature: &Bytes64,
) -> Result<(), AdmissionRefusal> {
    signing::verify_event(public, bytes, &Signature(signature.0))
        .map_err(|_| AdmissionRefusal::Signature { key })
}
