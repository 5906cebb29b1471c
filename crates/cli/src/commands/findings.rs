//! `findings`, `explain` and `rule`: what looks wrong, and what was ruled on it.
//!
//! Invariant: exit 1 says that a finding is unsettled. Computes no finding.

use answers::checks::Check;
use answers::explanations::Code;
use answers::{
    Answer, Digits, Document, OneFinding, Question, Reading, all_findings, explanations, resolve,
};
use books::JudgedFinding;
use desk::{Desk, evidence};
use domain::payload::{FindingRuled, Payload};
use grammar::{AsOf, Findings, Form, Rule};

use super::act::whole;
use super::ask::{self, ALL};
use crate::outcome::{CliError, Outcome};
use crate::output;

/// What looks wrong, settled findings only when asked for; or one finding in full.
pub(crate) fn list(desk: &Desk<'_>, report: &Findings) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &report.as_of, report.form)?;
    evidence::bring(&desk.place, &mut reading, desk.host)?;
    let by = reading.now()?;
    if let Some(given) = &report.finding {
        let finding = named(&reading, given)?.finding.id;
        return in_full(&mut reading, Question::Finding { finding, by }, report.form);
    }
    let party = report.party.as_deref();
    let registry = reading.registry()?;
    let party = party.map(|given| resolve::party(registry, given));
    let question = Question::Findings {
        party: party.transpose()?,
        code: report.code,
        severity: report.severity,
        division: report.division,
        all: report.all,
        by,
    };
    let Answer::Findings(shown) = ask::put(&mut reading, question, report.form, ALL)? else {
        return Ok(Outcome::Done);
    };
    if !report.form.json && !report.form.csv {
        let summary = shown.summary();
        output::say(format!(
            "{summary}. `ytterby explain CODE` tells what a code means"
        ));
    }
    let unsettled = shown.iter().any(OneFinding::is_unsettled);
    Ok(Outcome::found_if(unsettled))
}

fn in_full(reading: &mut Reading, question: Question, form: Form) -> Result<Outcome, CliError> {
    let Answer::Finding(shown) = ask::put(reading, question, form, ALL)? else {
        return Ok(Outcome::Done);
    };
    if !form.json && !form.csv {
        output::line(format!("\n{}", shown.explanation.trim_end()))?;
    }
    Ok(Outcome::found_if(shown.finding.is_unsettled()))
}

/// Codes are those of every log.
const NO_LOG: (&str, u64, Option<String>) = ("", 0, None);

/// The page of a code, or the lists of codes.
pub(crate) fn explain(code: Option<Code>, form: Form) -> Result<Outcome, CliError> {
    let codes = explanations::codes(code);
    if form.json {
        output::json(&Document::of_check(NO_LOG, Check::Codes {}, codes))?;
    } else if code.is_some() && !form.csv {
        for page in codes.pages() {
            output::line(page.trim_end())?;
        }
    } else {
        // A spreadsheet takes one table.
        let tables = codes.tables();
        let shown = if form.csv { 1 } else { ALL };
        for table in tables.iter().take(shown) {
            output::paint(form, table)?;
        }
    }
    Ok(Outcome::Done)
}

/// Rules on a finding.
pub(crate) fn rule(desk: &Desk<'_>, rule: &Rule) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &AsOf::default(), Form::default())?;
    evidence::bring(&desk.place, &mut reading, desk.host)?;
    let found = named(&reading, &rule.finding)?;
    let row = OneFinding::new(reading.registry()?, &found).row();
    // The store admits one opener at a time.
    drop(reading);
    let row: Vec<_> = row.iter().map(|cell| cell.short(Digits::Rounded)).collect();
    output::say(row.join("  "));
    let payload = Payload::FindingRuled(FindingRuled {
        finding: found.finding.id,
        ruling: rule.ruling,
        note: rule.note.parse()?,
    });
    whole(desk, &rule.signing, payload)
}

fn named(reading: &Reading, given: &str) -> Result<JudgedFinding, CliError> {
    let (mut all, from_evidence) = all_findings(reading, reading.now()?)?;
    all.extend(from_evidence);
    Ok(resolve::finding(&all, given)?)
}
