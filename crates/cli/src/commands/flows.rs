//! `flows`: an enterprise's flow record, and what changed it after a day.
//!
//! Invariant: the lines of a month add up to its statement. Holds no rule.

use std::path::Path;

use domain::payload::Invoice;
use domain::{Month, PartyId, Registry};
use flow::{Counterparty, FlowLine, record};
use projection::{Amount, Until};
use serde_json::{Value, json};
use store::Entries;

use super::lists::registry;
use super::question::{Question, json_mg};
use super::reports::{product, until};
use crate::args::Flows;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, columns, tonnes};
use crate::session::read_store;

/// Every movement of the month, or what became known since a day.
pub(crate) fn run(folder: &Path, report: &Flows) -> Result<Outcome, CliError> {
    let store = read_store(folder)?;
    let until = until(&*store, &report.as_of)?;
    let registry = registry(&*store)?;
    let asked = (&report.party, report.month, report.changes_since.as_deref());
    let lines = lines(&*store, until, &registry, asked)?;
    if report.form.json {
        let question = Question::Flows {
            party: report.party,
            month: report.month,
            changes_since: report.changes_since.clone(),
        };
        question.print(&*store, until, lines_json(&lines))?;
        return Ok(Outcome::Done);
    }
    let table: Vec<_> = lines.iter().map(|line| row(&registry, line)).collect();
    let sum = lines
        .iter()
        .fold(Amount::ZERO, |sum, line| sum + line.amount);
    let names = [
        "occurred",
        "month",
        "column",
        "counterparty",
        "lot",
        "product",
        "#net t",
        "#REO t",
        "invoices",
        "#position",
        "event",
    ];
    output::rows_and_sum(
        report.form,
        &columns(&names),
        table,
        &[("net t", sum.net), ("REO t", sum.reo)],
    )?;
    Ok(Outcome::Done)
}

/// The wanted lines of a party, of a month, or of what changed since a time.
pub(crate) fn lines(
    store: &dyn Entries,
    until: Until,
    registry: &Registry,
    (party, month, since): (&PartyId, Option<Month>, Option<&str>),
) -> Result<Vec<FlowLine>, CliError> {
    let since = since.map(|text| registry.zone().moment_of(text));
    let since = since.transpose()?;
    let wanted = |line: &FlowLine| {
        line.party == *party
            && month.is_none_or(|month| line.month == month)
            && since.is_none_or(|since| line.received >= since && line.is_change())
    };
    Ok(record(store, until, wanted)?)
}

/// The same as JSON.
pub(crate) fn lines_json(lines: &[FlowLine]) -> Value {
    lines.iter().map(line_json).collect()
}

fn name(registry: &Registry, counterparty: &Counterparty) -> String {
    match counterparty {
        Counterparty::Party(party) => registry
            .party(party)
            .map_or_else(|| party.to_string(), |record| record.names.zh.to_string()),
        Counterparty::Outside(name) => name.clone(),
    }
}

fn row(registry: &Registry, line: &FlowLine) -> Vec<String> {
    let counterparty = line.counterparty.as_ref();
    let invoices: Vec<_> = line.invoices.iter().map(Invoice::named).collect();
    vec![
        output::day(registry, line.occurred),
        line.month.to_string(),
        line.column.name().to_owned(),
        counterparty.map_or_else(String::new, |counterparty| name(registry, counterparty)),
        line.lot.to_string(),
        product(line.product),
        tonnes(line.amount.net),
        tonnes(line.amount.reo),
        invoices.join(" "),
        line.position.to_string(),
        line.event.to_string().chars().take(16).collect(),
    ]
}

fn line_json(line: &FlowLine) -> Value {
    let counterparty = match &line.counterparty {
        Some(Counterparty::Party(party)) => json!(party),
        Some(Counterparty::Outside(name)) => json!(name),
        None => Value::Null,
    };
    json!({
        "position": line.position, "event": line.event, "stated_by": line.stated_by, "kind": line.name,
        "received": line.received, "occurred": line.occurred, "month": line.month, "late": line.is_late(),
        "sign": line.sign, "site": line.site, "column": line.column, "counterparty": counterparty,
        "lot": line.lot, "product": line.product, "net_mg": json_mg(line.amount.net),
        "reo_mg": json_mg(line.amount.reo), "invoices": line.invoices,
    })
}
