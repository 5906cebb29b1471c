//! `detail`: what events sealed, held against the vault, shown, disclosed, checked, erased.
//!
//! Invariant: an erasure is in the log before the value leaves the vault. Knows no file format.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use answers::{feed, registry, resolve};
use details::{Detail, Details, Disclosure, Vault, VaultFault};
use domain::payload::{DetailErased, SealedField, SealedKind};
use domain::{EventId, PartyId, Payload};
use ledger::Clock;
use store::Entries;

use super::act::sign_and_append;
use crate::args::DetailErase;
use crate::clock::SystemClock;
use crate::keys::Access;
use crate::limits::DISCLOSURE_BYTES_MAX;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::{Session, founding, read_store};

fn vault_fault(fault: VaultFault) -> CliError {
    CliError::fault(fault)
}

/// An event that sealed something.
struct SealedEvent {
    id: EventId,
    author: PartyId,
    name: &'static str,
    sealed: Vec<SealedField>,
    /// Fields with the position of their erasure.
    erased: BTreeMap<SealedKind, u64>,
}

/// Where a value is.
enum State {
    Here(Detail),
    Erased(u64),
    /// The erasure was logged and not finished.
    Lingers,
    Missing,
    Differs,
    /// The file can't be read, so nobody can tell what is in it.
    Unreadable,
}

impl State {
    fn word(&self) -> String {
        match self {
            Self::Here(_) => "here".to_owned(),
            Self::Erased(position) => format!("erased at {position}"),
            Self::Lingers => "erasure logged, value still here".to_owned(),
            Self::Missing => "missing".to_owned(),
            Self::Differs => "does not match its commitment".to_owned(),
            Self::Unreadable => "unreadable".to_owned(),
        }
    }

    /// Whether somebody has to do something.
    const fn weighs(&self) -> bool {
        matches!(self, Self::Lingers | Self::Differs | Self::Unreadable)
    }
}

/// What an erasure takes from the vault.
#[derive(Clone, Copy)]
enum Removal {
    OfField,
    /// The file can't be read, and nothing in it is to stay.
    OfFile,
}

impl SealedEvent {
    /// Each sealed field and where its value is; a file that can't be read is named, and hides no other event's.
    fn states(&self, vault: &Vault) -> Vec<(SealedKind, State)> {
        let kept = match vault.read(&self.id) {
            Ok(kept) => kept,
            Err(fault) => {
                output::say(format!("note: {fault}"));
                let unreadable = |sealed: &SealedField| (sealed.field, State::Unreadable);
                return self.sealed.iter().map(unreadable).collect();
            }
        };
        let state = |sealed: &SealedField| {
            let detail = kept.as_ref().and_then(|kept| kept.get(sealed.field));
            let state = match (self.erased.get(&sealed.field), detail) {
                (Some(_), Some(_)) => State::Lingers,
                (Some(position), None) => State::Erased(*position),
                (None, None) => State::Missing,
                (None, Some(detail)) if detail.open(sealed).is_ok() => State::Here(detail.clone()),
                (None, Some(_)) => State::Differs,
            };
            (sealed.field, state)
        };
        self.sealed.iter().map(state).collect()
    }

    /// How an erasure of a field would go, asked before it is logged: what is logged must be possible.
    fn removal(&self, field: SealedKind, vault: &Vault) -> Result<Removal, CliError> {
        let fault = match vault.read(&self.id) {
            Ok(_) => return Ok(Removal::OfField),
            Err(fault @ VaultFault::Form { .. }) => fault,
            Err(fault @ VaultFault::OtherEvent { .. }) => {
                return Err(CliError::refused(fault)
                    .help("move it away; what it holds is no detail of this event"));
            }
            Err(fault) => return Err(vault_fault(fault)),
        };
        let others: Vec<_> = self
            .sealed
            .iter()
            .map(|sealed| sealed.field)
            .filter(|other| *other != field && !self.erased.contains_key(other))
            .map(SealedKind::name)
            .collect();
        if others.is_empty() {
            return Ok(Removal::OfFile);
        }
        Err(CliError::refused(format!(
            "{fault}; it can only be erased as a whole, and no erasure of these is logged: {}",
            others.join(", ")
        ))
        .help(
            "put a backup of the file in its place; if there is none, overwrite and remove the file (`shred -u FILE`), \
             then erase each of its fields",
        ))
    }
}

/// Every event of a log that sealed something, by position.
struct Sealed(BTreeMap<u64, SealedEvent>);

impl Sealed {
    fn read(store: &dyn Entries) -> Result<Self, CliError> {
        let (mut events, mut by_id) = (BTreeMap::new(), BTreeMap::new());
        feed(store, 0, store.size(), &mut |event| {
            let author = event.body.author;
            if let Payload::DetailErased(erasure) = &event.body.payload {
                let about = by_id.get(&erasure.about).and_then(|at| events.get_mut(at));
                let own = about.filter(|about: &&mut SealedEvent| about.author == author);
                if let Some(about) = own {
                    about.erased.entry(erasure.field).or_insert(event.position);
                }
            }
            let sealed = event.body.payload.sealed();
            if let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) {
                by_id.insert(event.id, event.position);
                let sealed = SealedEvent {
                    id: event.id,
                    author,
                    name: event.body.payload.name(),
                    sealed: sealed.to_vec(),
                    erased: BTreeMap::new(),
                };
                events.insert(event.position, sealed);
            }
        })?;
        Ok(Self(events))
    }

    /// An event by position, id, or the beginning of its id.
    fn find(&self, named: &str) -> Result<(u64, &SealedEvent), CliError> {
        let ids = self.0.iter().map(|(position, event)| (*position, event.id));
        let found = resolve::among_events(named, ids);
        let position = found.map_err(|refused| {
            CliError::from(refused)
                .help("`ytterby detail list` shows the events that sealed something")
        })?;
        let event = self.0.get(&position);
        let event = event.ok_or_else(|| CliError::fault("an event that was found is gone"))?;
        Ok((position, event))
    }
}

/// Every sealed field and where its value is.
pub(crate) fn list(folder: &Path, party: Option<PartyId>, form: Form) -> Result<Outcome, CliError> {
    let sealed = Sealed::read(&*read_store(folder)?)?;
    let vault = Vault::in_ledger(folder);
    let (mut rows, mut outcome) = (Vec::new(), Outcome::Done);
    let shown = |event: &SealedEvent| party.is_none_or(|party| party == event.author);
    for (position, event) in sealed.0.iter().filter(|(_, event)| shown(event)) {
        for (field, state) in event.states(&vault) {
            if state.weighs() {
                outcome = Outcome::Found;
            }
            rows.push(vec![
                position.to_string(),
                event.id.to_string(),
                event.author.to_string(),
                event.name.to_owned(),
                field.to_string(),
                state.word(),
            ]);
        }
    }
    let names = ["#position", "id", "party", "event", "field", "value"];
    output::table(form, &names, &rows)?;
    let logged: BTreeSet<_> = sealed.0.values().map(|event| event.id).collect();
    for path in vault
        .orphans(|id| logged.contains(id))
        .map_err(vault_fault)?
    {
        output::say(format!("note: no event uses {}", path.display()));
    }
    Ok(outcome)
}

/// The values of one event.
pub(crate) fn show(folder: &Path, named: &str, form: Form) -> Result<Outcome, CliError> {
    let sealed = Sealed::read(&*read_store(folder)?)?;
    let (_, event) = sealed.find(named)?;
    let states = event.states(&Vault::in_ledger(folder));
    let rows: Vec<_> = states
        .iter()
        .map(|(field, state)| {
            let value = match state {
                State::Here(detail) => detail.value.to_string(),
                _ => "-".to_owned(),
            };
            vec![field.to_string(), state.word(), value]
        })
        .collect();
    output::table(form, &["field", "state", "value"], &rows)?;
    let weighs = states.iter().any(|(_, state)| state.weighs());
    Ok(if weighs {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn origin(store: &dyn Entries) -> Result<String, CliError> {
    Ok(founding(&registry(store)?)?.origin.to_string())
}

/// Writes values and salts for one reader.
pub(crate) fn disclose(
    folder: &Path,
    named: &str,
    out: &Path,
    fields: &[SealedKind],
) -> Result<Outcome, CliError> {
    let store = read_store(folder)?;
    let sealed = Sealed::read(&*store)?;
    let (position, event) = sealed.find(named)?;
    let states = event.states(&Vault::in_ledger(folder));
    if let Some(field) = fields
        .iter()
        .find(|field| !states.iter().any(|(kind, _)| kind == *field))
    {
        return Err(CliError::refused(format!(
            "event {position} seals no {field}"
        )));
    }
    let mut shown = Vec::new();
    for (field, state) in states {
        match state {
            _ if !fields.is_empty() && !fields.contains(&field) => {}
            State::Here(detail) => shown.push(detail),
            other => {
                return Err(CliError::refused(format!(
                    "the {field} of event {position} can't be disclosed: {}",
                    other.word()
                )));
            }
        }
    }
    let details = Details::try_from(shown).map_err(CliError::fault)?;
    let count = details.as_slice().len();
    let text = Disclosure::new(&origin(&*store)?, position, event.id, details)
        .to_json()
        .map_err(CliError::fault)?;
    durable::create(out, text.as_bytes(), durable::Access::Secret)?;
    output::line(format!(
        "{count} details of event {position} in {}",
        out.display()
    ))?;
    output::say(
        "note: whoever has this file can read and prove them; an erasure does not reach it",
    );
    Ok(Outcome::Done)
}

/// Checks a disclosure against the log.
pub(crate) fn check(folder: &Path, file: &Path, form: Form) -> Result<Outcome, CliError> {
    let bytes = files::read(file, DISCLOSURE_BYTES_MAX)?;
    let refused = |fault| CliError::refused(format!("{}: {fault}", file.display()));
    let disclosure = Disclosure::from_json(&bytes).map_err(refused)?;
    let store = read_store(folder)?;
    let origin = origin(&*store)?;
    disclosure.check_origin(&origin).map_err(refused)?;
    let sealed = Sealed::read(&*store)?;
    let position = disclosure.position;
    let event = sealed.0.get(&position);
    let event = event.ok_or_else(|| {
        CliError::refused(format!(
            "{}: event {position} sealed nothing",
            file.display()
        ))
    })?;
    let opened = disclosure
        .check(&origin, event.id, &event.sealed)
        .map_err(refused)?;
    let rows: Vec<_> = opened
        .iter()
        .map(|detail| vec![detail.field.to_string(), detail.value.to_string()])
        .collect();
    output::table(form, &["field", "value"], &rows)?;
    output::say(format!(
        "good: {} sealed this in event {position} ({})",
        event.author, event.name
    ));
    for detail in opened {
        if let Some(at) = event.erased.get(&detail.field) {
            output::say(format!(
                "note: the erasure of the {} was logged at position {at}",
                detail.field
            ));
        }
    }
    Ok(Outcome::Done)
}

/// Logs an erasure, then removes value and salt; one that was logged already is finished.
pub(crate) fn erase(
    folder: &Path,
    erase: &DetailErase,
    access: &Access,
) -> Result<Outcome, CliError> {
    let signer = erase.signing.signer;
    // By file, the value would leave the disk before its erasure is in the log.
    if erase.signing.out.is_some() || erase.signing.prepare.is_some() {
        return Err(CliError::usage(
            "an erasure is logged at once: without --out and --prepare",
        ));
    }
    let session = Session::open_to(folder, access, None)?;
    session.ledger()?;
    // The ledger stays locked until the vault is done: two erasures of one event at once could bring a value back.
    let locked = Arc::clone(&session.store);
    let sealed = Sealed::read(&*locked)?;
    let (position, event) = sealed.find(&erase.event)?;
    if event.author != signer {
        let author = event.author;
        return Err(
            CliError::refused(format!("event {position} is of {author}"))
                .help("only its author erases a detail of it"),
        );
    }
    let field = erase.field;
    if !event.sealed.iter().any(|sealed| sealed.field == field) {
        return Err(CliError::refused(format!(
            "event {position} seals no {field}"
        )));
    }
    let vault = Vault::in_ledger(folder);
    let removal = event.removal(field, &vault)?;
    let outcome = match event.erased.get(&field) {
        Some(at) => {
            output::say(format!("the erasure was logged at position {at} already"));
            session.close()?;
            Outcome::Done
        }
        None => {
            let payload = Payload::DetailErased(DetailErased {
                about: event.id,
                field,
                instrument: erase.instrument.read()?,
            });
            let now = SystemClock.now();
            let zone = session.registry().zone();
            let occurred = erase.signing.occurred.as_deref();
            let occurred = occurred.map_or(Ok(now), |text| zone.moment_of(text))?;
            sign_and_append(session, &erase.signing, (occurred, payload), now, access)?
        }
    };
    if erase.signing.dry_run {
        return Ok(outcome);
    }
    let was_here = match removal {
        Removal::OfField => vault.erase(&event.id, field),
        Removal::OfFile => vault.erase_all(&event.id),
    };
    drop(locked);
    if was_here.map_err(vault_fault)? {
        output::line(format!("{field} of event {position} is erased here"))?;
    } else {
        output::line(format!("{field} of event {position} was not here"))?;
    }
    Ok(outcome)
}
