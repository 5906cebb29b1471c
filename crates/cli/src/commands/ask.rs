//! Questions put to a ledger, and their answers printed.
//!
//! Invariant: text, CSV and JSON paint one answer. Computes no figure.

use answers::{Answer, Question, Reading, until};
use desk::Desk;
use grammar::{AsOf, Form};

use crate::outcome::CliError;
use crate::output;

/// A ledger, up to what was asked for.
pub(crate) fn reading(desk: &Desk<'_>, as_of: &AsOf, form: Form) -> Result<Reading, CliError> {
    let store = desk.read_store()?;
    let until = until(&*store, as_of.as_of.as_deref())?;
    let bar = output::progress(store.size(), "replaying", form);
    let progress = move |done, size| {
        bar.set_position(done);
        if done == size {
            bar.finish_and_clear();
        }
    };
    Ok(Reading::new(store, until, progress)?)
}

/// Asks, and prints the answer in the form that was asked for, of several tables the first `tables`.
pub(crate) fn put(
    reading: &mut Reading,
    question: Question,
    form: Form,
    tables: usize,
) -> Result<Answer, CliError> {
    if form.json {
        let document = question.document(reading)?;
        output::json(&document)?;
        return Ok(document.answer);
    }
    let answer = question.answer(reading)?;
    let zone = reading.registry()?.zone();
    for table in answer.tables(zone).iter().take(tables) {
        output::paint(form, table)?;
    }
    Ok(answer)
}

/// Every table of an answer.
pub(crate) const ALL: usize = usize::MAX;
