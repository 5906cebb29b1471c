//! `findings`, `explain`, `rule`, and the findings that a preview shows: what looks wrong, and what was ruled on it.
//!
//! Invariant: a finding is shown with the figures that it compares and its id; exit 1 says that one is unsettled. Holds no
//! rule.

use std::path::Path;

use books::{Found, Preview, State};
use domain::Bytes32;
use domain::payload::{FindingRuled, Payload};
use projection::{Figure, FigureValue, FindingCode, Severity};

use super::act::act;
use super::evidence::all_findings;
use super::reports::World;
use crate::args::{AsOf, Findings, Rule};
use crate::keys::Access;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form, columns, tonnes};
use answers::explanations;

/// What looks wrong; settled findings only when asked for.
pub(crate) fn list(folder: &Path, report: &Findings) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let all = all_findings(folder, &world)?;
    let wanted = |found: &Found| {
        let finding = &found.finding;
        let (party, severity) = (finding.subject.party, finding.severity.name());
        (report.all || found.state.is_unsettled())
            && report.party.is_none_or(|wanted| party == Some(wanted))
            && report.code.is_none_or(|code| finding.code == code)
            && report
                .severity
                .as_ref()
                .is_none_or(|wanted| severity == wanted)
            && world.is_within(report.division, party.as_ref())
    };
    let shown: Vec<_> = all.iter().filter(|found| wanted(found)).collect();
    let unsettled = shown.iter().any(|found| found.state.is_unsettled());
    let outcome = if unsettled {
        Outcome::Found
    } else {
        Outcome::Done
    };
    if report.form.json {
        output::json(&shown)?;
        return Ok(outcome);
    }
    let table: Vec<_> = shown.iter().map(|found| row(found)).collect();
    output::rows(report.form, &columns(COLUMNS), &table)?;
    if !report.form.csv {
        summary(&shown, all.len());
    }
    Ok(outcome)
}

const COLUMNS: &[&str] = &[
    "id", "code", "severity", "state", "subject", "possibly", "figures", "#events",
];

/// Characters of an id that a table shows; `rule` takes them.
const SHORT_ID: usize = 12;

fn row(found: &Found) -> Vec<String> {
    let finding = &found.finding;
    let figures: Vec<_> = finding.figures.iter().map(figure).collect();
    vec![
        finding.id.to_string().chars().take(SHORT_ID).collect(),
        finding.code.to_string(),
        finding.severity.to_string(),
        found.state.name().to_owned(),
        finding.subject.to_string(),
        finding.code.title().to_owned(),
        figures.join(", "),
        finding.evidence.len().to_string(),
    ]
}

fn figure(figure: &Figure) -> String {
    match figure.value {
        FigureValue::Mg(mg) => format!("{} {} t", figure.name, tonnes(mg)),
        FigureValue::Count(count) => format!("{} {count}", figure.name),
        FigureValue::Ppm(ppm) => format!("{} {ppm} ppm", figure.name),
    }
}

fn summary(shown: &[&Found], all: usize) {
    let count = |severity: Severity| {
        let of = shown
            .iter()
            .filter(|found| found.finding.severity == severity);
        of.count()
    };
    output::say(format!(
        "{} findings: {} violations, {} warnings, {} infos; {} not shown. `ytterby explain CODE` tells what a code means",
        shown.len(),
        count(Severity::Violation),
        count(Severity::Warning),
        count(Severity::Info),
        all - shown.len(),
    ));
}

/// The page of a code, or the list of codes.
pub(crate) fn explain(code: Option<FindingCode>, form: Form) -> Result<Outcome, CliError> {
    if let Some(code) = code {
        output::line(explanations::page(code).trim_end())?;
        return Ok(Outcome::Done);
    }
    let row = |code: &FindingCode| {
        let severity = code.severity().name().to_owned();
        vec![code.to_string(), severity, code.title().to_owned()]
    };
    let table: Vec<_> = FindingCode::ALL.iter().map(row).collect();
    output::table(form, &["code", "severity", "possibly"], &table)?;
    Ok(Outcome::Done)
}

/// Rules on a finding.
pub(crate) fn rule(folder: &Path, rule: &Rule, access: &Access) -> Result<Outcome, CliError> {
    let world = World::load(folder, &AsOf::default(), Form::default())?;
    let found = find(&all_findings(folder, &world)?, &rule.finding)?;
    // The store admits one opener at a time.
    drop(world);
    output::say(row(&found).join("  "));
    let payload = Payload::FindingRuled(FindingRuled {
        finding: found.finding.id,
        ruling: rule.ruling,
        note: rule.note.parse()?,
    });
    act(folder, &rule.signing, access, |_| Ok(payload))
}

/// A finding by its id or the beginning of it.
fn find(all: &[Found], id: &str) -> Result<Found, CliError> {
    let id = id.to_ascii_lowercase();
    let begins = |wanted: &Bytes32| wanted.to_string().starts_with(&id);
    let mut matching = all.iter().filter(|found| begins(&found.finding.id));
    match (matching.next(), matching.next()) {
        (Some(found), None) => Ok(found.clone()),
        (None, _) => Err(
            CliError::refused(format!("no finding has an id that begins with {id}"))
                .help("`ytterby findings --all` lists every finding with its id"),
        ),
        (Some(_), Some(_)) => Err(CliError::usage(format!(
            "more than one finding begins with {id}"
        ))
        .help("give more characters of the id")),
    }
}

/// What events would raise; says whether anything beyond information would be.
pub(crate) fn show_preview(preview: &Preview) -> bool {
    let parts = [
        ("would be raised", &preview.raised),
        ("would grow", &preview.grown),
        ("would be cleared", &preview.cleared),
    ];
    for (what, found) in parts {
        for found in found {
            let finding = &found.finding;
            let figures: Vec<_> = finding.figures.iter().map(figure).collect();
            let (code, severity, title) = (finding.code, finding.severity, finding.code.title());
            output::say(format!("{what}: {code} {severity}: {title}"));
            output::say(format!("    {} {}", finding.subject, figures.join(", ")));
            if found.state == State::OpenAgain {
                output::say("    a ruling on it would no longer hold");
            }
        }
    }
    let weighs = |found: &Found| found.finding.severity > Severity::Info;
    let first = preview
        .raised
        .iter()
        .chain(&preview.grown)
        .find(|found| weighs(found));
    if let Some(first) = first {
        let code = first.finding.code;
        output::say(format!(
            "help: `ytterby explain {code}` tells what it means and what to do"
        ));
    }
    first.is_some()
}
