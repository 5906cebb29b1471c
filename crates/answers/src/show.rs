//! Anything that has a name, by as much of the name as is typed: what it is, the events behind it, what it led to.
//!
//! Invariant: a text names one thing or is refused with the choices; whole names go before beginnings. One pass over the log
//! at most. Knows no layout.

use domain::{EventId, LotId, Moment, PartyId, Payload, Registry, SiteId, Zone};
use projection::feed;

use crate::findings::{EventOfFinding, Filter, OneFinding, event_row, findings, table};
use crate::limits::CANDIDATES_MAX;
use crate::reading::Reading;
use crate::refused::{Named, NoAnswer, Refused};
use crate::resolve::{self, Candidate, pick};
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::name_of;

mod fields;

answers! {
    /// One thing.
    pub struct Shown {
        /// `party`, `site`, `lot`, `shipment`, `event` or `finding`.
        pub kind: &'static str,
        /// In full.
        pub id: String,
        pub fields: Vec<ShownField>,
        /// Behind it, in log order.
        pub events: Vec<EventOfFinding>,
        /// Unsettled ones that are about it or rest on it.
        pub findings: Vec<OneFinding>,
    }

    /// A thing that is known of it.
    pub struct ShownField {
        pub name: String,
        pub value: String,
    }
}

/// What a text may name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Thing {
    Party(PartyId),
    Site(SiteId),
    Lot(LotId),
    /// By the position of the dispatch.
    Shipment(u64),
    Event(u64),
    Finding(Box<OneFinding>),
}

pub(crate) fn show(reading: &Reading, id: &str, by: Moment) -> Result<Shown, NoAnswer> {
    let all = findings(
        reading,
        &Filter {
            all: true,
            ..Filter::default()
        },
        by,
    )?;
    let all: Vec<_> = all.findings.into_iter().chain(all.from_evidence).collect();
    let thing = thing(reading, id, &all)?;
    let mut shown = match thing {
        Thing::Party(party) => fields::party(reading.registry()?, party),
        Thing::Site(site) => fields::site(reading, &site)?,
        Thing::Lot(lot) => fields::lot(reading, &lot)?,
        Thing::Shipment(position) => fields::shipment(reading, position)?,
        Thing::Event(position) => fields::event(reading, position)?,
        Thing::Finding(finding) => return fields::finding(reading, *finding, by),
    };
    let is_behind = |id: &EventId| shown.events.iter().any(|event| event.event == *id);
    let mut about = all;
    about.retain(|finding| {
        let subject = &finding.subject;
        let is_about = match thing {
            Thing::Party(party) => subject.party == Some(party),
            Thing::Site(site) => {
                (subject.party, subject.site) == (Some(site.party), Some(site.code))
            }
            Thing::Lot(lot) => subject.lot == Some(lot),
            _ => finding.evidence.iter().any(is_behind),
        };
        is_about && finding.is_unsettled()
    });
    shown.findings = about;
    Ok(shown)
}

/// The one thing that the text names.
fn thing(reading: &Reading, given: &str, findings: &[OneFinding]) -> Result<Thing, NoAnswer> {
    let given = given.trim();
    // The beginning of an id may be digits alone: it is a position while the log reaches so far.
    let position: Option<u64> = given.parse().ok();
    if let Some(position) = position.filter(|position| *position < reading.size()) {
        return Ok(Thing::Event(position));
    }
    let registry = reading.registry()?;
    if given.contains('/') {
        return owned(reading, given);
    }
    let mut candidates = in_the_log(reading, given)?;
    candidates.extend(registry.parties().map(|(id, record)| Candidate {
        id: id.to_string(),
        names: vec![record.names.zh.to_string(), record.names.en.to_string()],
        value: Thing::Party(*id),
    }));
    candidates.extend(findings.iter().map(|finding| Candidate {
        id: finding.id.to_string(),
        names: Vec::new(),
        value: Thing::Finding(Box::new(finding.clone())),
    }));
    match (pick(Named::Thing, given, candidates), position) {
        (Err(Refused::Unknown { .. }), Some(position)) => {
            let size = reading.size();
            Err(Refused::PastEnd { position, size }.into())
        }
        (picked, _) => Ok(picked?),
    }
}

/// `PARTY/CODE`: a site where one is licensed or holds goods under that code, a lot, or a shipment that the party sent.
fn owned(reading: &Reading, given: &str) -> Result<Thing, NoAnswer> {
    let registry = reading.registry()?;
    let site = resolve::site(registry, given)?;
    let book = &reading.books()?.book;
    let is_site = registry.sites().any(|(known, _)| *known == site)
        || book.sites_with_stock().contains(&site);
    let lot = resolve::lot(registry, given)?;
    let is_lot = book.lot(&lot).is_some();
    match (is_site, is_lot) {
        (true, true) => Err(Refused::Ambiguous {
            what: Named::Thing,
            given: given.to_owned(),
            candidates: vec![
                format!("`ytterby material {site}` for the site"),
                format!("`ytterby trace {lot}` for the lot"),
            ],
        }
        .into()),
        (true, false) => Ok(Thing::Site(site)),
        (false, true) => Ok(Thing::Lot(lot)),
        (false, false) => sent_by(reading, given, &lot),
    }
}

/// A shipment by its sender and the whole of its code.
fn sent_by(reading: &Reading, given: &str, name: &LotId) -> Result<Thing, NoAnswer> {
    let mut found = Vec::new();
    feed(&*reading.store, 0, reading.size(), &mut |event| {
        if let Payload::ShipmentDispatched(sent) = &event.body.payload
            && (event.body.author, sent.shipment) == (name.creator, name.code)
        {
            found.push(Candidate {
                id: given.to_owned(),
                names: vec![format!("position {}", event.position)],
                value: Thing::Shipment(event.position),
            });
        }
    })?;
    Ok(pick(Named::Thing, given, found)?)
}

/// Events by the beginning of their id, and shipments by their code or the beginning of it.
fn in_the_log(reading: &Reading, given: &str) -> Result<Vec<Candidate<Thing>>, NoAnswer> {
    let wanted = given.to_lowercase();
    let mut found = Vec::new();
    feed(&*reading.store, 0, reading.size(), &mut |event| {
        // More than a person can choose from names nothing.
        if wanted.is_empty() || found.len() > CANDIDATES_MAX {
            return;
        }
        let id = event.id.to_string();
        if id.starts_with(&wanted) {
            let value = Thing::Event(event.position);
            found.push(Candidate {
                id,
                names: Vec::new(),
                value,
            });
        }
        if let Payload::ShipmentDispatched(sent) = &event.body.payload {
            let code = sent.shipment.to_string();
            if code.to_lowercase().starts_with(&wanted) {
                let value = Thing::Shipment(event.position);
                let names = vec![format!("{}/{code}", event.body.author)];
                found.push(Candidate {
                    id: code,
                    names,
                    value,
                });
            }
        }
    })?;
    Ok(found)
}

/// An event as it is listed.
fn listed(registry: &Registry, event: &projection::Event) -> EventOfFinding {
    let author = event.body.author;
    EventOfFinding {
        event: event.id,
        position: Some(event.position),
        kind: Some(event.body.payload.name()),
        author: Some(author),
        author_name: name_of(registry, &author),
        occurred: Some(event.body.occurred),
    }
}

pub(crate) fn tables(answer: &Shown, zone: Zone) -> Vec<Table> {
    let field = |field: &ShownField| vec![Cell::text(&field.name), Cell::text(&field.value)];
    let title = format!("{} {}", answer.kind, answer.id);
    let fields = Table::new(&["field", "value"]).titled(title);
    let mut tables = vec![fields.with(answer.fields.iter().map(field))];
    if !answer.events.is_empty() {
        let names = ["#position", "event", "kind", "by", "name", "occurred"];
        let rows = answer.events.iter().map(|event| event_row(event, zone));
        tables.push(Table::new(&names).titled("events").with(rows));
    }
    if !answer.findings.is_empty() {
        tables.push(table(answer.findings.iter()).titled("findings"));
    }
    tables
}
