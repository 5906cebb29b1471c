//! How an enterprise files its month, and how it puts right what was wrong.
//!
//! Invariant: what is filed is the statement that is shown; a correction carries the very bytes of what it corrects. What may
//! correct what is the encoder's rule, and is asked where the event is numbered.

use std::path::Path;
use std::sync::Arc;

use answers::{Event, Filing, Reading, Until, filing_of, resolve};
use books::Books;
use details::{Plain, Vault};
use domain::payload::{CorrectionCause, EventCorrected, Replacement};
use domain::{Blob, EventId, Moment, Month, PartyId, Payload, Zone};

use crate::batch::Intent;
use crate::fields::{self, FieldChange};
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
    /// What stands now, with some fields set. What is sealed is sealed again with the values that are kept here.
    ///
    /// # Errors
    /// No event goes by `named`, nothing stands of it, a field is not one, or a value is not kept here.
    pub fn of_fields(
        session: &Session<'_>,
        named: &str,
        typed: &[String],
    ) -> Result<Self, NotDone> {
        let event = resolve::event(&*session.store, named)?;
        let (payload, stated_by) = stands(session, &event)?;
        let place = format!("event {}", event.position);
        let payload = payload.ok_or(EventRefused::NothingStands { event: event.id })?;
        let mut value = fields::set(&payload, typed)?;
        let mut plain = Plain::default();
        let sealed = payload
            .sealed()
            .map(|sealed| sealed.to_vec())
            .unwrap_or_default();
        if !sealed.is_empty() {
            let kept = Vault::in_ledger(session.desk.folder()).read(&stated_by)?;
            for sealed in sealed {
                let field = sealed.field;
                let kept = kept.as_ref().and_then(|kept| kept.get(field));
                let kept = kept.ok_or(EventRefused::ValueNotHere {
                    field,
                    event: stated_by,
                })?;
                plain.insert(field, kept.value.clone());
            }
            value["sealed"] = serde_json::Value::Array(Vec::new());
        }
        let zone = session.registry().zone();
        Self::from_value(value, plain, place, zone)
    }

    fn from_value(
        mut value: serde_json::Value,
        mut plain: Plain,
        place: String,
        zone: Zone,
    ) -> Result<Self, NotDone> {
        let wrong = |why: String| EventRefused::BadTyped {
            path: place.clone(),
            why,
            way_out: "",
        };
        let member = |(member, why)| wrong(format!("{member}: {why}"));
        if let Some(object) = value.as_object_mut() {
            intake::spell_times(object, "", zone).map_err(member)?;
            plain.append(&mut intake::take_own(object).map_err(member)?);
        }
        let payload: Payload =
            serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        let replacement = Box::new(Replacement::new(payload)?);
        Ok(Self {
            replacement,
            plain,
            place,
        })
    }

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
        let text = files::read_text(file, TYPED_BYTES_MAX)?;
        let value = domain::json::read(text.as_bytes());
        let value = value.map_err(|error| wrong(error.to_string()))?;
        Self::from_value(value, Plain::default(), place, zone)
    }
}

/// What stands of an event by now, if anything does, and the event that states it.
fn stands(session: &Session<'_>, event: &Event) -> Result<(Option<Payload>, EventId), NotDone> {
    let books = Books::replay(&*session.store, Until::End, &mut |_, _| {})?;
    Ok(match books.book.standing(&event.id) {
        None => (Some(event.body.payload.clone()), event.id),
        Some((at, payload)) => {
            let correction = resolve::event_at(&*session.store, at)?;
            (payload.cloned(), correction.id)
        }
    })
}

/// A correction, and what it changes of what stands.
#[derive(Debug)]
pub struct Correction {
    pub intent: Intent,
    pub changes: Vec<FieldChange>,
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
) -> Result<Correction, NotDone> {
    let event = resolve::event(&*session.store, named)?;
    event.body.payload.check_correctable()?;
    let (stood, _) = stands(session, &event)?;
    // Of what did not occur nothing is left to be compared.
    let changes = match &right {
        Some(right) => fields::changes(stood.as_ref(), right.replacement.payload()),
        None => Vec::new(),
    };
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
    Ok(Correction {
        intent: draft,
        changes,
    })
}
