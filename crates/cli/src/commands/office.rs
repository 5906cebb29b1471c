//! Supervision typed as commands: standing of parties, seals, inspections, penalties, rules.
//!
//! Invariant: each builds one payload and goes the way of every event. Holds no rule; the registry decides.

use std::path::Path;
use std::{iter, ptr};

use answers::Refused;
use domain::limits::YEAR_MAX;
use domain::payload::{
    InspectionRecorded, Instrument, LotLine, LotsNamed, PenaltyImposed, RulesChanged, Standing,
};
use domain::registry::StandingState;
use domain::{Basis, Day, List, Mass, Payload, Quantity, Registry, RuleSet};

use super::act::act;
use super::ask;
use crate::args::{
    AsOf, InspectionAct, InstrumentFlags, LotsAct, PenaltyAct, Signing, StandingAct,
};
use crate::keys::Access;
use crate::limits::TYPED_BYTES_MAX;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};

impl InstrumentFlags {
    /// The instrument that the flags name.
    pub(crate) fn read(&self) -> Result<Instrument, CliError> {
        Ok(Instrument {
            number: self.number.parse()?,
            issued: self.issued,
        })
    }
}

/// Suspends, reinstates or delists a party.
pub(crate) fn standing(
    folder: &Path,
    command: StandingAct,
    state: StandingState,
    access: &Access,
) -> Result<Outcome, CliError> {
    let standing = Standing {
        party: command.party,
        instrument: command.instrument.read()?,
    };
    let payload = match state {
        StandingState::Suspended => Payload::PartySuspended(standing),
        StandingState::Active => Payload::PartyReinstated(standing),
        StandingState::Delisted => Payload::PartyDelisted(standing),
    };
    act(folder, &command.signing, access, |_| Ok(payload))
}

/// Seals or releases lots.
pub(crate) fn lots(
    folder: &Path,
    command: LotsAct,
    seal: bool,
    access: &Access,
) -> Result<Outcome, CliError> {
    let named = LotsNamed {
        lots: List::new(command.lots)?,
        instrument: command.instrument.read()?,
    };
    let payload = if seal {
        Payload::LotSealed(named)
    } else {
        Payload::LotReleased(named)
    };
    act(folder, &command.signing, access, |_| Ok(payload))
}

/// Records an inspection.
pub(crate) fn inspection(
    folder: &Path,
    command: InspectionAct,
    access: &Access,
) -> Result<Outcome, CliError> {
    let inspectors: Result<Vec<_>, _> =
        command.inspectors.iter().map(|name| name.parse()).collect();
    let counted: Result<Vec<_>, _> = command.counted.iter().map(|text| counted(text)).collect();
    let payload = Payload::InspectionRecorded(InspectionRecorded {
        site: command.site,
        inspectors: List::new(inspectors?)?,
        counted: List::new(counted?)?,
        note: command.note.parse()?,
    });
    act(folder, &command.signing, access, |_| Ok(payload))
}

/// `PARTY/CODE=NET_KG,REO_KG`.
fn counted(text: &str) -> Result<LotLine, CliError> {
    const MG_PER_KG: u64 = 1_000_000;
    let wrong = || {
        CliError::usage(format!("{text:?} is no count"))
            .help("write PARTY/CODE=NET_KG,REO_KG, such as 91150000MA0000004J/L-1=1000,500.5")
    };
    let (lot, masses) = text.split_once('=').ok_or_else(wrong)?;
    let (net, reo) = masses.split_once(',').ok_or_else(wrong)?;
    let quantity = Quantity {
        net: Mass::parse_in(net.trim(), MG_PER_KG)?,
        reo: Mass::parse_in(reo.trim(), MG_PER_KG)?,
        basis: Basis::Measured,
        uncertainty: None,
        method: None,
        wet: None,
    };
    Ok(LotLine {
        lot: lot.trim().parse()?,
        quantity,
    })
}

/// Imposes a penalty.
pub(crate) fn penalise(
    folder: &Path,
    command: PenaltyAct,
    access: &Access,
) -> Result<Outcome, CliError> {
    // Fen are hundredths of a yuan, so a fine is read as a decimal number with two places.
    let fine = Mass::parse_in(command.fine.trim(), 100).map_err(|_| {
        CliError::usage(format!("{:?} is no amount of yuan", command.fine))
            .help("write it as 1000000 or 52000.50")
    })?;
    let payload = Payload::PenaltyImposed(PenaltyImposed {
        party: command.party,
        article: command.article.parse()?,
        fine_fen: fine.mg(),
        instrument: command.instrument.read()?,
    });
    act(folder, &command.signing, access, |_| Ok(payload))
}

/// Prints the rules of a day, or the last dated ones: a change that starts from them loses none that is pending.
pub(crate) fn rules(folder: &Path, on: Option<Day>, as_of: &AsOf) -> Result<Outcome, CliError> {
    let reading = ask::reading(folder, as_of, Form::default())?;
    let registry = reading.registry()?;
    let day = on.map_or_else(last_day, Ok)?;
    let rules = registry.rules_on(day);
    let rules = rules.ok_or(Refused::NoRules { day })?;
    output::json(rules)?;
    let newest = registry.zone().day_of(reading.now()?);
    if on.is_none()
        && let Some(first) = pending(registry, rules, newest)
    {
        output::say(format!(
            "note: these rules are in force from {first} on; `--on {newest}` shows those of the newest event's day"
        ));
    }
    Ok(Outcome::Done)
}

fn last_day() -> Result<Day, CliError> {
    Ok(Day::new(YEAR_MAX, 12, 31)?)
}

/// The first day of rules that are not in force yet on a day.
fn pending(registry: &Registry, rules: &RuleSet, day: Day) -> Option<Day> {
    let holds = |day: &Day| {
        let of_day = registry.rules_on(*day);
        of_day.is_some_and(|of_day| ptr::eq(of_day, rules))
    };
    let first = iter::successors(Some(day), |day| Some(day.next())).find(holds)?;
    Some(first).filter(|first| *first > day)
}

/// Puts other rules into force.
pub(crate) fn change_rules(
    folder: &Path,
    file: &Path,
    effective: Day,
    signing: &Signing,
    access: &Access,
) -> Result<Outcome, CliError> {
    let text = files::read_text(file, TYPED_BYTES_MAX)?;
    let rules: RuleSet = serde_json::from_str(&text).map_err(|error| {
        CliError::usage(format!("{}: {error}", file.display()))
            .help("start from what `ytterby rules show` prints")
    })?;
    let payload = Payload::RulesChanged(Box::new(RulesChanged { effective, rules }));
    act(folder, signing, access, |_| Ok(payload))
}
