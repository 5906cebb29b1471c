//! A ledger is founded: at once on one machine, for a trial; or by a file that the authority signs and the operator takes.
//!
//! Invariant: key files are written before anything is signed with them and after consent was given, and nothing existing is
//! overwritten.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use author::{Author, SignedEvent, grant};
use domain::payload::{KeyGrant, LedgerFounded};
use domain::{Bytes32, Moment, Names, PartyId, Payload, RuleSet, Zone};
use durable::LOG_KEY;
use ledger::{Ledger, LedgerOptions};
use portable::{HandedEvent, SignedEvents};
use signing::{SecretKey, Signer, VerifierKey};
use store::Store;
use store_embedded::EmbeddedStore;
use token::TokenUri;

use crate::batch::{Batch, Intent, words};
use crate::desk::Desk;
use crate::host::Host;
use crate::keys::{self, Key, PartyFiles};
use crate::refused::{KeyRefused, LogRefused, NotDone};
use crate::requests::{self, ForLog};

/// What is stated of a ledger that is to be founded.
#[derive(Debug, Clone)]
pub struct Stated {
    pub name: String,
    pub origin: String,
    pub authority: PartyId,
    pub authority_names: Names,
    pub operator: PartyId,
    pub operator_names: Names,
}

impl Stated {
    fn payload(
        &self,
        authority: KeyGrant,
        log: KeyGrant,
        recovery: &dyn Signer,
    ) -> Result<Payload, NotDone> {
        let founded = Payload::LedgerFounded(Box::new(LedgerFounded {
            name: self.name.parse()?,
            origin: self.origin.parse()?,
            zone: Zone::CHINA,
            authority: self.authority,
            authority_names: self.authority_names.clone(),
            authority_key: authority,
            operator: self.operator,
            operator_names: self.operator_names.clone(),
            log_key: log,
            recovery: Bytes32(signing::key_commitment(recovery.public().as_bytes())),
            rules: RuleSet::customary(),
        }));
        founded.check()?;
        Ok(founded)
    }
}

fn recovery_file(desk: &Desk<'_>, authority: PartyId) -> PathBuf {
    desk.place.key(&format!("{authority}.recovery"))
}

fn refuse_second(desk: &Desk<'_>) -> Result<(), NotDone> {
    if desk.place.holds_log() {
        let folder = desk.shown();
        return Err(LogRefused::LedgerHere { folder }.into());
    }
    Ok(())
}

/// Keys of the two parties in tokens, where they are wanted there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tokens<'a> {
    pub authority: Option<&'a TokenUri>,
    pub operator: Option<&'a TokenUri>,
}

/// Founds a ledger with the keys of authority and operator in one folder, for a trial: the verifier key of its log.
///
/// # Errors
/// There is a ledger already, a key exists, or what is stated is not well formed.
pub fn on_one_machine(
    desk: &Desk<'_>,
    stated: &Stated,
    tokens: Tokens<'_>,
    plain: bool,
) -> Result<VerifierKey, NotDone> {
    refuse_second(desk)?;
    let make = |name: &str, token: Option<&TokenUri>| -> Result<Key, NotDone> {
        keys::make(&desk.place.key(name), token, plain, desk.host)
    };
    let authority = stated.authority.to_string();
    let authority_key = make(&authority, tokens.authority)?;
    let authority_next = make(&format!("{authority}.next"), None)?;
    let recovery = make(&format!("{authority}.recovery"), None)?;
    let log_key = make(LOG_KEY, tokens.operator)?;
    let log_next = make(&format!("{LOG_KEY}.next"), None)?;
    let origin = stated.origin.as_str();
    let unfounded = chain::origin_hash(origin);
    let grant_of = |key: &dyn Signer, next: &dyn Signer, party| {
        grant(key, next.public().as_bytes(), &unfounded, party)
    };
    let authority_grant = grant_of(&*authority_key, &*authority_next, &stated.authority)?;
    let log_grant = grant_of(&*log_key, &*log_next, &stated.operator)?;
    let founding = stated.payload(authority_grant, log_grant, &*recovery)?;
    let verifier = verifier_key(origin, &*log_key)?;
    let store = Arc::new(EmbeddedStore::create(desk.folder())?);
    let event = signed(stated, founding, &*authority_key, desk.host.now())?;
    admit(store, log_key, event, desk.host)?;
    Ok(verifier)
}

/// The key by which the log is known.
pub(crate) fn verifier_key(origin: &str, log_key: &dyn Signer) -> Result<VerifierKey, LogRefused> {
    VerifierKey::new(origin, log_key.public().clone()).map_err(|refusal| LogRefused::BadOrigin {
        origin: origin.to_owned(),
        why: refusal.to_string(),
    })
}

/// The founding, signed by the authority.
fn signed(
    stated: &Stated,
    founding: Payload,
    key: &dyn Signer,
    now: Moment,
) -> Result<SignedEvent, NotDone> {
    let author = Author::founder(stated.authority, &stated.origin);
    let batch = Batch::number(author, [Intent::of(now, founding)], now)?;
    let unsigned = || NotDone::fault("a founding is one event");
    batch.sign(&[key])?.pop().ok_or_else(unsigned)
}

/// Opens the ledger on an empty store, and lets the founding be its first event.
pub(crate) fn admit(
    store: Arc<dyn Store>,
    key: Key,
    event: SignedEvent,
    host: &dyn Host,
) -> Result<(), NotDone> {
    let ledger = Ledger::open(LedgerOptions {
        store,
        signer: Arc::from(key),
        next_signer: None,
        clock: host.clock(),
    })?;
    let answers = ledger.submit_blocking(vec![event])?;
    ledger.close()?;
    match answers.into_iter().next() {
        Some(Err(refused)) => {
            let (why, code) = (refused.refusal.to_string(), refused.refusal.code());
            Err(LogRefused::FoundingRefused { why, code }.into())
        }
        _ => Ok(()),
    }
}

/// A founding that the authority has still to sign.
#[expect(missing_debug_implementations, reason = "it holds a secret key")]
pub struct Founding<'a> {
    desk: &'a Desk<'a>,
    stated: &'a Stated,
    files: PartyFiles,
    payload: Payload,
    now: Moment,
    recovery: SecretKey,
}

impl<'a> Founding<'a> {
    /// Puts the founding together with the log key that the operator asked for. Nothing is written yet.
    ///
    /// # Errors
    /// There is a ledger already, or its recovery key; or the request is not one of the operator for this log.
    pub fn by_request(
        desk: &'a Desk<'a>,
        stated: &'a Stated,
        request: &Path,
    ) -> Result<Self, NotDone> {
        refuse_second(desk)?;
        let log = ForLog::founding(&stated.origin);
        let log_key = requests::read(request, stated.operator, &log, desk.host)?.key;
        let files = PartyFiles::of(&desk.place.keys(), stated.authority.as_str());
        let authority = requests::own_grant(&files, &log.ledger, stated.authority, desk.host)?;
        let path = recovery_file(desk, stated.authority);
        // Asked before anybody consents to what can't be carried out.
        if path.exists() {
            let path = path.display().to_string();
            return Err(KeyRefused::Exists { path }.into());
        }
        let recovery = keys::new_key(desk.host)?;
        Ok(Self {
            payload: stated.payload(authority, log_key, &recovery)?,
            now: desk.host.now(),
            desk,
            stated,
            files,
            recovery,
        })
    }

    /// What would be signed.
    pub fn words(&self) -> String {
        words(&self.payload, self.now)
    }

    /// What is asked of the authority.
    pub fn question(&self) -> String {
        format!("Sign this as {}?", self.stated.authority)
    }

    /// Writes the recovery key, signs, and writes the founding for the operator: where the recovery key is.
    ///
    /// # Errors
    /// A key can't be opened or written, or the file can't.
    pub fn sign(self, plain: bool, out: &Path) -> Result<PathBuf, NotDone> {
        let (authority, origin) = (self.stated.authority, self.stated.origin.as_str());
        let key = keys::open(&self.files.current, self.desk.host)?;
        let file = recovery_file(self.desk, authority);
        keys::write(&file, &self.recovery, plain, self.desk.host)?;
        let event = signed(self.stated, self.payload, &*key, self.now)?;
        let event = HandedEvent::of(event.body, event.signatures).map_err(NotDone::Fault)?;
        let founding = SignedEvents {
            origin: origin.to_owned(),
            events: vec![event],
        };
        durable::put(out, founding.to_text().as_bytes())?;
        Ok(file)
    }
}
