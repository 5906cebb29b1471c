//! Confidential details outside the log: what events sealed, shown, disclosed, checked and erased.
//!
//! Invariant: an erasure is in the log before the value leaves the vault, and the ledger stays locked until it has. Knows no
//! file format.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use answers::{feed, resolve};
use details::{
    Detail, Details, Disclosure, NotRemovable, Removal, SealedEvent, Standing, Vault, VaultFault,
};
use domain::payload::{DetailErased, Instrument, SealedKind};
use domain::{PartyId, Payload};
use store::Entries;

use crate::desk::{Desk, origin_of};
use crate::limits::DISCLOSURE_BYTES_MAX;
use crate::refused::{EventRefused, NotDone};
use crate::session::Session;

/// An event that sealed something, and whose it is.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub event: SealedEvent,
    pub position: u64,
    pub author: PartyId,
    /// What kind of event it is.
    pub name: &'static str,
}

/// Every event of a log that sealed something, and the vault next to the log.
#[derive(Debug)]
pub struct SealedEvents {
    events: BTreeMap<u64, Sealed>,
    vault: Vault,
}

impl SealedEvents {
    /// Reads the log.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(desk: &Desk<'_>, store: &dyn Entries) -> Result<Self, NotDone> {
        let (mut events, mut by_id) = (BTreeMap::new(), BTreeMap::new());
        feed(store, 0, store.size(), &mut |event| {
            let (position, author) = (event.position, event.body.author);
            if let Payload::DetailErased(erasure) = &event.body.payload {
                let about = by_id.get(&erasure.about).and_then(|at| events.get_mut(at));
                let own = about.filter(|about: &&mut Sealed| about.author == author);
                if let Some(about) = own {
                    about.event.erased.entry(erasure.field).or_insert(position);
                }
            }
            let sealed = event.body.payload.sealed();
            if let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) {
                by_id.insert(event.id, position);
                let sealed = Sealed {
                    event: SealedEvent {
                        id: event.id,
                        sealed: sealed.to_vec(),
                        erased: BTreeMap::new(),
                    },
                    position,
                    author,
                    name: event.body.payload.name(),
                };
                events.insert(position, sealed);
            }
        })?;
        let vault = Vault::in_ledger(desk.folder());
        Ok(Self { events, vault })
    }

    /// All of them, by position.
    pub fn iter(&self) -> impl Iterator<Item = &Sealed> {
        self.events.values()
    }

    /// An event by position, id, or the beginning of its id.
    ///
    /// # Errors
    /// None that sealed something goes by it, or more than one.
    pub fn find(&self, named: &str) -> Result<&Sealed, answers::Refused> {
        let ids = self.events.iter();
        let ids = ids.map(|(position, sealed)| (*position, sealed.event.id));
        let position = resolve::among_events(named, ids)?;
        let found = self.events.get(&position);
        found.ok_or_else(|| answers::Refused::Unknown {
            what: answers::Named::Event,
            given: named.to_owned(),
            near: Vec::new(),
        })
    }

    /// Each field of an event and where its value is; a file that can't be read is named, and hides no other event's.
    pub fn standings(&self, sealed: &Sealed, desk: &Desk<'_>) -> Vec<(SealedKind, Standing)> {
        let standings = sealed.event.standings(&self.vault);
        if let Some(fault) = standings.fault {
            desk.host.note(format!("note: {fault}"));
        }
        standings.fields
    }

    /// Files in the vault that no event uses.
    ///
    /// # Errors
    /// The vault can't be read.
    pub fn orphans(&self) -> Result<Vec<PathBuf>, VaultFault> {
        let logged: BTreeSet<_> = self.iter().map(|sealed| sealed.event.id).collect();
        self.vault.orphans(|id| logged.contains(id))
    }
}

/// Writes values and salts of an event for one reader: its position, and how many there are. All of them, unless fields are
/// named.
///
/// # Errors
/// A value that is wanted is not here, or the file can't be written.
pub fn disclose(
    desk: &Desk<'_>,
    named: &str,
    out: &Path,
    fields: &[SealedKind],
) -> Result<(u64, usize), NotDone> {
    let store = desk.read_store()?;
    let all = SealedEvents::read(desk, &*store)?;
    let sealed = all.find(named)?;
    let position = sealed.position;
    if let Some(field) = fields.iter().find(|field| !sealed.event.seals(**field)) {
        let field = *field;
        return Err(EventRefused::NotSealed { position, field }.into());
    }
    let mut shown = Vec::new();
    for (field, standing) in all.standings(sealed, desk) {
        match standing {
            _ if !fields.is_empty() && !fields.contains(&field) => {}
            Standing::Here(detail) => shown.push(detail),
            other => {
                let state = other.word();
                return Err(EventRefused::NotDisclosable {
                    field,
                    position,
                    state,
                }
                .into());
            }
        }
    }
    let details = Details::try_from(shown).map_err(NotDone::fault)?;
    let count = details.as_slice().len();
    let disclosure = Disclosure::new(&origin_of(&*store)?, position, sealed.event.id, details);
    let text = disclosure.to_json().map_err(NotDone::fault)?;
    durable::create(out, text.as_bytes(), durable::Access::Secret)?;
    Ok((position, count))
}

/// A disclosure that holds against the log.
#[derive(Debug)]
pub struct Opened {
    pub sealed: Sealed,
    pub details: Vec<Detail>,
}

/// Checks a disclosure against the log.
///
/// # Errors
/// It is not one of this log, or does not open what the event sealed.
pub fn check(desk: &Desk<'_>, file: &Path) -> Result<Opened, NotDone> {
    let bytes = files::read(file, DISCLOSURE_BYTES_MAX)?;
    let path = file.display().to_string();
    let bad = |fault: details::DisclosureFault| EventRefused::BadDisclosure {
        path: path.clone(),
        why: fault.to_string(),
    };
    let disclosure = Disclosure::from_json(&bytes).map_err(bad)?;
    let store = desk.read_store()?;
    let origin = origin_of(&*store)?;
    disclosure.check_origin(&origin).map_err(bad)?;
    let mut all = SealedEvents::read(desk, &*store)?;
    let position = disclosure.position;
    let Some(sealed) = all.events.remove(&position) else {
        return Err(EventRefused::NothingSealed { path, position }.into());
    };
    let event = &sealed.event;
    let opened = disclosure.check(&origin, event.id, &event.sealed);
    let details = opened.map_err(bad)?.to_vec();
    Ok(Opened { sealed, details })
}

/// An erasure that can be carried out, and is in the log or has to be.
#[expect(missing_debug_implementations, reason = "it holds a store")]
pub struct Erasure {
    sealed: Sealed,
    field: SealedKind,
    removal: Removal,
    vault: Vault,
    /// The ledger stays locked until the vault is done: two erasures of one event at once could bring a value back.
    _locked: Arc<dyn Entries>,
}

impl Erasure {
    /// Finds the event and sees how its value can leave the vault.
    ///
    /// # Errors
    /// The event is another's, seals no such field, or its file holds more than can be erased.
    pub fn plan(
        session: &Session<'_>,
        signer: PartyId,
        named: &str,
        field: SealedKind,
    ) -> Result<Self, NotDone> {
        session.ledger()?;
        let locked = Arc::clone(&session.store);
        let all = SealedEvents::read(&session.desk, &*locked)?;
        let sealed = all.find(named)?.clone();
        let (position, author) = (sealed.position, sealed.author);
        if author != signer {
            return Err(EventRefused::NotTheAuthor { position, author }.into());
        }
        if !sealed.event.seals(field) {
            return Err(EventRefused::NotSealed { position, field }.into());
        }
        let removal = sealed.event.removal(field, &all.vault).map_err(refused)?;
        Ok(Self {
            sealed,
            field,
            removal,
            vault: all.vault,
            _locked: locked,
        })
    }

    /// Where it was logged already.
    pub fn logged_at(&self) -> Option<u64> {
        self.sealed.event.erased.get(&self.field).copied()
    }

    /// What is to be logged.
    pub fn payload(&self, instrument: Instrument) -> Payload {
        Payload::DetailErased(DetailErased {
            about: self.sealed.event.id,
            field: self.field,
            instrument,
        })
    }

    /// Takes value and salt from the vault, now that the log has it: the position of the event, and whether there was
    /// anything.
    ///
    /// # Errors
    /// The vault can't be written; the erasure can be asked for again.
    pub fn finish(self) -> Result<(u64, bool), VaultFault> {
        let event = &self.sealed.event;
        let was_here = event.remove(self.field, self.removal, &self.vault)?;
        Ok((self.sealed.position, was_here))
    }
}

fn refused(why: NotRemovable) -> NotDone {
    match why {
        NotRemovable::Vault(fault @ VaultFault::OtherEvent { .. }) => {
            let why = fault.to_string();
            EventRefused::DetailsOfAnother { why }.into()
        }
        NotRemovable::Vault(fault) => fault.into(),
        NotRemovable::WithOthers(fault, others) => {
            let others: Vec<_> = others.into_iter().map(SealedKind::name).collect();
            EventRefused::DetailsUnreadable {
                why: fault.to_string(),
                others: others.join(", "),
            }
            .into()
        }
    }
}
