//! An open ledger and the party that signs: what every writing command needs.
//!
//! Invariant: an event is shown, then signed, then appended; what is refused leaves no trace. Two signed events for one
//! place are kept as evidence.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use books::{Books, Preview};
use domain::registry::{AuthorityRefusal, Founding};
use domain::{Bytes64, KeyId, Moment, PartyId, Payload, Registry};
use evidence::Evidence;
use ledger::{Accepted, Author, Clock, Ledger, LedgerFault, Options, SignedEvent};
use projection::Until;
use seal::Signer;
use store::Store;
use store_embedded::{EmbeddedStore, OpenMode};
use verify::{AdmissionRefusal, Place, SealKeys};

use crate::clock::SystemClock;
use crate::commands::refuse_behind;
use crate::keys::{self, Access, Key, KeyPlace};
use crate::outcome::CliError;
use crate::output::Form;
use crate::{output, place};

/// Opens the store of a ledger and says what opening found.
pub(crate) fn open_store(
    ledger: &Path,
    mode: OpenMode,
    accept_loss: bool,
) -> Result<Arc<EmbeddedStore>, CliError> {
    let options = store_embedded::Options {
        accept_loss,
        mode,
        ..store_embedded::Options::default()
    };
    let (store, opened) = EmbeddedStore::open(ledger, options)?;
    if opened.torn_bytes > 0 {
        let (bytes, size) = (opened.torn_bytes, store.size());
        output::say(format!(
            "note: the last {bytes} bytes of the log were a group that was never committed; the log ends at {size}"
        ));
    }
    Ok(Arc::new(store))
}

/// A ledger open for writing with its operator's key.
pub(crate) struct Session {
    pub folder: PathBuf,
    pub ledger: Ledger,
    pub store: Arc<dyn Store>,
    /// The log key, which signs the operator's events as well.
    operator_key: Arc<dyn Signer>,
}

/// A party that signs.
pub(crate) struct Party {
    pub author: Author,
    pub key: Key,
}

impl Session {
    /// Opens the ledger; the operator's key file is `keys/operator.pem`.
    pub(crate) fn open(folder: &Path, access: &Access) -> Result<Self, CliError> {
        let signer = keys::open(&place::keys(folder).join("operator.pem"), access)?;
        let store = open_store(folder, OpenMode::ReadWrite, access.accept_loss)?;
        let session = match Self::on(folder, store, signer, Arc::new(SystemClock)) {
            Err(LedgerFault::WrongLogKey) => {
                return Err(CliError::from(LedgerFault::WrongLogKey)
                    .help("if a rotation was cut off, `ytterby key rotate-log` finishes it"));
            }
            session => session?,
        };
        session.refuse_behind(access)?;
        Ok(session)
    }

    /// Opens the ledger on a store that is open already, to replace its log key by the next one.
    pub(crate) fn rotating(
        folder: &Path,
        store: Arc<dyn Store>,
        signer: Key,
        next: Key,
        access: &Access,
    ) -> Result<Self, CliError> {
        let next: Arc<dyn Signer> = Arc::from(next);
        let session = Self::with(folder, store, signer, Some(next), Arc::new(SystemClock))?;
        session.refuse_behind(access)?;
        Ok(session)
    }

    fn refuse_behind(&self, access: &Access) -> Result<(), CliError> {
        let keys = verify::log_keys(&self.ledger.registry());
        if access.accept_loss || keys.current().is_none() {
            return Ok(());
        }
        refuse_behind(&self.folder, &keys, self.store.size())
    }

    /// Opens the ledger on a store that is open already.
    pub(crate) fn on(
        folder: &Path,
        store: Arc<dyn Store>,
        signer: Key,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LedgerFault> {
        Self::with(folder, store, signer, None, clock)
    }

    fn with(
        folder: &Path,
        store: Arc<dyn Store>,
        signer: Key,
        next_signer: Option<Arc<dyn Signer>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LedgerFault> {
        let operator_key: Arc<dyn Signer> = Arc::from(signer);
        let ledger = Ledger::open(Options {
            store: Arc::clone(&store),
            signer: Arc::clone(&operator_key),
            next_signer,
            clock,
        })?;
        Ok(Self {
            folder: folder.to_path_buf(),
            ledger,
            store,
            operator_key,
        })
    }

    /// The party that signs, with its key and where its chain stands.
    pub(crate) fn party(
        &self,
        party: PartyId,
        key: Option<&KeyPlace>,
        access: &Access,
    ) -> Result<Party, CliError> {
        let registry = self.ledger.registry();
        let founding = founding(&registry)?;
        if registry.party(&party).is_none() {
            return Err(CliError::refused(format!("{party} is not registered here"))
                .help("a regulator registers parties: `ytterby party add`"));
        }
        let key = match key {
            Some(place) => keys::open_at(place, access)?,
            None => keys::open(
                &place::keys(&self.folder).join(format!("{party}.pem")),
                access,
            )?,
        };
        let author = self.author(party, &founding.origin);
        Ok(Party { author, key })
    }

    /// The party that signs with the first of these keys, or with that of its key file, and the keys that sign beside it.
    pub(crate) fn signers(
        &self,
        party: PartyId,
        keys: &[KeyPlace],
        access: &Access,
    ) -> Result<(Party, Vec<Key>), CliError> {
        let party = self.party(party, keys.first(), access)?;
        let others = more_keys(&*party.key, keys.get(1..).unwrap_or_default(), access)?;
        Ok((party, others))
    }

    /// Where a party's chain stands.
    pub(crate) fn author(&self, party: PartyId, origin: &str) -> Author {
        let mut author = Author::new(party, origin);
        if let Some(head) = self.ledger.head(&party) {
            author.head = head;
        }
        author
    }

    /// What events of a party would raise: asked while slips are still free. What the registry would refuse whoever signs
    /// is refused here, so a dry run says what the real one does.
    pub(crate) fn preview(
        &self,
        party: PartyId,
        events: &[(Moment, Payload)],
        now: Moment,
    ) -> Result<Preview, CliError> {
        let mut registry = self.ledger.registry();
        let mut author = self.author(party, &founding(&registry)?.origin.clone());
        let rules = SealKeys {
            origin_hash: author.origin_hash,
        };
        let mut bodies = Vec::with_capacity(events.len());
        for (position, (occurred, payload)) in (self.store.size()..).zip(events) {
            let body = author.body(*occurred, now.max(*occurred), payload.clone());
            let bytes = wire::encode_body(&body).map_err(CliError::refused)?;
            author.head = author.head.extend(wire::event_id(&bytes).0);
            let place = Place {
                position,
                received: now,
            };
            verify::check_time(&body, &place).map_err(|refused| refusal(&refused, party, 0))?;
            registry
                .may_state(&body, now, &rules)
                .map_err(|refused| refusal(&AdmissionRefusal::Authority(refused), party, 0))?;
            registry.apply(position, &body, &rules);
            bodies.push(body);
        }
        let bar = output::progress(self.store.size(), "replaying", Form::default());
        let size = &mut |done, _| bar.set_position(done);
        let mut books = Books::replay(&*self.store, Until::End, size)?;
        bar.finish_and_clear();
        // A writer has the books at hand, so it is the one who keeps a snapshot for those who only read.
        books.keep(&*self.store)?;
        Ok(books.preview(bodies, now)?)
    }

    /// Stops the sequencer.
    pub(crate) fn close(self) -> Result<(), CliError> {
        Ok(self.ledger.close()?)
    }

    /// Signs all events with the party's one key and appends them, as [`Self::append_signed_by`] does.
    pub(crate) fn append(
        &self,
        party: &mut Party,
        events: Vec<(Moment, Payload)>,
        now: Moment,
        accepted: &mut dyn FnMut(&Accepted) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        self.append_signed_by(party, &[], events, now, accepted)
    }

    /// Signs all events, with `others` beside the party's first key, then appends them in groups; `accepted` hears of
    /// each event once it is durable.
    ///
    /// Nothing is appended unless all of them are well formed and signed.
    pub(crate) fn append_signed_by(
        &self,
        party: &mut Party,
        others: &[Key],
        events: Vec<(Moment, Payload)>,
        now: Moment,
        accepted: &mut dyn FnMut(&Accepted) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        self.commit_heads_at_the_turn(party.author.party, now)?;
        let mut signed = Vec::with_capacity(events.len());
        for (occurred, payload) in events {
            let mut event = party
                .author
                .sign(&*party.key, occurred, now.max(occurred), payload)?;
            sign_beside(&mut event, others, &party.author)?;
            signed.push(event);
        }
        let mut count = 0;
        for group in signed.chunks(GROUP_EVENTS) {
            for answer in self.ledger.submit_blocking(group.to_vec())? {
                match answer {
                    Ok(answer) => {
                        count += 1;
                        accepted(&answer)?;
                    }
                    Err(refused) => {
                        if let Some(evidence) = &refused.evidence {
                            let both = [&evidence.held, &evidence.offered];
                            let both = both.map(|event| (&*event.body, &*event.signatures));
                            let kept = Evidence::two_refused(&self.ledger.registry(), both);
                            let unknown = || CliError::fault("a key of an admitted event is gone");
                            keep_evidence(&self.folder, &kept.ok_or_else(unknown)?)?;
                        }
                        return Err(refusal(&refused.refusal, party.author.party, count));
                    }
                }
            }
        }
        Ok(())
    }
}

impl Session {
    /// The first write of a month commits to all that came before, so that extracts prove completeness month by month. The
    /// operator's own events are left alone: one of them may be the commitment, and it has its number already.
    fn commit_heads_at_the_turn(&self, author: PartyId, now: Moment) -> Result<(), CliError> {
        let registry = self.ledger.registry();
        let is_operators = registry
            .founding()
            .is_some_and(|founding| founding.operator == author);
        if is_operators || !self.ledger.month_has_turned(now)? {
            return Ok(());
        }
        match self.ledger.commit_heads(&*self.operator_key, now)? {
            Ok(accepted) => output::say(format!(
                "note: the month has turned, so the operator committed to all heads at position {}",
                accepted.position
            )),
            // Nobody's record waits for it: an extract proves less, and says so.
            Err(refused) => output::say(format!(
                "note: the month has turned, but the operator can't commit to the heads: {}",
                refused.refusal
            )),
        }
        Ok(())
    }
}

/// The founding of the ledger.
pub(crate) fn founding(registry: &Registry) -> Result<&Founding, CliError> {
    let founding = registry.founding();
    founding.ok_or_else(|| CliError::refused("the ledger is not founded yet"))
}

/// Opens the keys that sign beside `first`; a key that is given twice would be one signature only.
pub(crate) fn more_keys(
    first: &dyn Signer,
    places: &[KeyPlace],
    access: &Access,
) -> Result<Vec<Key>, CliError> {
    let mut ids = vec![first.public().id()];
    let mut others = Vec::with_capacity(places.len());
    for place in places {
        let key = keys::open_at(place, access)?;
        if ids.contains(&key.public().id()) {
            return Err(CliError::usage(format!(
                "{place} holds key {}, which signs already",
                keys::show(&*key)
            ))
            .help("each --key FILE must hold another key of the party"));
        }
        ids.push(key.public().id());
        others.push(key);
    }
    Ok(others)
}

fn sign_beside(event: &mut SignedEvent, others: &[Key], author: &Author) -> Result<(), CliError> {
    for key in others {
        let signature = seal::sign_event(&**key, &author.origin_hash, &event.body);
        let signature = Bytes64(signature.map_err(CliError::fault)?.0);
        event
            .signatures
            .push((KeyId(key.public().id().0), signature));
    }
    // The wire format wants them by key id.
    event.signatures.sort_unstable_by_key(|(key, _)| *key);
    Ok(())
}

/// A refusal for people, with the name of the rule and what to do.
fn refusal(refusal: &AdmissionRefusal, party: PartyId, count: usize) -> CliError {
    let advice = match refusal {
        AdmissionRefusal::Authority(AuthorityRefusal::TooFewSignatures { needed, .. }) => format!(
            "give --key FILE {needed} times, each with another key of {party} (`ytterby key list`); "
        ),
        AdmissionRefusal::Authority(AuthorityRefusal::LastKey { party }) => format!(
            "`ytterby key rotate {party}` replaces it; a key that is lost or stolen is revoked by a regulator: --as REGULATOR; "
        ),
        _ => String::new(),
    };
    CliError::refused(format!("{refusal} [{}]", refusal.code())).help(format!(
        "{advice}{count} events before this one are in the log; nothing after it is"
    ))
}

/// Events that are submitted at once: each such group is one commit, answered while the next waits.
const GROUP_EVENTS: usize = 512;

/// Writes evidence into the ledger's folder for it, under a name that the same evidence has again.
pub(crate) fn keep_evidence(folder: &Path, evidence: &Evidence) -> Result<(), CliError> {
    let folder = place::evidence(folder);
    fs::create_dir_all(&folder)?;
    let path = folder.join(evidence.file_name());
    files::put(&path, evidence.to_text().as_bytes())?;
    let path = path.display();
    output::say(format!("evidence: {path}"));
    output::say(format!("help: `ytterby verify {path}` says what it proves"));
    Ok(())
}
