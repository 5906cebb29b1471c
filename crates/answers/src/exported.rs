//! Exports against the licences that they name: what each allows, what left under it, and what is left of it.
//!
//! Invariant: an export counts under the licence that it names, whoever exports, and one that names none has a row of its own; an
//! export that did not occur is none. Judges nothing: the findings X01 to X03 do.

use std::collections::BTreeMap;

use domain::{Day, Division, PartyId, Payload, Zone};
use projection::{Amount, feed};

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::registered;
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// Licences in the order of exporters and numbers, each with what left under it.
    pub struct Exports {
        pub licences: Vec<UnderLicence>,
    }

    /// What one exporter exported under one licence.
    pub struct UnderLicence {
        pub exporter: PartyId,
        pub exporter_name: Option<String>,
        /// Nothing of exports that name none.
        pub licence: Option<String>,
        /// Net mass that it allows, as the newest export states it.
        pub allowed_mg: Option<Mg>,
        pub from: Option<Day>,
        pub until: Option<Day>,
        pub exports: u64,
        /// Of them before or after its validity.
        pub outside: u64,
        pub net_mg: Mg,
        pub reo_mg: Mg,
        /// What may still be exported under it; below nothing where more was.
        pub left_mg: Option<Mg>,
    }
}

pub(crate) fn exports(
    reading: &Reading,
    wanted: Option<PartyId>,
    division: Option<Division>,
) -> Result<Exports, NoAnswer> {
    let registry = reading.registry()?;
    if let Some(party) = &wanted {
        registered(registry, party)?;
    }
    let (books, zone) = (reading.books()?, registry.zone());
    let mut found: BTreeMap<(PartyId, Option<String>), UnderLicence> = BTreeMap::new();
    feed(&*reading.store, 0, reading.size(), &mut |event| {
        let exporter = event.body.author;
        let is_wanted = wanted.is_none_or(|party| party == exporter);
        if !is_wanted || !matches!(event.body.payload, Payload::LotExported(_)) {
            return;
        }
        let stands = match books.book.standing(&event.id) {
            None => Some(&event.body.payload),
            Some((_, payload)) => payload,
        };
        let Some(Payload::LotExported(export)) = stands else {
            return;
        };
        let licence = export.licence.as_ref();
        let number = licence.map(|licence| licence.number.to_string());
        let row = found.entry((exporter, number.clone()));
        let row = row.or_insert_with(|| UnderLicence {
            exporter,
            exporter_name: name_of(registry, &exporter),
            licence: number,
            allowed_mg: None,
            from: None,
            until: None,
            exports: 0,
            outside: 0,
            net_mg: Mg(0),
            reo_mg: Mg(0),
            left_mg: None,
        });
        let day = zone.day_of(event.body.occurred);
        row.exports += 1;
        row.allowed_mg = licence.map(|licence| Mg(licence.quantity_mg.mg().into()));
        row.from = licence.map(|licence| licence.from);
        row.until = licence.map(|licence| licence.until);
        let is_outside = |of: &domain::payload::ExportLicence| day < of.from || of.until < day;
        row.outside += u64::from(licence.is_some_and(is_outside));
        for line in &*export.lines {
            let amount = Amount::from(&line.quantity);
            row.net_mg.0 += amount.net;
            row.reo_mg.0 += amount.reo;
        }
        row.left_mg = row.allowed_mg.map(|allowed| Mg(allowed.0 - row.net_mg.0));
    })?;
    let mut licences = Vec::new();
    for row in found.into_values() {
        if reading.is_within(division, Some(&row.exporter))? {
            licences.push(row);
        }
    }
    Ok(Exports { licences })
}

pub(crate) fn tables(answer: &Exports, _: Zone) -> Vec<Table> {
    let row = |row: &UnderLicence| {
        vec![
            Cell::Party(row.exporter),
            Cell::or_nothing(row.exporter_name.as_ref(), Cell::text),
            Cell::or_nothing(row.licence.as_ref(), Cell::text),
            Cell::or_nothing(row.from, Cell::Day),
            Cell::or_nothing(row.until, Cell::Day),
            Cell::Count(row.exports.into()),
            Cell::Count(row.outside.into()),
            Cell::or_nothing(row.allowed_mg, Cell::Mass),
            Cell::Mass(row.net_mg),
            Cell::or_nothing(row.left_mg, Cell::Mass),
            Cell::Mass(row.reo_mg),
        ]
    };
    let names = [
        "exporter",
        "name",
        "licence",
        "from",
        "until",
        "#exports",
        "#outside",
        "+:allowed t",
        "+:net t",
        "+:left t",
        "+:REO t",
    ];
    vec![Table::new(&names).with(answer.licences.iter().map(row))]
}
