//! The founding authority gives up all its keys and takes new ones, by the recovery key that it kept apart.
//!
//! Invariant: the new keys are on disk before the event names them, no old file is needed or overwritten, and a recovery that
//! was cut off anywhere is finished by running it again. Holds no rule; the registry decides.

use std::path::{Path, PathBuf};

use author::grant;
use domain::payload::AuthorityRecovered;
use domain::text::Term;
use domain::{Bytes32, KeyId, List, PartyId, Payload, Registry};
use signing::{Signer, key_commitment};

use crate::batch::{Batch, Intent};
use crate::commit::{Committed, Hear};
use crate::desk::Desk;
use crate::foresight::Foresight;
use crate::host::Host;
use crate::keys::recovery_files::{Coming, NewKeys, RecoveryFiles};
use crate::keys::{self, Key, KeyPlace, id_of};
use crate::refused::{KeyRefused, NotDone};
use crate::requests;
use crate::session::Session;

/// What the authority asks for.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub authority: PartyId,
    pub reason: &'a Term,
    /// Where the recovery key is, if it is not among the key files.
    pub recovery: Option<&'a KeyPlace>,
    /// Requests for further keys, which other people hold.
    pub requests: &'a [PathBuf],
    /// The file that takes what is signed to the operator.
    pub out: Option<&'a Path>,
}

/// A recovery as the files and the log have it.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub enum Recovery<'a> {
    /// The log has taken it; files have still to get their names.
    Logged(Box<CutOff<'a>>),
    /// It is to be signed.
    Planned(Box<Planned<'a>>),
}

/// A recovery that was cut off after the log had taken it.
#[expect(missing_debug_implementations, reason = "it holds a host")]
pub struct CutOff<'a> {
    /// Keeps every other writer out.
    session: Session<'a>,
    files: RecoveryFiles,
    key: KeyId,
}

/// A recovery that is to be signed by the recovery key.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct Planned<'a> {
    session: Session<'a>,
    files: RecoveryFiles,
    new: NewKeys,
    recovery: Key,
    batch: Batch,
}

impl<'a> Recovery<'a> {
    /// Sees how far a recovery has come. The open session keeps every other writer out, another recovery among them.
    ///
    /// # Errors
    /// The recovery key is not here, or the files hold a part of a recovery that can't be finished.
    pub fn plan(desk: &Desk<'a>, wanted: &Wanted<'_>) -> Result<Self, NotDone> {
        let session = Session::open_to(desk, wanted.out)?;
        let (registry, now) = (session.registry(), desk.host.now());
        let party = wanted.authority;
        let files = RecoveryFiles::of(&desk.place.keys(), party.as_str());
        let coming = files.open(desk.host)?;
        if let Some(key) = logged(&registry, party, &files, &coming, desk.host)? {
            return Ok(Self::Logged(Box::new(CutOff {
                session,
                files,
                key,
            })));
        }
        let recovery = match wanted.recovery {
            Some(place) => keys::open_at(place, desk.host)?,
            None => open_recovery(&files.recovery(), desk.host)?,
        };
        let new = NewKeys::of(coming, desk.host)?;
        let payload =
            Payload::AuthorityRecovered(Box::new(recovered(&session, wanted, &*recovery, &new)?));
        payload.check()?;
        let batch = session.number(party, [Intent::of(now, payload)], now)?;
        Ok(Self::Planned(Box::new(Planned {
            session,
            files,
            new,
            recovery,
            batch,
        })))
    }
}

impl CutOff<'_> {
    /// Gives every file its name.
    ///
    /// # Errors
    /// The disk failed.
    pub fn finish(self) -> Result<(), NotDone> {
        self.files.settle(&self.key, self.session.desk.host)?;
        self.session.close()
    }
}

impl Planned<'_> {
    /// What would be signed.
    pub const fn batch(&self) -> &Batch {
        &self.batch
    }

    /// What it would raise.
    ///
    /// # Errors
    /// It is refused, or the log can't be read.
    pub fn preview(&self) -> Result<Foresight, NotDone> {
        self.session.preview(&self.batch)
    }

    /// Writes the new keys, signs with the recovery key, and gives every file its name. `place` is where the recovery key
    /// was, if it was named.
    ///
    /// # Errors
    /// A key can't be written, the event is refused, or the disk failed; run again, it goes on from there.
    pub fn carry_out(
        self,
        plain: bool,
        place: Option<&KeyPlace>,
        recorded: Hear<'_>,
    ) -> Result<Committed, NotDone> {
        let host = self.session.desk.host;
        self.files.write(&self.new, plain, host)?;
        let committed = self
            .session
            .commit(self.batch, &[self.recovery], recorded)?;
        self.files.settle(&id_of(self.new.current.key()), host)?;
        if let Some(place) = place {
            host.result(format!(
                "{place}: the recovery key that was used, public now: it may be destroyed"
            ))?;
        }
        self.session.close()?;
        Ok(committed)
    }
}

fn open_recovery(file: &Path, host: &dyn Host) -> Result<Key, NotDone> {
    if !file.exists() {
        let path = file.display().to_string();
        return Err(KeyRefused::NoRecovery { path }.into());
    }
    keys::open(file, host)
}

/// The new key, if the log has taken a recovery whose files have not all got their names.
fn logged(
    registry: &Registry,
    party: PartyId,
    files: &RecoveryFiles,
    coming: &Coming,
    host: &dyn Host,
) -> Result<Option<KeyId>, NotDone> {
    if let Some(key) = &coming.current {
        let id = id_of(&**key);
        let record = registry.key(&id).filter(|record| record.party == party);
        return Ok(record.map(|_| id));
    }
    if coming.next.is_none() && coming.recovery.is_none() {
        return Ok(None);
    }
    // The new key got its name first: then the log has it, and it commits to the new next key.
    let next = match &coming.next {
        Some(key) => commitment(&**key),
        None => commitment(&*keys::open(&files.next(), host)?),
    };
    let current = files.current();
    let id = id_of(&*keys::open(&current, host)?);
    let record = registry.key(&id);
    if record.is_some_and(|record| record.party == party && record.next == next) {
        return Ok(Some(id));
    }
    let folder = current.parent().unwrap_or(&current).display().to_string();
    Err(KeyRefused::HalfRecovered { folder, party }.into())
}

fn commitment(key: &dyn Signer) -> Bytes32 {
    Bytes32(key_commitment(key.public().as_bytes()))
}

/// The act: this machine's new key, and those that other people hold and asked for.
fn recovered(
    session: &Session<'_>,
    wanted: &Wanted<'_>,
    recovery: &dyn Signer,
    new: &NewKeys,
) -> Result<AuthorityRecovered, NotDone> {
    let party = wanted.authority;
    let next = new.next.key().public();
    let own = grant(new.current.key(), next.as_bytes(), &session.id()?, &party);
    let mut keys = vec![own?];
    for file in wanted.requests {
        keys.push(requests::asked(file, party, session)?);
    }
    Ok(AuthorityRecovered {
        recovery: Bytes32(*recovery.public().as_bytes()),
        keys: List::new(keys)?,
        next: commitment(new.recovery.key()),
        reason: wanted.reason.clone(),
    })
}
