//! What is known of one thing, field by field, and the events behind it.
//!
//! Invariant: every value is what the registry, the book or the entry says. Finds nothing by name.

use std::collections::BTreeMap;

use domain::{LotId, Moment, PartyId, Registry, SiteId};
use projection::{Amount, Event, Sent, Shipment};
use serde_json::Value;

use super::{Shown, ShownField, listed};
use crate::findings::{OneFinding, in_full};
use crate::reading::Reading;
use crate::refused::{Named, NoAnswer, Refused};
use crate::resolve::event_at;
use crate::statement::product;
use crate::table::Cell;
use crate::value::{Mg, name_of};

fn field(name: impl ToString, value: impl ToString) -> ShownField {
    ShownField {
        name: name.to_string(),
        value: value.to_string(),
    }
}

fn shown(kind: &'static str, id: impl ToString, fields: Vec<ShownField>) -> Shown {
    Shown {
        kind,
        id: id.to_string(),
        fields,
        events: Vec::new(),
        findings: Vec::new(),
    }
}

fn masses(amount: Amount) -> String {
    let tonnes = |mg| Cell::Mass(Mg(mg)).whole();
    format!("{} t net, {} t REO", tonnes(amount.net), tonnes(amount.reo))
}

/// A party with its name, if it has one.
fn named(registry: &Registry, party: &PartyId) -> String {
    match name_of(registry, party) {
        Some(name) => format!("{party} {name}"),
        None => format!("{party} (not registered)"),
    }
}

pub(super) fn party(registry: &Registry, id: PartyId) -> Shown {
    let mut fields = Vec::new();
    if let Some(record) = registry.party(&id) {
        fields.extend([
            field("name", &record.names.zh),
            field("English name", &record.names.en),
            field("kind", record.kind.name()),
            field("division", record.division),
            field("standing", record.standing.name()),
        ]);
        fields.extend(record.group.map(|group| field("group", group)));
        let successor = record.successor;
        fields.extend(successor.map(|party| field("succeeded by", named(registry, &party))));
    }
    let sites = registry.sites().filter(|(site, _)| site.party == id);
    fields.extend(sites.map(|(site, _)| field("site", site)));
    shown("party", id, fields)
}

pub(super) fn site(reading: &Reading, site: &SiteId) -> Result<Shown, NoAnswer> {
    let registry = reading.registry()?;
    let mut fields = vec![field("owner", named(registry, &site.party))];
    let licences = registry.sites().filter(|(known, _)| *known == site);
    fields.extend(licences.flat_map(|(_, licences)| licences).map(|licence| {
        let (number, activity) = (&licence.number, licence.activity.name());
        let says = format!("{activity}, {} to {}", licence.from, licence.until);
        field(format!("licence {number}"), says)
    }));
    let stock = reading.books()?.book.stock_of_site(site);
    fields.push(field("lots on the book", stock.len()));
    let sum = stock
        .iter()
        .fold(Amount::ZERO, |sum, (_, amount)| sum + *amount);
    fields.push(field("stock", masses(sum)));
    Ok(shown("site", site, fields))
}

pub(super) fn lot(reading: &Reading, lot: &LotId) -> Result<Shown, NoAnswer> {
    let (books, registry) = (reading.books()?, reading.registry()?);
    let book = &books.book;
    let record = books
        .sound(book.lot(lot))?
        .ok_or_else(|| Refused::Unknown {
            what: Named::Lot,
            given: lot.to_string(),
            near: Vec::new(),
        })?;
    let mut fields = vec![
        field("made by", named(registry, &lot.creator)),
        field("product", product(Some(record.product))),
    ];
    let composition = record.composition;
    fields.extend(composition.map(|shares| field("composition", shares)));
    for site in book.sites_with_stock() {
        let held = book.stock(&site.party, &site.code, lot);
        if held != Amount::ZERO {
            fields.push(field(format!("at {site}"), masses(held)));
        }
    }
    for (_, sent, shipment) in book.open_shipments() {
        fields.extend(under_way(&sent, shipment, lot));
    }
    let mut lot_shown = shown("lot", lot, fields);
    let first = event_at(&*reading.store, record.first_position)?;
    lot_shown.events.push(listed(registry, &first));
    Ok(lot_shown)
}

fn under_way(sent: &Sent, shipment: &Shipment, lot: &LotId) -> Vec<ShownField> {
    let lines = shipment.lines.iter().zip(0..);
    let of_lot = lines.filter(|(line, _)| line.lot == *lot);
    let open = of_lot.map(|(_, number)| shipment.under_way(number));
    let name = format!("under way as {} to {}", sent.shipment, sent.to);
    open.filter(|open| *open != Amount::ZERO)
        .map(|open| field(&name, masses(open)))
        .collect()
}

pub(super) fn shipment(reading: &Reading, position: u64) -> Result<Shown, NoAnswer> {
    let (books, registry) = (reading.books()?, reading.registry()?);
    let dispatched = event_at(&*reading.store, position)?;
    let zone = registry.zone();
    let account = books.sound(books.book.shipment(&dispatched.id))?;
    let known = account.and_then(|account| Some((account.sent?, account)));
    let Some((sent, account)) = known else {
        // Taken back by a correction: the event is all there is.
        return event(reading, position);
    };
    let state = if account.is_complete() {
        "settled"
    } else {
        "under way"
    };
    let mut fields = vec![
        field("from", named(registry, &sent.shipper)),
        field("to", named(registry, &sent.to)),
        field("title", sent.title.name()),
        field("sent", zone.show(sent.occurred)),
        field("state", state),
    ];
    for (line, number) in account.lines.iter().zip(0..) {
        let parts = [
            ("sent", line.sent),
            ("accepted", line.accepted),
            ("rejected", line.rejected),
            ("withdrawn", line.withdrawn),
            ("under way", account.under_way(number)),
            ("difference", account.difference(number)),
        ];
        let moved = |(what, amount): &(&str, Amount)| *what == "sent" || *amount != Amount::ZERO;
        let parts = parts.into_iter().filter(moved);
        let parts = parts.map(|(what, amount)| format!("{what} {}", masses(amount)));
        let parts: Vec<_> = parts.collect();
        fields.push(field(format!("lot {}", line.lot), parts.join("; ")));
    }
    let mut shipment = shown("shipment", sent.shipment, fields);
    shipment.events.push(listed(registry, &dispatched));
    for act in &account.acts {
        let settled = event_at(&*reading.store, act.position)?;
        shipment.events.push(listed(registry, &settled));
    }
    Ok(shipment)
}

pub(super) fn event(reading: &Reading, position: u64) -> Result<Shown, NoAnswer> {
    let registry = reading.registry()?;
    let event = event_at(&*reading.store, position)?;
    let zone = registry.zone();
    let mut fields = vec![
        field("kind", event.body.payload.name()),
        field("by", named(registry, &event.body.author)),
        field("occurred", zone.show(event.body.occurred)),
        field("received", zone.show(event.received)),
    ];
    fields.extend(stated(&event));
    let mut event_shown = shown("event", event.id, fields);
    event_shown.events.push(listed(registry, &event));
    let standing = reading.books()?.book.standing(&event.id);
    if let Some((correction, _)) = standing {
        let correction = event_at(&*reading.store, correction)?;
        event_shown.events.push(listed(registry, &correction));
    }
    Ok(event_shown)
}

/// What the event states, one field a line.
fn stated(event: &Event) -> Vec<ShownField> {
    // A payload is plain data: nothing in it can fail to be written.
    let payload = serde_json::to_value(&event.body.payload).unwrap_or_default();
    let mut flat = BTreeMap::new();
    flatten("", &payload, &mut flat);
    flat.iter()
        .map(|(name, value)| field(name, value))
        .collect()
}

fn flatten(name: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    let below = |part: &str| match name {
        "" => part.to_owned(),
        name => format!("{name}.{part}"),
    };
    match value {
        Value::Object(members) => {
            for (part, value) in members {
                flatten(&below(part), value, flat);
            }
        }
        Value::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                flatten(&below(&number.to_string()), value, flat);
            }
        }
        Value::Null => {}
        Value::String(text) => drop(flat.insert(name.to_owned(), text.clone())),
        plain => drop(flat.insert(name.to_owned(), plain.to_string())),
    }
}

pub(super) fn finding(
    reading: &Reading,
    finding: OneFinding,
    by: Moment,
) -> Result<Shown, NoAnswer> {
    let whole = in_full(reading, &finding.id, by)?;
    let mut fields = vec![
        field("code", finding.code),
        field("possibly", finding.title),
        field("severity", finding.severity.name()),
        field("state", finding.state.name()),
        field("about", &finding.subject),
    ];
    fields.extend(
        finding
            .figures
            .iter()
            .map(|figure| field(figure.name, figure)),
    );
    let mut finding_shown = shown("finding", finding.id, fields);
    finding_shown.events = whole.events;
    Ok(finding_shown)
}
