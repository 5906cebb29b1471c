//! The headings of a sheet are matched to the columns of its kind of event, in any order, in English or Chinese.
//!
//! Invariant: every heading is known and none is there twice, so no cell of a sheet is passed over. Knows nothing of values.

use domain::payload::SealedKind;

use crate::cells::Habits;
use crate::columns::{self, Cell, Column, DETAIL, EVENT, KEY, Kind, Lines, NUMBER, Need, PROBLEMS};
use crate::fault::SheetFault;
use crate::grid::{Grid, Line, Raw};
use crate::{cells, plain};

/// A column and where it is in this sheet, if it is.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub column: Column,
    pub at: Option<u32>,
    /// As written in the sheet.
    pub heading: String,
}

/// A confidential column.
#[derive(Debug, Clone)]
pub(crate) struct Hidden {
    pub field: SealedKind,
    pub at: u32,
    pub heading: String,
}

/// A sheet whose headings are understood.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub file: &'a str,
    pub name: Option<&'a str>,
    pub kind: &'static Kind,
    pub habits: Habits,
    pub event: Placed,
    pub number: Option<Placed>,
    pub key: Placed,
    pub head: Vec<Placed>,
    pub line: Vec<Placed>,
    pub details: Vec<Hidden>,
    /// Places of all columns that have a heading, in ascending order.
    headed: Vec<u32>,
}

/// One row of a sheet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub sheet: &'a Sheet<'a>,
    pub line: &'a Line,
}

impl<'a> Row<'a> {
    pub(crate) fn cell(self, placed: &Placed) -> Option<&'a Raw> {
        placed.at.and_then(|at| self.line.cell(at))
    }

    /// The column with this name, where the sheet's kind has it.
    pub(crate) fn placed(self, name: &str) -> Option<&'a Placed> {
        let all = self.sheet.line.iter().chain(&self.sheet.head);
        let mut all = all.chain(&self.sheet.number).chain([&self.sheet.key]);
        all.find(|placed| placed.column.name == name)
    }

    /// File, sheet and row, for messages.
    pub(crate) fn place(self) -> String {
        crate::fault::place(self.sheet.file, self.sheet.name, self.line.number)
    }

    /// Something wrong with the row as a whole.
    pub(crate) fn fault(self, why: impl Into<String>) -> SheetFault {
        SheetFault {
            file: self.sheet.file.to_owned(),
            sheet: self.sheet.name.map(str::to_owned),
            row: Some(self.line.number),
            why: why.into(),
            ..SheetFault::default()
        }
    }

    /// Something wrong with one cell.
    pub(crate) fn bad(self, placed: &Placed, why: impl Into<String>) -> SheetFault {
        SheetFault {
            column: Some(placed.heading.clone()),
            at: placed.at,
            value: self.cell(placed).map(Raw::shown),
            ..self.fault(why)
        }
    }

    /// As `bad`, by the name of the column.
    pub(crate) fn bad_in(self, name: &str, why: impl Into<String>) -> SheetFault {
        match self.placed(name) {
            Some(placed) => self.bad(placed, why),
            None => self.fault(why),
        }
    }

    /// As `bad`, without the value: a confidential one is nothing for messages.
    pub(crate) fn bad_hidden(self, hidden: &Hidden, why: impl Into<String>) -> SheetFault {
        SheetFault {
            column: Some(hidden.heading.clone()),
            at: Some(hidden.at),
            ..self.fault(why)
        }
    }
}

impl<'a> Sheet<'a> {
    /// Understands the headings of a grid that has at least one row below them.
    pub(crate) fn of(
        file: &'a str,
        grid: &'a Grid,
        habits: Habits,
    ) -> Result<Self, Vec<SheetFault>> {
        let mut matching = Matching::new(file, grid)?;
        let event = matching.take(EVENT).ok_or_else(|| {
            vec![matching.fault(
                "the column \"event\" is missing; `ytterby template KIND` shows all columns",
            )]
        })?;
        let kind = matching.kind(&event).map_err(|fault| vec![*fault])?;
        let numbered = kind.lines != Lines::None;
        let number = numbered.then(|| matching.need(NUMBER));
        let key = matching.need(KEY);
        let head = kind.heads().into_iter();
        let head = head.map(|column| matching.need(column)).collect();
        let line = kind.line_columns().into_iter();
        let line = line.map(|column| matching.need(column)).collect();
        let details = matching.details(kind);
        matching.finish(kind)?;
        Ok(Self {
            file,
            name: grid.name.as_deref(),
            kind,
            habits,
            event,
            number,
            key,
            head,
            line,
            details,
            headed: matching.headed,
        })
    }

    /// Cells of a row that no heading is above.
    pub(crate) fn without_heading(&self, line: &'a Line) -> impl Iterator<Item = &'a (u32, Raw)> {
        let cells = line.cells.iter();
        cells.filter(|(at, _)| self.headed.binary_search(at).is_err())
    }
}

/// Headings that are still to be matched, and what was wrong so far.
struct Matching<'a> {
    file: &'a str,
    grid: &'a Grid,
    open: Vec<(u32, String)>,
    headed: Vec<u32>,
    faults: Vec<SheetFault>,
}

impl<'a> Matching<'a> {
    fn new(file: &'a str, grid: &'a Grid) -> Result<Self, Vec<SheetFault>> {
        let mut matching = Self {
            file,
            grid,
            open: Vec::new(),
            headed: Vec::new(),
            faults: Vec::new(),
        };
        let Some(first) = grid.lines.first() else {
            return Err(vec![matching.fault("has no headings")]);
        };
        for (at, raw) in &first.cells {
            matching.headed.push(*at);
            match cells::as_text(raw) {
                Ok(text) => matching.open.push((*at, text)),
                Err(why) => {
                    let fault = matching.heading_fault(*at, &raw.shown(), why);
                    matching.faults.push(fault);
                }
            }
        }
        Ok(matching)
    }

    /// Something wrong with the row of headings.
    fn fault(&self, why: impl Into<String>) -> SheetFault {
        SheetFault {
            file: self.file.to_owned(),
            sheet: self.grid.name.clone(),
            row: self.grid.lines.first().map(|line| line.number),
            why: why.into(),
            ..SheetFault::default()
        }
    }

    fn heading_fault(&self, at: u32, heading: &str, why: impl Into<String>) -> SheetFault {
        SheetFault {
            column: Some(heading.to_owned()),
            at: Some(at),
            ..self.fault(why)
        }
    }

    /// Finds the heading of a column, and refuses a second one.
    fn take(&mut self, column: Column) -> Option<Placed> {
        let names = [column.name, column.chinese].map(spelled);
        let mut found = None;
        for (at, heading) in std::mem::take(&mut self.open) {
            if !names.contains(&spelled(&heading)) {
                self.open.push((at, heading));
            } else if found.is_some() {
                let why = "duplicate column; keep one of them";
                let fault = self.heading_fault(at, &heading, why);
                self.faults.push(fault);
            } else {
                found = Some(Placed {
                    column,
                    at: Some(at),
                    heading,
                });
            }
        }
        found
    }

    /// As `take`; a column that must be there and is not is a fault.
    fn need(&mut self, column: Column) -> Placed {
        let found = self.take(column);
        if found.is_none() && column.need == Need::Must {
            let fault = self.fault(format!(
                "the column {:?} ({}) is missing; `ytterby template KIND` shows all columns",
                column.name, column.chinese
            ));
            self.faults.push(fault);
        }
        found.unwrap_or_else(|| Placed {
            column,
            at: None,
            heading: column.name.to_owned(),
        })
    }

    /// The kind that the first row names.
    fn kind(&self, event: &Placed) -> Result<&'static Kind, Box<SheetFault>> {
        let named = self.grid.lines.get(1).zip(event.at);
        let raw = named.and_then(|(line, at)| line.cell(at));
        let name = raw.map(ToString::to_string).unwrap_or_default();
        columns::kind(&name).ok_or_else(|| {
            Box::new(SheetFault {
                row: self.grid.lines.get(1).map(|line| line.number),
                value: Some(raw.map(Raw::shown).unwrap_or_default()),
                ..self.heading_fault(
                    event.at.unwrap_or_default(),
                    &event.heading,
                    format!(
                        "no columns for it; use one of {}, or JSON Lines",
                        columns::kinds().collect::<Vec<_>>().join(", ")
                    ),
                )
            })
        })
    }

    /// Columns of details are known by their prefix.
    fn details(&mut self, kind: &Kind) -> Vec<Hidden> {
        let mut details: Vec<Hidden> = Vec::new();
        for (at, heading) in std::mem::take(&mut self.open) {
            let Some(name) = heading.strip_prefix(DETAIL) else {
                self.open.push((at, heading));
                continue;
            };
            let field = plain::check_event(kind.event).and_then(|()| plain::field(name));
            let is_second = |field: &SealedKind| details.iter().any(|known| known.field == *field);
            match field {
                Ok(field) if is_second(&field) => {
                    let fault = self.heading_fault(at, &heading, "duplicate column");
                    self.faults.push(fault);
                }
                Ok(field) => details.push(Hidden { field, at, heading }),
                Err(why) => {
                    let fault = self.heading_fault(at, &heading, why);
                    self.faults.push(fault);
                }
            }
        }
        details
    }

    /// What is left over is not known.
    fn finish(&mut self, kind: &Kind) -> Result<(), Vec<SheetFault>> {
        for (at, heading) in std::mem::take(&mut self.open) {
            if spelled(&heading).starts_with(PROBLEMS) {
                continue;
            }
            let names: Vec<_> = kind.columns().iter().map(|column| column.name).collect();
            let why = format!(
                "the column {heading:?} is not known; the columns are {}",
                names.join(", ")
            );
            let fault = self.heading_fault(at, &heading, why);
            self.faults.push(fault);
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(std::mem::take(&mut self.faults))
        }
    }
}

/// A heading without what does not tell it from others: size and width of letters, spaces.
fn spelled(heading: &str) -> String {
    let heading = cells::half_width(heading).to_lowercase();
    heading.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a column is read as a name, and not as a number or a date: its cells are texts in a workbook.
pub(crate) const fn is_text(cell: Cell) -> bool {
    !matches!(
        cell,
        Cell::Kilograms | Cell::Percent | Cell::Number(_) | Cell::Flag | Cell::Time | Cell::Day
    )
}
