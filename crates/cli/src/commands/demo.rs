//! `demo`: a national year, played into a real ledger, then the reports that its three users would ask for.
//!
//! Invariant: deterministic from the seed; the events go the way of every event, through the sequencer and onto the disk.

use std::path::Path;
use std::sync::Arc;

use answers::{RunningMonths, Severity, Until};
use books::Books;
use demo::{Filed, Plan, plan, play_into};
use desk::{Desk, LogRefused, NotDone, keys};
use domain::PartyKind;
use durable::Layout;
use grammar::{AsOf, Demo, Findings, Form, QuotaReport, StatementReport, Verify};
use ledger::{Ledger, LedgerOptions, ManualClock};
use serde_json::json;
use signing::{SecretKey, keyfile};
use store::Store;
use store_embedded::EmbeddedStore;

use super::{findings, reports, verify};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::terminal::Terminal;

/// Plays the year and prints the reports.
pub(crate) fn run(demo: &Demo, host: &Terminal) -> Result<Outcome, CliError> {
    let folder = &demo.folder;
    let desk = host.desk_on(folder);
    if desk.place.holds_log() {
        let folder = folder.display().to_string();
        let refused = NotDone::from(LogRefused::LedgerHere { folder });
        return Err(CliError::from(refused).help("name another folder: `ytterby demo DIR`"));
    }
    let plan = plan(demo.seed);
    write_keys(&desk.place, &plan)?;
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::create(folder)?);
    let operator = plan
        .parties
        .iter()
        .find(|party| matches!(party.kind, PartyKind::Operator));
    let operator = operator.ok_or_else(|| CliError::fault("the plan has no operator"))?;
    let signer = Arc::new(SecretKey::from_seed(&operator.key_seed).map_err(CliError::fault)?);
    let start = plan
        .steps
        .first()
        .ok_or_else(|| CliError::fault("the plan is empty"))?
        .received;
    let clock = Arc::new(ManualClock::at(start));
    let ledger = Ledger::open(LedgerOptions {
        store: Arc::clone(&store),
        signer: Arc::<SecretKey>::clone(&signer),
        next_signer: None,
        clock: Arc::<ManualClock>::clone(&clock),
    })?;
    let bar = output::progress(plan.steps.len() as u64, "playing the year", Form::default());
    let mut known = RunningMonths::default();
    let mut month = |party, month| {
        let month = known.month(&*store, party, month);
        let (digest, nil) = month.map_err(|none| none.to_string())?;
        Ok(Filed { digest, nil })
    };
    let appended = |count| bar.inc(count);
    let positions = play_into(&plan, (&ledger, &clock), &signer, &mut month, &appended);
    let positions = positions.map_err(CliError::fault)?;
    bar.finish_and_clear();
    ledger.close()?;
    Books::replay(&*store, Until::End, &mut |_, _| {})?.keep(&*store)?;
    drop(store);
    write_plants(folder, &plan, &positions)?;
    output::say(format!(
        "{} events of an invented year in {}",
        plan.steps.len(),
        folder.display()
    ));
    show(&desk, &plan)
}

fn write_keys(place: &Layout, plan: &Plan) -> Result<(), CliError> {
    for party in &plan.parties {
        let key = SecretKey::from_seed(&party.key_seed).map_err(CliError::fault)?;
        let pem = keyfile::plain(&key).map_err(CliError::fault)?;
        keys::write_pem(&place.key(party.id.as_str()), &pem)?;
        if matches!(party.kind, PartyKind::Operator) {
            keys::write_pem(&place.log_key(), &pem)?;
        }
    }
    Ok(())
}

fn write_plants(folder: &Path, plan: &Plan, positions: &[u64]) -> Result<(), CliError> {
    let plants: Vec<_> = plan
        .plants
        .iter()
        .map(|plant| {
            json!({
                "code": plant.code, "party": plant.party, "month": plant.month, "note": plant.note,
                "position": positions.get(plant.position),
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&plants).map_err(CliError::fault)?;
    Ok(durable::put(
        &folder.join("plants.json"),
        (text + "\n").as_bytes(),
    )?)
}

fn show(desk: &Desk<'_>, plan: &Plan) -> Result<Outcome, CliError> {
    output::line("Quota of 2024, tonnes REO")?;
    let quota = QuotaReport {
        year: Some(2024),
        ..QuotaReport::default()
    };
    reports::quota(desk, &quota)?;
    if let Some(separator) = plan.parties.iter().find(|party| separates(party)) {
        let names = &separator.names;
        output::line(format!(
            "\nStatement of {} {} for 2024-06",
            names.zh, names.en
        ))?;
        let statement = StatementReport {
            party: separator.id.to_string(),
            month: "2024-06".parse()?,
            as_known: false,
            explain: false,
            as_of: AsOf::default(),
            form: Form::default(),
        };
        reports::statement(desk, &statement)?;
    }
    output::line("\nFindings of severity violation")?;
    let violations = Findings {
        severity: Some(Severity::Violation),
        ..Findings::default()
    };
    findings::list(desk, &violations)?;
    output::line("")?;
    let verify = Verify {
        facts: false,
        claims: Vec::new(),
        path: desk.folder().to_path_buf(),
        chained: false,
        log_key: None,
        log: None,
        at_least: 0,
        remember: None,
        policy: None,
        json: false,
    };
    verify::run(&verify)
}

fn separates(party: &demo::Party) -> bool {
    let PartyKind::Enterprise { activities } = &party.kind else {
        return false;
    };
    activities.contains(&domain::Activity::Separation)
}
