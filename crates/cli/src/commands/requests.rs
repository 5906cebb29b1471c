//! `key request`, and how `party add` and `key add` take one: no private key leaves the machine that made it.
//!
//! Invariant: of another party only a public request is read, checked for possession and for this log, and its words are shown
//! before anybody consents. Decides nothing; the registry does.

use std::path::{Path, PathBuf};

use answers::registry as registry_of;
use author::grant;
use domain::payload::{KeyAdded, KeyGrant, PartyRegistered};
use domain::{Bytes32, List, PartyId, PartyKind, Payload};
use portable::{KeyRequest, Stated};
use store::Entries;

use super::act::act;
use super::found::names;
use super::key_files::Files;
use super::log_key;
use crate::args::{KeyRequested, PartyAdd, PartyFacts};
use crate::keys::{self, Access};
use crate::outcome::{CliError, Outcome};
use crate::session::{Session, founding, read_store};
use crate::{output, place};

impl PartyFacts {
    /// What is said of the party on the command line.
    fn read(&self) -> Result<Stated, CliError> {
        let kind = match (self.sector, self.auditor, self.activities.is_empty()) {
            (Some(sector), ..) => Some(PartyKind::Regulator { sector }),
            (None, true, _) => Some(PartyKind::Auditor),
            (None, false, true) => None,
            (None, false, false) => {
                let mut activities = self.activities.clone();
                activities.sort_unstable();
                activities.dedup();
                let activities = List::new(activities)?;
                Some(PartyKind::Enterprise { activities })
            }
        };
        Ok(Stated {
            names: self.names.as_deref().map(names).transpose()?,
            kind,
            division: self.division,
            group: self.group,
        })
    }
}

/// What a request is for.
pub(super) struct Of {
    pub origin: String,
    /// The ledger's id, or the hash of the origin before it is founded.
    pub ledger: [u8; 32],
}

impl Of {
    /// A ledger that is to be founded.
    pub(super) fn founding(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            ledger: chain::origin_hash(origin),
        }
    }

    /// The ledger that is known here.
    pub(super) fn known(store: &dyn Entries) -> Result<Self, CliError> {
        let registry = registry_of(store)?;
        Ok(Self {
            origin: founding(&registry)?.origin.clone(),
            ledger: ledger::ledger_id(store)?,
        })
    }

    fn of_session(session: &Session) -> Result<Self, CliError> {
        Ok(Self {
            origin: founding(&session.registry())?.origin.clone(),
            ledger: session.id()?,
        })
    }
}

/// Writes the public file that asks for a key to be registered. `folder` is that of the ledger, if there is one.
pub(crate) fn write(
    folder: Result<PathBuf, CliError>,
    asked: &KeyRequested,
    access: &Access,
) -> Result<Outcome, CliError> {
    let (key_folder, of) = match (&asked.keys, &asked.origin) {
        (Some(keys), Some(origin)) => (keys.clone(), Of::founding(origin)),
        (keys, origin) => {
            let folder = folder?;
            let keys = keys.clone().unwrap_or_else(|| place::keys(&folder));
            let of = match origin {
                Some(origin) => Of::founding(origin),
                None => Of::known(&*read_store(&folder)?)?,
            };
            (keys, of)
        }
    };
    let party = asked.party;
    let name = if asked.log {
        log_key::NAME
    } else {
        party.as_str()
    };
    let files = Files::of(&key_folder, name);
    let key = local_grant(&files, &of.ledger, party, access)?;
    let request = KeyRequest {
        origin: of.origin,
        ledger: Bytes32(of.ledger),
        party,
        stated: asked.facts.read()?,
        key,
    };
    durable::put(&asked.out, request.to_text().as_bytes())?;
    let out = asked.out.display();
    output::line(format!("request for a key of {party} in {out}"))?;
    output::line(format!("fingerprint: {}", request.fingerprint()))?;
    output::say(
        "it holds nothing secret; read the fingerprint to whoever registers it, by telephone",
    );
    Ok(Outcome::Done)
}

/// A grant of the key in these files, followed by the next one.
pub(super) fn local_grant(
    files: &Files,
    ledger: &[u8; 32],
    party: PartyId,
    access: &Access,
) -> Result<KeyGrant, CliError> {
    let key = keys::open(&files.current, access)?;
    let next = keys::open(&files.next, access)?;
    grant(&*key, next.public().as_bytes(), ledger, &party).map_err(CliError::fault)
}

/// Reads another party's request, and shows the words that it must be compared by.
pub(super) fn read(file: &Path, party: PartyId, of: &Of) -> Result<KeyRequest, CliError> {
    let request = KeyRequest::read(file)?;
    let path = file.display();
    if request.party != party {
        let other = request.party;
        return Err(CliError::refused(format!(
            "{path} is the request of {other}, not of {party}"
        )));
    }
    if request.origin != of.origin {
        let (other, origin) = (&request.origin, &of.origin);
        return Err(CliError::refused(format!(
            "{path} is for the log {other:?}, and this is {origin:?}"
        ))
        .help("have the party make one for this log: `ytterby key request`"));
    }
    if request.ledger.0 != of.ledger {
        return Err(CliError::refused(format!(
            "{path} is for another ledger of the same name, or was made before this one was founded"
        ))
        .help(
            "have the party follow a copy of this ledger, then make one: `ytterby key request`",
        ));
    }
    output::say(format!(
        "fingerprint of the key of {party}: {}",
        request.fingerprint()
    ));
    output::say(
        "ask the party by telephone, under a number that you know from elsewhere; sign only if it reads the same words",
    );
    Ok(request)
}

/// Registers a party.
pub(crate) fn party_add(
    folder: &Path,
    add: &PartyAdd,
    access: &Access,
) -> Result<Outcome, CliError> {
    let party = add.party;
    act(folder, &add.signing, access, |session| {
        let of = Of::of_session(session)?;
        let typed = add.facts.read()?;
        let (key, stated) = match &add.request {
            Some(file) => {
                let request = read(file, party, &of)?;
                (request.key, request.stated)
            }
            None => {
                let files = Files::of(&place::keys(folder), party.as_str());
                let key = local_grant(&files, &of.ledger, party, access)?;
                (key, Stated::default())
            }
        };
        let missing = |flag: &str| {
            CliError::usage(format!(
                "neither the command nor a request says {flag} of {party}"
            ))
        };
        let names = typed.names.or(stated.names);
        let kind = typed.kind.or(stated.kind);
        let kind =
            kind.ok_or_else(|| missing("what it is (--activities, --sector or --auditor)"))?;
        let division = typed.division.or(stated.division);
        Ok(Payload::PartyRegistered(Box::new(PartyRegistered {
            party,
            names: names.ok_or_else(|| missing("the names (--names)"))?,
            kind,
            division: division.ok_or_else(|| missing("the division (--division)"))?,
            group: typed.group.or(stated.group),
            key,
        })))
    })
}

/// The registration of a further key, from a request.
pub(super) fn key_added(
    file: &Path,
    party: PartyId,
    session: &Session,
) -> Result<Payload, CliError> {
    let key = asked(file, party, session)?;
    Ok(Payload::KeyAdded(Box::new(KeyAdded { party, key })))
}

/// The key that a request asks for.
pub(super) fn asked(file: &Path, party: PartyId, session: &Session) -> Result<KeyGrant, CliError> {
    Ok(read(file, party, &Of::of_session(session)?)?.key)
}
