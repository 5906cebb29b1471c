//! Requests for keys: made from key files, and taken from other parties, so that no private key leaves the machine that made
//! it.
//!
//! Invariant: of another party only a public request is read, checked for possession and for this log, and its words are shown
//! before anybody consents. Decides nothing; the registry does.

use std::path::Path;

use author::grant;
use domain::payload::{KeyAdded, KeyGrant, PartyRegistered};
use domain::{Bytes32, PartyId, Payload};
use portable::{KeyRequest, Stated};
use store::Entries;

use crate::desk::{founding, origin_of};
use crate::host::Host;
use crate::keys::{self, PartyFiles};
use crate::refused::{KeyRefused, NotDone};
use crate::session::Session;

/// The log that a request is for.
#[derive(Debug, Clone)]
pub struct ForLog {
    pub origin: String,
    /// The ledger's id, or the hash of the origin before it is founded.
    pub ledger: [u8; 32],
}

impl ForLog {
    /// A log that is to be founded.
    pub fn founding(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            ledger: chain::origin_hash(origin),
        }
    }

    /// The log that is known here.
    ///
    /// # Errors
    /// It is not founded, or can't be read.
    pub fn known(store: &dyn Entries) -> Result<Self, NotDone> {
        Ok(Self {
            origin: origin_of(store)?,
            ledger: ledger::ledger_id(store)?,
        })
    }

    fn of(session: &Session<'_>) -> Result<Self, NotDone> {
        Ok(Self {
            origin: founding(&session.registry())?.origin.to_string(),
            ledger: session.id()?,
        })
    }
}

/// Makes the public file that asks for a key in these files to be registered.
///
/// # Errors
/// The files can't be opened.
pub fn make(
    files: &PartyFiles,
    log: ForLog,
    party: PartyId,
    stated: Stated,
    host: &dyn Host,
) -> Result<KeyRequest, NotDone> {
    let key = own_grant(files, &log.ledger, party, host)?;
    Ok(KeyRequest {
        origin: log.origin,
        ledger: Bytes32(log.ledger),
        party,
        stated,
        key,
    })
}

/// A grant of the key in these files, followed by the next one.
pub(crate) fn own_grant(
    files: &PartyFiles,
    ledger: &[u8; 32],
    party: PartyId,
    host: &dyn Host,
) -> Result<KeyGrant, NotDone> {
    let key = keys::open(&files.current, host)?;
    let next = keys::open(&files.next, host)?;
    Ok(grant(&*key, next.public().as_bytes(), ledger, &party)?)
}

/// Reads another party's request, and shows the words that it must be compared by.
pub(crate) fn read(
    file: &Path,
    party: PartyId,
    log: &ForLog,
    host: &dyn Host,
) -> Result<KeyRequest, NotDone> {
    let request = KeyRequest::read(file)?;
    let path = file.display().to_string();
    if request.party != party {
        let other = request.party;
        return Err(KeyRefused::RequestOfAnother { path, other, party }.into());
    }
    if request.origin != log.origin {
        let (other, origin) = (request.origin, log.origin.clone());
        return Err(KeyRefused::RequestForAnotherLog {
            path,
            other,
            origin,
        }
        .into());
    }
    if request.ledger.0 != log.ledger {
        return Err(KeyRefused::RequestForAnotherLedger { path }.into());
    }
    host.note(format!(
        "fingerprint of the key of {party}: {}",
        request.fingerprint()
    ));
    host.note(
        "ask the party by telephone, under a number that you know from elsewhere; sign only if it reads the same words",
    );
    Ok(request)
}

/// The registration of a party: by its request, or by its key files here; what is `typed` goes before what the request says.
///
/// # Errors
/// The request is not one of this party for this log, or something is not said of the party at all.
pub fn registration(
    session: &Session<'_>,
    party: PartyId,
    request: Option<&Path>,
    typed: Stated,
) -> Result<Payload, NotDone> {
    let (log, host) = (ForLog::of(session)?, session.desk.host);
    let (key, stated) = match request {
        Some(file) => {
            let request = read(file, party, &log, host)?;
            (request.key, request.stated)
        }
        None => {
            let files = PartyFiles::of(&session.desk.place.keys(), party.as_str());
            (
                own_grant(&files, &log.ledger, party, host)?,
                Stated::default(),
            )
        }
    };
    let missing = |what| KeyRefused::NotStated { what, party };
    let names = typed.names.or(stated.names);
    let kind = typed.kind.or(stated.kind);
    let kind = kind.ok_or_else(|| missing("what it is (--activities, --sector or --auditor)"))?;
    let division = typed.division.or(stated.division);
    Ok(Payload::PartyRegistered(Box::new(PartyRegistered {
        party,
        names: names.ok_or_else(|| missing("the names (--names)"))?,
        kind,
        division: division.ok_or_else(|| missing("the division (--division)"))?,
        group: typed.group.or(stated.group),
        key,
    })))
}

/// The registration of a further key of another party, from its request.
///
/// # Errors
/// It is not a request of this party for this log.
pub fn key_added(
    session: &Session<'_>,
    party: PartyId,
    request: &Path,
) -> Result<Payload, NotDone> {
    let key = asked(request, party, session)?;
    Ok(Payload::KeyAdded(Box::new(KeyAdded { party, key })))
}

/// The registration of a further key of the signer's own, from its key files.
///
/// # Errors
/// The files can't be opened, or are not the signer's.
pub fn own_key_added(
    session: &Session<'_>,
    party: PartyId,
    files: &PartyFiles,
) -> Result<Payload, NotDone> {
    let key = own_grant(files, &session.id()?, party, session.desk.host)?;
    Ok(Payload::KeyAdded(Box::new(KeyAdded { party, key })))
}

/// The key that a request asks for.
pub(crate) fn asked(
    file: &Path,
    party: PartyId,
    session: &Session<'_>,
) -> Result<KeyGrant, NotDone> {
    Ok(read(file, party, &ForLog::of(session)?, session.desk.host)?.key)
}
