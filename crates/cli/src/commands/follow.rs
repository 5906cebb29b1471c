//! `follow`: a party without a log of its own keeps a verified copy of it, and works on that.
//!
//! Invariant: the copy in the folder was found good, by a log key that the party brought or remembers, and continues the one
//! before it. What was signed here and is in the copy leaves the outbox.

use std::fs;
use std::path::Path;

use answers::registry as registry_of;
use durable::{Place, put_with};
use portable::{Brought, Handed, Inquiry, Kind, Memory, copy_pack, kind_of};
use verify::Depth;

use crate::args::Follow;
use crate::outbox::Outbox;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::place;
use crate::session::{founding, read_store};

/// Verifies a pack and keeps it.
pub(crate) fn run(folder: &Path, follow: &Follow) -> Result<Outcome, CliError> {
    if folder.join("log").exists() {
        let folder = folder.display();
        return Err(CliError::usage(format!(
            "{folder} holds the log itself and follows none"
        )));
    }
    if kind_of(&follow.pack).map_err(CliError::usage)? != Kind::Pack {
        let pack = follow.pack.display();
        return Err(CliError::usage(format!("{pack} is not a pack"))
            .help("the operator makes one: `ytterby export --pack FILE`"));
    }
    durable::create_folder(folder, durable::Access::Usual)?;
    // Verified where nobody else changes it meanwhile.
    let (kept, fresh) = (place::copy(folder), folder.join("copy.new"));
    put_with(&fresh, Place::Replaced, durable::Access::Usual, |file| {
        copy_pack(&follow.pack, file).map_err(CliError::from)
    })?;
    let origin = verified(folder, &fresh, follow)?;
    durable::rename(&fresh, &kept)?;
    let store = read_store(folder)?;
    let mut outbox = Outbox::open(folder, &origin)?;
    outbox.drop_what_is_in(&*store)?;
    let (size, waiting) = (store.size(), outbox.events().len());
    output::line(format!(
        "follows {origin}: {size} entries, all good; {waiting} signed events wait"
    ))?;
    Ok(Outcome::Done)
}

/// The origin of a pack that is good and continues what is kept; a bad one is removed.
fn verified(folder: &Path, fresh: &Path, follow: &Follow) -> Result<String, CliError> {
    let seen = place::seen(folder);
    let brought = Brought {
        log_key: follow.log_key.as_ref(),
        remember: Some(&seen),
        ..Brought::default()
    };
    let inquiry = Inquiry::begin(Handed::open(fresh)?, brought)?;
    let known = Memory::read(&seen)?;
    let refused = |why: CliError| {
        let _ = fs::remove_file(fresh);
        Err(why)
    };
    if inquiry.trust().log_key.is_none() {
        return refused(CliError::usage("whose log is it? Its key is not known here").help(
            "give --log-key KEY, as the operator tells it by telephone or in a letter; later copies need none",
        ));
    }
    if place::follows(folder) {
        let origin = founding(&registry_of(&*read_store(folder)?)?)?
            .origin
            .to_string();
        let claimed = inquiry.handed().claimed();
        let is_named = claimed.is_some_and(|(claimed, _)| claimed == origin);
        if known.log_keys(&origin).is_none() || !is_named {
            return refused(
                CliError::refused(format!(
                    "this folder follows {origin}, and the pack is of another log"
                ))
                .help("follow each log in a folder of its own: --ledger DIR"),
            );
        }
    }
    let bar = output::progress(0, "verifying", Form::default());
    let outcome = inquiry.run(Depth::Full, &mut |done, _| bar.set_position(done))?;
    bar.finish_and_clear();
    if let Some(note) = outcome.note() {
        output::say(note);
    }
    let report = outcome.report;
    match &report.origin {
        Some(origin) if report.is_good() => Ok(origin.clone()),
        _ => {
            output::line(portable::text(&report).trim_end())?;
            refused(
                CliError::refused("the pack is not good; what was kept here before stays").help(
                    "ask the operator for a newer one, and an auditor what is wrong with this one",
                ),
            )
        }
    }
}
