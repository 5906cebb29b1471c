//! `material`: the material balance of a site, period by period.
//!
//! Invariant: every line shows the figures that it is the sum of. Holds no rule; the balance does.

use std::path::Path;

use balance::{Line, Matter, Period, material};
use domain::{Element, Registry, SiteId};
use projection::{Column, Until};
use serde_json::{Value, json};
use store::Entries;

use super::lists::registry;
use super::question::{Question, json_mg};
use super::reports::until;
use crate::args::MaterialReport;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form, columns, tonnes};
use crate::session::read_store;

/// Prints every period of the site.
pub(crate) fn run(folder: &Path, report: &MaterialReport) -> Result<Outcome, CliError> {
    let store = read_store(folder)?;
    let until = until(&*store, &report.as_of)?;
    let periods = periods(&*store, until, &report.site)?;
    let (site, element) = (report.site, report.element);
    if report.form.json {
        let answer = periods_json(&site, &periods, element);
        Question::Material { site, element }.print(&*store, until, answer)?;
        return Ok(Outcome::Done);
    }
    let shown = |matter: &Matter| is_shown(*matter, element);
    let registry = registry(&*store)?;
    print(report.form, &registry, &periods, shown)?;
    if report.explain {
        for (number, period) in periods.iter().enumerate() {
            print_postings(report.form, &registry, number + 1, period)?;
        }
    }
    Ok(Outcome::Done)
}

/// Every period of a site at which something moved.
pub(crate) fn periods(
    store: &dyn Entries,
    until: Until,
    site: &SiteId,
) -> Result<Vec<Period>, CliError> {
    let periods = material(store, until, site)?;
    if periods.iter().all(|period| period.lines.is_empty()) {
        return Err(CliError::refused(format!("nothing ever moved at {site}"))
            .help("`ytterby site list` lists every licensed site"));
    }
    Ok(periods)
}

fn is_shown(matter: Matter, element: Option<Element>) -> bool {
    element.is_none_or(|element| matter == Matter::Element(element))
}

/// The same as JSON, of all matter or one element.
pub(crate) fn periods_json(site: &SiteId, periods: &[Period], element: Option<Element>) -> Value {
    let shown = |matter: &Matter| is_shown(*matter, element);
    let periods = periods.iter().map(|period| period_json(period, shown));
    json!({"site": site, "periods": periods.collect::<Vec<_>>()})
}

fn end_of(registry: &Registry, period: &Period) -> String {
    period.count.map_or_else(
        || "open".to_owned(),
        |(as_of, _)| output::day(registry, as_of),
    )
}

fn sum(line: &Line, ins: bool) -> i128 {
    line.changes.values().filter(|mg| (**mg > 0) == ins).sum()
}

fn print(
    form: Form,
    registry: &Registry,
    periods: &[Period],
    shown: impl Fn(&Matter) -> bool,
) -> Result<(), CliError> {
    let dash = |mg: Option<i128>| mg.map_or_else(|| "-".to_owned(), tonnes);
    let mut rows = Vec::new();
    for period in periods {
        for (matter, line) in period.lines.iter().filter(|(matter, _)| shown(matter)) {
            let is_reo = *matter == Matter::Reo;
            rows.push(vec![
                end_of(registry, period),
                matter.to_string(),
                tonnes(line.opening),
                tonnes(sum(line, true)),
                tonnes(sum(line, false)),
                tonnes(line.book()),
                dash(line.physical),
                dash(line.unaccounted()),
                dash(period.sigma.filter(|_| is_reo)),
                dash(Some(period.cumulative).filter(|_| is_reo && period.count.is_some())),
            ]);
        }
    }
    let names = [
        "counted",
        "of",
        "#PB t",
        "#increases t",
        "#decreases t",
        "#BE t",
        "#PE t",
        "#MUF t",
        "#sigma t",
        "#CUMUF t",
    ];
    output::rows(form, &columns(&names), &rows)
}

fn print_postings(
    form: Form,
    registry: &Registry,
    number: usize,
    period: &Period,
) -> Result<(), CliError> {
    if !form.csv {
        let counted = end_of(registry, period);
        output::line(format!("\nperiod {number}, counted {counted}"))?;
    }
    let rows: Vec<_> = period
        .postings
        .iter()
        .map(|posting| {
            vec![
                posting.position.to_string(),
                posting.event.to_string().chars().take(16).collect(),
                output::day(registry, posting.occurred),
                posting.name.to_owned(),
                posting.column.name().to_owned(),
                posting.lot.to_string(),
                tonnes(posting.reo_mg),
            ]
        })
        .collect();
    let total: i128 = period.postings.iter().map(|posting| posting.reo_mg).sum();
    let names = [
        "#position",
        "event",
        "occurred",
        "kind",
        "column",
        "lot",
        "#REO t",
    ];
    output::rows_and_sum(form, &columns(&names), rows, &[("REO t", total)])
}

fn period_json(period: &Period, shown: impl Fn(&Matter) -> bool) -> Value {
    let changes = |line: &Line| -> serde_json::Map<_, _> {
        let named = |(column, mg): (&Column, &i128)| (column.name().to_owned(), json_mg(*mg));
        line.changes.iter().map(named).collect()
    };
    let lines: Vec<_> = period
        .lines
        .iter()
        .filter(|(matter, _)| shown(matter))
        .map(|(matter, line)| {
            json!({
                "of": matter.to_string(), "opening_mg": json_mg(line.opening), "changes_mg": changes(line),
                "book_mg": json_mg(line.book()), "physical_mg": line.physical.map(json_mg),
                "muf_mg": line.unaccounted().map(json_mg),
            })
        })
        .collect();
    let postings: Vec<_> = period
        .postings
        .iter()
        .map(|posting| {
            json!({
                "position": posting.position, "event": posting.event, "kind": posting.name,
                "occurred": posting.occurred, "column": posting.column, "lot": posting.lot,
                "reo_mg": json_mg(posting.reo_mg),
            })
        })
        .collect();
    json!({
        "count": period.count.map(|(_, event)| event), "as_of": period.count.map(|(as_of, _)| as_of),
        "lines": lines, "sigma_mg": period.sigma.map(json_mg), "cumulative_muf_mg": json_mg(period.cumulative),
        "explain": postings,
    })
}
