//! Admission: authenticity and form, never truth. An event is admitted if its bytes are canonical, it is for this ledger,
//! its author is known, its keys are active, its signatures strictly valid, it continues its author's chain, it was signed
//! no more than a day after it was received, the log is the one that its author had seen, and, if it commits to every
//! author's newest event, the log holds just those.
//!
//! Invariant: the state after admitting a prefix of the log depends on that prefix alone. The sequencer, recovery and the
//! auditor all go through [`Admission::check`] and [`Admission::apply`].

use std::sync::Arc;

use author::{AuthorState, ledger_of};
use chain::{AuthorHead, Hash};
use domain::payload::HeadsCommitted;
use domain::registry::KeyRules;
use domain::{Body, Bytes32, Bytes64, KeyId, Moment, PartyId, Payload, Registry, Seen};
use hashbrown::HashMap;
use signing::PublicKey;

use crate::heads::HeadsTree;
use crate::keys::{KeyDirectory, SealKeys};
use crate::past_heads::{PastHeads, UNDONE_MAX};
use crate::prepare::{Prepared, check_signature};
use crate::refusal::AdmissionRefusal;
use crate::seen::{Agreement, Roots};

/// How far an author's clock may run ahead of the node's, in milliseconds: a day. Signed later than that is a slip or a lie,
/// and the event can be signed again.
pub const CLOCK_AHEAD_MS_MAX: i64 = 86_400_000;

/// Where an event is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryPlace {
    /// Entries before it.
    pub position: u64,
    /// When the node received it; the node's claim, never before the entry before it.
    pub received: Moment,
}

/// The registry and every author's state, as they stand after some position.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    registry: Registry,
    authors: HashMap<PartyId, AuthorState>,
    past_heads: PastHeads,
    ledger: Option<[u8; 32]>,
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

    /// The ledger's id, once founded.
    pub fn ledger(&self) -> Option<&[u8; 32]> {
        self.ledger.as_ref()
    }

    /// Every registered key, parsed: a cheap copy, for checks on other cores.
    pub fn directory(&self) -> Arc<KeyDirectory> {
        Arc::clone(&self.directory)
    }

    /// Where an author stands, once the ledger is founded; the start for a party that has signed nothing.
    pub fn author(&self, author: &PartyId) -> Option<AuthorState> {
        let ledger = self.ledger?;
        let state = self.authors.get(author).copied();
        Some(state.unwrap_or_else(|| AuthorState::start(ledger)))
    }

    fn heads(&self) -> impl Iterator<Item = (PartyId, AuthorHead)> {
        let authors = self.authors.iter();
        authors.map(|(author, state)| (*author, state.head))
    }

    /// What the operator may commit to now: every author's newest event.
    pub fn heads_commitment(&self) -> HeadsCommitted {
        let tree = HeadsTree::new(self.heads());
        HeadsCommitted {
            covered: tree.covered(),
            authors: tree.authors(),
            root: Bytes32(*tree.root().as_bytes()),
        }
    }

    /// Every author that has signed, and where it stands; in no order.
    pub fn authors(&self) -> impl Iterator<Item = (&PartyId, &AuthorState)> {
        self.authors.iter()
    }

    /// Whether the event may stand next in the log.
    ///
    /// # Errors
    /// The first broken rule: ledger, authority, signatures, the author's chain, the times, what the author had seen, then
    /// what a commitment says of the log.
    pub fn check(
        &self,
        event: &Prepared,
        place: &EntryPlace,
        roots: &mut dyn Roots,
    ) -> Result<(), AdmissionRefusal> {
        self.check_in_part(event, place)?;
        check_seen(&event.body.seen, place, roots)?;
        // Last, since it costs what a tree of all authors costs: who may not commit makes nobody build one.
        self.check_heads(event, place)
    }

    /// As [`Self::check`], for a part of a log: what the whole log holds is not asked.
    ///
    /// # Errors
    /// The first broken rule: ledger, authority, signatures, the author's chain, the times, then how much its author had seen.
    pub fn check_in_part(
        &self,
        event: &Prepared,
        place: &EntryPlace,
    ) -> Result<(), AdmissionRefusal> {
        let keys = self.check_authority(event, place)?;
        self.check_signatures(event, &keys)?;
        self.check_chain(event, place)
    }

    /// As [`Self::check`], for a verifier that checks most signatures by other means.
    pub(crate) fn check_chained(
        &self,
        event: &Prepared,
        place: &EntryPlace,
        roots: &mut dyn Roots,
    ) -> Result<(), AdmissionRefusal> {
        let keys = self.check_authority(event, place)?;
        self.check_chain(event, place)?;
        check_seen(&event.body.seen, place, roots)?;
        if matches!(event.body.payload, Payload::HeadsCommitted(_)) {
            let mut signatures = event.signatures.iter();
            signatures
                .try_for_each(|(key, signature)| self.check_late(*key, signature, event, &keys))?;
        }
        self.check_heads(event, place)
    }

    /// What the operator says of every author's newest event is compared with what the log holds.
    fn check_heads(&self, event: &Prepared, place: &EntryPlace) -> Result<(), AdmissionRefusal> {
        let Payload::HeadsCommitted(commitment) = &event.body.payload else {
            return Ok(());
        };
        let covered = commitment.covered;
        let Some(heads) = self.past_heads.at(covered, place.position, self.heads()) else {
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
    /// The first broken rule: ledger, signatures, the author's chain, the times, then how much its author had seen.
    pub fn check_form(&self, event: &Prepared, place: &EntryPlace) -> Result<(), AdmissionRefusal> {
        let keys = self.check_ledger(event)?;
        self.check_signatures(event, &keys)?;
        self.check_chain(event, place)
    }

    fn check_signatures(&self, event: &Prepared, keys: &SealKeys) -> Result<(), AdmissionRefusal> {
        let mut unchecked = event
            .signatures
            .iter()
            .filter(|(key, _)| event.unchecked.contains(key));
        unchecked.try_for_each(|(key, signature)| self.check_late(*key, signature, event, keys))
    }

    /// Whether a refused event is its author's all the same: for this ledger, every signature valid, by a key that is the
    /// author's now. The author answers for it, and its chain goes on behind it; what others wrote in its name it need not
    /// explain.
    pub fn is_signed(&self, event: &Prepared, received: Moment) -> bool {
        let is_own = |key: &KeyId| {
            let record = self.registry.key(key);
            record.is_some_and(|key| key.party == event.body.author && key.is_valid(received))
        };
        let keys = self.check_ledger(event);
        event.signatures.iter().all(|(key, _)| is_own(key))
            && keys.is_ok_and(|keys| self.check_signatures(event, &keys).is_ok())
    }

    /// The event is for this ledger, and its author may state it.
    fn check_authority(
        &self,
        event: &Prepared,
        place: &EntryPlace,
    ) -> Result<SealKeys, AdmissionRefusal> {
        let keys = self.check_ledger(event)?;
        self.registry
            .permit(&event.body, &event.keys(), place.received, &keys)
            .map_err(AdmissionRefusal::Authority)?;
        Ok(keys)
    }

    fn check_ledger(&self, event: &Prepared) -> Result<SealKeys, AdmissionRefusal> {
        let body = &event.body;
        let ledger = self.ledger.unwrap_or_else(|| founded_in(body));
        if body.ledger.0 == ledger {
            return Ok(SealKeys { ledger });
        }
        Err(AdmissionRefusal::AnotherLedger {
            expected: Bytes32(ledger),
            found: body.ledger,
        })
    }

    /// The event continues its author's chain, and neither its times nor what its author had seen run backward or ahead.
    fn check_chain(&self, event: &Prepared, place: &EntryPlace) -> Result<(), AdmissionRefusal> {
        let body = &event.body;
        let before = self.authors.get(&body.author);
        let head = before.map_or_else(|| AuthorHead::start(body.ledger.0), |before| before.head);
        head.check(body.seq, &body.prev.0)
            .map_err(AdmissionRefusal::Link)?;
        check_time(body, place)?;
        let (seen, position) = (body.seen.size, place.position);
        if seen > position {
            return Err(AdmissionRefusal::SeenAhead { seen, position });
        }
        let Some(before) = before else {
            return Ok(());
        };
        if let Some(last) = before.signed.filter(|last| body.signed < *last) {
            let signed = body.signed;
            return Err(AdmissionRefusal::SignedBeforeLast { last, signed });
        }
        if seen < before.seen {
            let (before, found) = (before.seen, seen);
            return Err(AdmissionRefusal::SeenLess { before, found });
        }
        Ok(())
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
        check_signature(key, &public, &event.bytes, signature)
    }

    /// The key with this id: registered, or shown by the very event that it signs.
    pub(crate) fn public_key(
        &self,
        key: KeyId,
        signed: Option<&Payload>,
        keys: &SealKeys,
    ) -> Option<PublicKey> {
        if let Some(registered) = self.directory.get(&key) {
            return Some(registered.clone());
        }
        let shown = signed.and_then(Payload::shown_key)?;
        let public = PublicKey::from_bytes(&shown.0).ok();
        public.filter(|_| keys.key_id(shown) == Some(key))
    }

    /// Takes up an event that [`Self::check`] let pass, at its position.
    pub fn apply(&mut self, place: &EntryPlace, event: &Prepared) {
        let EntryPlace { position, received } = *place;
        let ledger = event.body.ledger.0;
        self.ledger
            .get_or_insert_with(|| ledger_of(&event.body, &event.id).unwrap_or(ledger));
        if Registry::concerns(&event.body.payload) {
            let keys = SealKeys { ledger };
            let (registry, body) = (&mut self.registry, &event.body);
            registry.apply(position, received, event.id, body, &keys);
        }
        KeyDirectory::take_into(&mut self.directory, &event.body.payload);
        self.resume(position, event);
    }

    /// Takes up an event of which a part of a log can't tell whether its author might state it: its author's chain goes on
    /// behind it and it may be annulled, but what it says has no effect, or it would accuse what comes after it.
    pub fn leave_open(&mut self, place: &EntryPlace, event: &Prepared) {
        self.registry.note_act(event.id, &event.body.payload);
        self.resume(place.position, event);
    }

    /// Goes on behind an event that its author signed and that is refused: it has no effect.
    pub fn pass_over(&mut self, place: &EntryPlace, event: &Prepared) {
        self.resume(place.position, event);
    }

    /// Takes over authors from an index that stood at the same size of the log as this registry.
    pub fn restore_authors(
        &mut self,
        size: u64,
        authors: impl IntoIterator<Item = (PartyId, AuthorState)>,
    ) {
        self.authors = authors.into_iter().collect();
        self.past_heads = PastHeads::since(size);
    }

    /// Sets an author behind this event: the ordinary step, or where a verifier goes on after a fault.
    pub(crate) fn resume(&mut self, position: u64, event: &Prepared) {
        let body = &event.body;
        let head = AuthorHead {
            next_seq: body.seq.saturating_add(1),
            last: event.id.0,
        };
        let state = AuthorState {
            head,
            signed: Some(body.signed),
            seen: body.seen.size,
        };
        let before = self.authors.insert(body.author, state);
        let before = before.map(|before| before.head);
        self.past_heads.note(position, body.author, before);
    }

    /// The id of an author's event by its seq, if it is its head or was one a while ago.
    pub(crate) fn past_event(&self, author: &PartyId, seq: u64) -> Option<[u8; 32]> {
        let head = self.authors.get(author)?.head;
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
pub fn check_time(body: &Body, place: &EntryPlace) -> Result<(), AdmissionRefusal> {
    if body.signed > place.received.plus_ms(CLOCK_AHEAD_MS_MAX) {
        return Err(AdmissionRefusal::AheadOfReceipt {
            signed: body.signed,
            received: place.received,
        });
    }
    Ok(())
}

/// What its author had seen is what the log was. That it saw no more than there is was asked before.
fn check_seen(
    seen: &Seen,
    place: &EntryPlace,
    roots: &mut dyn Roots,
) -> Result<(), AdmissionRefusal> {
    let size = seen.size;
    match roots.compare(seen, place.position) {
        Agreement::Agrees => Ok(()),
        Agreement::Differs(expected) => Err(AdmissionRefusal::SeenOtherwise {
            size,
            expected,
            found: Hash::from_bytes(seen.root.0),
        }),
        Agreement::Unknown => Err(AdmissionRefusal::SeenUnknown { size }),
    }
}

/// What a founding event is bound to: the hash of the origin that it names. Any other event in its place is refused for want
/// of a founding; until then it may be bound to what it likes.
fn founded_in(body: &Body) -> [u8; 32] {
    match &body.payload {
        Payload::LedgerFounded(founded) => chain::origin_hash(&founded.origin),
        _ => body.ledger.0,
    }
}
