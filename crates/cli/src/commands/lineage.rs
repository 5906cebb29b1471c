//! `trace` and `label`: where a lot came from, where it went, what its package must say.
//!
//! Invariant: shares are shown rounded and add up in the exact fraction beside them. Holds no rule.

use std::path::Path;

use domain::{LotId, Registry};
use lineage::{Direction, Step, Weight, dot};
use serde_json::json;

use super::reports::World;
use crate::args::{Label, TaintReport, Trace};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form, columns, tonnes};

/// The runs around a lot and, going back, its sources.
pub(crate) fn trace(folder: &Path, report: &Trace) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let (fold, book) = (&world.books.lineage.fold, &world.books.book);
    let direction = if report.forward {
        Direction::Forward
    } else {
        Direction::Back
    };
    let weight = report.element.map_or(Weight::Reo, Weight::Element);
    let sources = world.books.sound(fold.sources(book, &report.lot, weight))?;
    if sources.is_empty() {
        return Err(unknown(&report.lot));
    }
    let steps = fold.trace(book, &report.lot, direction, report.depth);
    let steps = world.books.sound(steps)?;
    if report.dot {
        output::line(dot(&steps, &report.lot).trim_end())?;
        return Ok(Outcome::Done);
    }
    if report.form.json {
        let steps: Vec<_> = steps.iter().map(step_json).collect();
        let sources: Vec<_> = sources
            .iter()
            .map(|source| {
                let (lot, class) = (source.lot, source.class.to_string());
                json!({"lot": lot, "origin": class, "share": source.share.to_string()})
            })
            .collect();
        output::json(&json!({"lot": report.lot, "steps": steps, "sources": sources}))?;
        return Ok(Outcome::Done);
    }
    print_steps(report.form, world.registry(), &steps)?;
    if report.forward || report.form.csv {
        return Ok(Outcome::Done);
    }
    output::line("\nsources")?;
    let rows: Vec<_> = sources
        .iter()
        .map(|source| {
            vec![
                source.lot.to_string(),
                source.class.to_string(),
                percent(&source.share),
                source.share.to_string(),
            ]
        })
        .collect();
    output::rows(
        Form::default(),
        &columns(&["lot", "origin", "#share %", "exact share"]),
        &rows,
    )?;
    output::line("\norigins")?;
    let origins = fold.origins(book, &report.lot, weight);
    let rows: Vec<_> = origins
        .iter()
        .map(|(class, share)| vec![class.to_string(), percent(share), share.to_string()])
        .collect();
    output::rows(
        Form::default(),
        &columns(&["origin", "#share %", "exact share"]),
        &rows,
    )?;
    Ok(Outcome::Done)
}

fn unknown(lot: &LotId) -> CliError {
    CliError::refused(format!("no recorded event brought {lot} forth")).help(
        "a lot is named by the party that made it and its code, as `ytterby balance` lists them",
    )
}

fn step_json(step: &Step) -> serde_json::Value {
    json!({
        "depth": step.depth, "parent": step.parent(), "child": step.child(), "event": step.run,
        "process": step.process, "by": step.by, "site": step.site, "occurred": step.occurred,
        "reo_mg": step.reo_mg.to_string(),
    })
}

fn print_steps(form: Form, registry: &Registry, steps: &[Step]) -> Result<(), CliError> {
    let rows: Vec<_> = steps
        .iter()
        .map(|step| {
            vec![
                step.depth.to_string(),
                step.parent().to_string(),
                step.process.name().to_owned(),
                step.child().to_string(),
                output::day(registry, step.occurred),
                tonnes(step.reo_mg),
                step.run.to_string().chars().take(16).collect(),
            ]
        })
        .collect();
    let names = [
        "#step",
        "from lot",
        "process",
        "into lot",
        "occurred",
        "#REO drawn t",
        "event",
    ];
    output::rows(form, &columns(&names), &rows)
}

/// A share as a percentage with three decimals, rounded toward nothing.
fn percent(share: &lineage::Share) -> String {
    domain::quantity::decimal(lineage::parts(share, 100_000), 1_000)
}

/// Where the matter of sealed lots went.
pub(crate) fn taint(folder: &Path, report: &TaintReport) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let books = &world.books;
    let taints = books.sound(books.lineage.fold.taints(&books.book))?;
    let rows: Vec<_> = taints
        .iter()
        .map(|taint| {
            vec![
                taint.sealed.to_string(),
                taint.sealed_by.to_string().chars().take(16).collect(),
                taint.lot.to_string(),
                percent(&taint.share),
                taint.share.to_string(),
            ]
        })
        .collect();
    let names = ["sealed lot", "sealed by", "lot", "share %", "exact share"];
    output::table(report.form, &names, &rows)?;
    Ok(if rows.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// The text of the package mark.
pub(crate) fn label(folder: &Path, report: &Label) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, Form::default())?;
    let books = &world.books;
    let label = lineage::label(&books.lineage.fold, &books.book, &report.lot);
    let label = label.ok_or_else(|| unknown(&report.lot))?;
    let name = |party: &domain::PartyId| {
        let record = books.book.registry().party(party);
        record.map_or_else(|| party.to_string(), |record| record.names.zh.to_string())
    };
    output::line(label.text(&name).trim_end())?;
    Ok(Outcome::Done)
}
