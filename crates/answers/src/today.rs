//! What a plant, a department or the nation has to see to today: returns, receipts, findings, licences, quota.
//!
//! Invariant: each matter is listed once: what is overdue by law is a finding already and listed as that. Judges nothing.

use std::collections::BTreeMap;

use domain::{Activity, Bytes32, DAY_MS, Day, Division, Moment, PartyId, SiteId, Zone};
use projection::{Sent, Severity};
use quota::{Holding, QuotaRow};

use crate::findings::{Filter, OneFinding, findings};
use crate::inbox::{days_since, under_way};
use crate::quota_board::accounts_of_year;
use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::registered;
use crate::returns::returns;
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

/// A licence that ends within these days is listed.
const LICENCE_DAYS: i64 = 90;
/// Quota is listed when more than this is used, or when it runs out within the year at the pace so far.
const SCARCE_PPM: i128 = 900_000;

/// Whose matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    pub party: Option<PartyId>,
    pub division: Option<Division>,
}

impl Scope {
    fn has(self, reading: &Reading, party: &PartyId) -> Result<bool, NoAnswer> {
        let is_it = self.party.is_none_or(|wanted| wanted == *party);
        Ok(is_it && reading.is_within(self.division, Some(party))?)
    }
}

answers! {
    /// What is to be done, the most urgent in front.
    pub struct Today {
        pub by: Moment,
        pub matters: Vec<Matter>,
    }

    /// One thing to see to.
    pub struct Matter {
        /// `finding`, `return`, `receipt`, `licence` or `quota`.
        pub kind: &'static str,
        pub party: Option<PartyId>,
        pub party_name: Option<String>,
        /// When it is due, ends or runs out; of a receipt the day it was sent.
        pub day: Option<Day>,
        /// A violation before a warning before all else.
        pub severity: Severity,
        /// The month, shipment, finding, site or track, as other questions take it.
        pub about: String,
        pub says: String,
    }
}

impl Today {
    /// The list in one line.
    pub fn summary(&self) -> String {
        let count = |kind| self.matters.iter().filter(|one| one.kind == kind).count();
        let kinds = ["finding", "return", "receipt", "licence", "quota"];
        let counts = kinds.map(|kind| format!("{kind} {}", count(kind)));
        format!("to see to: {}", counts.join(", "))
    }
}

pub(crate) fn today(reading: &Reading, scope: Scope, by: Moment) -> Result<Today, NoAnswer> {
    let registry = reading.registry()?;
    if let Some(party) = &scope.party {
        registered(registry, party)?;
    }
    let mut matters = of_returns(reading, scope, by)?;
    matters.extend(of_receipts(reading, scope, by)?);
    matters.extend(of_licences(reading, scope, by)?);
    matters.extend(of_quota(reading, scope, by)?);
    matters.extend(of_findings(reading, scope, by)?);
    // Stable: among equals, what has a day to be kept comes before what is only noted.
    matters.sort_by_key(|matter| std::cmp::Reverse(matter.severity));
    Ok(Today { by, matters })
}

fn of_findings(reading: &Reading, scope: Scope, by: Moment) -> Result<Vec<Matter>, NoAnswer> {
    let filter = Filter {
        party: scope.party,
        division: scope.division,
        ..Filter::default()
    };
    let found = findings(reading, &filter, by)?;
    let all = found.findings.into_iter().chain(found.from_evidence);
    Ok(all.map(of_finding).collect())
}

fn of_finding(finding: OneFinding) -> Matter {
    let short = |id: Bytes32| id.to_string().chars().take(12).collect();
    Matter {
        kind: "finding",
        party: finding.subject.party,
        party_name: finding.subject.party_name,
        day: finding.subject.month.map(|month| month.first_day()),
        severity: finding.severity,
        about: short(finding.id),
        says: format!("{}: {}", finding.code, finding.title),
    }
}

/// Returns that are due and not late yet; a late one is a finding.
fn of_returns(reading: &Reading, scope: Scope, by: Moment) -> Result<Vec<Matter>, NoAnswer> {
    let zone = reading.registry()?.zone();
    let month = zone.month_of(by).previous();
    let mut matters = Vec::new();
    for row in returns(reading, month, scope.division, by)?.rows {
        if row.state.name() == "due" && scope.has(reading, &row.party)? {
            matters.push(Matter {
                kind: "return",
                party: Some(row.party),
                party_name: row.party_name,
                // The cut-off is the end of the day.
                day: row.cut_off.map(|end| zone.day_of(end.plus_ms(-1))),
                severity: Severity::Info,
                about: month.to_string(),
                says: format!("the flow record of {month} is to be filed"),
            });
        }
    }
    Ok(matters)
}

fn of_receipts(reading: &Reading, scope: Scope, by: Moment) -> Result<Vec<Matter>, NoAnswer> {
    let registry = reading.registry()?;
    let mut matters = Vec::new();
    // One who is not registered has nothing to see to.
    let addressed = |sent: &Sent| registry.party(&sent.to).is_some();
    for (_, sent, _) in under_way(reading.books()?, addressed) {
        if !scope.has(reading, &sent.to)? {
            continue;
        }
        let from = name_of(registry, &sent.shipper).unwrap_or_else(|| sent.shipper.to_string());
        matters.push(Matter {
            kind: "receipt",
            party: Some(sent.to),
            party_name: name_of(registry, &sent.to),
            day: Some(registry.zone().day_of(sent.occurred)),
            severity: Severity::Info,
            about: sent.shipment.to_string(),
            says: match days_since(sent.occurred, by) {
                0 => format!("sent by {from} within a day, not settled"),
                1 => format!("sent by {from} a day ago, not settled"),
                days => format!("sent by {from} {days} days ago, not settled"),
            },
        });
    }
    Ok(matters)
}

/// Licences that end soon and that no later one of the same site and activity follows.
fn of_licences(reading: &Reading, scope: Scope, by: Moment) -> Result<Vec<Matter>, NoAnswer> {
    let registry = reading.registry()?;
    let zone = registry.zone();
    let today = zone.day_of(by);
    let last = zone.day_of(by.plus_ms(LICENCE_DAYS * DAY_MS));
    let mut matters = Vec::new();
    for (site, licences) in registry.sites() {
        if !scope.has(reading, &site.party)? {
            continue;
        }
        let mut ends: BTreeMap<Activity, Day> = BTreeMap::new();
        for licence in licences {
            let end = ends.entry(licence.activity).or_insert(licence.until);
            *end = (*end).max(licence.until);
        }
        let soon = ends
            .into_iter()
            .filter(|(_, end)| *end >= today && *end <= last);
        matters.extend(soon.map(|(activity, end)| ending(registry, site, activity, end)));
    }
    Ok(matters)
}

fn ending(registry: &domain::Registry, site: &SiteId, activity: Activity, end: Day) -> Matter {
    Matter {
        kind: "licence",
        party: Some(site.party),
        party_name: name_of(registry, &site.party),
        day: Some(end),
        severity: Severity::Info,
        about: site.to_string(),
        says: format!("the licence for {} ends and none follows", activity.name()),
    }
}

/// Accounts of enterprises that are short, or run out within the year at the pace so far.
fn of_quota(reading: &Reading, scope: Scope, by: Moment) -> Result<Vec<Matter>, NoAnswer> {
    let registry = reading.registry()?;
    let zone = registry.zone();
    let mut matters = Vec::new();
    for row in accounts_of_year(reading, zone.month_of(by).year())? {
        let Holding::Party(party) = row.holding else {
            continue;
        };
        // What is exceeded is a finding.
        if row.left() < 0 || !scope.has(reading, &party)? {
            continue;
        }
        let end = runs_out(&row, zone, by);
        let scarce = row.used_ppm().is_some_and(|used| used > SCARCE_PPM);
        if end.is_some() || scarce {
            let left = Cell::Mass(Mg(row.left())).whole();
            matters.push(Matter {
                kind: "quota",
                party: Some(party),
                party_name: name_of(registry, &party),
                day: end,
                severity: Severity::Info,
                about: row.track.name().to_owned(),
                says: match end {
                    Some(end) => format!("{left} t REO left; at the pace so far used up on {end}"),
                    None => format!("{left} t REO left"),
                },
            });
        }
    }
    Ok(matters)
}

/// The day on which nothing is left if the rest of the year goes like its days so far; none if that is after the year.
fn runs_out(row: &QuotaRow, zone: Zone, by: Moment) -> Option<Day> {
    let january = Day::new(row.year, 1, 1).ok()?;
    let december = Day::new(row.year, 12, 31).ok()?;
    let start = zone.start_of(january);
    let gone = i128::from(by.ms() - start.ms());
    if row.consumed <= 0 || gone <= 0 {
        return None;
    }
    let whole = i64::try_from(gone * row.available() / row.consumed).ok()?;
    let day = zone.day_of(start.plus_ms(whole));
    (day <= december).then_some(day)
}

pub(crate) fn tables(answer: &Today, _: Zone) -> Vec<Table> {
    let row = |matter: &Matter| {
        let severity = match matter.severity {
            Severity::Info => Cell::text(""),
            severe => Cell::Severity(severe),
        };
        vec![
            Cell::text(matter.kind),
            severity,
            Cell::or_nothing(matter.day, Cell::Day),
            Cell::or_nothing(matter.party, Cell::Party),
            Cell::or_nothing(matter.party_name.as_ref(), Cell::text),
            Cell::text(&matter.about),
            Cell::text(&matter.says),
        ]
    };
    let names = ["what", "severity", "day", "party", "name", "about", "says"];
    vec![Table::new(&names).with(answer.matters.iter().map(row))]
}
