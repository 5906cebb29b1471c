//! An open ledger and the party that signs: what every writing command needs.
//!
//! Invariant: an event is shown, then signed, then appended; or, where the log key is not at hand, kept in the outbox. What is
//! refused leaves no trace. Two signed events for one place are kept as evidence.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use answers::{LogOnly, Until, registry as registry_of};
use author::Author;
use books::{Books, Preview};
use domain::registry::Founding;
use domain::text::Term;
use domain::{Moment, PartyId, Payload, Registry};
use ledger::{Clock, Ledger, LedgerFault, Options};
use portable::Reader;
use seal::Signer;
use store::{Entries, Store};
use store_embedded::{EmbeddedStore, OpenMode};
use verify::{AdmissionRefusal, Place, SealKeys};

use crate::append::refusal;
use crate::clock::SystemClock;
use crate::commands::refuse_behind;
use crate::keys::{self, Access, Key, KeyPlace};
use crate::outbox::{Ahead, last_received};
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

/// Opens for reading what a folder knows of its log: the log itself, or the copy by which it follows one that is elsewhere.
pub(crate) fn read_store(folder: &Path) -> Result<Arc<dyn Entries>, CliError> {
    if place::follows(folder) {
        let copy = LogOnly::of_copy(Reader::open(&place::copy(folder))?, u64::MAX);
        return Ok(Arc::new(copy));
    }
    Ok(open_store(folder, OpenMode::ReadOnly, false)?)
}

/// A ledger open for signing.
pub(crate) struct Session {
    pub folder: PathBuf,
    /// The log; where it is elsewhere, what is known of it and then what waits in the outbox.
    pub store: Arc<dyn Entries>,
    pub way: Way,
    /// Why the clock is right, where the operator says so.
    pub clock_is_right: Option<Term>,
}

/// Where signed events go.
pub(crate) enum Way {
    /// Into the log, whose key is at hand; it signs the operator's events as well.
    Log(Ledger, Arc<dyn Signer>),
    /// Into the outbox, and into a file that takes them to the operator, if one is named.
    File(Box<RefCell<Ahead>>, Option<PathBuf>),
}

/// A party that signs.
pub(crate) struct Party {
    pub author: Author,
    pub key: Key,
}

impl Session {
    /// Opens what there is: the ledger with its operator's key; or, where the log is elsewhere or the signed events are to go
    /// into the file `out`, what is known of it.
    pub(crate) fn open_to(
        folder: &Path,
        access: &Access,
        out: Option<&Path>,
    ) -> Result<Self, CliError> {
        if out.is_none() && !place::follows(folder) {
            return Self::open(folder, access);
        }
        if access.clock_is_right.is_some() {
            return Err(
                CliError::usage("no log is written here, so its clock is not asked")
                    .help("--clock-is-right is for the operator, where the log and its key are"),
            );
        }
        // What is signed waits, and would be signed again by whoever names another file.
        if let Some(out) = out {
            durable::check_place(out, durable::Place::Replaced)?;
        }
        let store = read_store(folder)?;
        let origin = founding(&registry_of(&*store)?)?.origin.to_string();
        let ahead = Ahead::of(folder, &*store, &origin, registry_of)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            store: Arc::new(ahead.store.clone()),
            way: Way::File(Box::new(RefCell::new(ahead)), out.map(Path::to_path_buf)),
            clock_is_right: None,
        })
    }

    /// Opens the ledger; the operator's key file is `keys/operator.pem`.
    pub(crate) fn open(folder: &Path, access: &Access) -> Result<Self, CliError> {
        let signer = keys::open(&place::keys(folder).join("operator.pem"), access)?;
        let store = open_store(folder, OpenMode::ReadWrite, access.accept_loss)?;
        let mut session = match Self::on(folder, store, signer, Arc::new(SystemClock)) {
            Err(LedgerFault::WrongLogKey) => {
                return Err(CliError::from(LedgerFault::WrongLogKey)
                    .help("if a rotation was cut off, `ytterby key rotate-log` finishes it"));
            }
            session => session?,
        };
        session.refuse_behind(access)?;
        session.clock_is_right.clone_from(&access.clock_is_right);
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
        let mut session = Self::with(folder, store, signer, Some(next), Arc::new(SystemClock))?;
        session.refuse_behind(access)?;
        session.clock_is_right.clone_from(&access.clock_is_right);
        Ok(session)
    }

    fn refuse_behind(&self, access: &Access) -> Result<(), CliError> {
        let keys = verify::log_keys(&self.registry());
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
            store,
            way: Way::Log(ledger, operator_key),
            clock_is_right: None,
        })
    }

    /// The log itself, for what only the operator does.
    pub(crate) fn ledger(&self) -> Result<&Ledger, CliError> {
        match &self.way {
            Way::Log(ledger, _) => Ok(ledger),
            Way::File(..) => Err(CliError::refused(
                "the log is not written here, and this has to be in it at once",
            )
            .help("it is done where the log and its key are, by the operator")),
        }
    }

    /// Who may sign what, as of now; where events wait, as if they were in the log.
    pub(crate) fn registry(&self) -> Registry {
        match &self.way {
            Way::Log(ledger, _) => ledger.registry(),
            Way::File(ahead, _) => ahead.borrow().registry.clone(),
        }
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> Result<[u8; 32], CliError> {
        Ok(match &self.way {
            Way::Log(ledger, _) => ledger.id()?,
            Way::File(ahead, _) => ahead.borrow().ledger(),
        })
    }

    /// The party that signs, with its key and where its chain stands.
    pub(crate) fn party(
        &self,
        party: PartyId,
        key: Option<&KeyPlace>,
        access: &Access,
    ) -> Result<Party, CliError> {
        let registry = self.registry();
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
        let author = self.author(party)?;
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
    pub(crate) fn author(&self, party: PartyId) -> Result<Author, CliError> {
        Ok(match &self.way {
            Way::Log(ledger, _) => ledger.author(party)?,
            Way::File(ahead, _) => ahead.borrow().author(party),
        })
    }

    /// When the log would receive what is submitted now: its times never run back, whatever the clock does.
    pub(crate) fn received(&self, now: Moment) -> Result<Moment, CliError> {
        Ok(last_received(&*self.store)?.max(now))
    }

    /// What events of a party would raise: asked while slips are still free. What the registry would refuse whoever signs
    /// is refused here, so a dry run says what the real one does.
    pub(crate) fn preview(
        &self,
        party: PartyId,
        events: &[(Moment, Payload)],
        now: Moment,
    ) -> Result<Preview, CliError> {
        let mut registry = self.registry();
        let mut author = self.author(party)?;
        let ledger = author.ledger;
        let rules = SealKeys { ledger };
        let received = self.received(now)?;
        let mut bodies = Vec::with_capacity(events.len());
        for (position, (occurred, payload)) in (self.store.size()..).zip(events) {
            let body = author.body(*occurred, now.max(*occurred), payload.clone());
            let bytes = wire::encode_body(&body).map_err(CliError::refused)?;
            let id = wire::event_id(&bytes);
            author.follow(&body, &id);
            let place = Place { position, received };
            verify::check_time(&body, &place).map_err(|refused| refusal(&refused, party, 0))?;
            registry
                .may_state(&body, received, &rules)
                .map_err(|refused| refusal(&AdmissionRefusal::Authority(refused), party, 0))?;
            registry.apply(position, received, id, &body, &rules);
            bodies.push(body);
        }
        let bar = output::progress(self.store.size(), "replaying", Form::default());
        let size = &mut |done, _| bar.set_position(done);
        let mut books = Books::replay(&*self.store, Until::End, size)?;
        bar.finish_and_clear();
        // A writer has the books at hand, so it is the one who keeps a snapshot for those who only read.
        books.keep(&*self.store)?;
        Ok(books.preview(bodies, received)?)
    }

    /// Stops the sequencer, where there is one.
    pub(crate) fn close(self) -> Result<(), CliError> {
        match self.way {
            Way::Log(ledger, _) => Ok(ledger.close()?),
            Way::File(..) => Ok(()),
        }
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
