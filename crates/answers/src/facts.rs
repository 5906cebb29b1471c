//! Facts: what the log says once it is folded, against what was claimed: filed months, and answers handed over.
//!
//! Invariant: every figure comes from the entries that were verified, never from files outside them. A false claim is reported
//! and is no fault of the log. Knows no file: claims are bytes with a name.

use std::sync::Arc;

use books::Books;
use domain::text::printable;
use domain::{Bytes32, Payload};
use flow::filing;
use portable::Kind;
use projection::{Event, ProjectionFault, feed};
use serde_json::{Value, json};
use store::Entries;
use thiserror::Error;
use verify::Report;

use crate::checks::{Check, FactsChecked, FalseFact, FiledMonth, Verdict};
use crate::differ::{self, Difference};
use crate::limits::LISTED_MAX;
use crate::question::{Document, FORMAT};
use crate::reading::{Reading, root_of_entries};
use crate::refused::NoAnswer;

/// An answer that somebody handed over.
#[derive(Debug, Clone)]
pub struct Claim {
    file: String,
    text: Value,
    document: Document<Value>,
}

/// What came of the comparison.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Digest of the whole state, and of each part of it.
    state: Option<(Bytes32, Vec<(&'static str, Bytes32)>)>,
    months: u64,
    /// Reports that were compared.
    claims: Vec<String>,
    not_checked: Vec<String>,
    differences: Vec<FalseFact>,
    difference_count: u64,
}

/// Why a file is not a claim.
#[derive(Debug, Error)]
#[error("{file} is not an answer that can be checked: {why}")]
pub struct NotAClaim {
    file: String,
    why: String,
}

impl NotAClaim {
    /// What would be one.
    pub const HELP: &'static str = "claims are JSON documents as `ytterby quota --json`, `statement`, `flows`, `material`, \
                                    `balance` and the other reports print them: they name the log, its size and the question";
}

impl Claim {
    /// Reads an answer that was handed over in a file of this name.
    ///
    /// # Errors
    /// It is not JSON, has two meanings, or is not an answer of this format.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, NotAClaim> {
        let wrong = |why: String| NotAClaim {
            file: file.to_owned(),
            why: printable(&why).into_owned(),
        };
        let text = domain::json::read_whole(bytes).map_err(|error| wrong(error.to_string()))?;
        let format = text.get("format").filter(|format| *format != FORMAT);
        if let Some(format) = format {
            return Err(wrong(format!("its format is {format}, not \"{FORMAT}\"")));
        }
        let document: Document<Value> =
            serde_json::from_value(text.clone()).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            file: file.to_owned(),
            text,
            document,
        })
    }
}

/// Why nothing can be derived from a copy of this kind that was verified with this report.
pub fn why_not(kind: Kind, report: &Report) -> Option<&'static str> {
    match kind {
        Kind::Extract => Some(
            "an extract holds the events of one enterprise, and figures rest on those of others too: bring the whole log",
        ),
        Kind::Receipt | Kind::Evidence => Some(
            "a receipt or evidence is of one or two entries, and figures rest on all: bring the whole log",
        ),
        Kind::Ledger | Kind::Folder | Kind::Pack
            if report.verdict > verify::Verdict::Stale || report.size == 0 =>
        {
            Some(
                "the log is not sound: figures were not checked because of the faults listed above",
            )
        }
        Kind::Ledger | Kind::Folder | Kind::Pack => None,
    }
}

/// A verdict with the figures that were checked, as it is told: one JSON document, or lines for a person.
///
/// # Errors
/// It has no JSON form.
pub fn told(
    report: &Report,
    facts: Option<&Facts>,
    json: bool,
) -> Result<String, serde_json::Error> {
    if !json {
        let lines = facts.into_iter().flat_map(Facts::lines);
        let lines: String = lines.map(|line| line + "\n").collect();
        return Ok(portable::text(report) + &lines);
    }
    // Evidence has no tree.
    let root = (report.tree_size > 0).then(|| report.root.to_string());
    let origin = report.origin.as_deref().unwrap_or_default();
    let verdict = Verdict::of(report, facts.map(Facts::checked));
    let of = (origin, report.size, root);
    portable::document(&Document::of_check(of, Check::Verify {}, verdict))
}

/// Whether the log is good, and everything that was asked of its figures is as claimed.
pub fn are_good(report: &Report, facts: Option<&Facts>) -> bool {
    report.is_good() && facts.is_none_or(Facts::are_good)
}

impl Facts {
    /// Nothing was checked.
    pub fn not_checked(why: &str) -> Self {
        Self {
            not_checked: vec![why.to_owned()],
            ..Self::default()
        }
    }

    /// Derives the figures of a log that was verified, and compares. The log is opened a second time for that, so it must
    /// still be the one of the report.
    ///
    /// # Errors
    /// The log can't be read, or is another one by now.
    pub fn check(
        log: &Arc<dyn Entries>,
        report: &Report,
        claims: &[Claim],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, NoAnswer> {
        if log.size() != report.size || root_of_entries(&**log, report.size)? != report.root {
            return Err(NoAnswer::Fault(ProjectionFault::Log {
                position: report.size,
                what: "it changed while it was verified: verify it again".to_owned(),
            }));
        }
        let mut facts = Self::default();
        facts.derive(&**log, progress)?;
        for claim in claims {
            facts.compare(log, report, claim)?;
        }
        Ok(facts)
    }

    /// Folds the log; every filing meets what its author would have filed in its place.
    fn derive(&mut self, log: &dyn Entries, progress: &mut dyn FnMut(u64)) -> Result<(), NoAnswer> {
        let mut books = Books::default();
        // Nothing to apply yet: it tells the books where the past is read from.
        books.advance(log, 0, &mut |_, _| {})?;
        feed(log, 0, log.size(), &mut |event| {
            self.meet_filing(&books, event);
            books.apply(event);
            progress(event.position);
        })?;
        books.sound(())?;
        self.state = Some((books.digest(), books.part_digests()));
        Ok(())
    }

    fn meet_filing(&mut self, books: &Books, event: &Event) {
        let Payload::MonthClosed(closed) = &event.body.payload else {
            return;
        };
        self.months += 1;
        let (party, month) = (event.body.author, closed.month);
        let computed = filing(&books.flow, party, month, event.body.seq);
        for found in flow::differences(closed, &computed) {
            self.add(FalseFact {
                about: format!("{month} as filed by {party} at position {}", event.position),
                place: found.field.to_owned(),
                claimed: found.claimed,
                computed: found.computed,
                filing: Some(FiledMonth {
                    position: event.position,
                    party,
                    month,
                }),
            });
        }
    }

    /// Answers the question of a claim once more, at the size that it was answered at.
    fn compare(
        &mut self,
        log: &Arc<dyn Entries>,
        report: &Report,
        claim: &Claim,
    ) -> Result<(), NoAnswer> {
        let (file, document) = (&claim.file, &claim.document);
        let origin = report.origin.as_deref().unwrap_or_default();
        if document.origin != origin {
            // Its figures are those of another log, and say nothing about this one.
            let (claimed, computed) = (json!(document.origin), json!(origin));
            self.add_whole(file, "/origin", claimed.to_string(), computed.to_string());
            return Ok(());
        }
        let size = document.size;
        if size == 0 || size > report.size {
            self.not_checked.push(format!(
                "{file}: it was made at size {size}, and this log holds {}: supply a copy with at least {size} entries",
                report.size
            ));
            return Ok(());
        }
        let asked = json!(document.question);
        let (of, arguments) = (
            asked["of"].as_str().unwrap_or_default(),
            &asked["arguments"],
        );
        self.claims
            .push(format!("{file}: {of} {arguments} at size {size}"));
        let mut reading = Reading::of_entries(Arc::clone(log), size)?;
        let computed = match document.question.clone().document(&mut reading) {
            Ok(computed) => json!(computed),
            Err(NoAnswer::Refused(refused)) => {
                let claimed = document.answer.to_string();
                self.add_whole(file, "/answer", claimed, refused.to_string());
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        let claimed = self.without_evidence(file, &claim.text);
        for found in differ::differences(&claimed, &computed) {
            self.add_figure(file, found);
        }
        Ok(())
    }

    /// A claim without the findings that rest on evidence files: no copy of the log holds those.
    fn without_evidence(&mut self, file: &str, claim: &Value) -> Value {
        let mut claim = claim.clone();
        let beyond = claim.pointer_mut("/answer/from_evidence");
        let beyond = beyond.and_then(Value::as_array_mut).map(std::mem::take);
        let count = beyond.map_or(0, |beyond| beyond.len());
        if count > 0 {
            self.not_checked.push(format!(
                "{file}: {count} findings rest on evidence files: verify those by themselves"
            ));
        }
        claim
    }

    fn add_whole(&mut self, file: &str, place: &str, claimed: String, computed: String) {
        self.add(FalseFact {
            about: file.to_owned(),
            place: place.to_owned(),
            claimed,
            computed,
            filing: None,
        });
    }

    fn add_figure(&mut self, file: &str, found: Difference) {
        let shown = |value: Option<Value>| {
            value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
        };
        let (claimed, computed) = (shown(found.claimed), shown(found.computed));
        self.add_whole(file, &found.place, claimed, computed);
    }

    fn add(&mut self, found: FalseFact) {
        self.difference_count += 1;
        if self.differences.len() < LISTED_MAX {
            self.differences.push(found);
        }
    }

    /// Whether everything that was asked was checked and is as claimed.
    fn are_good(&self) -> bool {
        self.difference_count == 0 && self.not_checked.is_empty()
    }

    fn word(&self) -> &'static str {
        match (self.difference_count, &self.state) {
            (0, None) => "not checked",
            (0, Some(_)) if self.not_checked.is_empty() => "as claimed",
            (0, Some(_)) => "not all checked",
            _ => "differences",
        }
    }

    /// Lines for a person, to follow those about the log.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("facts: {}", self.word())];
        if let Some((digest, parts)) = &self.state {
            lines.push(format!("  checked      {} months as filed", self.months));
            lines.push(format!("  computed     state {digest}"));
            let part = |(name, digest): &(&str, Bytes32)| format!("  computed     {name} {digest}");
            lines.extend(parts.iter().map(part));
        }
        let row = |word: &str, text: &str| format!("  {word:12} {}", printable(text));
        lines.extend(self.claims.iter().map(|claim| row("checked", claim)));
        lines.extend(self.not_checked.iter().map(|why| row("not checked", why)));
        lines.extend(self.differences.iter().map(|found| {
            let FalseFact {
                about,
                place,
                claimed,
                computed,
                ..
            } = found;
            let text = format!("{about}, {place}: claimed {claimed}, computed {computed}");
            row("difference", &text)
        }));
        let more = self.difference_count - self.differences.len() as u64;
        if more > 0 {
            lines.push(format!("  and {more} differences more"));
        }
        lines
    }

    /// The same for a program.
    fn checked(&self) -> FactsChecked {
        let parts = self.state.iter().flat_map(|(_, parts)| parts);
        let parts = parts.map(|(name, digest)| ((*name).to_owned(), *digest));
        FactsChecked {
            facts: self.word(),
            months_closed: self.months,
            state_digest: self.state.as_ref().map(|(digest, _)| *digest),
            parts: parts.collect(),
            claims_checked: self.claims.clone(),
            not_checked: self.not_checked.clone(),
            difference_count: self.difference_count,
            differences: self.differences.clone(),
        }
    }
}
