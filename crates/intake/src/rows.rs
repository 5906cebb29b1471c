//! A grid becomes drafts: which rows are one event, and each of them in its turn.
//!
//! Invariant: a grid with one bad cell gives no draft, and all its bad cells are named. Knows no files.

use std::collections::HashMap;

use domain::Zone;

use crate::cells::{self, Habits};
use crate::draft::Draft;
use crate::event;
use crate::fault::SheetFault;
use crate::grid::Grid;
use crate::sheet::{Row, Sheet};

/// Reads a grid; one without a row below its headings says nothing.
pub(crate) fn read(file: &str, grid: &Grid, zone: Zone) -> Result<Vec<Draft>, Vec<SheetFault>> {
    if grid.lines.len() < 2 {
        return Ok(Vec::new());
    }
    let habits = Habits {
        zone,
        comma_groups: grid.comma_groups,
    };
    let sheet = Sheet::of(file, grid, habits)?;
    let rows = grid.lines.iter().skip(1);
    let rows: Vec<_> = rows
        .map(|line| Row {
            sheet: &sheet,
            line,
        })
        .collect();
    let (mut drafts, mut faults) = (Vec::new(), Vec::new());
    for event in events(&rows, &mut faults) {
        match event::read(&sheet, &event) {
            Ok(draft) => drafts.push(draft),
            Err(mut wrong) => faults.append(&mut wrong),
        }
    }
    if faults.is_empty() {
        Ok(drafts)
    } else {
        Err(faults)
    }
}

/// The rows of each event, in the order of their first rows. A sheet that was sorted by another column has the lines of an
/// event apart; they are one event all the same, and what they say of the event itself has to agree.
fn events<'a>(rows: &[Row<'a>], faults: &mut Vec<SheetFault>) -> Vec<Vec<Row<'a>>> {
    let mut events: Vec<Vec<Row<'a>>> = Vec::new();
    let mut places = HashMap::new();
    for row in rows {
        let Some(placed) = row.sheet.number.as_ref() else {
            events.push(vec![*row]);
            continue;
        };
        let Some(number) = row
            .cell(placed)
            .map(|raw| cells::half_width(&raw.to_string()))
        else {
            faults.push(row.bad(placed, "is empty; fill it in"));
            continue;
        };
        let place = *places.entry(number).or_insert(events.len());
        match events.get_mut(place) {
            Some(event) => event.push(*row),
            None => events.push(vec![*row]),
        }
    }
    events
}
