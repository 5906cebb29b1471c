//! `verify --facts`: what the log says once it is folded, against what was claimed: filed months, and reports handed over.
//!
//! Invariant: every figure comes from the entries that were verified, never from what lies beside them. A false claim is
//! reported and is no fault of the log. Holds no rule; the projections do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use books::Books;
use domain::text::printable;
use domain::{Bytes32, Payload};
use flow::filing;
use portable::Kind;
use projection::{Event, feed};
use serde_json::{Value, json};
use store::Entries;
use store_embedded::OpenMode;
use verify::{Report, Verdict};

use super::differ::{self, Difference};
use super::question::{Document, FORMAT};
use super::reports::World;
use crate::limits::CLAIM_BYTES_MAX;
use crate::log_only::LogOnly;
use crate::outcome::CliError;
use crate::output::{self, Form};
use crate::session::open_store;

/// Differences that are listed one by one; more are counted.
const LISTED_MAX: usize = 1_000;

/// A report that somebody handed over.
pub(crate) struct Claim {
    file: String,
    text: Value,
    document: Document,
}

/// A figure that was claimed and is not what the log gives.
struct FalseFact {
    /// The file, or the event.
    about: String,
    place: String,
    claimed: String,
    computed: String,
    /// Of a filed month.
    filing: Option<Value>,
}

/// What came of the comparison.
#[derive(Default)]
pub(crate) struct Facts {
    /// Digest of the whole state, and of each part of it.
    state: Option<(Bytes32, Vec<(&'static str, Bytes32)>)>,
    months: u64,
    /// Reports that were compared.
    claims: Vec<String>,
    not_checked: Vec<String>,
    differences: Vec<FalseFact>,
    difference_count: u64,
}

/// Reads reports that were handed over, before anything else is done.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Claim>, CliError> {
    files.iter().map(|file| read_one(file)).collect()
}

fn read_one(path: &Path) -> Result<Claim, CliError> {
    let file = path.display().to_string();
    let help = "claims are JSON documents as `ytterby quota --json`, `statement`, `flows`, `material`, `balance` and \
                `replay` print them: they name the log, its size, the command and its arguments";
    let wrong = |why: String| {
        let why = printable(&why);
        CliError::refused(format!("{file} is no report that can be checked: {why}")).help(help)
    };
    let bytes = files::read(path, CLAIM_BYTES_MAX)?;
    let text = differ::read(&bytes).map_err(|error| wrong(error.to_string()))?;
    let document: Document =
        serde_json::from_value(text.clone()).map_err(|error| wrong(error.to_string()))?;
    if document.format != FORMAT {
        return Err(wrong(format!("its format is {:?}", document.format)));
    }
    Ok(Claim {
        file,
        text,
        document,
    })
}

/// Derives the figures of a log that was verified, and compares.
pub(crate) fn check(
    path: &Path,
    kind: Kind,
    report: &Report,
    claims: &[Claim],
    form: Form,
) -> Result<Facts, CliError> {
    let mut facts = Facts::default();
    let why_not = match kind {
        Kind::Extract => Some(
            "an extract holds the events of one enterprise, and figures rest on those of others too: bring the whole log",
        ),
        Kind::Receipt | Kind::Evidence => Some(
            "a receipt or evidence is of one or two entries, and figures rest on all: bring the whole log",
        ),
        Kind::Ledger | Kind::Folder | Kind::Pack => None,
    };
    if let Some(why_not) = why_not {
        facts.not_checked.push(why_not.to_owned());
        return Ok(facts);
    }
    if report.verdict > Verdict::Stale || report.size == 0 {
        facts.not_checked.push(
            "the log is not sound, so nothing follows from it: what is wrong with it comes first"
                .to_owned(),
        );
        return Ok(facts);
    }
    let log: Arc<dyn Entries> = Arc::new(match kind {
        Kind::Ledger => LogOnly::of(&*open_store(path, OpenMode::ReadOnly, false)?, report.size),
        _ => LogOnly::of_copy(path, report.size)?,
    });
    facts.derive(&*log, form)?;
    for claim in claims {
        facts.compare(&log, report, claim)?;
    }
    Ok(facts)
}

impl Facts {
    /// Folds the log; every filing meets what its author would have filed in its place.
    fn derive(&mut self, log: &dyn Entries, form: Form) -> Result<(), CliError> {
        let mut books = Books::default();
        // Nothing to apply yet: it tells the books where the past is read from.
        books.advance(log, 0, &mut |_, _| {})?;
        let bar = output::progress(log.size(), "deriving", form);
        feed(log, 0, log.size(), &mut |event| {
            self.meet_filing(&books, event);
            books.apply(event);
            bar.set_position(event.position);
        })?;
        bar.finish_and_clear();
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
                filing: Some(json!({"position": event.position, "party": party, "month": month})),
            });
        }
    }

    /// Answers the question of a report anew, at the size that it was made at.
    fn compare(
        &mut self,
        log: &Arc<dyn Entries>,
        report: &Report,
        claim: &Claim,
    ) -> Result<(), CliError> {
        let (file, document) = (&claim.file, &claim.document);
        let origin = report.origin.as_deref().unwrap_or_default();
        if document.origin != origin {
            // Its figures are those of another log, and say nothing about this one.
            self.add(FalseFact {
                about: file.clone(),
                place: "/origin".to_owned(),
                claimed: json!(document.origin).to_string(),
                computed: json!(origin).to_string(),
                filing: None,
            });
            return Ok(());
        }
        let size = document.size;
        if size == 0 || size > report.size {
            self.not_checked.push(format!(
                "{file}: it was made at size {size}, and this log holds {}: bring one that reaches as far",
                report.size
            ));
            return Ok(());
        }
        let question = serde_json::to_value(&document.question).map_err(CliError::fault)?;
        let (command, arguments) = (&question["command"], &question["arguments"]);
        let command = command.as_str().unwrap_or_default();
        self.claims
            .push(format!("{file}: {command} {arguments} at size {size}"));
        let mut world = World::at(Arc::clone(log), size)?;
        let computed = match document.question.answer(&mut world) {
            Ok(answer) => {
                let answered = Document {
                    answer,
                    ..document.clone()
                };
                serde_json::to_value(answered).map_err(CliError::fault)?
            }
            Err(error) => {
                self.add(FalseFact {
                    about: file.clone(),
                    place: "/answer".to_owned(),
                    claimed: document.answer.to_string(),
                    computed: error.refusal()?,
                    filing: None,
                });
                return Ok(());
            }
        };
        for found in differ::differences(&claim.text, &computed) {
            self.add_figure(file, found);
        }
        Ok(())
    }

    fn add_figure(&mut self, file: &str, found: Difference) {
        let shown = |value: Option<Value>| {
            value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
        };
        self.add(FalseFact {
            about: file.to_owned(),
            place: found.place,
            claimed: shown(found.claimed),
            computed: shown(found.computed),
            filing: None,
        });
    }

    fn add(&mut self, found: FalseFact) {
        self.difference_count += 1;
        if self.differences.len() < LISTED_MAX {
            self.differences.push(found);
        }
    }

    /// Whether everything that was asked was checked and is as claimed.
    pub(crate) fn are_good(&self) -> bool {
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
    pub(crate) fn lines(&self) -> Vec<String> {
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
    pub(crate) fn json(&self) -> Value {
        let differences = self.differences.iter().map(|found| {
            json!({
                "about": found.about, "place": found.place, "claimed": found.claimed, "computed": found.computed,
                "filing": found.filing,
            })
        });
        let (state, parts) = match &self.state {
            Some((state, parts)) => (Some(state), parts.as_slice()),
            None => (None, &[][..]),
        };
        let parts = parts
            .iter()
            .map(|(name, digest)| ((*name).to_owned(), json!(digest)));
        json!({
            "facts": self.word(), "months_closed": self.months, "state_digest": state,
            "parts": parts.collect::<serde_json::Map<_, _>>(), "claims_checked": self.claims,
            "not_checked": self.not_checked, "difference_count": self.difference_count,
            "differences": differences.collect::<Vec<_>>(),
        })
    }
}
