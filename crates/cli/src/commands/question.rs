//! Reports as JSON documents that name themselves: of which log, made at which size, in answer to which question.
//!
//! Invariant: whoever prints a document and whoever checks one that was handed over ask the same function. Holds no rule.

use std::collections::BTreeMap;

use books::Books;
use domain::{Code, Division, Element, Month, PartyId, SiteId};
use flow::{Flow, FlowCell, as_known, statement};
use projection::{CellExplained, Explained, Until, explain, replay, size_at};
use quota::{Holding, Quota, QuotaCell, QuotaRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Entries;

use super::reports::{World, months, product, quota_rows};
use super::{flows, material};
use crate::outcome::CliError;
use crate::output;
use crate::session::founding;

pub(crate) const FORMAT: &str = "ytterby report v1";

/// A report and everything that its figures depend on beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "command",
    content = "arguments",
    rename_all = "kebab-case",
    deny_unknown_fields
)]
pub(crate) enum Question {
    Quota {
        year: u16,
        holder: Option<String>,
        division: Option<Division>,
        explain: bool,
    },
    Statement {
        party: PartyId,
        month: Month,
        as_known: bool,
        explain: bool,
    },
    Flows {
        party: PartyId,
        month: Option<Month>,
        changes_since: Option<String>,
    },
    Material {
        site: SiteId,
        element: Option<Element>,
    },
    Balance {
        party: PartyId,
        site: Option<Code>,
    },
    Replay {},
}

/// The document around an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub format: String,
    /// The log's.
    pub origin: String,
    /// How many entries of the log it rests on.
    pub size: u64,
    #[serde(flatten)]
    pub question: Question,
    pub answer: Value,
}

/// The name of the log, from its first entry.
pub(crate) fn origin(store: &dyn Entries) -> Result<String, CliError> {
    let founded = replay(store, Until::Position(0), &mut [], &mut |_, _| {})?;
    Ok(founding(founded.registry())?.origin.to_string())
}

impl Question {
    /// Prints the document around the answer.
    pub(crate) fn print(
        self,
        store: &dyn Entries,
        until: Until,
        answer: Value,
    ) -> Result<(), CliError> {
        output::json(&Document {
            format: FORMAT.to_owned(),
            origin: origin(store)?,
            size: size_at(store, until)?,
            question: self,
            answer,
        })
    }

    /// What the log says.
    pub(crate) fn answer(&self, world: &mut World) -> Result<Value, CliError> {
        let (store, until) = (&*world.store, world.until);
        match self {
            Self::Quota {
                year,
                holder,
                division,
                explain,
            } => {
                let rows = quota_rows(world, *year, holder.as_deref(), *division)?;
                quota_json(world, *year, &rows, *explain)
            }
            Self::Statement {
                party,
                month,
                as_known,
                explain,
            } => statement_json(world, (*party, *month), *as_known, *explain),
            Self::Flows {
                party,
                month,
                changes_since,
            } => {
                let since = changes_since.as_deref();
                let lines = flows::lines(store, until, world.registry(), (party, *month, since))?;
                Ok(flows::lines_json(&lines))
            }
            Self::Material { site, element } => {
                let periods = material::periods(store, until, site)?;
                Ok(material::periods_json(site, &periods, *element))
            }
            Self::Balance { party, site } => {
                let books = &world.books;
                let rows = balance::rows(&books.balance, &books.book, party, site.as_ref());
                serde_json::to_value(rows).map_err(CliError::fault)
            }
            Self::Replay {} => Ok(replay_json(&mut world.books)),
        }
    }
}

/// The digest of the state.
pub(crate) fn replay_json(books: &mut Books) -> Value {
    json!({"entries": books.book.size(), "state_digest": books.digest()})
}

/// Milligrams as a JSON number: national sums stay far below 2^63.
pub(crate) fn json_mg(mg: i128) -> Value {
    i64::try_from(mg).map_or_else(|_| mg.to_string().into(), Value::from)
}

fn posting_json(row: &Explained) -> Value {
    json!({
        "position": row.position, "event": row.event, "kind": row.name, "author": row.author,
        "occurred": row.occurred, "sign": row.sign,
        "net_mg": json_mg(row.amount.net), "reo_mg": json_mg(row.amount.reo),
    })
}

/// The quota board of a year, row by row.
fn quota_json(
    world: &World,
    year: u16,
    rows: &[QuotaRow],
    explained: bool,
) -> Result<Value, CliError> {
    let explained = match explained {
        true => Some(quota_postings(world, year, rows)?),
        false => None,
    };
    let row = |row| quota_row_json(row, months(world, row), explained.as_deref());
    Ok(rows.iter().map(row).collect())
}

/// The postings behind rows of the quota board.
pub(crate) fn quota_postings(
    world: &World,
    year: u16,
    rows: &[QuotaRow],
) -> Result<Vec<CellExplained<QuotaCell>>, CliError> {
    let shown = |cell: &QuotaCell| {
        let of_row = |row: &QuotaRow| (row.track, row.holding) == (cell.track, cell.holding);
        cell.year == year && rows.iter().any(of_row)
    };
    Ok(explain::<Quota>(&*world.store, world.until, shown)?)
}

fn quota_row_json(
    row: &QuotaRow,
    months: [i128; 12],
    cells: Option<&[CellExplained<QuotaCell>]>,
) -> Value {
    let level = match row.holding {
        Holding::Nation => "nation",
        Holding::Group(_) => "group",
        Holding::Party(_) => "enterprise",
    };
    let mut object = json!({
        "year": row.year, "track": row.track, "level": level, "holder": row.holding.to_string(),
        "allocated_mg": json_mg(row.allocated), "moved_mg": json_mg(row.moved),
        "deducted_mg": json_mg(row.deducted), "consumed_mg": json_mg(row.consumed), "left_mg": json_mg(row.left()),
        "used_ppm": row.used_ppm().map(json_mg),
        "consumed_by_month_mg": months.map(json_mg),
    });
    if let Some(cells) = cells {
        let of_row = cells
            .iter()
            .filter(|(cell, _)| (cell.track, cell.holding) == (row.track, row.holding));
        let mut lines: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (cell, rows) in of_row {
            let line = lines.entry(cell.line.name()).or_default();
            line.extend(rows.iter().map(posting_json));
        }
        object["explain"] = json!(lines);
    }
    object
}

/// The statement that was asked for, of a party that is registered.
pub(crate) fn statement_of(
    world: &World,
    (party, month): (PartyId, Month),
    known: bool,
) -> Result<flow::Statement, CliError> {
    if world.registry().party(&party).is_none() {
        return Err(CliError::usage(format!("{party} is not registered here"))
            .help("`ytterby party list` lists all"));
    }
    Ok(if known {
        as_known(&*world.store, world.until, party, month)?
    } else {
        statement(&world.books.flow.cells, party, month)
    })
}

/// The postings behind a statement.
pub(crate) fn statement_postings(
    world: &World,
    (party, month): (PartyId, Month),
) -> Result<Vec<CellExplained<FlowCell>>, CliError> {
    let of_month = |cell: &FlowCell| cell.party == party && cell.month == month;
    Ok(explain::<Flow>(&*world.store, world.until, of_month)?)
}

fn statement_json(
    world: &World,
    of: (PartyId, Month),
    known: bool,
    explained: bool,
) -> Result<Value, CliError> {
    let statement = statement_of(world, of, known)?;
    let explained = if explained {
        statement_postings(world, of)?
    } else {
        Vec::new()
    };
    let rows: Vec<_> = statement
        .rows
        .iter()
        .map(|row| {
            let lines: serde_json::Map<_, _> = row
                .columns
                .iter()
                .map(|(column, amount)| {
                    (
                        column.name().to_owned(),
                        json!({"net_mg": json_mg(amount.net), "reo_mg": json_mg(amount.reo)}),
                    )
                })
                .collect();
            json!({
                "product": product(row.product), "columns": lines,
                "opening": {"net_mg": json_mg(row.opening.net), "reo_mg": json_mg(row.opening.reo)},
                "closing": {"net_mg": json_mg(row.closing.net), "reo_mg": json_mg(row.closing.reo)},
            })
        })
        .collect();
    let postings: Vec<_> = explained
        .iter()
        .map(|(cell, rows)| {
            let postings: Vec<_> = rows.iter().map(posting_json).collect();
            json!({
                "product": product(cell.product),
                "column": cell.column.name(),
                "postings": postings,
            })
        })
        .collect();
    Ok(json!({
        "party": of.0, "month": of.1, "digest": statement.digest(), "nil": statement.is_nil(),
        "rows": rows, "explain": postings,
    }))
}
