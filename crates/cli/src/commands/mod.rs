//! One file a group of commands; this one only chooses.
//!
//! Invariant: every command gets what it needs as arguments and gives an outcome; none exits by itself.

mod acknowledge;
mod act;
mod ask;
mod by_file;
mod check;
mod day;
mod demo;
mod details;
mod export;
mod extract;
mod findings;
mod found;
mod inspect;
mod key_acts;
mod lineage;
mod lists;
mod manual;
mod month;
mod office;
mod pages;
mod preview;
mod quota;
mod record;
mod reports;
mod template;
mod verify;
mod witness;

use desk::Desk;
use domain::registry::StandingState;
use grammar::{
    ActCommand, Amending, Arguments, Command, KeyCommand, PartyCommand, ReferenceCommand,
    RulesCommand, SiteCommand, Supervision,
};

use crate::outcome::{CliError, Outcome};
use crate::terminal::Terminal;

/// Runs the command.
pub(crate) fn run(arguments: Arguments) -> Result<Outcome, CliError> {
    let place = arguments.ledger;
    let host = &Terminal::of(place.access, place.folder);
    let desk = || host.desk();
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo, host),
        Command::Found(found) => found::run(&found, host),
        Command::Key(KeyCommand::New(new)) => {
            let out = new.out.clone();
            let out = out.map_or_else(|| desk().map(|desk| desk.place.keys()), Ok)?;
            found::new_keys(&new, &out, host)
        }
        Command::Key(KeyCommand::Request(asked)) => found::request(&asked, host),
        Command::Explain { code, form } => findings::explain(code, form),
        Command::Record(record) if record.check => check::run(&record),
        Command::Template(asked) => template::run(&asked),
        Command::Verify(verify) => verify::run(&verify),
        Command::Witness(run) => witness::run(run, host),
        Command::Daily(asked) => day::run(&desk()?, &asked),
        Command::Take(take) => by_file::take(&desk()?, &take),
        Command::Receipts(check) => by_file::receipts(&desk()?, &check),
        Command::Sign(sign) => by_file::sign(&desk()?, &sign),
        Command::Follow(follow) => by_file::follow(&desk()?, &follow),
        Command::Key(KeyCommand::List { form }) => lists::keys(&desk()?, form),
        Command::Key(KeyCommand::Act(act)) => key_acts::run(&desk()?, act),
        Command::Party(party) => run_party(party, &desk()?),
        Command::Site(SiteCommand::Add(add)) => office::site_add(&desk()?, *add),
        Command::Site(SiteCommand::Amend(site)) => office::site_amend(&desk()?, &site),
        Command::Site(SiteCommand::List { form }) => lists::sites(&desk()?, form),
        Command::Quota(quota) => match quota.command {
            Some(act) => quota::quota(&desk()?, act),
            None => reports::quota(&desk()?, &quota.report),
        },
        Command::Balance(report) => reports::balance(&desk()?, &report),
        Command::Material(report) => reports::material(&desk()?, &report),
        Command::Conservation(report) => reports::conservation(&desk()?, &report),
        Command::Flows(report) => reports::flows(&desk()?, &report),
        Command::Statement(report) => reports::statement(&desk()?, &report),
        Command::Returns(report) => reports::returns(&desk()?, &report),
        Command::Replay { as_of, form } => reports::replay(&desk()?, &as_of, form),
        Command::Findings(report) => findings::list(&desk()?, &report),
        Command::Rule(rule) => findings::rule(&desk()?, &rule),
        Command::Close(close) => month::close(&desk()?, &close),
        Command::Correct(correct) => month::correct(&desk()?, &correct),
        Command::Heads { dry_run, yes } => month::heads(&desk()?, dry_run, yes),
        Command::Detail(detail) => details::run(&desk()?, &detail),
        Command::Record(record) => record::run(&desk()?, &record),
        Command::Receipt(receipt) => extract::receipt(&desk()?, &receipt),
        Command::Extract(file) => extract::run(&desk()?, &file),
        Command::Export(export) => export::run(&desk()?, &export),
        Command::Cosign(cosign) => acknowledge::cosign(&desk()?, &cosign),
        Command::Acknowledge(asked) => acknowledge::run(&desk()?, &asked),
        Command::Inspect(inspect) => inspect::run(&desk()?, &inspect),
        Command::Rebuild => inspect::rebuild(&desk()?),
        Command::Report(report) => pages::run(&desk()?, &report),
        Command::Trace(report) => lineage::trace(&desk()?, &report),
        Command::Taint(report) => lineage::taint(&desk()?, &report),
        Command::Label(report) => lineage::label(&desk()?, &report),
        Command::Supervision(act) => supervise(act, &desk()?),
        Command::Amending(act) => amend(act, &desk()?),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { out } => manual::pages(&out),
    }
}

fn run_party(command: PartyCommand, desk: &Desk<'_>) -> Result<Outcome, CliError> {
    let standing = |act, state| office::standing(desk, act, state);
    match command {
        PartyCommand::Add(add) => found::party_add(desk, &add),
        PartyCommand::List { form } => lists::parties(desk, form),
        PartyCommand::Amend(party) => office::party_amend(desk, *party),
        PartyCommand::Succeed(act) => office::succeed(desk, &act),
        PartyCommand::Suspend(act) => standing(act, StandingState::Suspended),
        PartyCommand::Reinstate(act) => standing(act, StandingState::Active),
        PartyCommand::Delist(act) => standing(act, StandingState::Delisted),
    }
}

fn amend(command: Amending, desk: &Desk<'_>) -> Result<Outcome, CliError> {
    match command {
        Amending::Act(ActCommand::List(list)) => lists::acts(desk, &list),
        Amending::Act(ActCommand::Annul(annul)) => office::annul(desk, annul),
        Amending::Reference(ReferenceCommand::Set(set)) => office::reference(desk, set),
    }
}

fn supervise(command: Supervision, desk: &Desk<'_>) -> Result<Outcome, CliError> {
    match command {
        Supervision::Seal(act) => office::lots(desk, act, true),
        Supervision::Release(act) => office::lots(desk, act, false),
        Supervision::Inspection(act) => office::inspection(desk, act),
        Supervision::Penalise(act) => office::penalise(desk, act),
        Supervision::Rules(RulesCommand::Show { on, as_of }) => office::rules(desk, on, &as_of),
        Supervision::Rules(RulesCommand::Change {
            file,
            effective,
            signing,
        }) => office::change_rules(desk, &file, effective, &signing),
    }
}
