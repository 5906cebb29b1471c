//! Admission: authenticity and form, never truth. An event is admitted if its bytes are canonical, its author is known,
//! its keys are active, its signatures strictly valid, it continues its author's chain, it was not signed after it was
//! received, and, if it commits to every author's newest event, the log holds just those.
//!
//! Invariant: the state after admitting a prefix of the log depends on that prefix alone. The sequencer, recovery and the
//! auditor all go through [`Admission::check`] and [`Admission::apply`].

use std::collections::HashMap;
use std::sync::Arc;

use chain::{AuthorHead, LinkRefusal};
use domain::payload::HeadsCommitted;
use domain::registry::{AuthorityRefusal, KeyRules};
use domain::{Body, Bytes32, Bytes64, EventId, KeyId, Moment, PartyId, Payload, Registry};
use seal::PublicKey;
use thiserror::Error;

use crate::heads::HeadsTree;
use crate::keys::{KeyDirectory, SealKeys};
use crate::past_heads::{PastHeads, UNDONE_MAX};
use crate::prepare::{Prepared, check_signature, founding_origin};

/// How far an author's clock may run ahead of the node's, in milliseconds: a day. Signed later than that is a slip or a lie,
/// and the event can be signed again.
pub const CLOCK_AHEAD_MS_MAX: i64 = 86_400_000;

/// Where an event is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Entries before it.
    pub position: u64,
    /// When the node received it; the node's claim, never before the entry before it.
    pub received: Moment,
}

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
        "it is of {signed}, more than a day after it was received, {received}: mend its date, or the clock of the machine that signs, and sign it again"
    )]
    AheadOfReceipt { signed: Moment, received: Moment },
    #[error(
        "the commitment to every author's newest event is not what the log holds: {found} instead of {expected}; commit to the log as it is"
    )]
    FalseHeads { expected: String, found: String },
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
            Self::AheadOfReceipt { .. } => "ahead-of-receipt".to_owned(),
            Self::FalseHeads { .. } => "false-heads".to_owned(),
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
    past_heads: PastHeads,
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
    /// The first broken rule: authority, signatures, the author's chain, the time, then what a commitment says of the log.
    pub fn check(&self, event: &Prepared, place: &Place) -> Result<(), AdmissionRefusal> {
        self.check_in_part(event, place)?;
        // Last, since it costs what a tree of all authors costs: who may not commit makes nobody build one.
        self.check_heads(event, place)
    }

    /// As [`Self::check`], for a part of a log: what the whole log holds is not asked.
    ///
    /// # Errors
    /// The first broken rule: authority, signatures, the author's chain, then the time.
    pub fn check_in_part(&self, event: &Prepared, place: &Place) -> Result<(), AdmissionRefusal> {
        let keys = self.check_authority(event, place)?;
        self.check_signatures_and_link(event, &keys)?;
        check_time(&event.body, place)
    }

    /// As [`Self::check`], for a verifier that checks most signatures by other means.
    pub(crate) fn check_chained(
        &self,
        event: &Prepared,
        place: &Place,
    ) -> Result<(), AdmissionRefusal> {
        let keys = self.check_authority(event, place)?;
        self.check_link(event)?;
        check_time(&event.body, place)?;
        if matches!(event.body.payload, Payload::HeadsCommitted(_)) {
            let mut signatures = event.signatures.iter();
            signatures
                .try_for_each(|(key, signature)| self.check_late(*key, signature, event, &keys))?;
        }
        self.check_heads(event, place)
    }

    /// What the operator says of every author's newest event is compared with what the log holds.
    fn check_heads(&self, event: &Prepared, place: &Place) -> Result<(), AdmissionRefusal> {
        let Payload::HeadsCommitted(commitment) = &event.body.payload else {
            return Ok(());
        };
        let now = self.heads.iter().map(|(author, head)| (*author, *head));
        let covered = commitment.covered;
        let Some(heads) = self.past_heads.at(covered, place.position, now) else {
            return Err(AdmissionRefusal::FalseHeads {
                expected: format!("one over what lies at most {UNDONE_MAX} entries back"),
                found: format!("one over {covered} entries"),
            });
        };
        let tree = HeadsTree::new(heads);
        let (authors, root) = (tree.authors(), tree.root());
        let agrees = covered <= place.position
            && commitment.authors == authors
            && commitment.root.0 == *root.as_bytes();
        if agrees {
            return Ok(());
        }
        let (said, found) = (commitment.root, commitment.authors);
        Err(AdmissionRefusal::FalseHeads {
            expected: format!("{authors} authors, root {root}"),
            found: format!("{found} authors, root {said} over {covered} entries"),
        })
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

    /// Authority only.
    fn check_authority(
        &self,
        event: &Prepared,
        place: &Place,
    ) -> Result<SealKeys, AdmissionRefusal> {
        let origin_hash = self.origin_of(event);
        let keys = SealKeys { origin_hash };
        self.registry
            .permit(&event.body, &event.keys(), place.received, &keys)
            .map_err(AdmissionRefusal::Authority)?;
        Ok(keys)
    }

    fn origin_of(&self, event: &Prepared) -> [u8; 32] {
        self.origin_hash
            .or_else(|| founding_origin(&event.body))
            .unwrap_or_default()
    }

    /// The event continues its author's chain.
    fn check_link(&self, event: &Prepared) -> Result<(), AdmissionRefusal> {
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
        self.resume(position, event);
    }

    /// Takes over heads from an index that stood at the same size of the log as this registry.
    pub fn restore_heads(
        &mut self,
        size: u64,
        heads: impl IntoIterator<Item = (PartyId, AuthorHead)>,
    ) {
        self.heads = heads.into_iter().collect();
        self.past_heads = PastHeads::since(size);
    }

    /// Sets an author's head behind this event: the ordinary step, or where a verifier goes on after a fault.
    pub(crate) fn resume(&mut self, position: u64, event: &Prepared) {
        let author = event.body.author;
        let head = AuthorHead {
            next_seq: event.body.seq.saturating_add(1),
            last: event.id.0,
        };
        let before = self.heads.insert(author, head);
        self.past_heads.note(position, author, before);
    }

    /// The id of an author's event by its seq, if it is its head or was one a while ago.
    pub(crate) fn past_event(&self, author: &PartyId, seq: u64) -> Option<[u8; 32]> {
        let head = self.heads.get(author)?;
        if head.next_seq.checked_sub(1) == Some(seq) {
            return Some(head.last);
        }
        self.past_heads.event(author, seq)
    }
}

/// Nothing is signed, and so nothing has occurred, more than a day later than it is received: asked before signing too.
///
/// # Errors
/// It is.
pub fn check_time(body: &Body, place: &Place) -> Result<(), AdmissionRefusal> {
    if body.signed > place.received.plus_ms(CLOCK_AHEAD_MS_MAX) {
        return Err(AdmissionRefusal::AheadOfReceipt {
            signed: body.signed,
            received: place.received,
        });
    }
    Ok(())
}
