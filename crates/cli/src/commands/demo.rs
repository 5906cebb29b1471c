//! `demo`: a national year, played into a real ledger, then the reports that its three users would ask for.
//!
//! Invariant: deterministic from the seed; the events go the way of every event, through the sequencer and onto the disk.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use answers::{RunningMonths, Severity, Until};
use books::Books;
use demo::{Filed, Plan, Signed, plan, play};
use domain::{Bytes32, Moment, PartyKind, Seen};
use ledger::{Clock, Ledger, ManualClock, Options, Reply};
use seal::{SecretKey, keyfile};
use serde_json::json;
use store::Store;
use store_embedded::EmbeddedStore;

use super::{findings, reports, verify};
use crate::args::{AsOf, Demo, Findings, QuotaReport, StatementReport, Verify};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::{keys, place};

/// Plays the year and prints the reports.
pub(crate) fn run(demo: &Demo) -> Result<Outcome, CliError> {
    let folder = &demo.folder;
    if folder.join("log").exists() {
        return Err(
            CliError::refused(format!("{} holds a ledger already", folder.display()))
                .help("name another folder: `ytterby demo DIR`"),
        );
    }
    let plan = plan(demo.seed);
    write_keys(folder, &plan)?;
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
    let ledger = Ledger::open(Options {
        store: Arc::clone(&store),
        signer: Arc::<SecretKey>::clone(&signer),
        next_signer: None,
        clock: Arc::<ManualClock>::clone(&clock),
    })?;
    let positions = append_all(&plan, &*store, &ledger, &clock, &signer)?;
    // The year ends with one more, so that extracts of all of it prove that they are whole.
    commit_heads(&ledger, &signer, clock.now())?;
    ledger.close()?;
    Books::replay(&*store, Until::End, &mut |_, _| {})?.keep(&*store)?;
    drop(store);
    write_plants(folder, &plan, &positions)?;
    output::say(format!(
        "{} events of an invented year in {}",
        plan.steps.len(),
        folder.display()
    ));
    show(folder, &plan)
}

fn write_keys(folder: &Path, plan: &Plan) -> Result<(), CliError> {
    let folder = place::keys(folder);
    for party in &plan.parties {
        let key = SecretKey::from_seed(&party.key_seed).map_err(CliError::fault)?;
        let pem = keyfile::plain(&key).map_err(CliError::fault)?;
        keys::write_pem(&folder.join(format!("{}.pem", party.id)), &pem)?;
        if matches!(party.kind, PartyKind::Operator) {
            keys::write_pem(&folder.join("operator.pem"), &pem)?;
        }
    }
    Ok(())
}

/// Each day is submitted as it would have been, after a commitment to heads where a month begins; a filed month commits to
/// the statement that its author saw. Gives the position of every step.
fn append_all(
    plan: &Plan,
    store: &dyn Store,
    ledger: &Ledger,
    clock: &ManualClock,
    operator_key: &SecretKey,
) -> Result<Vec<u64>, CliError> {
    let bar = output::progress(plan.steps.len() as u64, "playing the year", Form::default());
    let known = RefCell::new(RunningMonths::default());
    let fault = RefCell::new(None);
    let mut positions = Vec::with_capacity(plan.steps.len());
    let mut filed = |party, month, _| {
        let month = known.borrow_mut().month(store, party, month);
        let (digest, nil) = month.unwrap_or_else(|error| {
            fault
                .borrow_mut()
                .get_or_insert_with(|| CliError::from(error));
            (Bytes32([0; 32]), true)
        });
        Filed { digest, nil }
    };
    let sink = |group: Vec<Signed>| {
        if let Some(received) = group.iter().map(|signed| signed.received).max() {
            clock.set(received);
            bar.inc(group.len() as u64);
            match append(ledger, group, received, operator_key) {
                Ok(appended) => positions.extend(appended),
                Err(error) => _ = fault.borrow_mut().get_or_insert(error),
            }
        }
        ledger.seen().unwrap_or_else(|error| {
            fault.borrow_mut().get_or_insert_with(|| error.into());
            Seen::NOTHING
        })
    };
    play(plan, &mut filed, sink).map_err(CliError::fault)?;
    bar.finish_and_clear();
    fault.into_inner().map_or(Ok(positions), Err)
}

fn append(
    ledger: &Ledger,
    group: Vec<Signed>,
    received: Moment,
    operator_key: &SecretKey,
) -> Result<Vec<u64>, CliError> {
    if ledger.month_has_turned(received)? {
        commit_heads(ledger, operator_key, received)?;
    }
    let events = group.into_iter().map(|signed| signed.event).collect();
    let answers = ledger.submit_blocking(events)?.into_iter();
    let position = |answer: Reply| answer.map(|accepted| accepted.position);
    let positions: Result<_, _> = answers.map(position).collect();
    positions.map_err(|refused| CliError::fault(refused.refusal))
}

fn commit_heads(ledger: &Ledger, key: &SecretKey, now: Moment) -> Result<(), CliError> {
    let answer = ledger.commit_heads(key, now)?;
    answer.map_or_else(|refused| Err(CliError::fault(refused.refusal)), |_| Ok(()))
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

fn show(folder: &Path, plan: &Plan) -> Result<Outcome, CliError> {
    output::line("Quota of 2024, tonnes REO")?;
    let quota = QuotaReport {
        year: Some(2024),
        ..QuotaReport::default()
    };
    reports::quota(folder, &quota)?;
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
        reports::statement(folder, &statement)?;
    }
    output::line("\nFindings of severity violation")?;
    let violations = Findings {
        severity: Some(Severity::Violation),
        ..Findings::default()
    };
    findings::list(folder, &violations)?;
    output::line("")?;
    let verify = Verify {
        facts: false,
        claims: Vec::new(),
        path: folder.to_path_buf(),
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
