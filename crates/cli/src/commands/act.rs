//! The way of what is typed from the moment that it is shown to the moment that it is recorded.
//!
//! Invariant: what is signed is shown first, with the findings that it would raise. Holds no rule.

use desk::keys::Key;
use desk::{Batch, Committed, Desk, Intent, NotDone, Recorded, Session};
use domain::{Moment, Payload};
use grammar::Signing;

use super::preview::{consent, show_preview};
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Builds one payload and takes it the way of every event.
pub(crate) fn act<E: Into<CliError>>(
    desk: &Desk<'_>,
    signing: &Signing,
    make: impl FnOnce(&Session<'_>) -> Result<Payload, E>,
) -> Result<Outcome, CliError> {
    let session = Session::open_to(desk, signing.out.as_deref())?;
    let payload = make(&session).map_err(Into::into)?;
    payload.check()?;
    let now = desk.host.now();
    let occurred = occurred(&session, signing, now)?;
    state(session, signing, Intent::of(occurred, payload), now)
}

/// The same of a payload that is whole without a look at the ledger.
pub(crate) fn whole(
    desk: &Desk<'_>,
    signing: &Signing,
    payload: Payload,
) -> Result<Outcome, CliError> {
    act(desk, signing, |_| Ok::<_, CliError>(payload))
}

/// When something occurred, as it is typed.
pub(crate) fn occurred(
    session: &Session<'_>,
    signing: &Signing,
    now: Moment,
) -> Result<Moment, CliError> {
    let zone = session.registry().zone();
    let occurred = signing.occurred.as_deref();
    Ok(occurred.map_or(Ok(now), |text| zone.moment_of(text))?)
}

/// The way of one draft.
pub(crate) fn state(
    session: Session<'_>,
    signing: &Signing,
    draft: Intent,
    now: Moment,
) -> Result<Outcome, CliError> {
    let batch = session.number(signing.signer, [draft], now)?;
    if let Some(outcome) = look(&session, signing, &batch)? {
        return Ok(outcome);
    }
    let keys = session.signers(signing.signer, &signing.keys)?;
    consent(&batch.question(), signing.yes)?;
    commit(session, batch, &keys)
}

/// Signs and hands in what was consented to.
pub(crate) fn commit(
    session: Session<'_>,
    batch: Batch,
    keys: &[Key],
) -> Result<Outcome, CliError> {
    let host = session.desk.host;
    let committed = session.commit(batch, keys, &mut |event| host.result(recorded(event)))?;
    session.close()?;
    Ok(outcome(committed))
}

/// What is not acknowledged is something to look at.
pub(crate) const fn outcome(committed: Committed) -> Outcome {
    Outcome::found_if(committed.unacknowledged > 0)
}

/// Shows a batch with the findings that it would raise; gives the outcome where the command ends here.
pub(crate) fn look(
    session: &Session<'_>,
    signing: &Signing,
    batch: &Batch,
) -> Result<Option<Outcome>, CliError> {
    show(batch);
    let weighs = show_preview(&session.preview(batch)?);
    if signing.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Some(Outcome::found_if(weighs)));
    }
    let Some(file) = &signing.prepare else {
        return Ok(None);
    };
    session.prepare(batch, file)?;
    let (file, signer) = (file.display(), signing.signer);
    output::line(format!("prepared in {file}: nobody has signed it"))?;
    output::say(format!(
        "each of those who sign runs `ytterby sign {file}`; until it is in the log, sign nothing else as {signer}"
    ));
    Ok(Some(Outcome::Done))
}

/// Shows what would be signed.
pub(crate) fn show(batch: &Batch) {
    batch.words().for_each(output::say);
}

/// Where an event stands now.
pub(crate) fn recorded(event: &Recorded) -> String {
    match event.position {
        Some(position) => format!("recorded at position {position}: {}", event.id),
        None => format!("signed: {}", event.id),
    }
}

/// Tells of each event where it stands.
pub(crate) fn say_recorded<'a>(
    desk: &'a Desk<'_>,
) -> impl FnMut(&Recorded) -> Result<(), NotDone> + use<'a> {
    |event| desk.host.result(recorded(event))
}
