//! Findings that rest on files outside the log: what a piece of evidence is worth against this very log.
//!
//! Invariant: evidence raises a finding only if it holds and the keys in it are the author's; anything less accuses nobody.
//! Its id is made of the event that is not in the log, so that each such event is ruled on by itself. Knows no files.

use domain::EventId;
use evidence::{AtHand, Evidence, LogFacts, SignedBody, TwoEvents, check_evidence};
use projection::{Figure, Finding, FindingCode, Subject};
use verify::Verdict;

/// What evidence is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weighed {
    /// K01, about the author.
    Raises(Finding),
    /// It holds, against the log itself: a matter between the operator and everybody else.
    AgainstTheLog,
    /// It does not hold here, for this reason.
    Nothing(String),
}

/// Weighs evidence against the log that its events were looked up in.
pub fn weigh(evidence: &Evidence, log: &LogFacts) -> Weighed {
    let reader = AtHand {
        log: Some(log),
        ..AtHand::default()
    };
    let report = check_evidence(evidence, &reader);
    if report.verdict != Verdict::Equivocation {
        let fault = report.faults.first().map(ToString::to_string);
        return Weighed::Nothing(fault.unwrap_or_default());
    }
    match evidence {
        Evidence::TwoHistories(_) => Weighed::AgainstTheLog,
        Evidence::TwoEvents(two) => finding(two, log).map_or_else(
            || Weighed::Nothing("its first body is not an event".to_owned()),
            Weighed::Raises,
        ),
    }
}

fn finding(two: &TwoEvents, log: &LogFacts) -> Option<Finding> {
    let mut ids: Vec<EventId> = two.events.iter().filter_map(SignedBody::id).collect();
    ids.sort_by_key(|id| log.position(id).is_some());
    let body = domain::id::from_hex(&two.events[0].body)?;
    let body = wire::decode_body(&body).ok()?;
    let mut figures = vec![Figure::count("seq", count(body.seq))];
    if let Some(held) = ids.iter().find_map(|id| log.position(id)) {
        figures.push(Figure::count("position", count(held)));
    }
    let subject = Subject::party(body.author);
    Some(Finding::new(FindingCode::K01, subject, figures, ids))
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
