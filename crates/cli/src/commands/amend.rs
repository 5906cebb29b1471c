//! Acts of office typed as commands that change what an earlier one stated: amendments, succession, annulment, reference data.
//!
//! Invariant: what is restated in full starts from what the register says now. Holds no rule; the registry decides.

use std::path::Path;

use answers::resolve;
use domain::payload::{
    ActAnnulled, PartyAmended, PartySucceeded, ReferenceChanged, ReferenceRow, SiteAmended,
};
use domain::registry::Licence;
use domain::{Blob, List, PartyKind, Payload};

use super::act::act;
use super::found::names;
use super::lists;
use crate::args::{
    ActAnnul, ActCommand, Amending, PartyAmend, PartySucceed, ReferenceCommand, ReferenceSet,
    SiteAmend,
};
use crate::keys::Access;
use crate::limits::TYPED_BYTES_MAX;
use crate::outcome::{CliError, Outcome};

/// Lists acts, annuls one or sets reference data.
pub(crate) fn run(command: Amending, folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    match command {
        Amending::Act(ActCommand::List(list)) => lists::acts(folder, &list),
        Amending::Act(ActCommand::Annul(annul)) => self::annul(folder, annul, access),
        Amending::Reference(ReferenceCommand::Set(set)) => reference(folder, set, access),
    }
}

/// Restates what the register says of a party.
pub(crate) fn party(
    folder: &Path,
    amend: PartyAmend,
    access: &Access,
) -> Result<Outcome, CliError> {
    let restated = amend.names.as_deref().map(names).transpose()?;
    let instrument = amend.instrument.read()?;
    act(folder, &amend.signing, access, |session| {
        let registry = session.registry();
        let record = registry.party(&amend.party).ok_or_else(|| {
            CliError::refused(format!("{} is not registered", amend.party))
                .help("`ytterby party list` shows who is")
        })?;
        let mut activities = match &record.kind {
            _ if !amend.activities.is_empty() => amend.activities,
            PartyKind::Enterprise { activities } => activities.to_vec(),
            _ => Vec::new(),
        };
        activities.sort_unstable();
        activities.dedup();
        let group = if amend.no_group { None } else { record.group };
        Ok(Payload::PartyAmended(Box::new(PartyAmended {
            party: amend.party,
            names: restated.unwrap_or_else(|| record.names.clone()),
            division: amend.division.unwrap_or(record.division),
            group: amend.group.or(group),
            activities: List::new(activities)?,
            from: amend.from,
            instrument,
        })))
    })
}

/// Lets one enterprise take over from another.
pub(crate) fn succeed(
    folder: &Path,
    succeed: &PartySucceed,
    access: &Access,
) -> Result<Outcome, CliError> {
    let payload = Payload::PartySucceeded(Box::new(PartySucceeded {
        party: succeed.party,
        successor: succeed.successor,
        from: succeed.from,
        instrument: succeed.instrument.read()?,
    }));
    act(folder, &succeed.signing, access, |_| Ok(payload))
}

/// Restates or ends a licence.
pub(crate) fn site(folder: &Path, amend: &SiteAmend, access: &Access) -> Result<Outcome, CliError> {
    let (licence, instrument) = (amend.licence.parse()?, amend.instrument.read()?);
    act(folder, &amend.signing, access, |session| {
        let registry = session.registry();
        let is_it = |known: &&Licence| known.activity == amend.activity && known.number == licence;
        let last = registry.licences(&amend.site).iter().rfind(is_it);
        let last = last.ok_or_else(|| {
            let (site, activity) = (amend.site, amend.activity);
            let what = format!("{site} has no licence {licence} for {activity}");
            CliError::refused(what).help("`ytterby site list` shows the licences")
        })?;
        Ok(Payload::SiteAmended(Box::new(SiteAmended {
            site: amend.site,
            activity: amend.activity,
            division: amend.division.unwrap_or(last.division),
            capacity_mg: amend.capacity.unwrap_or(last.capacity),
            from: amend.from,
            until: amend.until.unwrap_or(last.until),
            licence,
            instrument,
        })))
    })
}

fn annul(folder: &Path, annul: ActAnnul, access: &Access) -> Result<Outcome, CliError> {
    let instrument = annul.instrument.read()?;
    act(folder, &annul.signing, access, |session| {
        let event = resolve::event(&*session.store, &annul.event)?;
        domain::payload::check_annullable(event.body.payload.number())?;
        let bytes = wire::encode_body(&event.body).map_err(CliError::fault)?;
        Ok(Payload::ActAnnulled(Box::new(ActAnnulled {
            annulled: Blob::new(&bytes)?,
            reason: annul.reason.parse()?,
            instrument,
        })))
    })
}

fn reference(folder: &Path, set: ReferenceSet, access: &Access) -> Result<Outcome, CliError> {
    let text = files::read_text(&set.file, TYPED_BYTES_MAX)?;
    let mut rows: Vec<ReferenceRow> = serde_json::from_str(&text).map_err(|error| {
        CliError::usage(format!("{}: {error}", set.file.display())).help(
            r#"write a list of rows such as {"key": "SE", "value": "Sweden", "from": "2024-01-01", "until": null, "suspensions": []}"#,
        )
    })?;
    rows.sort_by(|a, b| (&a.key, a.from).cmp(&(&b.key, b.from)));
    let payload = Payload::ReferenceChanged(Box::new(ReferenceChanged {
        table: set.table,
        rows: List::new(rows)?,
        instrument: set.instrument.read()?,
    }));
    act(folder, &set.signing, access, |_| Ok(payload))
}
