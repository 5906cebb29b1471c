//! How an enterprise files its month, and how it puts right what was wrong.
//!
//! Invariant: what is filed is the statement that is shown; a correction carries the very bytes of what it corrects. What may
//! correct what is the encoder's rule, and is asked where the event is numbered.

use std::path::Path;
use std::sync::Arc;

use answers::{Filing, Reading, Until, filing_of, resolve};
use details::Plain;
use domain::payload::{CorrectionCause, EventCorrected, Replacement};
use domain::{Blob, Moment, Month, PartyId, Payload, Zone};

use crate::batch::Intent;
use crate::limits::TYPED_BYTES_MAX;
use crate::refused::{EventRefused, NotDone};
use crate::session::Session;
use crate::standing::may_file;

/// The filing of a month, with the statement that it commits to.
///
/// # Errors
/// The month is not over, or was filed; or the log can't be read.
pub fn filing(
    session: &Session<'_>,
    party: PartyId,
    month: Month,
    now: Moment,
) -> Result<Filing, NotDone> {
    let next_seq = session.author(party)?.state.head.next_seq;
    let reading = Reading::new(Arc::clone(&session.store), Until::End, |_, _| {})?;
    let filing = filing_of(&reading, party, month, (now, next_seq))?;
    may_file(month, filing.is_over, filing.filed_by)?;
    Ok(filing)
}

/// What is right instead of what was recorded, and the details that it states in plain.
#[derive(Debug)]
pub struct Right {
    replacement: Box<Replacement>,
    plain: Plain,
    /// The file that it was read from.
    place: String,
}

impl Right {
    /// Reads it from a JSON file.
    ///
    /// # Errors
    /// The file can't be read, or does not hold one event.
    pub fn read(file: &Path, zone: Zone) -> Result<Self, NotDone> {
        let place = file.display().to_string();
        let wrong = |why: String| EventRefused::BadTyped {
            path: place.clone(),
            why,
            way_out: "",
        };
        let member = |(member, why)| wrong(format!("{member}: {why}"));
        let text = files::read_text(file, TYPED_BYTES_MAX)?;
        let mut value = intake::parse_json(&text).map_err(|error| wrong(error.to_string()))?;
        if let Some(object) = value.as_object_mut() {
            intake::spell_times(object, "", zone).map_err(member)?;
        }
        let plain = value.as_object_mut().map(intake::take_own).transpose();
        let plain = plain.map_err(member)?.unwrap_or_default();
        let payload: Payload =
            serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        let replacement = Box::new(Replacement::new(payload)?);
        Ok(Self {
            replacement,
            plain,
            place,
        })
    }
}

/// A correction of an event: it did not occur, or something else is right. Of one that was corrected before, `instead_of` names
/// the correction that this one takes the place of.
///
/// # Errors
/// No event goes by `named`, or the correction is not well formed.
pub fn correction(
    session: &Session<'_>,
    (named, instead_of): (&str, Option<u64>),
    reason: &str,
    right: Option<Right>,
    occurred: Moment,
) -> Result<Intent, NotDone> {
    let event = resolve::event(&*session.store, named)?;
    event.body.payload.check_correctable()?;
    let bytes = wire::encode_body(&event.body).map_err(NotDone::fault)?;
    let cause = match right {
        Some(_) => CorrectionCause::IncorrectData,
        None => CorrectionCause::DidNotOccur,
    };
    let (replacement, plain, place) = match right {
        Some(right) => (Some(right.replacement), right.plain, right.place),
        None => (None, Plain::default(), String::new()),
    };
    let payload = Payload::EventCorrected(EventCorrected {
        corrected: Blob::new(&bytes)?,
        cause,
        reason: reason.parse()?,
        replacement,
    });
    let mut draft = Intent::sealing(occurred, payload, &plain, &place, session.desk.host)?;
    draft.payload.check()?;
    draft.instead_of = instead_of;
    Ok(draft)
}
