//! One file a group of commands; this one only chooses.
//!
//! Invariant: every command gets what it needs as arguments and gives an outcome; none exits by itself.

mod act;
mod demo;
mod found;
mod inspect;
mod lists;
mod record;
mod reports;
mod verify;
mod watch;

use crate::args::{Arguments, Command, KeyCommand, PartyCommand, SiteCommand};
use crate::outcome::{CliError, Outcome};
use crate::place;

/// Runs the command.
pub(crate) fn run(arguments: Arguments) -> Result<Outcome, CliError> {
    let place = &arguments.ledger;
    let folder = || place::ledger(place.folder.as_deref());
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo),
        Command::Balance(report) => watch::balance(&folder()?, &report),
        Command::Found(found) => found::run(&found, &place.access),
        Command::Key(KeyCommand::New { party, out, plain }) => {
            let out = out.map_or_else(|| folder().map(|folder| place::keys(&folder)), Ok)?;
            found::new_keys(party, &out, plain, &place.access)
        }
        Command::Key(KeyCommand::List { form }) => lists::keys(&folder()?, form),
        Command::Party(PartyCommand::Add(add)) => act::party_add(&folder()?, &add, &place.access),
        Command::Party(PartyCommand::List { form }) => lists::parties(&folder()?, form),
        Command::Site(SiteCommand::Add(add)) => act::site_add(&folder()?, add, &place.access),
        Command::Site(SiteCommand::List { form }) => lists::sites(&folder()?, form),
        Command::Quota(quota) => match quota.command {
            Some(act) => act::quota(&folder()?, act, &place.access),
            None => reports::quota(&folder()?, &quota.report),
        },
        Command::Flows(report) => reports::flows(&folder()?, &report),
        Command::Statement(report) => reports::statement_of(&folder()?, &report),
        Command::Findings(report) => watch::findings(&folder()?, &report),
        Command::Replay { as_of, form } => watch::replay_all(&folder()?, &as_of, form),
        Command::Record(record) => match &record.template {
            Some(event) => record::template(event),
            None => record::run(&folder()?, &record, &place.access),
        },
        Command::Verify(verify) => verify::run(&verify),
        Command::Inspect(inspect) => inspect::run(&folder()?, &inspect, &place.access),
        Command::Rebuild => inspect::rebuild(&folder()?, &place.access),
    }
}
