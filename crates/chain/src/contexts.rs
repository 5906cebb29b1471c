//! Every BLAKE3 hash of the project: `derive_key` mode, one context string a use, all strings in this file.
//! Invariant: strings are permanent and pairwise different, so that a hash made for one use never serves another.
//! Does not know what is hashed; a caller that joins parts must make their boundaries unambiguous itself.

use std::sync::OnceLock;

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};

/// What a BLAKE3 hash is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The id of an event, over its signed body.
    EventId,
    /// The log's origin line: what the founding event is bound to.
    Origin,
    /// The state of a projection.
    StateDigest,
    /// The statement a closed month refers to.
    Statement,
    /// The stable id of a finding.
    FindingId,
    /// The bytes of an attached document.
    Attachment,
    /// The commitment to an author's next public key.
    KeyCommitment,
    /// The short id of a public key.
    KeyId,
    /// The commitment to a sealed field's salt and value.
    SealedField,
    /// The key under which a projection finds a lot again that has left its memory.
    LotKey,
    /// The evidence of a finding that a ruling rests on.
    FindingEvidence,
    /// A ledger: its origin and the event that founded it.
    Ledger,
    /// The words that people compare before a key is trusted.
    KeyFingerprint,
}

impl Context {
    /// All uses, in the order of their declaration.
    pub const ALL: [Self; 13] = [
        Self::EventId,
        Self::Origin,
        Self::StateDigest,
        Self::Statement,
        Self::FindingId,
        Self::Attachment,
        Self::KeyCommitment,
        Self::KeyId,
        Self::SealedField,
        Self::LotKey,
        Self::FindingEvidence,
        Self::Ledger,
        Self::KeyFingerprint,
    ];

    /// The `derive_key` context string. Never changes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::EventId => "ytterby 2026 event id v1",
            Self::Origin => "ytterby 2026 origin v1",
            Self::StateDigest => "ytterby 2026 state digest v1",
            Self::Statement => "ytterby 2026 statement v1",
            Self::FindingId => "ytterby 2026 finding id v1",
            Self::Attachment => "ytterby 2026 attachment v1",
            Self::KeyCommitment => "ytterby 2026 key commitment v1",
            Self::KeyId => "ytterby 2026 key id v1",
            Self::SealedField => "ytterby 2026 sealed field v1",
            Self::LotKey => "ytterby 2026 lot key v1",
            Self::FindingEvidence => "ytterby 2026 finding evidence v1",
            Self::Ledger => "ytterby 2026 ledger v1",
            Self::KeyFingerprint => "ytterby 2026 key fingerprint v1",
        }
    }

    /// The key derived from the context string, computed once a process: hashing a string again for each event
    /// would cost a second compression for nothing.
    fn key(self) -> &'static ContextKey {
        static KEYS: OnceLock<[ContextKey; Context::ALL.len()]> = OnceLock::new();
        let keys =
            KEYS.get_or_init(|| Self::ALL.map(|context| hash_derive_key_context(context.text())));
        // ALL lists every variant in order, which a test holds it to.
        &keys[self as usize]
    }
}

/// BLAKE3 in `derive_key` mode over the parts, one after the other as if they were one.
#[must_use]
pub fn digest(context: Context, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = ContextHasher::new(context);
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

/// The same hash for input that comes piece by piece.
#[derive(Clone, Debug)]
pub struct ContextHasher(blake3::Hasher);

impl ContextHasher {
    /// A hasher that has seen nothing yet.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self(blake3::Hasher::new_from_context_key(context.key()))
    }

    /// Adds bytes to the input.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything added.
    #[must_use]
    pub fn finish(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_distinct_and_listed_in_order() {
        for (index, context) in Context::ALL.into_iter().enumerate() {
            assert_eq!(context as usize, index, "{context:?}");
            assert!(context.text().starts_with("ytterby 2026 ") && context.text().ends_with(" v1"));
            for other in &Context::ALL[index + 1..] {
                assert_ne!(context.text(), other.text());
            }
        }
    }

    #[test]
    fn a_digest_is_plain_derive_key_over_the_joined_parts() {
        for context in Context::ALL {
            for (parts, whole) in [
                (vec![], &b""[..]),
                (vec![&b"abc"[..]], b"abc"),
                (vec![&b"a"[..], b"", b"bc"], b"abc"),
                (
                    vec![&[7_u8; 1500][..], &[8; 600]],
                    &[[7_u8; 1500].as_slice(), &[8; 600]].concat(),
                ),
            ] {
                assert_eq!(
                    digest(context, &parts),
                    blake3::derive_key(context.text(), whole),
                    "{context:?}"
                );
            }
        }
    }
}
