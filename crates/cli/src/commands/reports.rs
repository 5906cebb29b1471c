//! `quota`, `statement`, `flows`, `findings`, `replay`: what the log says once it is folded.
//!
//! Invariant: every report is a replay of the log, up to what `--as-of` says; `--explain` lists the postings that a figure
//! is the sum of. Holds no rule; the projections do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use books::Books;
use domain::{Division, Moment, PartyId, Registry};
use flow::{Flow, FlowCell, Statement, as_known, statement};
use projection::{Amount, CellExplained, Explained, Until, explain, replay};
use quota::{Holding, Quota, QuotaCell, QuotaRow, by_month};
use serde_json::{Value, json};
use store::Store;
use store_embedded::{EmbeddedStore, OpenMode};

use crate::args::{AsOf, QuotaReport, StatementReport};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form, columns, tonnes};
use crate::session::open_store;

/// The books of a ledger, up to what was asked for.
pub(crate) struct World {
    pub store: Arc<EmbeddedStore>,
    pub until: Until,
    pub books: Books,
}

impl World {
    pub(crate) fn load(folder: &Path, as_of: &AsOf, form: Form) -> Result<Self, CliError> {
        let store = open_store(folder, OpenMode::ReadOnly, false)?;
        let until = until(&*store, as_of)?;
        let bar = output::progress(store.size(), "replaying", form);
        let books = Books::replay(&*store, until, &mut |done, _| bar.set_position(done))?;
        bar.finish_and_clear();
        Ok(Self {
            store,
            until,
            books,
        })
    }

    /// The moment that lateness is judged by: what was asked for, else when the node last received something.
    pub(crate) fn now(&self) -> Result<Moment, CliError> {
        if let Until::Received(moment) = self.until {
            return Ok(moment);
        }
        let received = self.books.received();
        received.ok_or_else(|| CliError::refused("the ledger is empty"))
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.books.book.registry()
    }

    /// Whether a party is registered in the division that was asked for; without a division, everything is within.
    pub(crate) fn is_within(&self, division: Option<Division>, party: Option<&PartyId>) -> bool {
        division.is_none_or(|division| {
            let record = party.and_then(|party| self.registry().party(party));
            record.is_some_and(|record| division.covers(record.division))
        })
    }
}

/// A position, or a time in the ledger's zone.
pub(crate) fn until(store: &dyn Store, as_of: &AsOf) -> Result<Until, CliError> {
    let Some(text) = &as_of.as_of else {
        return Ok(Until::End);
    };
    if let Ok(position) = text.parse() {
        return Ok(Until::Position(position));
    }
    let founded = replay(store, Until::Position(0), &mut [], &mut |_, _| {})?;
    Ok(Until::Received(founded.registry().zone().moment_of(text)?))
}

fn posting_json(row: &Explained) -> Value {
    json!({
        "position": row.position, "event": row.event, "kind": row.name, "author": row.author,
        "occurred": row.occurred, "sign": row.sign,
        "net_mg": json_mg(row.amount.net), "reo_mg": json_mg(row.amount.reo),
    })
}

/// Milligrams as a JSON number: national sums stay far below 2^63.
pub(crate) fn json_mg(mg: i128) -> Value {
    i64::try_from(mg).map_or_else(|_| mg.to_string().into(), Value::from)
}

/// The postings of one figure, and the row that sums them up.
pub(crate) fn print_postings(
    form: Form,
    registry: &Registry,
    title: &str,
    rows: &[Explained],
) -> Result<(), CliError> {
    if !form.csv {
        output::line(format!("\n{title}"))?;
    }
    let total = rows.iter().fold(Amount::ZERO, |sum, row| sum + row.amount);
    let table: Vec<_> = rows
        .iter()
        .map(|row| {
            let event = row.event.to_string().chars().take(16).collect();
            let (net, reo) = (tonnes(row.amount.net), tonnes(row.amount.reo));
            vec![
                row.position.to_string(),
                event,
                output::day(registry, row.occurred),
                row.name.to_owned(),
                net,
                reo,
            ]
        })
        .collect();
    output::rows_and_sum(
        form,
        &columns(&["#position", "event", "occurred", "kind", "#net t", "#REO t"]),
        table,
        &[("net t", total.net), ("REO t", total.reo)],
    )
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

/// The quota board of a year.
pub(crate) fn quota(folder: &Path, report: &QuotaReport) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let year = match report.year {
        Some(year) => year,
        None => world.registry().zone().month_of(world.now()?).year(),
    };
    let mut rows = quota_rows(&world, year, report.holder.as_deref())?;
    rows.retain(|row| {
        let party = match &row.holding {
            Holding::Party(party) => Some(party),
            Holding::Nation | Holding::Group(_) => None,
        };
        world.is_within(report.division, party)
    });
    let shown = |cell: &QuotaCell| {
        let of_row = |row: &QuotaRow| (row.track, row.holding) == (cell.track, cell.holding);
        cell.year == year && rows.iter().any(of_row)
    };
    let explained = if report.explain {
        Some(explain::<Quota>(&*world.store, world.until, shown)?)
    } else {
        None
    };
    if report.form.json {
        let rows = rows.iter();
        let rows: Vec<_> = rows
            .map(|row| quota_row_json(row, months(&world, row), explained.as_deref()))
            .collect();
        output::json(&rows)?;
        return Ok(Outcome::Done);
    }
    print_quota(report.form, &world, &rows)?;
    for (cell, rows) in explained.iter().flatten() {
        let month = match cell.month {
            0 => String::new(),
            month => format!(" in {}-{month:02}", cell.year),
        };
        let line = cell.line.name();
        let title = format!("{} {}: {line}{month}", cell.track, cell.holding);
        print_postings(report.form, world.registry(), &title, rows)?;
    }
    Ok(Outcome::Done)
}

fn quota_rows(world: &World, year: u16, holder: Option<&str>) -> Result<Vec<QuotaRow>, CliError> {
    let mut rows = quota::rows(&world.books.quota.cells, year);
    let Some(holder) = holder else {
        return Ok(rows);
    };
    rows.retain(|row| row.holding.to_string() == holder);
    if rows.is_empty() {
        let message = format!("{holder} holds no quota of {year} and consumed none");
        return Err(CliError::usage(message).help("`ytterby quota` lists every holder of a year"));
    }
    Ok(rows)
}

fn months(world: &World, row: &QuotaRow) -> [i128; 12] {
    by_month(&world.books.quota.cells, row.holding, row.year, row.track)
}

/// What is left after each month against what was available: a bar of eight steps, `!` once it is exceeded.
fn burn_down(row: &QuotaRow, months: [i128; 12]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if row.available() <= 0 {
        return String::new();
    }
    let mut left = row.available();
    let bar = |consumed: i128| {
        left -= consumed;
        let step = usize::try_from(left * 7 / row.available()).ok();
        step.filter(|_| left >= 0)
            .and_then(|step| BARS.get(step).copied())
            .unwrap_or('!')
    };
    months.into_iter().map(bar).collect()
}

fn print_quota(form: Form, world: &World, rows: &[QuotaRow]) -> Result<(), CliError> {
    let name = |holding| match holding {
        Holding::Party(party) => {
            let record = world.registry().party(&party);
            record.map(|record| record.names.zh.to_string())
        }
        Holding::Nation | Holding::Group(_) => None,
    };
    let percent = |ppm| format!("{}.{}", ppm / 10_000, ppm / 1_000 % 10);
    let cells = |row: &QuotaRow| {
        let who = [
            row.track.to_string(),
            row.holding.to_string(),
            name(row.holding).unwrap_or_default(),
        ];
        let amounts = [
            row.allocated,
            row.moved,
            row.deducted,
            row.consumed,
            row.left(),
        ];
        let used = row.used_ppm().map_or_else(|| "-".to_owned(), percent);
        who.into_iter()
            .chain(amounts.map(tonnes))
            .chain([used, burn_down(row, months(world, row))])
            .collect()
    };
    let table: Vec<_> = rows.iter().map(cells).collect();
    let names = [
        "track",
        "holder",
        "name",
        "#allocated t",
        "#moved t",
        "#deducted t",
        "#consumed t",
        "#left t",
        "#used %",
        "left by month",
    ];
    output::rows(form, &columns(&names), &table)
}

/// An enterprise's month, per product.
pub(crate) fn statement_of(folder: &Path, report: &StatementReport) -> Result<Outcome, CliError> {
    let world = World::load(folder, &report.as_of, report.form)?;
    let (party, month) = (report.party, report.month);
    if world.registry().party(&party).is_none() {
        return Err(CliError::usage(format!("{party} is not registered here"))
            .help("`ytterby party list` lists all"));
    }
    let statement = if report.as_known {
        as_known(&*world.store, world.until, party, month)?
    } else {
        statement(&world.books.flow.cells, party, month)
    };
    let of_month = |cell: &FlowCell| cell.party == party && cell.month == month;
    let explained = if report.explain {
        Some(explain::<Flow>(&*world.store, world.until, of_month)?)
    } else {
        None
    };
    if report.form.json {
        let rows: Vec<_> = statement.rows.iter().map(|row| {
            let lines: serde_json::Map<_, _> = row.columns.iter().map(|(column, amount)| {
                (column.name().to_owned(), json!({"net_mg": json_mg(amount.net), "reo_mg": json_mg(amount.reo)}))
            }).collect();
            json!({
                "product": product(row.product), "columns": lines,
                "opening": {"net_mg": json_mg(row.opening.net), "reo_mg": json_mg(row.opening.reo)},
                "closing": {"net_mg": json_mg(row.closing.net), "reo_mg": json_mg(row.closing.reo)},
            })
        }).collect();
        let postings: Vec<_> = explained.iter().flatten().map(|(cell, rows)| {
            json!({"product": product(cell.product), "column": cell.column.name(), "postings": rows.iter().map(posting_json).collect::<Vec<_>>()})
        }).collect();
        output::json(
            &json!({"party": party, "month": month, "digest": statement.digest(), "nil": statement.is_nil(), "rows": rows, "explain": postings}),
        )?;
        return Ok(Outcome::Done);
    }
    print_statement(report.form, &statement)?;
    for (cell, rows) in explained.iter().flatten() {
        print_postings(
            report.form,
            world.registry(),
            &format!("{}: {}", product(cell.product), cell.column.name()),
            rows,
        )?;
    }
    Ok(Outcome::Done)
}

/// The rows of a statement.
pub(crate) fn print_statement(form: Form, statement: &Statement) -> Result<(), CliError> {
    let mut table = Vec::new();
    for row in &statement.rows {
        let moved = row.columns.iter().filter(|(_, amount)| !amount.is_zero());
        let lines = moved.map(|(column, amount)| (column.name(), *amount));
        for (name, amount) in [("opening balance", row.opening)]
            .into_iter()
            .chain(lines)
            .chain([("closing balance", row.closing)])
        {
            table.push(vec![
                product(row.product),
                name.to_owned(),
                tonnes(amount.net),
                tonnes(amount.reo),
            ]);
        }
    }
    output::rows(
        form,
        &columns(&["product", "line", "#net t", "#REO t"]),
        &table,
    )
}

/// A catalogue item, or what stands for it where no event brought the lot forth.
pub(crate) fn product(product: Option<domain::Product>) -> String {
    product.map_or_else(|| "unknown".to_owned(), |product| product.to_string())
}
