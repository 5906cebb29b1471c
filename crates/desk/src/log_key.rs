//! The operator's log key, which signs the checkpoints, is replaced by its next one.
//!
//! Invariant: as of every rotation, the coming next key is on disk before the event names its hash, and a rotation that was
//! cut off anywhere is finished by running it again. Holds no rule; the registry decides.

use std::sync::Arc;

use author::log_key_rotation;
use domain::{Bytes32, PartyId, Payload, Registry};
use durable::LOG_KEY;
use signing::{VerifierKey, key_commitment};
use store_embedded::{EmbeddedStore, OpenMode};

use crate::batch::{Batch, Intent};
use crate::commit::{Committed, Hear};
use crate::desk::{Desk, founding};
use crate::foresight::Foresight;
use crate::keys::party_files::{Fresh, Held, Ids};
use crate::keys::{Key, KeyPlace, PartyFiles};
use crate::refused::{KeyRefused, NotDone};
use crate::session::Session;

/// Whether the log has taken the rotation to the key that lies ready, as far as the files tell.
fn is_logged(registry: &Registry, files: &PartyFiles, held: &Held) -> Result<bool, NotDone> {
    let newest = registry.log_keys().last();
    let newest = newest.ok_or(answers::Refused::NotFounded)?;
    let is_newest = |key: &Option<Key>| {
        let key = key.as_ref();
        key.is_some_and(|key| *key.public().as_bytes() == newest.key.0)
    };
    let may_follow = |key: &Option<Key>| {
        let key = key.as_ref();
        key.is_some_and(|key| Bytes32(key_commitment(key.public().as_bytes())) == newest.next)
    };
    if is_newest(&held.current) && may_follow(&held.next) {
        return Ok(false);
    }
    // After it was logged the files move one by one: the next key to the current one, then the fresh one to the next.
    let is_moved = is_newest(&held.current) && held.next.is_none();
    if may_follow(&held.fresh) && (is_newest(&held.next) || is_moved) {
        return Ok(true);
    }
    Err(if is_newest(&held.current) {
        let path = files.next.display().to_string();
        KeyRefused::NoNextLogKey { path }.into()
    } else {
        KeyRefused::NoLogKey.into()
    })
}

/// A rotation as the files and the log have it.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub enum LogKeyRotation<'a> {
    /// The log has taken it; files have still to get their names.
    Logged(Box<CutOff<'a>>),
    /// It is to be signed.
    Planned(Box<Planned<'a>>),
}

/// A rotation that was cut off after the log had taken it.
#[expect(missing_debug_implementations, reason = "it holds a store and a host")]
pub struct CutOff<'a> {
    desk: Desk<'a>,
    files: PartyFiles,
    ids: Ids,
    registry: Registry,
    /// Keeps every other writer out.
    _store: Arc<EmbeddedStore>,
}

/// A rotation that is to be signed by the authority.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct Planned<'a> {
    session: Session<'a>,
    files: PartyFiles,
    ids: Ids,
    fresh: Fresh,
    authority: PartyId,
    batch: Batch,
}

impl<'a> LogKeyRotation<'a> {
    /// Sees how far a rotation has come. The open store keeps every other writer out, another rotation among them.
    ///
    /// # Errors
    /// The log key or its next key is not in its file.
    pub fn plan(desk: &Desk<'a>) -> Result<Self, NotDone> {
        let files = PartyFiles::of(&desk.place.keys(), LOG_KEY);
        let store = desk.open_store(OpenMode::ReadWrite)?;
        let registry = answers::registry(&*store)?;
        let mut held = Held::open(&files, desk.host)?;
        let is_logged = is_logged(&registry, &files, &held)?;
        let fresh = held.fresh.take();
        let fresh = Fresh::get(fresh, None, &registry, held.next.as_ref(), desk.host)?;
        let ids = held.ids(&fresh);
        if is_logged {
            return Ok(Self::Logged(Box::new(CutOff {
                desk: desk.clone(),
                files,
                ids,
                registry,
                _store: store,
            })));
        }
        let (Some(current), Some(next)) = (held.current, held.next) else {
            return Err(NotDone::fault("the log key or its next key is not there"));
        };
        let founding = founding(&registry)?;
        let (authority, operator) = (founding.authority, founding.operator);
        let ledger = ledger::ledger_id(&*store)?;
        let coming = fresh.key().public().as_bytes();
        let rotated = log_key_rotation(&*current, &*next, coming, &ledger, &operator)?;
        let now = desk.host.now();
        let session = Session::rotating(desk, store, current, next)?;
        let draft = Intent::of(now, Payload::LogKeyRotated(Box::new(rotated)));
        let batch = session.number(authority, [draft], now)?;
        Ok(Self::Planned(Box::new(Planned {
            session,
            files,
            ids,
            fresh,
            authority,
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
        self.files.settle(&self.registry, &self.ids, self.desk.host)
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

    /// The keys of the authority that sign.
    ///
    /// # Errors
    /// One can't be opened.
    pub fn signers(&self, places: &[KeyPlace]) -> Result<Vec<Key>, NotDone> {
        self.session.signers(self.authority, places)
    }

    /// Writes the coming next key, signs, and gives every file its name: the log's new verifier key.
    ///
    /// # Errors
    /// A key can't be written, the event is refused, or the disk failed; run again, it goes on from there.
    pub fn carry_out(
        self,
        signers: &[Key],
        plain: bool,
        recorded: Hear<'_>,
    ) -> Result<(Committed, Option<VerifierKey>), NotDone> {
        let host = self.session.desk.host;
        self.files.write_fresh(&self.fresh, plain, host)?;
        let committed = self.session.commit(self.batch, signers, recorded)?;
        let registry = self.session.registry();
        self.files.settle(&registry, &self.ids, host)?;
        self.session.close()?;
        Ok((committed, verify::log_keys(&registry).current().cloned()))
    }
}
