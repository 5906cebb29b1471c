//! Acts of office: what is restated in full, annulled, or read from a file that was typed by hand.
//!
//! Invariant: what is restated starts from what the register says now. Holds no rule; the registry decides.

use std::path::Path;
use std::{iter, ptr};

use answers::resolve;
use domain::limits::YEAR_MAX;
use domain::payload::{
    ActAnnulled, Holder, Instrument, LotLine, PartyAmended, ReferenceRow, SiteAmended,
};
use domain::registry::Licence;
use domain::{
    Activity, Basis, Blob, Code, Day, Division, FormError, List, Mass, Names, PartyId, PartyKind,
    Payload, Quantity, Registry, RuleSet, SiteId,
};

use crate::limits::TYPED_BYTES_MAX;
use crate::refused::{EventRefused, NotDone};
use crate::session::Session;

/// Names written as `ZH=EN`.
///
/// # Errors
/// There is no `=`, or a name is not well formed.
pub fn names(text: &str) -> Result<Names, NotDone> {
    let given = text.to_owned();
    let (zh, en) = text
        .split_once('=')
        .ok_or(EventRefused::BadNames { given })?;
    Ok(Names {
        zh: zh.trim().parse()?,
        en: en.trim().parse()?,
    })
}

/// A party id names an enterprise, anything else that is a code names a group. What is as long as a party id and of its
/// characters is one that was mistyped: quota of a group that nobody is in would be lost to the enterprise that was meant.
///
/// # Errors
/// It is neither.
pub fn holder(text: &str) -> Result<Holder, FormError> {
    let is_like_party = PartyId::LENGTHS.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.parse() {
        Ok(party) => Ok(Holder::Party(party)),
        Err(refused) if is_like_party => Err(refused),
        Err(_) => Ok(Holder::Group(text.parse()?)),
    }
}

/// What was counted of a lot, written as `PARTY/CODE=NET_KG,REO_KG`.
///
/// # Errors
/// It is not written so.
pub fn counted(text: &str) -> Result<LotLine, NotDone> {
    const MG_PER_KG: u64 = 1_000_000;
    let wrong = || {
        let given = text.to_owned();
        EventRefused::BadCount { given }
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

/// A fine in yuan, in fen: hundredths of a yuan, so it is read as a decimal number with two places.
///
/// # Errors
/// It is not an amount of yuan.
pub fn fine_fen(text: &str) -> Result<u64, EventRefused> {
    let fine = Mass::parse_in(text.trim(), 100);
    fine.map(Mass::mg).map_err(|_| {
        let given = text.to_owned();
        EventRefused::BadFine { given }
    })
}

/// What changes of a party; the rest stays as the register has it.
#[derive(Debug)]
pub struct PartyChange {
    pub names: Option<Names>,
    pub division: Option<Division>,
    /// All activities, if any is given.
    pub activities: Vec<Activity>,
    pub group: Option<Code>,
    /// It belongs to no group any more.
    pub no_group: bool,
    pub from: Day,
    pub instrument: Instrument,
}

/// Restates what the register says of a party.
///
/// # Errors
/// The party is not registered.
pub fn amended_party(
    session: &Session<'_>,
    party: PartyId,
    change: PartyChange,
) -> Result<Payload, NotDone> {
    let registry = session.registry();
    resolve::registered(&registry, &party)?;
    let record = registry
        .party(&party)
        .ok_or_else(|| NotDone::fault("a party that was found is gone"))?;
    let mut activities = match &record.kind {
        _ if !change.activities.is_empty() => change.activities,
        PartyKind::Enterprise { activities } => activities.to_vec(),
        _ => Vec::new(),
    };
    activities.sort_unstable();
    activities.dedup();
    let group = if change.no_group { None } else { record.group };
    Ok(Payload::PartyAmended(Box::new(PartyAmended {
        party,
        names: change.names.unwrap_or_else(|| record.names.clone()),
        division: change.division.unwrap_or(record.division),
        group: change.group.or(group),
        activities: List::new(activities)?,
        from: change.from,
        instrument: change.instrument,
    })))
}

/// What changes of a licence; the rest stays as the register has it.
#[derive(Debug)]
pub struct LicenceChange {
    pub division: Option<Division>,
    pub capacity: Option<Mass>,
    pub from: Day,
    pub until: Option<Day>,
    pub instrument: Instrument,
}

/// Restates or ends a licence.
///
/// # Errors
/// The site has no such licence.
pub fn amended_site(
    session: &Session<'_>,
    (site, activity, licence): (SiteId, Activity, &str),
    change: LicenceChange,
) -> Result<Payload, NotDone> {
    let number = licence.parse()?;
    let registry = session.registry();
    let is_it = |known: &&Licence| known.activity == activity && known.number == number;
    let last = registry.licences(&site).iter().rfind(is_it);
    let last = last.ok_or_else(|| EventRefused::UnknownLicence {
        site,
        licence: licence.to_owned(),
        activity,
    })?;
    Ok(Payload::SiteAmended(Box::new(SiteAmended {
        site,
        activity,
        division: change.division.unwrap_or(last.division),
        capacity_mg: change.capacity.unwrap_or(last.capacity),
        from: change.from,
        until: change.until.unwrap_or(last.until),
        licence: number,
        instrument: change.instrument,
    })))
}

/// Takes back an act of office.
///
/// # Errors
/// No event goes by `named`, or it can't be annulled.
pub fn annulment(
    session: &Session<'_>,
    named: &str,
    reason: &str,
    instrument: Instrument,
) -> Result<Payload, NotDone> {
    let event = resolve::event(&*session.store, named)?;
    domain::payload::check_annullable(event.body.payload.number())?;
    let bytes = wire::encode_body(&event.body).map_err(NotDone::fault)?;
    Ok(Payload::ActAnnulled(Box::new(ActAnnulled {
        annulled: Blob::new(&bytes)?,
        reason: reason.parse()?,
        instrument,
    })))
}

/// Reads what was typed into a file as JSON.
fn typed<T: serde::de::DeserializeOwned>(file: &Path, way_out: &'static str) -> Result<T, NotDone> {
    let text = files::read_text(file, TYPED_BYTES_MAX)?;
    let read = serde_json::from_str(&text);
    Ok(read.map_err(|error| EventRefused::BadTyped {
        path: file.display().to_string(),
        why: error.to_string(),
        way_out,
    })?)
}

/// Rows of reference data from a file, in their order.
///
/// # Errors
/// The file can't be read, or does not hold a list of rows.
pub fn reference_rows(file: &Path) -> Result<Vec<ReferenceRow>, NotDone> {
    let mut rows: Vec<ReferenceRow> = typed(
        file,
        r#"write a list of rows such as {"key": "SE", "value": "Sweden", "from": "2024-01-01", "until": null, "suspensions": []}"#,
    )?;
    rows.sort_by(|a, b| (&a.key, a.from).cmp(&(&b.key, b.from)));
    Ok(rows)
}

/// Rules from a file.
///
/// # Errors
/// The file can't be read, or does not hold rules.
pub fn rules(file: &Path) -> Result<RuleSet, NotDone> {
    typed(file, "start from what `ytterby rules show` prints")
}

/// The last day that there is: the last dated rules hold on it.
///
/// # Errors
/// Never, unless the limits of days are wrong.
pub fn last_day() -> Result<Day, FormError> {
    Day::new(YEAR_MAX, 12, 31)
}

/// The first day of rules that are not in force yet on a day.
pub fn pending(registry: &Registry, rules: &RuleSet, day: Day) -> Option<Day> {
    let holds = |day: &Day| {
        let of_day = registry.rules_on(*day);
        of_day.is_some_and(|of_day| ptr::eq(of_day, rules))
    };
    let first = iter::successors(Some(day), |day| Some(day.next())).find(holds)?;
    Some(first).filter(|first| *first > day)
}
