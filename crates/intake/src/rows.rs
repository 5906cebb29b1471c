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
    let mut seen = HashMap::new();
    for event in rows.chunk_by(|a, b| number(*a).is_some() && number(*a) == number(*b)) {
        faults.extend(check_number(event, &mut seen));
        match event::read(&sheet, event) {
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

/// What holds the lines of an event together, where its kind has lines.
fn number(row: Row<'_>) -> Option<String> {
    let placed = row.sheet.number.as_ref()?;
    row.cell(placed)
        .map(|raw| cells::half_width(&raw.to_string()))
}

/// Rows of one event that are apart would be two events.
fn check_number(event: &[Row<'_>], seen: &mut HashMap<String, u32>) -> Option<SheetFault> {
    let first = event.first()?;
    let placed = first.sheet.number.as_ref()?;
    let Some(number) = number(*first) else {
        return Some(first.bad(placed, "is empty; fill it in"));
    };
    let last = event.last().unwrap_or(first);
    let before = seen.insert(number, last.line.number)?;
    let why = format!(
        "row {before} has this number too, and other rows are between; put the lines of one event together"
    );
    Some(first.bad(placed, why))
}
