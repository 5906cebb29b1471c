//! Anything that has a name, by as much of the name as is typed: what it is, the events behind it, what it led to.
//!
//! Invariant: a text names one thing or is refused with the choices; whole names go before beginnings. Knows no layout and no
//! index of names: what stands only in the log is looked for there.

use domain::{EventId, LotId, Moment, PartyId, Payload, Registry, SiteId, Zone};
use projection::{Event, feed};

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

/// The words for kinds of things.
const KINDS: [&str; 6] = ["party", "site", "lot", "shipment", "event", "finding"];

impl Thing {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Party(_) => "party",
            Self::Site(_) => "site",
            Self::Lot(_) => "lot",
            Self::Shipment(_) => "shipment",
            Self::Event(_) => "event",
            Self::Finding(_) => "finding",
        }
    }
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

/// The one thing that the text names. The word for its kind may stand in front, where one name is of several things.
fn thing(reading: &Reading, given: &str, findings: &[OneFinding]) -> Result<Thing, NoAnswer> {
    let given = given.trim();
    let words = given.split_once(' ');
    let (kind, name) = match words.filter(|(first, _)| KINDS.contains(first)) {
        Some((kind, name)) => (Some(kind), name.trim()),
        None => (None, given),
    };
    let is_wanted = |thing: &Thing| kind.is_none_or(|kind| thing.kind() == kind);
    // The beginning of an id may be digits alone: it is a position while the log reaches so far.
    let position: Option<u64> = name.parse().ok();
    let event = position.filter(|position| *position < reading.size());
    if let Some(event) = event.map(Thing::Event).filter(is_wanted) {
        return Ok(event);
    }
    let mut candidates = if name.contains('/') {
        owned(reading, name)?
    } else {
        named(reading, name, findings)?
    };
    candidates.retain(|candidate| is_wanted(&candidate.value));
    match (pick(Named::Thing, name, candidates), position) {
        (Err(Refused::Unknown { .. }), Some(position)) => {
            let size = reading.size();
            Err(Refused::PastEnd { position, size }.into())
        }
        (picked, _) => Ok(picked?),
    }
}

/// What goes by `PARTY/CODE`: a site where one is licensed or holds goods, a lot, shipments that the party sent.
fn owned(reading: &Reading, name: &str) -> Result<Vec<Candidate<Thing>>, NoAnswer> {
    let registry = reading.registry()?;
    let (site, lot) = (
        resolve::site(registry, name)?,
        resolve::lot(registry, name)?,
    );
    let book = &reading.books()?.book;
    let is_site = registry.sites().any(|(known, _)| *known == site)
        || book.sites_with_stock().contains(&site);
    let is_lot = book.lot(&lot).is_some();
    let known = [(is_site, Thing::Site(site)), (is_lot, Thing::Lot(lot))];
    let known = known.into_iter().filter(|(is_known, _)| *is_known);
    let mut found: Vec<_> = known
        .map(|(_, value)| Candidate {
            id: format!("{} {name}", value.kind()),
            names: vec![name.to_owned()],
            value,
        })
        .collect();
    found.extend(in_the_log(reading, |event| match &event.body.payload {
        Payload::ShipmentDispatched(sent)
            if (event.body.author, sent.shipment) == (lot.creator, lot.code) =>
        {
            Some(Candidate {
                id: format!("event {}", event.position),
                names: vec![name.to_owned()],
                value: Thing::Shipment(event.position),
            })
        }
        _ => None,
    })?);
    Ok(found)
}

/// What goes by a name without a slash, or by the beginning of it.
fn named(
    reading: &Reading,
    name: &str,
    findings: &[OneFinding],
) -> Result<Vec<Candidate<Thing>>, NoAnswer> {
    let wanted = name.to_lowercase();
    let mut beginnings = 0;
    // Of nothing, everything is the beginning; and more than a person can choose from names nothing.
    let mut goes_by = |id: &str| {
        let id = id.to_lowercase();
        let is_whole = id == wanted;
        let begins = !wanted.is_empty() && id.starts_with(&wanted);
        beginnings += usize::from(begins && !is_whole);
        is_whole || (begins && beginnings <= CANDIDATES_MAX + 1)
    };
    let mut found = in_the_log(reading, |event| {
        if let Payload::ShipmentDispatched(sent) = &event.body.payload {
            let id = sent.shipment.to_string();
            if goes_by(&id) {
                let names = vec![format!("{}/{id}", event.body.author)];
                let value = Thing::Shipment(event.position);
                return Some(Candidate { id, names, value });
            }
        }
        let id = event.id.to_string();
        let value = Thing::Event(event.position);
        let names = Vec::new();
        goes_by(&id).then_some(Candidate { id, names, value })
    })?;
    let parties = reading.registry()?.parties();
    found.extend(parties.map(|(id, record)| Candidate {
        id: id.to_string(),
        names: vec![record.names.zh.to_string(), record.names.en.to_string()],
        value: Thing::Party(*id),
    }));
    found.extend(findings.iter().map(|finding| Candidate {
        id: finding.id.to_string(),
        names: Vec::new(),
        value: Thing::Finding(Box::new(finding.clone())),
    }));
    Ok(found)
}

/// What one pass over the log finds.
fn in_the_log(
    reading: &Reading,
    mut each: impl FnMut(&Event) -> Option<Candidate<Thing>>,
) -> Result<Vec<Candidate<Thing>>, NoAnswer> {
    let mut found = Vec::new();
    feed(&*reading.store, 0, reading.size(), &mut |event| {
        found.extend(each(event));
    })?;
    Ok(found)
}

/// An event as it is listed.
fn listed(registry: &Registry, event: &Event) -> EventOfFinding {
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
