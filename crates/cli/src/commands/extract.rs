//! `extract` and `heads`: what one enterprise signed, for whoever may see only that, and the commitment that makes it whole.
//!
//! Invariant: an extract is made from the log alone. Holds no rule.

use std::path::Path;

use chain::{Hash, Levels, inclusion_proof, leaf_hash};
use domain::Payload;
use ledger::Clock;
use portable::{Extract, Origin, PortableFault, check_extract, extract};
use store::Entries;
use store_embedded::{EmbeddedStore, OpenMode};
use verify::{Report, Trust, Verdict};

use super::act::sign_and_append;
use crate::args::{ExtractFile, Signing};
use crate::clock::SystemClock;
use crate::keys::{Access, KeyPlace};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::place;
use crate::session::{Session, founding, open_store};

struct Log<'a> {
    store: &'a EmbeddedStore,
    levels: Levels,
}

impl Origin for Log<'_> {
    fn each(&self, take: &mut dyn FnMut(u64, &[u8])) -> Result<(), PortableFault> {
        let fault = |fault: store::StoreFault| PortableFault::Log(fault.to_string());
        for frame in self.store.frames(0).map_err(fault)? {
            let frame = frame.map_err(fault)?;
            frame
                .entries()
                .for_each(|(position, entry)| take(position, entry));
        }
        Ok(())
    }

    fn prove(&self, position: u64) -> Result<Vec<Hash>, PortableFault> {
        let proof = inclusion_proof(position, self.levels.size(), &self.levels);
        proof.map_err(|fault| PortableFault::Log(fault.to_string()))
    }
}

/// The tree of the whole log.
pub(crate) fn levels(store: &dyn Entries) -> Result<Levels, CliError> {
    let mut leaves = Vec::new();
    for frame in store.frames(0)? {
        leaves.extend(frame?.entries().map(|(_, entry)| leaf_hash(entry)));
    }
    Ok(Levels::new(leaves))
}

/// Writes an extract, checks it as its reader will, and says what it proves.
pub(crate) fn run(folder: &Path, file: &ExtractFile) -> Result<Outcome, CliError> {
    let store = open_store(folder, OpenMode::ReadOnly, false)?;
    let checkpoint = store.checkpoint()?;
    let checkpoint = checkpoint.ok_or_else(|| CliError::refused("the ledger is empty"))?;
    let log = Log {
        store: &store,
        levels: levels(&*store)?,
    };
    let extract = extract(&log, file.party, &checkpoint)?;
    let report = check_extract(&extract, &Trust::default());
    // What is missing is missing in the log, and its reader is told the same; anything else is no extract to hand over.
    let is_whole = report.is_good();
    if !is_whole && report.verdict != Verdict::Incomplete {
        output::line(portable::text(&report).trim_end())?;
        return Err(
            CliError::refused("the extract is not good; nothing was written")
                .help("`ytterby verify` says what is wrong with the ledger"),
        );
    }
    let text = serde_json::to_string_pretty(&extract).map_err(CliError::fault)? + "\n";
    durable::put(&file.out, text.as_bytes())?;
    output::line(format!(
        "{} entries by {} authors in {}",
        report.size,
        report.authors,
        file.out.display()
    ))?;
    say_reach(&extract, &report)?;
    Ok(Outcome::found_if(!is_whole))
}

/// How far the extract reaches, and what in it is another's.
fn say_reach(extract: &Extract, report: &Report) -> Result<(), CliError> {
    for line in &report.proven {
        output::line(line)?;
    }
    for fault in &report.faults {
        output::say(format!("note: the extract is incomplete: {fault}"));
    }
    let has_leaves = extract.heads.is_some();
    if !has_leaves {
        output::say(
            "note: the log commits to no heads yet, so the extract does not prove that nothing was left out",
        );
    }
    if !has_leaves || !report.faults.is_empty() {
        output::say("help: the operator runs `ytterby heads`; then make the extract again");
    }
    if let Some(author) = extract.last_author() {
        output::say(format!(
            "note: the log's last entry is in the extract too, to date it: an event of {author}"
        ));
    }
    Ok(())
}

/// The operator's commitment.
pub(crate) fn commit_heads(
    folder: &Path,
    dry_run: bool,
    yes: bool,
    access: &Access,
) -> Result<Outcome, CliError> {
    let session = Session::open_to(folder, access, None)?;
    session.ledger()?;
    let registry = session.registry();
    let signing = Signing {
        signer: founding(&registry)?.operator,
        keys: vec![KeyPlace::File(place::keys(folder).join("operator.pem"))],
        occurred: None,
        prepare: None,
        out: None,
        dry_run,
        yes,
    };
    let payload = Payload::HeadsCommitted(session.ledger()?.heads_commitment());
    let now = SystemClock.now();
    sign_and_append(session, &signing, (now, payload), now, access)
}
