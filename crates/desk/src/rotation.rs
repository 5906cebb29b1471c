//! A party's next key takes the place of its current one.
//!
//! Invariant: the coming next key is on disk before an event names it, no file is overwritten, and a rotation that was cut
//! off anywhere is finished by running it again. Holds no rule; the registry decides.

use author::grant;
use domain::payload::{KeyAdded, KeyRevoked, RevocationReason};
use domain::registry::AuthorityRefusal;
use domain::{KeyId, Moment, PartyId, Payload, Registry};
use signing::Signer;
use token::TokenUri;

use crate::batch::{Batch, Intent};
use crate::commit::{Committed, Hear};
use crate::desk::{Desk, founding};
use crate::foresight::Foresight;
use crate::keys::party_files::{Fresh, Held, Ids};
use crate::keys::{self, Key, KeyPlace, PartyFiles, id_of};
use crate::refused::{KeyRefused, NotDone};
use crate::session::Session;

/// The one key of a party whose id begins so.
///
/// # Errors
/// It is not the beginning of an id, or of none, or of several.
pub fn named_key(registry: &Registry, party: PartyId, text: &str) -> Result<KeyId, NotDone> {
    let given = text.to_ascii_lowercase();
    if !(8..=16).contains(&given.len()) || !given.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let given = text.to_owned();
        return Err(KeyRefused::BadId { given }.into());
    }
    let mut fitting = registry
        .keys()
        .filter(|(id, record)| record.party == party && id.to_string().starts_with(&given));
    match (fitting.next(), fitting.next()) {
        (Some((key, _)), None) => Ok(*key),
        (None, _) => Err(KeyRefused::Unknown { party, given }.into()),
        (Some(_), Some(_)) => Err(KeyRefused::Ambiguous { party, given }.into()),
    }
}

/// What the registry knows of the key in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    NoFile,
    Unknown,
    Valid,
    Revoked,
}

fn standing(registry: &Registry, party: PartyId, key: Option<&Key>) -> Standing {
    let Some(key) = key else {
        return Standing::NoFile;
    };
    match registry.key(&id_of(&**key)) {
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
    files: &PartyFiles,
    held: &Held,
    now: Moment,
) -> Result<Stage, NotDone> {
    answers::resolve::registered(registry, &party)?;
    let committed = |key: &Key| {
        let commitment = signing::key_commitment(key.public().as_bytes());
        let mut commitments = registry.commitments(&party, now);
        commitments.any(|committed| committed.0 == commitment)
    };
    let own = registry.keys_of(&party);
    let newest = own
        .max_by_key(|(_, record)| record.added_at)
        .map(|(id, _)| id);
    let current = standing(registry, party, held.current.as_ref());
    let next = standing(registry, party, held.next.as_ref());
    let taken = held.fresh.as_ref().is_some_and(committed);
    let path = |path: &std::path::Path| path.display().to_string();
    let refused = match (current, next) {
        (Standing::Valid, Standing::Unknown) if held.next.as_ref().is_some_and(committed) => {
            return Ok(Stage::NothingLogged);
        }
        (Standing::Valid, Standing::Valid) if taken => return Ok(Stage::NextKeyAdded),
        (Standing::Revoked | Standing::NoFile, Standing::Valid) if taken => {
            return Ok(Stage::OldKeyRevoked);
        }
        // Only the last rename is missing: the current file holds the newest key already.
        (Standing::Valid, Standing::NoFile)
            if taken && held.current.as_deref().map(id_of) == newest =>
        {
            return Ok(Stage::OldKeyRevoked);
        }
        (Standing::Valid, Standing::Unknown) => {
            let why = AuthorityRefusal::NotTheCommittedKey { party }.to_string();
            KeyRefused::NotCommitted { party, why }
        }
        (Standing::Valid, _) => {
            let path = path(&files.next);
            KeyRefused::NoNext { path }
        }
        _ => {
            let path = path(&files.current);
            KeyRefused::NoValidKey { path, party }
        }
    };
    Err(refused.into())
}

/// What the log still lacks.
fn planned(
    ledger: &[u8; 32],
    party: PartyId,
    stage: Stage,
    held: &Held,
    fresh: &dyn Signer,
) -> Result<Vec<Payload>, NotDone> {
    let mut payloads = Vec::new();
    if let (Stage::NothingLogged, Some(next)) = (stage, &held.next) {
        let key = grant(&**next, fresh.public().as_bytes(), ledger, &party)?;
        payloads.push(Payload::KeyAdded(Box::new(KeyAdded { party, key })));
    }
    if let (Stage::NothingLogged | Stage::NextKeyAdded, Some(old)) = (stage, &held.current) {
        let (key, reason) = (id_of(&**old), RevocationReason::Superseded);
        payloads.push(Payload::KeyRevoked(KeyRevoked { party, key, reason }));
    }
    Ok(payloads)
}

/// A rotation that is planned and not carried out.
#[expect(missing_debug_implementations, reason = "it holds keys")]
pub struct Rotation<'a> {
    session: Session<'a>,
    files: PartyFiles,
    held: Held,
    fresh: Fresh,
    ids: Ids,
    stage: Stage,
    batch: Batch,
}

impl<'a> Rotation<'a> {
    /// Sees how far a rotation has come, and what the log still lacks of it. The open session keeps every other writer out,
    /// another rotation among them. `token` is where the new next key is to be; a dry run names none.
    ///
    /// # Errors
    /// The key files hold no keys that can be rotated, or the party is the operator.
    pub fn plan(
        desk: &Desk<'a>,
        party: PartyId,
        token: Option<&TokenUri>,
    ) -> Result<Self, NotDone> {
        let session = Session::open_to(desk, None)?;
        let registry = session.registry();
        if party == founding(&registry)?.operator {
            return Err(KeyRefused::Operators { party }.into());
        }
        let files = PartyFiles::of(&desk.place.keys(), party.as_str());
        let mut held = Held::open(&files, desk.host)?;
        let now = desk.host.now();
        let stage = stage(&registry, party, &files, &held, now)?;
        let fresh = held.fresh.take();
        let fresh = Fresh::get(fresh, token, &registry, held.next.as_ref(), desk.host)?;
        let payloads = planned(&session.id()?, party, stage, &held, fresh.key())?;
        let drafts = payloads.into_iter().map(|payload| Intent::of(now, payload));
        let batch = session.number(party, drafts, now)?;
        Ok(Self {
            ids: held.ids(&fresh),
            session,
            files,
            held,
            fresh,
            stage,
            batch,
        })
    }

    /// What would be signed; nothing where only files have still to get their names.
    pub const fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Whether an earlier run was cut off.
    pub fn is_resumed(&self) -> bool {
        self.stage != Stage::NothingLogged
    }

    /// What the events would raise.
    ///
    /// # Errors
    /// They are refused, or the log can't be read.
    pub fn preview(&self) -> Result<Foresight, NotDone> {
        if self.batch.events().is_empty() {
            return Ok(Foresight::default());
        }
        self.session.preview(&self.batch)
    }

    /// Opens the keys that sign besides the party's current one.
    ///
    /// # Errors
    /// One can't be opened, or is given twice.
    pub fn more_keys(&self, places: &[KeyPlace]) -> Result<Vec<Key>, NotDone> {
        match (&self.held.current, self.batch.events().is_empty()) {
            (Some(old), false) => keys::more_keys(&**old, places, self.session.desk.host),
            _ => Ok(Vec::new()),
        }
    }

    /// Writes the coming next key, signs what the log lacks, and gives every file its name.
    ///
    /// # Errors
    /// A key can't be written, an event is refused, or the disk failed; run again, it goes on from there.
    pub fn carry_out(
        self,
        others: Vec<Key>,
        plain: bool,
        recorded: Hear<'_>,
    ) -> Result<Committed, NotDone> {
        let (session, held) = (self.session, self.held);
        let host = session.desk.host;
        let mut committed = Committed { unacknowledged: 0 };
        if let (Some(old), Some(mut next), false) =
            (held.current, held.next, self.batch.events().is_empty())
        {
            self.files.write_fresh(&self.fresh, plain, host)?;
            let mut signers: Vec<Key> = std::iter::once(old).chain(others).collect();
            for event in self.batch.one_by_one() {
                // The new key revokes the old one: the old is given up only once the new has shown that it signs.
                let payload = event.events().first().map(|event| &event.body.payload);
                if let (Some(Payload::KeyRevoked(_)), Some(first)) = (payload, signers.first_mut())
                {
                    std::mem::swap(first, &mut next);
                }
                committed = session.commit(event, &signers, recorded)?;
            }
        }
        self.files.settle(&session.registry(), &self.ids, host)?;
        session.close()?;
        Ok(committed)
    }
}
