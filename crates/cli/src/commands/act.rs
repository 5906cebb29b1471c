//! Acts of office typed as commands: sites, quota. Each builds one payload and goes the way of every event.
//!
//! Invariant: what is signed is shown first. Holds no rule; the registry decides.

use std::io::IsTerminal;
use std::path::Path;

use details::Details;
use domain::payload::{
    Holder, IndicatorSet, QuotaAllocated, QuotaDeducted, QuotaMoved, SiteLicensed,
};
use domain::{Moment, PartyId, Payload};
use ledger::Clock;
use portable::{HandedEvent, SignedEvents};

use super::findings::show_preview;
use super::record::keep;
use crate::append::Recorded;
use crate::args::{QuotaCommand, Signing, SiteAdd};
use crate::clock::SystemClock;
use crate::keys::Access;
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::session::{Session, founding};

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
    let session = Session::open_to(folder, access, signing.out.as_deref())?;
    let payload = make(&session)?;
    payload.check()?;
    let now = SystemClock.now();
    let zone = session.registry().zone();
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
    let events = [(occurred, payload)];
    if let Some(outcome) = look(&session, signing, &events[0], now)? {
        return Ok(outcome);
    }
    let (mut party, others) = session.signers(signing.signer, &signing.keys, access)?;
    consent(&format!("Sign this as {}?", signing.signer), signing.yes)?;
    keep(&session.folder, party.author, &events, now, &[details])?;
    let events = events.into();
    let outcome = session.append_signed_by(&mut party, &others, events, now, &mut say_recorded)?;
    session.close()?;
    Ok(outcome)
}

/// Shows an event with the findings that it would raise; gives the outcome where the command ends here.
pub(crate) fn look(
    session: &Session,
    signing: &Signing,
    event: &(Moment, Payload),
    now: Moment,
) -> Result<Option<Outcome>, CliError> {
    show(&event.1, event.0)?;
    let events = std::slice::from_ref(event);
    let weighs = show_preview(&session.preview(signing.signer, events, now)?);
    if signing.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Some(Outcome::found_if(weighs)));
    }
    let Some(file) = &signing.prepare else {
        return Ok(None);
    };
    prepare(session, signing.signer, event, now, file).map(Some)
}

/// Writes the event unsigned, for several people to sign.
fn prepare(
    session: &Session,
    signer: PartyId,
    (occurred, payload): &(Moment, Payload),
    now: Moment,
    file: &Path,
) -> Result<Outcome, CliError> {
    let origin = founding(&session.registry())?.origin.to_string();
    let author = session.author(signer)?;
    let body = author.body(*occurred, now.max(*occurred), payload.clone());
    let bytes = wire::encode_body(&body).map_err(CliError::refused)?;
    let event = HandedEvent::of(bytes, Vec::new()).map_err(CliError::fault)?;
    let events = vec![event];
    durable::put(file, SignedEvents { origin, events }.to_text().as_bytes())?;
    let file = file.display();
    output::line(format!("prepared in {file}: nobody has signed it"))?;
    output::say(format!(
        "each of those who sign runs `ytterby sign {file}`; until it is in the log, sign nothing else as {signer}"
    ));
    Ok(Outcome::Done)
}

/// Tells where an event stands now.
pub(crate) fn say_recorded(event: &Recorded) -> Result<(), CliError> {
    match event.position {
        Some(position) => output::line(format!("recorded at position {position}: {}", event.id)),
        None => output::line(format!("signed: {}", event.id)),
    }
}

/// Shows what would be signed.
pub(crate) fn show(payload: &Payload, occurred: Moment) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(payload).map_err(CliError::fault)?;
    output::say(format!("occurred {occurred}\n{text}"));
    Ok(())
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
