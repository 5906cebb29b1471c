//! `key rotate`, `key add`, `key revoke`: what becomes of keys after they are registered.
//!
//! Invariant: a key is on disk before an event names it, no file is overwritten, and a rotation that was cut off anywhere is
//! finished by running it again. Holds no rule; the registry decides.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use domain::payload::{KeyAdded, KeyRevoked, RevocationReason};
use domain::registry::AuthorityRefusal;
use domain::{KeyId, PartyId, Payload, Registry};
use ledger::{Clock, grant};
use seal::{SecretKey, Signer};

use super::act::{act, consent, say_recorded, show};
use super::findings::show_preview;
use crate::args::{KeyAct, KeyRotate, Signing};
use crate::clock::SystemClock;
use crate::keys::{self, Access};
use crate::outcome::{CliError, Outcome};
use crate::session::{Party, Session, founding, more_keys};
use crate::{output, place};

/// Runs the command.
pub(crate) fn run(command: KeyAct, folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    match command {
        KeyAct::Rotate(command) => rotate(folder, &command, access),
        KeyAct::RotateLog(command) => super::log_key::rotate(folder, &command, access),
        KeyAct::Add {
            party,
            from,
            signing,
        } => {
            let from = from.unwrap_or_else(|| place::keys(folder));
            add(folder, party, &from, &signing, access)
        }
        KeyAct::Revoke {
            party,
            key,
            reason,
            signing,
        } => act(folder, &signing, access, |session| {
            let key = named_key(&session.ledger.registry(), party, &key)?;
            Ok(Payload::KeyRevoked(KeyRevoked { party, key, reason }))
        }),
    }
}

fn add(
    folder: &Path,
    party: PartyId,
    from: &Path,
    signing: &Signing,
    access: &Access,
) -> Result<Outcome, CliError> {
    let files = Files::of(from, party.as_str());
    let outcome = act(folder, signing, access, |session| {
        let key = keys::open(&files.current, access)?;
        let next = keys::open(&files.next, access)?;
        key_added(&session.ledger.registry(), party, &key, &next)
    })?;
    if !signing.dry_run {
        let (key, next) = (files.current.display(), files.next.display());
        output::say(format!("{key}: signs for {party} from now on"));
        output::say(format!("{next}: next key: keep it elsewhere, offline"));
    }
    Ok(outcome)
}

fn key_added(
    registry: &Registry,
    party: PartyId,
    key: &SecretKey,
    next: &SecretKey,
) -> Result<Payload, CliError> {
    let founding = founding(registry)?;
    let key = grant(key, next.public().as_bytes(), &founding.origin, &party);
    Ok(Payload::KeyAdded(Box::new(KeyAdded {
        party,
        key: key.map_err(CliError::fault)?,
    })))
}

/// A rule of the registry that is known to refuse before anything is signed.
fn refused(refusal: &AuthorityRefusal) -> CliError {
    CliError::refused(format!("{refusal} [{}]", refusal.code()))
}

/// The one key of a party whose id begins so.
fn named_key(registry: &Registry, party: PartyId, text: &str) -> Result<KeyId, CliError> {
    let wanted = text.to_ascii_lowercase();
    if !(8..=16).contains(&wanted.len()) || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(CliError::usage(format!(
            "{text:?} is no key id: write its 16 hexadecimal digits, or at least the first 8"
        )));
    }
    let mut fitting = registry
        .keys()
        .filter(|(id, record)| record.party == party && id.to_string().starts_with(&wanted));
    match (fitting.next(), fitting.next()) {
        (Some((key, _)), None) => Ok(*key),
        (first, _) => {
            let count = first.map_or("no key", |_| "several keys");
            let why = format!("{party} has {count} beginning with {wanted}");
            Err(CliError::refused(why).help("give all 16 digits, as `ytterby key list` has them"))
        }
    }
}

/// Key files of a party, or of the log, in one folder. `fresh` is the coming next key until the log has taken the rotation; `unfinished`
/// is the same file while it is being written.
pub(super) struct Files {
    folder: PathBuf,
    /// What every file name begins with.
    name: String,
    current: PathBuf,
    pub(super) next: PathBuf,
    fresh: PathBuf,
    unfinished: PathBuf,
}

impl Files {
    pub(super) fn of(folder: &Path, name: &str) -> Self {
        let named = |suffix: &str| folder.join(format!("{name}{suffix}.pem"));
        Self {
            folder: folder.to_path_buf(),
            name: name.to_owned(),
            current: named(""),
            next: named(".next"),
            fresh: named(".fresh"),
            unfinished: named(".unfinished"),
        }
    }

    fn old(&self, key: &KeyId) -> PathBuf {
        let id = key.to_string();
        self.folder
            .join(format!("{}.old-{}.pem", self.name, &id[..8]))
    }

    /// Writes the coming next key. Only its whole and durable file bears the name that a later run looks for.
    pub(super) fn write_fresh(
        &self,
        key: &SecretKey,
        plain: bool,
        access: &Access,
    ) -> Result<(), CliError> {
        if self.unfinished.exists() {
            // Cut off while it was written, so no event can name what it holds.
            fs::remove_file(&self.unfinished)?;
        }
        keys::write(&self.unfinished, key, plain, access)?;
        self.rename(&self.unfinished, &self.fresh)
    }

    /// Gives every file the name of what it is now, each rename where it is still missing, and says so.
    pub(super) fn settle(&self, registry: &Registry, ids: &Ids) -> Result<(), CliError> {
        let revoked = |id: &KeyId| registry.key(id).is_some_and(|key| key.revoked_at.is_some());
        if let Some(old) = ids.current.filter(revoked) {
            self.rename(&self.current, &self.old(&old))?;
        }
        if ids.next.is_some() {
            self.rename(&self.next, &self.current)?;
        }
        self.rename(&self.fresh, &self.next)?;
        let tell = |file: &Path, what: String| output::line(format!("{}: {what}", file.display()));
        if let Some(id) = ids.next.or(ids.current) {
            tell(&self.current, format!("key {id}, which signs from now on"))?;
        }
        let kept = format!("next key {}: keep it elsewhere, offline", ids.fresh);
        tell(&self.next, kept)?;
        for (id, _) in registry.keys().filter(|(id, _)| revoked(id)) {
            let old = self.old(id);
            if old.exists() {
                tell(
                    &old,
                    format!("old key {id}, revoked: the file may be destroyed"),
                )?;
            }
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), CliError> {
        if to.exists() {
            return Err(CliError::refused(format!(
                "{} exists already; keys are never overwritten",
                to.display()
            ))
            .help("move it out of the folder and run this again"));
        }
        fs::rename(from, to)?;
        // The renames must reach the disk in this order, else a power cut could leave a state that no run makes.
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }
}

/// The keys in a party's files, as far as the files are there.
pub(super) struct Held {
    pub(super) current: Option<SecretKey>,
    pub(super) next: Option<SecretKey>,
    pub(super) fresh: Option<SecretKey>,
}

impl Held {
    pub(super) fn open(files: &Files, access: &Access) -> Result<Self, CliError> {
        let open = |path: &Path| path.exists().then(|| keys::open(path, access)).transpose();
        Ok(Self {
            current: open(&files.current)?,
            next: open(&files.next)?,
            fresh: open(&files.fresh)?,
        })
    }
}

/// The ids of the keys in a party's files.
pub(super) struct Ids {
    pub(super) current: Option<KeyId>,
    pub(super) next: Option<KeyId>,
    pub(super) fresh: KeyId,
}

pub(super) fn id_of(key: &SecretKey) -> KeyId {
    KeyId(key.public().id().0)
}

/// What the registry knows of the key in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    NoFile,
    Unknown,
    Valid,
    Revoked,
}

fn standing(registry: &Registry, party: PartyId, key: Option<&SecretKey>) -> Standing {
    let Some(key) = key else {
        return Standing::NoFile;
    };
    match registry.key(&id_of(key)) {
        Some(record) if record.party != party => Standing::Unknown,
        Some(record) if record.revoked_at.is_some() => Standing::Revoked,
        Some(_) => Standing::Valid,
        None => Standing::Unknown,
    }
}

/// How far a rotation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    NothingLogged,
    NextKeyAdded,
    OldKeyRevoked,
}

fn stage(
    registry: &Registry,
    party: PartyId,
    files: &Files,
    held: &Held,
) -> Result<Stage, CliError> {
    let record = registry.party(&party).ok_or_else(|| {
        CliError::refused(format!("{party} is not registered here"))
            .help("a regulator registers parties: `ytterby party add`")
    })?;
    let committed =
        |key: &SecretKey| seal::key_commitment(key.public().as_bytes()) == record.next_key.0;
    let own = registry.keys().filter(|(_, record)| record.party == party);
    let newest = own
        .max_by_key(|(_, record)| record.added_at)
        .map(|(id, _)| *id);
    let current = standing(registry, party, held.current.as_ref());
    let next = standing(registry, party, held.next.as_ref());
    let taken = held.fresh.as_ref().is_some_and(committed);
    let refusal = match (current, next) {
        (Standing::Valid, Standing::Unknown) if held.next.as_ref().is_some_and(committed) => {
            return Ok(Stage::NothingLogged);
        }
        (Standing::Valid, Standing::Valid) if taken => return Ok(Stage::NextKeyAdded),
        (Standing::Revoked | Standing::NoFile, Standing::Valid) if taken => {
            return Ok(Stage::OldKeyRevoked);
        }
        // Only the last rename is missing: the current file holds the newest key already.
        (Standing::Valid, Standing::NoFile)
            if taken && held.current.as_ref().map(id_of) == newest =>
        {
            return Ok(Stage::OldKeyRevoked);
        }
        (Standing::Valid, Standing::Unknown) => {
            refused(&AuthorityRefusal::NotTheCommittedKey { party })
        }
        (Standing::Valid, _) => {
            let why = format!("{} holds no key that can follow", files.next.display());
            return Err(CliError::refused(why)
                .help("bring the file of the next key back from where you keep it"));
        }
        _ => CliError::refused(format!(
            "{} holds no valid key of {party}, so it can't sign",
            files.current.display()
        )),
    };
    Err(refusal.help(format!(
        "a regulator grants other keys: `ytterby key new {party} --out DIR`, then `ytterby key add {party} --from DIR --as REGULATOR`"
    )))
}

/// What the log still lacks.
fn planned(
    registry: &Registry,
    party: PartyId,
    stage: Stage,
    held: &Held,
    fresh: &SecretKey,
) -> Result<Vec<Payload>, CliError> {
    let mut payloads = Vec::new();
    if let (Stage::NothingLogged, Some(next)) = (stage, &held.next) {
        payloads.push(key_added(registry, party, next, fresh)?);
    }
    if let (Stage::NothingLogged | Stage::NextKeyAdded, Some(old)) = (stage, &held.current) {
        let (key, reason) = (id_of(old), RevocationReason::Superseded);
        payloads.push(Payload::KeyRevoked(KeyRevoked { party, key, reason }));
    }
    Ok(payloads)
}

fn rotate(folder: &Path, command: &KeyRotate, access: &Access) -> Result<Outcome, CliError> {
    // The open session keeps every other writer out, another rotation among them.
    let session = Session::open(folder, access)?;
    let registry = session.ledger.registry();
    let founding = founding(&registry)?;
    let party = command.party;
    if party == founding.operator {
        return Err(CliError::refused(format!(
            "{party} is the operator: its key signs the checkpoints"
        ))
        .help("`ytterby key rotate-log` replaces it"));
    }
    let files = Files::of(&place::keys(folder), party.as_str());
    let mut held = Held::open(&files, access)?;
    let stage = stage(&registry, party, &files, &held)?;
    let made = held.fresh.is_none();
    let fresh = held.fresh.take().map_or_else(keys::new_key, Ok)?;
    let ids = Ids {
        current: held.current.as_ref().map(id_of),
        next: held.next.as_ref().map(id_of),
        fresh: id_of(&fresh),
    };
    let payloads = planned(&registry, party, stage, &held, &fresh)?;
    let now = SystemClock.now();
    for payload in &payloads {
        show(payload, now)?;
    }
    let events: Vec<_> = payloads.into_iter().map(|payload| (now, payload)).collect();
    let weighs = !events.is_empty() && show_preview(&session.preview(party, &events, now)?);
    if stage != Stage::NothingLogged {
        output::say("a rotation was cut off: this finishes it");
    }
    if command.dry_run {
        output::say("dry run: nothing was signed and no file was changed");
        return Ok(if weighs {
            Outcome::Found
        } else {
            Outcome::Done
        });
    }
    if let (Some(old), Some(mut next), false) = (held.current, held.next, events.is_empty()) {
        let others = more_keys(&old, &command.more_keys, access)?;
        consent(&format!("Sign this as {party}?"), command.yes)?;
        if made {
            files.write_fresh(&fresh, command.plain, access)?;
        }
        let author = session.author(party, &founding.origin);
        let mut signer = Party { author, key: old };
        for event in events {
            // The new key revokes the old one: the old is given up only once the new has shown that it signs.
            if matches!(event.1, Payload::KeyRevoked(_)) {
                std::mem::swap(&mut signer.key, &mut next);
            }
            session.append_signed_by(&mut signer, &others, vec![event], now, &mut say_recorded)?;
        }
    }
    files.settle(&session.ledger.registry(), &ids)?;
    session.close()?;
    Ok(Outcome::Done)
}
