//! `trace`, `taint` and `label`: where a lot came from, where it went, what its package must say.
//!
//! Invariant: exit 1 says that something downstream of a sealed lot was found. Computes no share.

use answers::{Answer, Question, resolve};
use desk::Desk;
use grammar::{Form, Label, TaintReport, Trace};

use super::ask::{self, ALL};
use crate::outcome::{CliError, Outcome};
use crate::output;

/// The runs around a lot and, going back, its sources.
pub(crate) fn trace(desk: &Desk<'_>, report: &Trace) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &report.as_of, report.form)?;
    let question = Question::Trace {
        lot: resolve::lot(reading.registry()?, &report.lot)?,
        forward: report.forward,
        depth: report.depth,
        element: report.element,
    };
    if report.dot {
        if let Answer::Trace(trace) = question.answer(&mut reading)? {
            output::line(trace.dot.trim_end())?;
        }
        return Ok(Outcome::Done);
    }
    // A spreadsheet takes one table; where a lot went, its sources say nothing.
    let only_steps = report.forward || report.form.csv;
    let tables = if only_steps { 1 } else { ALL };
    ask::put(&mut reading, question, report.form, tables)?;
    Ok(Outcome::Done)
}

/// Where the matter of sealed lots went.
pub(crate) fn taint(desk: &Desk<'_>, report: &TaintReport) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &report.as_of, report.form)?;
    let answer = ask::put(&mut reading, Question::Taint {}, report.form, ALL)?;
    let found = matches!(answer, Answer::Taint(taints) if !taints.rows.is_empty());
    Ok(Outcome::found_if(found))
}

/// The text of the package mark.
pub(crate) fn label(desk: &Desk<'_>, report: &Label) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &report.as_of, Form::default())?;
    let lot = resolve::lot(reading.registry()?, &report.lot)?;
    if let Answer::Label(label) = (Question::Label { lot }).answer(&mut reading)? {
        output::line(label.text.trim_end())?;
    }
    Ok(Outcome::Done)
}
