//! Acts of office typed as commands: sites, standing of parties, seals, inspections, penalties, rules, amendments, annulments.
//!
//! Invariant: each builds one payload and goes the way of every event. Holds no rule; the registry decides.

use std::path::Path;

use answers::Refused;
use desk::office::{self, LicenceChange, PartyChange};
use desk::{Desk, NotDone};
use domain::payload::{
    InspectionRecorded, LotsNamed, PartySucceeded, PenaltyImposed, ReferenceChanged, RulesChanged,
    SiteLicensed, Standing,
};
use domain::registry::StandingState;
use domain::{Day, List, Payload};
use grammar::{
    ActAnnul, AsOf, Form, InspectionAct, LotsAct, PartyAmend, PartySucceed, PenaltyAct,
    ReferenceSet, Signing, SiteAdd, SiteAmend, StandingAct,
};

use super::act::{act, whole};
use super::ask;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Licenses a site.
pub(crate) fn site_add(desk: &Desk<'_>, add: SiteAdd) -> Result<Outcome, CliError> {
    let payload = Payload::SiteLicensed(SiteLicensed {
        site: add.site,
        activity: add.activity,
        licence: add.licence.parse()?,
        division: add.division,
        capacity_mg: add.capacity,
        from: add.from,
        until: add.until,
    });
    whole(desk, &add.signing, payload)
}

/// Restates or ends a licence.
pub(crate) fn site_amend(desk: &Desk<'_>, amend: &SiteAmend) -> Result<Outcome, CliError> {
    let change = LicenceChange {
        division: amend.division,
        capacity: amend.capacity,
        from: amend.from,
        until: amend.until,
        instrument: amend.instrument.read()?,
    };
    let licence = (amend.site, amend.activity, amend.licence.as_str());
    act(desk, &amend.signing, |session| {
        office::amended_site(session, licence, change)
    })
}

/// Suspends, reinstates or delists a party.
pub(crate) fn standing(
    desk: &Desk<'_>,
    command: StandingAct,
    state: StandingState,
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
    whole(desk, &command.signing, payload)
}

/// Restates what the register says of a party.
pub(crate) fn party_amend(desk: &Desk<'_>, amend: PartyAmend) -> Result<Outcome, CliError> {
    let change = PartyChange {
        names: amend.names.as_deref().map(office::names).transpose()?,
        division: amend.division,
        activities: amend.activities,
        group: amend.group,
        no_group: amend.no_group,
        from: amend.from,
        instrument: amend.instrument.read()?,
    };
    act(desk, &amend.signing, |session| {
        office::amended_party(session, amend.party, change)
    })
}

/// Lets one enterprise take over from another.
pub(crate) fn succeed(desk: &Desk<'_>, succeed: &PartySucceed) -> Result<Outcome, CliError> {
    let payload = Payload::PartySucceeded(Box::new(PartySucceeded {
        party: succeed.party,
        successor: succeed.successor,
        from: succeed.from,
        instrument: succeed.instrument.read()?,
    }));
    whole(desk, &succeed.signing, payload)
}

/// Seals or releases lots.
pub(crate) fn lots(desk: &Desk<'_>, command: LotsAct, seal: bool) -> Result<Outcome, CliError> {
    let named = LotsNamed {
        lots: List::new(command.lots)?,
        instrument: command.instrument.read()?,
    };
    let payload = if seal {
        Payload::LotSealed(named)
    } else {
        Payload::LotReleased(named)
    };
    whole(desk, &command.signing, payload)
}

/// Records an inspection.
pub(crate) fn inspection(desk: &Desk<'_>, command: InspectionAct) -> Result<Outcome, CliError> {
    let inspectors = command.inspectors.iter().map(|name| name.parse());
    let counted = command.counted.iter().map(|text| office::counted(text));
    let payload = Payload::InspectionRecorded(InspectionRecorded {
        site: command.site,
        inspectors: List::new(inspectors.collect::<Result<_, _>>()?)?,
        counted: List::new(counted.collect::<Result<_, _>>()?)?,
        note: command.note.parse()?,
    });
    whole(desk, &command.signing, payload)
}

/// Imposes a penalty.
pub(crate) fn penalise(desk: &Desk<'_>, command: PenaltyAct) -> Result<Outcome, CliError> {
    let payload = Payload::PenaltyImposed(PenaltyImposed {
        party: command.party,
        article: command.article.parse()?,
        fine_fen: office::fine_fen(&command.fine).map_err(NotDone::from)?,
        instrument: command.instrument.read()?,
    });
    whole(desk, &command.signing, payload)
}

/// Takes back an act of office.
pub(crate) fn annul(desk: &Desk<'_>, annul: ActAnnul) -> Result<Outcome, CliError> {
    let instrument = annul.instrument.read()?;
    act(desk, &annul.signing, |session| {
        office::annulment(session, &annul.event, &annul.reason, instrument)
    })
}

/// Sets rows of dated reference data.
pub(crate) fn reference(desk: &Desk<'_>, set: ReferenceSet) -> Result<Outcome, CliError> {
    let payload = Payload::ReferenceChanged(Box::new(ReferenceChanged {
        table: set.table,
        rows: List::new(office::reference_rows(&set.file)?)?,
        instrument: set.instrument.read()?,
    }));
    whole(desk, &set.signing, payload)
}

/// Prints the rules of a day, or the last dated ones: a change that starts from them loses none that is pending.
pub(crate) fn rules(desk: &Desk<'_>, on: Option<Day>, as_of: &AsOf) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, as_of, Form::default())?;
    let registry = reading.registry()?;
    let day = on.map_or_else(office::last_day, Ok)?;
    let rules = registry.rules_on(day);
    let rules = rules.ok_or(Refused::NoRules { day })?;
    output::json(rules)?;
    let newest = registry.zone().day_of(reading.now()?);
    if on.is_none()
        && let Some(first) = office::pending(registry, rules, newest)
    {
        output::say(format!(
            "note: these rules are in force from {first} on; `--on {newest}` shows those of the newest event's day"
        ));
    }
    Ok(Outcome::Done)
}

/// Puts other rules into force.
pub(crate) fn change_rules(
    desk: &Desk<'_>,
    file: &Path,
    effective: Day,
    signing: &Signing,
) -> Result<Outcome, CliError> {
    let rules = office::rules(file)?;
    let payload = Payload::RulesChanged(Box::new(RulesChanged { effective, rules }));
    whole(desk, signing, payload)
}
