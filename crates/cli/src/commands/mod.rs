//! One file a group of commands; this one only chooses.
//!
//! Invariant: every command gets what it needs as arguments and gives an outcome; none exits by itself.

mod acknowledge;
mod act;
mod amend;
mod ask;
mod check;
mod day;
mod demo;
mod details;
mod evidence;
mod export;
mod extract;
mod findings;
mod follow;
mod found;
mod inspect;
mod key_acts;
mod key_files;
mod key_object;
mod key_recover;
mod lineage;
mod lists;
mod log_key;
mod manual;
mod mirror;
mod month;
mod office;
mod pages;
mod receipt;
mod receipts;
mod record;
mod recovery_files;
mod reports;
mod requests;
mod sign;
mod stranger;
mod take;
mod template;
mod verify;
mod witness;

pub(crate) use acknowledge::{of as acknowledge_of, say_unacknowledged, settle};
pub(crate) use witness::refuse_behind;

use std::path::Path;

use domain::registry::StandingState;

use crate::args::{
    Arguments, Command, DetailCommand, KeyCommand, PartyCommand, RulesCommand, SiteCommand,
    Supervision,
};
use crate::keys::Access;
use crate::outcome::{CliError, Outcome};
use crate::place;

/// Runs the command.
pub(crate) fn run(arguments: Arguments) -> Result<Outcome, CliError> {
    let place = &arguments.ledger;
    let folder = || place::ledger(place.folder.as_deref());
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo),
        Command::Daily(asked) => day::run(&folder()?, &asked),
        Command::Balance(report) => reports::balance(&folder()?, &report),
        Command::Found(found) => found::run(&found, &place.access),
        Command::Follow(follow) => follow::run(&folder()?, &follow),
        Command::Take(take) => take::run(&folder()?, &take, &place.access),
        Command::Receipts(check) => receipts::run(&folder()?, &check),
        Command::Sign(sign) => sign::run(&folder()?, &sign, &place.access),
        Command::Key(KeyCommand::New(new)) => {
            let out = new.out.clone();
            let out = out.map_or_else(|| folder().map(|folder| place::keys(&folder)), Ok)?;
            found::new_keys(&new, &out, &place.access)
        }
        Command::Key(KeyCommand::Request(asked)) => {
            requests::write(folder(), &asked, &place.access)
        }
        Command::Key(KeyCommand::List { form }) => lists::keys(&folder()?, form),
        Command::Key(KeyCommand::Act(act)) => key_acts::run(act, &folder()?, &place.access),
        Command::Party(party) => run_party(party, &folder()?, &place.access),
        Command::Site(SiteCommand::Add(add)) => act::site_add(&folder()?, *add, &place.access),
        Command::Site(SiteCommand::Amend(site)) => amend::site(&folder()?, &site, &place.access),
        Command::Site(SiteCommand::List { form }) => lists::sites(&folder()?, form),
        Command::Quota(quota) => match quota.command {
            Some(act) => act::quota(&folder()?, act, &place.access),
            None => reports::quota(&folder()?, &quota.report),
        },
        Command::Material(report) => reports::material(&folder()?, &report),
        Command::Flows(report) => reports::flows(&folder()?, &report),
        Command::Statement(report) => reports::statement(&folder()?, &report),
        Command::Findings(report) => findings::list(&folder()?, &report),
        Command::Explain { code, form } => findings::explain(code, form),
        Command::Rule(rule) => findings::rule(&folder()?, &rule, &place.access),
        Command::Close(close) => month::close(&folder()?, &close, &place.access),
        Command::Returns(report) => reports::returns(&folder()?, &report),
        Command::Detail(detail) => run_detail(detail, &folder()?, &place.access),
        Command::Correct(correct) => month::correct(&folder()?, &correct, &place.access),
        Command::Replay { as_of, form } => reports::replay(&folder()?, &as_of, form),
        Command::Record(record) if record.check => check::run(&record),
        Command::Record(record) => record::run(&folder()?, &record, &place.access),
        Command::Template(asked) => template::run(&asked),
        Command::Verify(verify) => verify::run(&verify),
        Command::Receipt(receipt) => receipt::run(&folder()?, &receipt),
        Command::Extract(file) => extract::run(&folder()?, &file),
        Command::Heads { dry_run, yes } => {
            extract::commit_heads(&folder()?, dry_run, yes, &place.access)
        }
        Command::Export(export) => export::run(&folder()?, &export),
        Command::Cosign(cosign) => witness::cosign(&folder()?, &cosign),
        Command::Acknowledge(asked) => acknowledge::run(&folder()?, &asked),
        Command::Witness(run) => witness::run(run, &place.access),
        Command::Inspect(inspect) => inspect::run(&folder()?, &inspect),
        Command::Rebuild => inspect::rebuild(&folder()?, &place.access),
        Command::Report(report) => pages::run(&folder()?, &report),
        Command::Trace(report) => lineage::trace(&folder()?, &report),
        Command::Taint(report) => lineage::taint(&folder()?, &report),
        Command::Label(report) => lineage::label(&folder()?, &report),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { out } => manual::pages(&out),
        Command::Supervision(act) => supervise(act, &folder()?, &place.access),
        Command::Amending(act) => amend::run(act, &folder()?, &place.access),
    }
}

fn run_party(command: PartyCommand, folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    let standing = |act, state| office::standing(folder, act, state, access);
    match command {
        PartyCommand::Add(add) => requests::party_add(folder, &add, access),
        PartyCommand::List { form } => lists::parties(folder, form),
        PartyCommand::Amend(party) => amend::party(folder, *party, access),
        PartyCommand::Succeed(act) => amend::succeed(folder, &act, access),
        PartyCommand::Suspend(act) => standing(act, StandingState::Suspended),
        PartyCommand::Reinstate(act) => standing(act, StandingState::Active),
        PartyCommand::Delist(act) => standing(act, StandingState::Delisted),
    }
}

fn run_detail(command: DetailCommand, folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    match command {
        DetailCommand::List { party, form } => details::list(folder, party, form),
        DetailCommand::Show { event, form } => details::show(folder, &event, form),
        DetailCommand::Disclose { event, out, fields } => {
            details::disclose(folder, &event, &out, &fields)
        }
        DetailCommand::Check { file, form } => details::check(folder, &file, form),
        DetailCommand::Erase(erase) => details::erase(folder, &erase, access),
    }
}

fn supervise(command: Supervision, folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    match command {
        Supervision::Seal(act) => office::lots(folder, act, true, access),
        Supervision::Release(act) => office::lots(folder, act, false, access),
        Supervision::Inspection(act) => office::inspection(folder, act, access),
        Supervision::Penalise(act) => office::penalise(folder, act, access),
        Supervision::Rules(RulesCommand::Show { on, as_of }) => office::rules(folder, on, &as_of),
        Supervision::Rules(RulesCommand::Change {
            file,
            effective,
            signing,
        }) => office::change_rules(folder, &file, effective, &signing, access),
    }
}
