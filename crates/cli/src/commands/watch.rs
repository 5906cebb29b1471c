//! `balance`, `findings` and `replay`: what is held, what looks wrong, and the digest of it all.
//!
//! Invariant: a finding is shown with the figures that it compares; exit 1 says that there is one. Holds no rule.

use std::path::Path;

use balance::Balance;
use projection::{AnyFold, explain};
use serde_json::json;

use super::reports::{World, print_postings};
use crate::args::{AsOf, BalanceReport, Findings};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form, columns, tonnes};

/// What a party holds, lot by lot, and the row that sums up.
pub(crate) fn balance(folder: &Path, report: &BalanceReport) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let rows = balance::rows(
        &world.balance,
        &world.book,
        &report.party,
        report.site.as_ref(),
    );
    if report.form.json {
        output::json(&rows)?;
        return Ok(Outcome::Done);
    }
    let product = |product: Option<domain::Product>| {
        product.map_or_else(|| "unknown".to_owned(), |p| p.to_string())
    };
    let mut table: Vec<_> = rows
        .iter()
        .map(|row| {
            let sealed = if row.sealed { "sealed" } else { "" }.to_owned();
            let (net, reo) = (tonnes(row.net_mg), tonnes(row.reo_mg));
            vec![
                row.site.to_string(),
                row.lot.to_string(),
                product(row.product),
                net,
                reo,
                sealed,
            ]
        })
        .collect();
    let (net, reo) = rows.iter().fold((0, 0), |(net, reo), row| {
        (net + row.net_mg, reo + row.reo_mg)
    });
    table.push(vec![
        String::new(),
        "sum".to_owned(),
        String::new(),
        tonnes(net),
        tonnes(reo),
        String::new(),
    ]);
    output::rows(
        report.form,
        &columns(&["site", "lot", "product", "#net t", "#REO t", ""]),
        &table,
    )?;
    if report.explain {
        let wanted = |cell: &balance::StockCell| rows.iter().any(|row| row.cell() == *cell);
        for (cell, postings) in explain::<Balance>(&*world.store, world.until, wanted)? {
            print_postings(
                report.form,
                &format!("{} at {}", cell.lot, cell.site),
                &postings,
            )?;
        }
    }
    Ok(Outcome::Done)
}

/// What looks wrong.
pub(crate) fn findings(folder: &Path, report: &Findings) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let now = world.now()?;
    let mut found = world.quota.findings(&world.book, now);
    found.extend(world.flow.findings(&world.book, now));
    found.extend(world.balance.findings(&world.book, now));
    found.sort_by(projection::Finding::by_code_and_subject);
    found.retain(|finding| {
        report
            .party
            .is_none_or(|party| finding.subject.party == Some(party))
    });
    found.retain(|finding| report.code.is_none_or(|code| finding.code == code));
    found.retain(|finding| {
        report
            .severity
            .as_ref()
            .is_none_or(|severity| finding.severity.name() == severity)
    });
    let outcome = if found.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    };
    if report.form.json {
        output::json(&found)?;
        return Ok(outcome);
    }
    let table: Vec<_> = found
        .iter()
        .map(|finding| {
            let figures: Vec<_> = finding
                .figures
                .iter()
                .map(|figure| match figure.value {
                    projection::FigureValue::Mg(mg) => format!("{} {} t", figure.name, tonnes(mg)),
                    projection::FigureValue::Count(count) => format!("{} {count}", figure.name),
                    projection::FigureValue::Ppm(ppm) => format!("{} {ppm} ppm", figure.name),
                })
                .collect();
            let evidence = finding.evidence.len().to_string();
            vec![
                finding.code.to_string(),
                finding.severity.to_string(),
                finding.subject.to_string(),
                finding.code.title().to_owned(),
                figures.join(", "),
                evidence,
            ]
        })
        .collect();
    output::rows(
        report.form,
        &columns(&[
            "code", "severity", "subject", "possibly", "figures", "#events",
        ]),
        &table,
    )?;
    Ok(outcome)
}

/// Replays everything and prints the digest of the state.
pub(crate) fn replay_all(folder: &Path, as_of: &AsOf, form: Form) -> Result<Outcome, CliError> {
    let mut world = World::load(folder, as_of, form)?;
    let folds: &[&mut dyn AnyFold] = &[&mut world.quota, &mut world.flow, &mut world.balance];
    let digest = projection::state_digest(&world.book, folds);
    if form.json {
        output::json(&json!({"entries": world.book.size(), "state_digest": digest}))?;
    } else {
        output::line(format!(
            "{} entries, state digest {digest}",
            world.book.size()
        ))?;
    }
    Ok(Outcome::Done)
}
