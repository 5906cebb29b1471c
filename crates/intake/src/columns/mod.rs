//! What a column is: its headings, how its cells are read, an example, and what it means.
//!
//! Invariant: a column is described once, in `making`, `moving` or `shared`; reading, templates and messages all use that.
//! Knows no files.

pub(crate) mod lists;
mod making;
mod moving;
mod shared;

use lists::Choice;

/// How a cell is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell {
    /// A name, number or short remark.
    Term,
    /// A remark; nothing is an empty one.
    Note,
    Code,
    Party,
    /// `PARTY`, `end-user` or `stockpile/PARTY`.
    Destination,
    /// `PARTY/CODE`.
    Lot,
    /// `PARTY/CODE` or `CODE`, by the role of the line.
    LotOfRole,
    EventId,
    Product,
    /// Kilograms, exact to the milligram.
    Kilograms,
    Percent,
    Composition,
    Month,
    Day,
    Time,
    Country,
    HsCode,
    /// A whole number, up to a largest one.
    Number(u64),
    /// One of a closed list.
    One(Choice),
    /// True or false.
    Flag,
}

/// Who fills a column in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Everybody, in every row.
    Must,
    /// Whoever has something to say; the heading may be left out too.
    May,
    /// Few: as `May`, and a template in text leaves it out.
    Rare,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub name: &'static str,
    /// Its heading in Chinese.
    pub chinese: &'static str,
    pub cell: Cell,
    pub need: Need,
    pub example: &'static str,
    pub meaning: &'static str,
}

/// Where the lines of an event go in its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// One row is one event.
    None,
    /// Rows with the same `no` are the lines of one event, in this list.
    List(&'static str),
    /// As `List`, and the column `role` says which list.
    Roles,
}

/// The columns of one kind of event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub event: &'static str,
    pub lines: Lines,
    /// Columns of the event itself.
    pub head: &'static [Column],
    /// Columns of a line.
    pub line: &'static [Column],
}

/// The column that names the kind of event.
pub(crate) const EVENT: Column = Column {
    name: "event",
    chinese: "事件",
    cell: Cell::Term,
    need: Need::Must,
    example: "",
    meaning: "kind of event, the same in every row",
};

/// The column that holds the lines of one event together.
pub(crate) const NUMBER: Column = Column {
    name: "no",
    chinese: "序号",
    cell: Cell::Term,
    need: Need::Must,
    example: "1",
    meaning: "rows with the same number are the lines of one event, wherever they are in the sheet",
};

/// The column that tells one statement from another of the same content. It is not signed.
pub(crate) const KEY: Column = Column {
    name: "key",
    chinese: "行标识",
    cell: Cell::Term,
    need: Need::Rare,
    example: "",
    meaning: "what this event is known by here, such as the number of its weighbridge slip; recorded once, whatever else stays",
};

/// Heading of the column that tells what is wrong, in a sheet that was given back.
pub(crate) const PROBLEMS: &str = "problems";
/// How the heading of a confidential detail begins.
pub(crate) const DETAIL: &str = "detail:";

fn all() -> impl Iterator<Item = &'static Kind> {
    making::KINDS.iter().chain(moving::KINDS)
}

/// The kind with this name.
pub(crate) fn kind(event: &str) -> Option<&'static Kind> {
    all().find(|kind| kind.event == event)
}

/// Names of all kinds that have columns.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    all().map(|kind| kind.event)
}

impl Kind {
    /// Columns of the event itself, those that few fill in last.
    pub(crate) fn heads(&self) -> Vec<Column> {
        with_shared(self.head)
    }

    /// Columns of a line, those that few fill in last.
    pub(crate) fn line_columns(&self) -> Vec<Column> {
        with_shared(self.line)
    }

    /// All columns but those of details, in the order of a template.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let numbered = (self.lines != Lines::None).then_some(NUMBER);
        let own = self.heads().into_iter().chain(self.line_columns());
        let (rare, usual): (Vec<_>, Vec<_>) = own.partition(|column| column.need == Need::Rare);
        [EVENT]
            .into_iter()
            .chain(numbered)
            .chain(usual)
            .chain(rare)
            .chain([KEY])
            .collect()
    }
}

/// How things were measured is asked wherever something was.
fn with_shared(columns: &[Column]) -> Vec<Column> {
    let has = |name: &str| columns.iter().any(|column| column.name == name);
    let weighed = if has(shared::NET.name) {
        shared::WEIGHING
    } else {
        &[]
    };
    let assayed = if has(shared::COMPOSITION.name) {
        shared::ASSAYING
    } else {
        &[]
    };
    [columns, weighed, assayed].concat()
}

impl Column {
    /// What it means, with what it may hold.
    pub(crate) fn explained(&self) -> String {
        match self.cell {
            Cell::One(choice) => {
                format!("{}: {}", self.meaning, (choice.names)().join(", "))
            }
            _ => self.meaning.to_owned(),
        }
    }
}

pub(crate) const fn must(
    name: &'static str,
    chinese: &'static str,
    cell: Cell,
    example: &'static str,
    meaning: &'static str,
) -> Column {
    Column {
        name,
        chinese,
        cell,
        need: Need::Must,
        example,
        meaning,
    }
}

impl Column {
    const fn may(self) -> Self {
        Self {
            need: Need::May,
            ..self
        }
    }

    const fn rare(self) -> Self {
        Self {
            need: Need::Rare,
            ..self
        }
    }

    const fn of(self, example: &'static str, meaning: &'static str) -> Self {
        Self {
            example,
            meaning,
            ..self
        }
    }
}
