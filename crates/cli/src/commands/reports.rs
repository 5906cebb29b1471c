//! `quota`, `statement`, `flows`, `material`, `balance`, `conservation`, `returns` and `replay`: what was typed, as questions.
//!
//! Invariant: whatever an answer depends on is settled before it is asked. Computes no figure.

use answers::{Answer, Question, Reading, newest_quota_year, resolve};
use desk::Desk;
use grammar::{
    AsOf, BalanceReport, ConservationReport, Flows, Form, MaterialReport, QuotaReport,
    ReturnsReport, StatementReport,
};

use super::ask::{self, ALL};
use crate::outcome::{CliError, Outcome};
use crate::output;

fn print(
    mut reading: Reading,
    question: Question,
    form: Form,
    tables: usize,
) -> Result<Outcome, CliError> {
    ask::put(&mut reading, question, form, tables)?;
    Ok(Outcome::Done)
}

/// The quota board of a year.
pub(crate) fn quota(desk: &Desk<'_>, report: &QuotaReport) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &report.as_of, report.form)?;
    let year = match report.year {
        Some(year) => year,
        None => {
            let newest = newest_quota_year(&reading)?;
            output::say(format!(
                "{newest} is the newest year with quota; --year YEAR shows another"
            ));
            newest
        }
    };
    let question = Question::Quota {
        year,
        holder: report.holder.clone(),
        division: report.division,
        explain: report.explain,
    };
    print(reading, question, report.form, ALL)
}

/// An enterprise's month, per product.
pub(crate) fn statement(desk: &Desk<'_>, report: &StatementReport) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &report.as_of, report.form)?;
    let question = Question::Statement {
        party: resolve::party(reading.registry()?, &report.party)?,
        month: report.month,
        as_known: report.as_known,
        explain: report.explain,
    };
    print(reading, question, report.form, ALL)
}

/// Every movement of the month, or what became known since a day.
pub(crate) fn flows(desk: &Desk<'_>, report: &Flows) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &report.as_of, report.form)?;
    let registry = reading.registry()?;
    let since = report.changes_since.as_deref();
    let since = since.map(|text| registry.zone().moment_of(text));
    let question = Question::Flows {
        party: resolve::party(registry, &report.party)?,
        month: report.month,
        changes_since: since.transpose()?,
    };
    print(reading, question, report.form, ALL)
}

/// Every period of a site.
pub(crate) fn material(desk: &Desk<'_>, report: &MaterialReport) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &report.as_of, report.form)?;
    let question = Question::Material {
        site: resolve::site(reading.registry()?, &report.site)?,
        element: report.element,
    };
    let tables = if report.explain { ALL } else { 1 };
    print(reading, question, report.form, tables)
}

/// Where all that was created is.
pub(crate) fn conservation(
    desk: &Desk<'_>,
    report: &ConservationReport,
) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &report.as_of, report.form)?;
    let question = Question::Conservation {
        element: report.element,
        explain: report.explain,
    };
    print(reading, question, report.form, ALL)
}

/// What a party holds, lot by lot.
pub(crate) fn balance(desk: &Desk<'_>, report: &BalanceReport) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &report.as_of, report.form)?;
    let question = Question::Balance {
        party: resolve::party(reading.registry()?, &report.party)?,
        site: report.site,
        explain: report.explain,
    };
    print(reading, question, report.form, ALL)
}

/// The regulator's board of one month.
pub(crate) fn returns(desk: &Desk<'_>, report: &ReturnsReport) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &report.as_of, report.form)?;
    let question = Question::Returns {
        month: report.month,
        division: report.division,
        by: reading.now()?,
    };
    let Answer::Returns(board) = ask::put(&mut reading, question, report.form, ALL)? else {
        return Ok(Outcome::Done);
    };
    output::say(board.summary());
    Ok(Outcome::found_if(board.has_faults()))
}

/// Replays everything and prints the digest of the state.
pub(crate) fn replay(desk: &Desk<'_>, as_of: &AsOf, form: Form) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, as_of, form)?;
    let question = Question::Replay {};
    if form.json || form.csv {
        return print(reading, question, form, ALL);
    }
    if let Answer::Replay(state) = question.answer(&mut reading)? {
        let (size, digest) = (state.entries, state.state_digest);
        output::line(format!("{size} entries, state digest {digest}"))?;
    }
    Ok(Outcome::Done)
}
