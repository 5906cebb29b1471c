//! How far an extract reaches: up to which day it is whole, and how much of the log came after.
//!
//! Invariant: days are those of receive times in the ledger's zone, of entries that are proven under the checkpoint; no clock
//! is asked, so that a file has one verdict for ever. A commitment to heads is due in each month in which something was
//! received, the founding's aside: an extract that lacks the one of the log's last month may hide what is newest.

use domain::{DAY_MS, Moment, Zone, id};
use verify::FaultKind;

use crate::extract::{ExtractedLast, body_of};
use crate::extract_check::Check;

impl Check<'_> {
    /// Asks for the log's last entry, for the newest commitment and for that of the last month, and says the days.
    pub(crate) fn reach(&mut self) {
        let Some(end) = self.checkpoint.size.checked_sub(1) else {
            return;
        };
        let last = self.last(end);
        let founded = self.received.first().filter(|(position, _)| *position == 0);
        // Without a founding, or without the last entry, that is a fault already.
        let (Some(last), Some(&(_, founded))) = (last, founded) else {
            return;
        };
        let whole = self.whole_until();
        let zone = self.admission.registry().zone();
        let since = since(zone, whole.unwrap_or(founded), last);
        let until = match whole {
            Some(whole) => format!("whole up to {}", zone.day_of(whole)),
            None => format!(
                "no leaves under a commitment since the founding on {}",
                zone.day_of(founded)
            ),
        };
        let found = format!("{until}; nothing is known of {since}");
        self.newest_commitment(&found);
        let month = zone.month_of(last);
        if month > zone.month_of(whole.unwrap_or(founded)) {
            let expected =
                format!("a commitment to heads in {month}, the month of the log's last entry");
            self.report
                .fault(FaultKind::Missing, end, &expected, &found);
        }
        self.say_reach(&until, &since, zone.day_of(last).to_string());
    }

    fn say_reach(&mut self, until: &str, since: &str, last: String) {
        if self.report.is_good() && self.commitment.is_some() {
            let party = self.extract.party;
            let line = format!(
                "{until}: every event of {party} that was received before is here, by the operator's commitment"
            );
            self.report.proven.push(line);
        }
        let note = format!(
            "what was written later: nothing is known of {since} up to {last}, when the log's last entry under this checkpoint was received, nor of anything after it ({until})"
        );
        self.report.not_checked.push(note);
    }

    /// When the log's last entry was received, if the document shows it as it should.
    fn last(&mut self, end: u64) -> Option<Moment> {
        let extract = self.extract;
        let newest = extract.entries.last();
        let is_among = newest.is_some_and(|newest| newest.position == end);
        match (&extract.last, is_among) {
            (None, true) => {}
            (None, false) => {
                let (expected, found) = (
                    "the log's last entry",
                    "none: nothing says how far the log goes on",
                );
                self.report.fault(FaultKind::Missing, end, expected, found);
                return None;
            }
            (Some(_), true) => {
                let expected = "the log's last entry once";
                self.report
                    .fault(FaultKind::Entry, end, expected, "it is there twice");
            }
            (Some(last), false) => self.check_last(end, last)?,
        }
        let (position, received) = *self.received.last()?;
        (position == end).then_some(received)
    }

    /// It has no chain here by which its signatures could be checked: it is in the tree, and that dates it.
    fn check_last(&mut self, end: u64, last: &ExtractedLast) -> Option<()> {
        let entry = id::from_hex(&last.entry);
        let read = entry.as_ref().and_then(|entry| body_of(entry));
        let view = entry
            .as_ref()
            .and_then(|entry| wire::decode_entry(entry).ok());
        let (Some(entry), Some(body), Some(view)) = (&entry, read, view) else {
            let expected = "the log's last entry, an event";
            self.report
                .fault(FaultKind::Entry, end, expected, "bytes that are none");
            return None;
        };
        self.inclusion(end, entry, &last.proof);
        let author = body.author;
        let founding = self.admission.registry().founding();
        let is_named =
            founding.is_some_and(|names| [names.authority, names.operator].contains(&author));
        if is_named || author == self.extract.party || self.seen.contains_key(&author) {
            let expected = format!("every event of {author}, whose chain is in the extract");
            let found = "its last one apart from the others";
            self.report.fault(FaultKind::Missing, end, &expected, found);
        }
        let ledger = self.admission.ledger();
        if ledger.is_some_and(|ledger| *ledger != body.ledger.0) {
            let expected = "an event for this ledger";
            self.report
                .fault(FaultKind::Admission, end, expected, body.ledger);
        }
        self.take_received(end, view.received);
        Some(())
    }

    /// What was received before this moment is covered by the commitment. Its own time only tells so if it covers all that
    /// is before it: else the operator could commit month after month to what is long past.
    fn whole_until(&self) -> Option<Moment> {
        let (commitment, heads) = (self.commitment.as_ref()?, self.extract.heads.as_ref()?);
        let dating = if commitment.covered == heads.position {
            heads.position
        } else {
            commitment.covered.checked_sub(1)?
        };
        let mut dated = self.received.iter().rev();
        let (_, received) = dated.find(|(position, _)| *position <= dating)?;
        Some(*received)
    }

    /// Leaves are proven against the newest commitment that there is.
    fn newest_commitment(&mut self, found: &str) {
        let Some(newest) = self.newest_commitment else {
            return;
        };
        let used = self.extract.heads.as_ref().map(|heads| heads.position);
        if used.is_none_or(|used| used < newest) {
            let expected = "leaves under the newest commitment to heads";
            self.report
                .fault(FaultKind::Missing, newest, expected, found);
        }
    }
}

/// The time from one moment to another, in days and turns of the month.
fn since(zone: Zone, from: Moment, to: Moment) -> String {
    let (first, last) = (zone.day_of(from), zone.day_of(to));
    let days = (zone.start_of(last).ms() - zone.start_of(first).ms()) / DAY_MS;
    let turns = i64::from(last.month().ordinal()) - i64::from(first.month().ordinal());
    let days = match days {
        0 => "the rest of that day".to_owned(),
        1 => "the day since".to_owned(),
        days => format!("the {days} days since"),
    };
    match turns {
        0 => days,
        1 => format!("{days}, in which a month turned"),
        turns => format!("{days}, in which {turns} months turned"),
    }
}
