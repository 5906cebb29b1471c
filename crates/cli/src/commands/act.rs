//! Acts of office typed as commands: parties, sites, quota. Each builds one payload and goes the way of every event.
//!
//! Invariant: what is signed is shown first. Holds no rule; the registry decides.

use std::io::IsTerminal;
use std::path::Path;

use details::Details;
use domain::payload::{
    Holder, IndicatorSet, PartyRegistered, QuotaAllocated, QuotaDeducted, QuotaMoved, SiteLicensed,
};
use domain::{List, Moment, PartyKind, Payload};
use ledger::{Accepted, Clock, grant};

use super::findings::show_preview;
use super::found::names;
use super::record::keep;
use crate::args::{PartyAdd, QuotaCommand, Signing, SiteAdd};
use crate::clock::SystemClock;
use crate::keys::{self, Access};
use crate::outcome::{CliError, Outcome};
use crate::session::{Session, founding};
use crate::{output, place};

/// Asks before signing, unless told not to; without a person to ask, only `--yes` consents.
pub(crate) fn consent(question: &str, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage("nobody is here to consent to signing")
            .help("look at it with --dry-run, then give --yes"));
    }
    let agreed = dialoguer::Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(CliError::fault)?;
    if agreed {
        Ok(())
    } else {
        Err(CliError::refused("nothing was signed"))
    }
}

/// Builds one payload and takes it the way of every event: shown with the findings it would raise, consented to, signed,
/// appended.
pub(crate) fn act(
    folder: &Path,
    signing: &Signing,
    access: &Access,
    make: impl FnOnce(&Session) -> Result<Payload, CliError>,
) -> Result<Outcome, CliError> {
    let session = Session::open(folder, access)?;
    let payload = make(&session)?;
    payload.check()?;
    let now = SystemClock.now();
    let zone = session.ledger.registry().zone();
    let occurred = signing
        .occurred
        .as_deref()
        .map_or(Ok(now), |text| zone.moment_of(text))?;
    sign_and_append(session, signing, (occurred, payload), now, access)
}

/// The way of one event from the moment that it is shown.
pub(crate) fn sign_and_append(
    session: Session,
    signing: &Signing,
    event: (Moment, Payload),
    now: Moment,
    access: &Access,
) -> Result<Outcome, CliError> {
    sign_and_append_sealed(session, signing, event, None, now, access)
}

/// The same of an event that seals details: they are in the vault before it is in the log.
pub(crate) fn sign_and_append_sealed(
    session: Session,
    signing: &Signing,
    (occurred, payload): (Moment, Payload),
    details: Option<Details>,
    now: Moment,
    access: &Access,
) -> Result<Outcome, CliError> {
    show(&payload, occurred)?;
    let events = vec![(occurred, payload)];
    let weighs = show_preview(&session.preview(signing.signer, &events, now)?);
    if signing.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Outcome::found_if(weighs));
    }
    let (mut party, others) = session.signers(signing.signer, &signing.keys, access)?;
    consent(&format!("Sign this as {}?", signing.signer), signing.yes)?;
    keep(&session.folder, party.author, &events, now, &[details])?;
    session.append_signed_by(&mut party, &others, events, now, &mut say_recorded)?;
    session.close()?;
    Ok(Outcome::Done)
}

/// Tells where an event stands now.
pub(crate) fn say_recorded(event: &Accepted) -> Result<(), CliError> {
    output::line(format!(
        "recorded at position {}: {}",
        event.position, event.id
    ))
}

/// Shows what would be signed.
pub(crate) fn show(payload: &Payload, occurred: Moment) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(payload).map_err(CliError::fault)?;
    output::say(format!("occurred {occurred}\n{text}"));
    Ok(())
}

/// Registers a party.
pub(crate) fn party_add(
    folder: &Path,
    add: &PartyAdd,
    access: &Access,
) -> Result<Outcome, CliError> {
    let kind = match (add.sector, add.auditor) {
        (Some(sector), _) => PartyKind::Regulator { sector },
        (None, true) => PartyKind::Auditor,
        (None, false) => {
            let mut activities = add.activities.clone();
            activities.sort_unstable();
            activities.dedup();
            PartyKind::Enterprise {
                activities: List::new(activities)?,
            }
        }
    };
    let names = names(&add.names)?;
    act(folder, &add.signing, access, |session| {
        let registry = session.ledger.registry();
        let founding = founding(&registry)?;
        let open = |suffix: &str| {
            keys::open(
                &place::keys(folder).join(format!("{}{suffix}.pem", add.party)),
                access,
            )
        };
        let (key, next) = (open("")?, open(".next")?);
        let grant = grant(
            &*key,
            next.public().as_bytes(),
            &founding.origin,
            &add.party,
        )
        .map_err(CliError::fault)?;
        Ok(Payload::PartyRegistered(Box::new(PartyRegistered {
            party: add.party,
            names,
            kind,
            division: add.division,
            group: add.group,
            key: grant,
        })))
    })
}

/// Licenses a site.
pub(crate) fn site_add(folder: &Path, add: SiteAdd, access: &Access) -> Result<Outcome, CliError> {
    let payload = Payload::SiteLicensed(SiteLicensed {
        site: add.site,
        activity: add.activity,
        licence: add.licence.parse()?,
        division: add.division,
        capacity_mg: add.capacity,
        from: add.from,
        until: add.until,
    });
    act(folder, &add.signing, access, |_| Ok(payload))
}

/// A party id names an enterprise, anything else that is a code names a group.
fn holder(text: &str) -> Result<Holder, CliError> {
    match text.parse() {
        Ok(party) => Ok(Holder::Party(party)),
        Err(_) => Ok(Holder::Group(text.parse()?)),
    }
}

/// Sets, allocates, moves or deducts quota.
pub(crate) fn quota(
    folder: &Path,
    command: QuotaCommand,
    access: &Access,
) -> Result<Outcome, CliError> {
    let (payload, signing) = match command {
        QuotaCommand::Set(set) => {
            let payload = Payload::IndicatorSet(IndicatorSet {
                year: set.batch.year,
                track: set.batch.track,
                batch: set.batch_number,
                amount_mg: set.batch.amount,
                basis: set.basis,
                instrument: set.batch.instrument.read()?,
            });
            (payload, set.signing)
        }
        QuotaCommand::Allocate(allocate) => {
            let set = allocate.set;
            let payload = Payload::QuotaAllocated(QuotaAllocated {
                holder: holder(&allocate.holder)?,
                year: set.batch.year,
                track: set.batch.track,
                batch: set.batch_number,
                amount_mg: set.batch.amount,
                basis: set.basis,
                instrument: set.batch.instrument.read()?,
            });
            (payload, set.signing)
        }
        QuotaCommand::Move(moved) => {
            let payload = Payload::QuotaMoved(QuotaMoved {
                from: holder(&moved.from)?,
                to: holder(&moved.to)?,
                year: moved.batch.year,
                track: moved.batch.track,
                amount_mg: moved.batch.amount,
                instrument: moved.batch.instrument.read()?,
            });
            (payload, moved.signing)
        }
        QuotaCommand::Deduct(deduct) => {
            let payload = Payload::QuotaDeducted(QuotaDeducted {
                party: deduct.party,
                year: deduct.year,
                track: deduct.track,
                amount_mg: deduct.amount,
                penalty: deduct.penalty,
            });
            (payload, deduct.signing)
        }
    };
    act(folder, &signing, access, |_| Ok(payload))
}
