//! The material balance of a site, from stock count to stock count.
//!
//! Invariant: every line shows the figures that it is the sum of. Knows no uncertainty; the projection does.

use std::collections::BTreeMap;

use balance::{Line, Matter, Period, material};
use domain::{Element, EventId, LotId, Moment, SiteId, Zone};
use projection::Column;

use crate::reading::Reading;
use crate::refused::{NoAnswer, Refused};
use crate::schema::answers;
use crate::table::{Cell, Table};
use crate::value::{Mg, name_of};

answers! {
    /// A site's periods, the last one open.
    pub struct MaterialBalance {
        pub site: SiteId,
        pub party_name: Option<String>,
        pub periods: Vec<MaterialPeriod>,
    }

    /// From one count to the next.
    pub struct MaterialPeriod {
        /// The event that closed it.
        pub count: Option<EventId>,
        pub as_of: Option<Moment>,
        pub lines: Vec<MaterialLine>,
        pub sigma_mg: Option<Mg>,
        pub cumulative_muf_mg: Mg,
        pub explain: Vec<MaterialMovement>,
    }

    /// One kind of matter in a period.
    pub struct MaterialLine {
        pub of: String,
        pub opening_mg: Mg,
        pub changes_mg: BTreeMap<String, Mg>,
        pub book_mg: Mg,
        pub physical_mg: Option<Mg>,
        /// Material unaccounted for.
        pub muf_mg: Option<Mg>,
        pub is_reo: bool,
    }

    /// One movement of a period.
    pub struct MaterialMovement {
        pub position: u64,
        pub event: EventId,
        pub kind: &'static str,
        pub occurred: Moment,
        pub column: Column,
        pub lot: LotId,
        pub reo_mg: Mg,
    }
}

pub(crate) fn periods(
    reading: &Reading,
    site: SiteId,
    element: Option<Element>,
) -> Result<MaterialBalance, NoAnswer> {
    let periods = material(&*reading.store, reading.until(), &site)?;
    if periods.iter().all(|period| period.lines.is_empty()) {
        return Err(Refused::NothingMoved { site }.into());
    }
    Ok(MaterialBalance {
        site,
        party_name: name_of(reading.registry()?, &site.party),
        periods: periods
            .iter()
            .map(|period| shown(period, element))
            .collect(),
    })
}

fn shown(period: &Period, element: Option<Element>) -> MaterialPeriod {
    let wanted =
        |matter: &Matter| element.is_none_or(|element| *matter == Matter::Element(element));
    let lines = period.lines.iter().filter(|(matter, _)| wanted(matter));
    let movements = period.postings.iter().map(|posting| MaterialMovement {
        position: posting.position,
        event: posting.event,
        kind: posting.name,
        occurred: posting.occurred,
        column: posting.column,
        lot: posting.lot,
        reo_mg: Mg(posting.reo_mg),
    });
    MaterialPeriod {
        count: period.count.map(|(_, event)| event),
        as_of: period.count.map(|(as_of, _)| as_of),
        lines: lines.map(|(matter, line)| line_of(*matter, line)).collect(),
        sigma_mg: period.sigma.map(Mg),
        cumulative_muf_mg: Mg(period.cumulative),
        explain: movements.collect(),
    }
}

fn line_of(matter: Matter, line: &Line) -> MaterialLine {
    let changes = line.changes.iter();
    MaterialLine {
        of: matter.to_string(),
        opening_mg: Mg(line.opening),
        changes_mg: changes
            .map(|(column, mg)| (column.name().to_owned(), Mg(*mg)))
            .collect(),
        book_mg: Mg(line.book()),
        physical_mg: line.physical.map(Mg),
        muf_mg: line.unaccounted().map(Mg),
        is_reo: matter == Matter::Reo,
    }
}

impl MaterialLine {
    fn sum(&self, ins: bool) -> Mg {
        let changes = self.changes_mg.values().map(|mg| mg.0);
        Mg(changes.filter(|mg| (*mg > 0) == ins).sum())
    }
}

impl MaterialPeriod {
    fn end(&self, zone: Zone) -> Cell {
        self.as_of
            .map_or_else(|| Cell::text("open"), |as_of| Cell::Day(zone.day_of(as_of)))
    }

    fn row(&self, line: &MaterialLine, zone: Zone) -> Vec<Cell> {
        let of_count = line.is_reo && self.count.is_some();
        vec![
            self.end(zone),
            Cell::text(&line.of),
            Cell::Mass(line.opening_mg),
            Cell::Mass(line.sum(true)),
            Cell::Mass(line.sum(false)),
            Cell::Mass(line.book_mg),
            Cell::or_nothing(line.physical_mg, Cell::Mass),
            Cell::or_nothing(line.muf_mg, Cell::Mass),
            Cell::or_nothing(self.sigma_mg.filter(|_| line.is_reo), Cell::Mass),
            Cell::or_nothing(
                Some(self.cumulative_muf_mg).filter(|_| of_count),
                Cell::Mass,
            ),
        ]
    }

    fn explained(&self, number: usize, zone: Zone) -> Table {
        let row = |row: &MaterialMovement| {
            vec![
                Cell::Count(row.position.into()),
                Cell::id(row.event),
                Cell::Day(zone.day_of(row.occurred)),
                Cell::text(row.kind),
                Cell::text(row.column.name()),
                Cell::text(row.lot),
                Cell::Mass(row.reo_mg),
            ]
        };
        let names = [
            "#position",
            "event",
            "occurred",
            "kind",
            "column",
            "lot",
            "+:REO t",
        ];
        let title = format!("period {number}, counted {}", self.end(zone).whole());
        Table::new(&names)
            .titled(title)
            .with(self.explain.iter().map(row))
    }
}

/// The periods, and what explains each.
pub(crate) fn tables(answer: &MaterialBalance, zone: Zone) -> Vec<Table> {
    let names = [
        "counted",
        "of",
        "t:PB t",
        "t:increases t",
        "t:decreases t",
        "t:BE t",
        "t:PE t",
        "t:MUF t",
        "t:sigma t",
        "t:CUMUF t",
    ];
    let periods = answer.periods.iter();
    let rows = periods
        .clone()
        .flat_map(|period| period.lines.iter().map(move |line| period.row(line, zone)));
    let mut tables = vec![Table::new(&names).with(rows)];
    tables.extend(
        (1..)
            .zip(periods)
            .map(|(number, period)| period.explained(number, zone)),
    );
    tables
}
