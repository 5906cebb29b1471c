//! What was stated before and stands in the way: a month that is filed, an event that was corrected.
//!
//! Invariant: every batch is asked, whichever command or sheet it comes from. Refuses what its author would not have meant;
//! the log itself admits it, and the projections know what to make of it.

use std::collections::BTreeSet;

use answers::month_standing;
use books::Books;
use domain::payload::EventCorrected;
use domain::{EventId, Moment, Month, Payload};

use crate::batch::{Batch, Numbered};
use crate::refused::EventRefused;

/// Refuses a batch that would file what can't be filed, or correct what does not stand any more.
pub(crate) fn check(batch: &Batch, books: &Books, received: Moment) -> Result<(), EventRefused> {
    let (mut months, mut corrected) = (BTreeSet::new(), BTreeSet::new());
    for event in batch.events() {
        match &event.body.payload {
            Payload::MonthClosed(filing) => {
                let month = filing.month;
                let (is_over, filed_by) = month_standing(books, &batch.author(), month, received);
                may_file(month, is_over, filed_by)?;
                if !months.insert(month) {
                    return Err(EventRefused::MonthTwice { month });
                }
            }
            Payload::EventCorrected(correction) => {
                let id = wire::event_id(&correction.corrected);
                may_correct(event, id, correction, books)?;
                if !corrected.insert(id) {
                    return Err(EventRefused::CorrectedTwice { event: id });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A month is filed once, when it is over.
pub(crate) fn may_file(
    month: Month,
    is_over: bool,
    filed_by: Option<EventId>,
) -> Result<(), EventRefused> {
    if !is_over {
        let first = month.next().first_day();
        return Err(EventRefused::MonthNotOver { month, first });
    }
    match filed_by {
        Some(event) => Err(EventRefused::MonthFiled { month, event }),
        None => Ok(()),
    }
}

/// Who corrects an event again names the correction that stands in its place, so that two clerks who saw the same slip do not
/// correct it one after the other.
fn may_correct(
    event: &Numbered,
    id: EventId,
    correction: &EventCorrected,
    books: &Books,
) -> Result<(), EventRefused> {
    let standing = books.book.standing(&id);
    let is_named = event.instead_of == standing.map(|(at, _)| at);
    let replacement = correction.replacement.as_ref();
    let replacement = replacement.map(|replacement| replacement.payload());
    match (standing, event.instead_of) {
        // The same statement again is not another opinion.
        (Some((at, stands)), Some(named)) if named == at && stands == replacement => {
            Err(EventRefused::Stands { event: id, at })
        }
        _ if is_named => Ok(()),
        (Some((at, stands)), None) => Err(EventRefused::Corrected {
            event: id,
            at,
            what: name(stands),
        }),
        (Some((at, stands)), Some(named)) => Err(EventRefused::NotWhatStands {
            event: id,
            named,
            stands: format!("{} does, since position {at}", name(stands)),
        }),
        (None, named) => Err(EventRefused::NotWhatStands {
            event: id,
            named: named.unwrap_or_default(),
            stands: "it stands as it was recorded".to_owned(),
        }),
    }
}

fn name(stands: Option<&Payload>) -> String {
    stands.map_or_else(
        || "nothing".to_owned(),
        |payload| format!("another {}", payload.name()),
    )
}
