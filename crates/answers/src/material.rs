//! The material balance of a site, from stock count to stock count.
//!
//! Invariant: every line shows the figures that it is the sum of. Knows no uncertainty; the projection does.

use std::collections::BTreeMap;

use balance::{Line, Matter, Period, RunLoss, material};
use domain::payload::Process;
use domain::{Code, Element, EventId, LotId, Moment, Ppm, SiteId, Zone};
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
        /// One standard deviation of the MUF of REO.
        pub sigma_mg: Option<Mg>,
        /// Next to the balance: runs inside are no terms of it.
        pub runs: Vec<MaterialRuns>,
        /// Sum of the MUF of REO up to this period.
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
        /// One standard deviation of it.
        pub sigma_mg: Option<Mg>,
        pub is_reo: bool,
    }

    /// What runs of one process did in a period, in REO.
    pub struct MaterialRuns {
        pub process: Process,
        pub taken_mg: Mg,
        /// Outputs and residue.
        pub kept_mg: Mg,
        /// As measured; these are decreases of the balance.
        pub discarded_mg: Mg,
        /// Neither kept nor measured: part of the MUF.
        pub lost_mg: Mg,
        /// Kept of what was taken; nothing where nothing was.
        pub yield_ppm: Option<i64>,
    }

    /// One movement of a period over the boundary of the site.
    pub struct MaterialMovement {
        pub position: u64,
        pub event: EventId,
        pub kind: &'static str,
        pub occurred: Moment,
        pub column: Column,
        /// Nothing for what a run discards as measured.
        pub lot: Option<LotId>,
        /// The method of measurement that the event names.
        pub method: Option<Code>,
        /// Whether a declaration of it was valid for that; otherwise the rule set's figure for the basis is taken.
        pub method_holds: Option<bool>,
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
        method: posting.method.map(|(method, _)| method),
        method_holds: posting.method.map(|(_, holds)| holds),
        reo_mg: Mg(posting.reo_mg),
    });
    MaterialPeriod {
        count: period.count.map(|(_, event)| event),
        as_of: period.count.map(|(as_of, _)| as_of),
        lines: lines.map(|(matter, line)| line_of(*matter, line)).collect(),
        sigma_mg: period
            .lines
            .get(&Matter::Reo)
            .and_then(|line| line.sigma.map(Mg)),
        runs: period
            .runs
            .iter()
            .map(|(process, loss)| runs_of(*process, loss))
            .collect(),
        cumulative_muf_mg: Mg(period.cumulative),
        explain: movements.collect(),
    }
}

fn runs_of(process: Process, loss: &RunLoss) -> MaterialRuns {
    let share = |kept: i128| kept * i128::from(Ppm::ONE) / loss.taken;
    let kept = Some(loss.kept).filter(|_| loss.taken > 0);
    MaterialRuns {
        process,
        taken_mg: Mg(loss.taken),
        kept_mg: Mg(loss.kept),
        discarded_mg: Mg(loss.discarded),
        lost_mg: Mg(loss.lost()),
        yield_ppm: kept.and_then(|kept| i64::try_from(share(kept)).ok()),
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
        sigma_mg: line.sigma.map(Mg),
        is_reo: matter == Matter::Reo,
    }
}

impl MaterialLine {
    fn sum(&self, ins: bool) -> Mg {
        let changes = self.changes_mg.values().map(|mg| mg.0);
        Mg(changes.filter(|mg| (*mg > 0) == ins).sum())
    }
}

impl MaterialMovement {
    /// The method, and whether it stood for what it is named for.
    fn method_cell(&self) -> Cell {
        let Some(method) = self.method else {
            return Cell::Nothing;
        };
        if self.method_holds == Some(false) {
            return Cell::text(format!("{method} (not valid)"));
        }
        Cell::text(method)
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
            Cell::or_nothing(line.sigma_mg, Cell::Mass),
            Cell::or_nothing(
                Some(self.cumulative_muf_mg).filter(|_| of_count),
                Cell::Mass,
            ),
        ]
    }

    fn runs_inside(&self, number: usize, zone: Zone) -> Option<Table> {
        let row = |row: &MaterialRuns| {
            vec![
                Cell::text(row.process),
                Cell::Mass(row.taken_mg),
                Cell::Mass(row.kept_mg),
                Cell::Mass(row.discarded_mg),
                Cell::Mass(row.lost_mg),
                Cell::or_nothing(row.yield_ppm, |ppm| Cell::Share {
                    ppm: ppm.into(),
                    decimals: 1,
                }),
            ]
        };
        let names = [
            "process",
            "t:taken t",
            "t:kept t",
            "t:discarded t",
            "t:run losses t",
            "yield",
        ];
        let title = format!(
            "runs of period {number}, counted {}",
            self.end(zone).whole()
        );
        let table = Table::new(&names)
            .titled(title)
            .with(self.runs.iter().map(row));
        (!self.runs.is_empty()).then_some(table)
    }

    fn explained(&self, number: usize, zone: Zone) -> Table {
        let row = |row: &MaterialMovement| {
            vec![
                Cell::Count(row.position.into()),
                Cell::id(row.event),
                Cell::Day(zone.day_of(row.occurred)),
                Cell::text(row.kind),
                Cell::text(row.column.name()),
                row.lot.map_or(Cell::Nothing, Cell::text),
                row.method_cell(),
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
            "method",
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
    let runs = (1..).zip(periods.clone());
    tables.extend(runs.filter_map(|(number, period)| period.runs_inside(number, zone)));
    tables.extend(
        (1..)
            .zip(periods)
            .map(|(number, period)| period.explained(number, zone)),
    );
    tables
}
