//! Admission: authenticity and form, never truth. An event is admitted if its bytes are canonical, its author is known,
//! its keys are active, its signatures strictly valid, and it continues its author's chain.
//!
//! Invariant: the state after admitting a prefix of the log depends on that prefix alone. The sequencer, recovery and the
//! auditor all go through [`Admission::check`] and [`Admission::apply`].

use std::collections::HashMap;
use std::sync::Arc;

use chain::{AuthorHead, LinkRefusal};
use domain::payload::HeadsCommitted;
use domain::registry::{AuthorityRefusal, KeyRules};
use domain::{Bytes32, Bytes64, EventId, KeyId, PartyId, Payload, Registry};
use seal::PublicKey;
use thiserror::Error;

use crate::heads::HeadsTree;
use crate::keys::{KeyDirectory, SealKeys};
use crate::prepare::{Prepared, check_signature, founding_origin};

/// An event can't stand at this place of the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AdmissionRefusal {
    #[error("the bytes are not a canonical event: {0}")]
    Form(wire::Refusal),
    #[error("the signature of key {key} is wrong: sign the very bytes, for this ledger's origin")]
    Signature { key: KeyId },
    #[error("{0}")]
    Authority(AuthorityRefusal),
    #[error(
        "the event does not continue its author's chain: {0}; fetch the author's last event and sign anew"
    )]
    Link(LinkRefusal),
    #[error(
        "the founding names another log key than the one that this node signs with; found it with the node's key"
    )]
    AnotherLogKey,
    #[error(
        "this node does not hold the log key that the rotation brings; open the ledger with that key at hand, then submit it again"
    )]
    NextLogKeyNotHeld,
    #[error(
        "{author} signed two events as number {seq}: {held} is in the log, {offered} was offered; both are kept as evidence"
    )]
    Equivocation {
        author: PartyId,
        seq: u64,
        held: EventId,
        offered: EventId,
    },
}

impl AdmissionRefusal {
    /// The stable name of the broken rule.
    pub fn code(&self) -> String {
        match self {
            Self::Form(refusal) => refusal.code().to_owned(),
            Self::Signature { .. } => "signature".to_owned(),
            Self::Authority(refusal) => refusal.code().to_owned(),
            Self::Link(_) => "author-chain".to_owned(),
            Self::AnotherLogKey => "another-log-key".to_owned(),
            Self::NextLogKeyNotHeld => "next-log-key-not-held".to_owned(),
            Self::Equivocation { .. } => "equivocation".to_owned(),
        }
    }
}

/// The registry and every author's head, as they stand after some position.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    registry: Registry,
    heads: HashMap<PartyId, AuthorHead>,
    origin_hash: Option<[u8; 32]>,
    directory: Arc<KeyDirectory>,
}

impl Admission {
    /// Before the first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Who may sign what.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Hash of the log's origin, once founded.
    pub fn origin_hash(&self) -> Option<&[u8; 32]> {
        self.origin_hash.as_ref()
    }

    /// Every registered key, parsed: a cheap copy, for checks on other cores.
    pub fn directory(&self) -> Arc<KeyDirectory> {
        Arc::clone(&self.directory)
    }

    /// Where an author's chain stands; the start for a party that has signed nothing.
    pub fn head(&self, author: &PartyId) -> Option<AuthorHead> {
        let origin = self.origin_hash?;
        Some(
            self.heads
                .get(author)
                .copied()
                .unwrap_or_else(|| AuthorHead::start(origin)),
        )
    }

    /// Where an author's chain stands, if it has signed anything.
    pub(crate) fn signed_head(&self, author: &PartyId) -> Option<AuthorHead> {
        self.heads.get(author).copied()
    }

    /// What the operator may commit to now: every author's newest event.
    pub fn heads_commitment(&self) -> HeadsCommitted {
        let tree = HeadsTree::new(self.heads.iter().map(|(author, head)| (*author, *head)));
        HeadsCommitted {
            covered: tree.covered(),
            authors: tree.authors(),
            root: Bytes32(*tree.root().as_bytes()),
        }
    }

    /// Every author that has signed, and its head; in no order.
    pub fn heads(&self) -> impl Iterator<Item = (&PartyId, &AuthorHead)> {
        self.heads.iter()
    }

    /// Whether the event may stand next in the log.
    ///
    /// # Errors
    /// The first broken rule: signatures, authority, then the author's chain.
    pub fn check(&self, event: &Prepared) -> Result<(), AdmissionRefusal> {
        let keys = self.check_authority(event)?;
        self.check_signatures_and_link(event, &keys)
    }

    /// As [`Self::check`], for a part of a log that does not hold what the event is about: its authority is not asked.
    ///
    /// # Errors
    /// The first broken rule: signatures, then the author's chain.
    pub fn check_form(&self, event: &Prepared) -> Result<(), AdmissionRefusal> {
        let origin_hash = self.origin_of(event);
        self.check_signatures_and_link(event, &SealKeys { origin_hash })
    }

    fn check_signatures_and_link(
        &self,
        event: &Prepared,
        keys: &SealKeys,
    ) -> Result<(), AdmissionRefusal> {
        self.check_signatures(event, keys)?;
        self.check_link(event)
    }

    fn check_signatures(&self, event: &Prepared, keys: &SealKeys) -> Result<(), AdmissionRefusal> {
        let mut unchecked = event
            .signatures
            .iter()
            .filter(|(key, _)| event.unchecked.contains(key));
        unchecked.try_for_each(|(key, signature)| self.check_late(*key, signature, event, keys))
    }

    /// Whether a refused event is its author's all the same: every signature valid, by a key that is the author's now. The
    /// author answers for it, and its chain goes on behind it; what others wrote in its name it need not explain.
    pub fn is_signed(&self, event: &Prepared) -> bool {
        let origin_hash = self.origin_of(event);
        let is_own = |key: &KeyId| {
            let record = self.registry.key(key);
            record.is_some_and(|key| key.party == event.body.author && key.revoked_at.is_none())
        };
        event.signatures.iter().all(|(key, _)| is_own(key))
            && self
                .check_signatures(event, &SealKeys { origin_hash })
                .is_ok()
    }

    /// Authority only, for a verifier that checks signatures by other means.
    pub(crate) fn check_authority(&self, event: &Prepared) -> Result<SealKeys, AdmissionRefusal> {
        let origin_hash = self.origin_of(event);
        let keys = SealKeys { origin_hash };
        self.registry
            .permit(&event.body, &event.keys(), &keys)
            .map_err(AdmissionRefusal::Authority)?;
        Ok(keys)
    }

    fn origin_of(&self, event: &Prepared) -> [u8; 32] {
        self.origin_hash
            .or_else(|| founding_origin(&event.body))
            .unwrap_or_default()
    }

    /// The event continues its author's chain.
    pub(crate) fn check_link(&self, event: &Prepared) -> Result<(), AdmissionRefusal> {
        let start = AuthorHead::start(self.origin_of(event));
        let head = self.heads.get(&event.body.author).copied().unwrap_or(start);
        head.check(event.body.seq, &event.body.prev.0)
            .map_err(AdmissionRefusal::Link)
    }

    /// A signature whose key the directory did not have: registered a moment ago, or by this very founding.
    fn check_late(
        &self,
        key: KeyId,
        signature: &Bytes64,
        event: &Prepared,
        keys: &SealKeys,
    ) -> Result<(), AdmissionRefusal> {
        let public = self
            .public_key(key, Some(&event.body.payload), keys)
            .ok_or(AdmissionRefusal::Signature { key })?;
        check_signature(key, &public, &keys.origin_hash, &event.bytes, signature)
    }

    /// The key with this id: registered, or granted to the authority by the founding itself, if it signs that.
    pub(crate) fn public_key(
        &self,
        key: KeyId,
        signed: Option<&Payload>,
        keys: &SealKeys,
    ) -> Option<PublicKey> {
        if let Some(registered) = self.directory.get(&key) {
            return Some(registered.clone());
        }
        let Some(Payload::LedgerFounded(founded)) = signed else {
            return None;
        };
        let granted = founded.authority_key.key;
        let public = PublicKey::from_bytes(&granted.0).ok();
        public.filter(|_| keys.key_id(&granted) == Some(key))
    }

    /// Takes up an event that [`Self::check`] let pass, at its position.
    pub fn apply(&mut self, position: u64, event: &Prepared) {
        let origin_hash = self.origin_of(event);
        self.origin_hash = Some(origin_hash);
        if Registry::concerns(&event.body.payload) {
            self.registry
                .apply(position, &event.body, &SealKeys { origin_hash });
            Arc::make_mut(&mut self.directory).take(&event.body.payload);
        }
        self.resume(event.body.author, event.body.seq, event.id);
    }

    /// Takes over heads from an index that stood at the same position as this registry.
    pub fn restore_heads(&mut self, heads: impl IntoIterator<Item = (PartyId, AuthorHead)>) {
        self.heads = heads.into_iter().collect();
    }

    /// Sets an author's head behind this event: the ordinary step, or where a verifier goes on after a fault.
    pub(crate) fn resume(&mut self, author: PartyId, seq: u64, id: EventId) {
        let head = AuthorHead {
            next_seq: seq.saturating_add(1),
            last: id.0,
        };
        self.heads.insert(author, head);
    }
}
