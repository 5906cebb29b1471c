//! `quota`, `statement`, `flows`, `findings`, `replay`: what the log says once it is folded.
//!
//! Invariant: every report is a replay of the log, up to what `--as-of` says; `--explain` lists the postings that a figure
//! is the sum of. Holds no rule; the projections do.

use std::path::Path;
use std::sync::Arc;

use books::Books;
use domain::{Division, Moment, PartyId, Registry};
use flow::Statement;
use projection::{Amount, Explained, Until, replay};
use quota::{Holding, QuotaRow, by_month};
use store::Entries;

use super::question::{Question, quota_postings, statement_of, statement_postings};
use crate::args::{AsOf, QuotaReport, StatementReport};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form, columns, tonnes};
use crate::session::read_store;

/// The books of a ledger, up to what was asked for.
pub(crate) struct World {
    pub store: Arc<dyn Entries>,
    pub until: Until,
    pub books: Books,
}

impl World {
    pub(crate) fn load(folder: &Path, as_of: &AsOf, form: Form) -> Result<Self, CliError> {
        let store: Arc<dyn Entries> = read_store(folder)?;
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

    /// The books of a log at a size, from its entries alone.
    pub(crate) fn at(store: Arc<dyn Entries>, size: u64) -> Result<Self, CliError> {
        let mut books = Books::default();
        books.advance(&*store, size, &mut |_, _| {})?;
        let last = size.checked_sub(1);
        let last = last.ok_or_else(|| CliError::refused("nothing is known at size 0"))?;
        Ok(Self {
            store,
            until: Until::Position(last),
            books,
        })
    }

    /// Prints the answer as a document.
    pub(crate) fn print(&mut self, question: Question) -> Result<Outcome, CliError> {
        let answer = question.answer(self)?;
        question.print(&*self.store, self.until, answer)?;
        Ok(Outcome::Done)
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
pub(crate) fn until(store: &dyn Entries, as_of: &AsOf) -> Result<Until, CliError> {
    let Some(text) = &as_of.as_of else {
        return Ok(Until::End);
    };
    if let Ok(position) = text.parse() {
        return Ok(Until::Position(position));
    }
    let founded = replay(store, Until::Position(0), &mut [], &mut |_, _| {})?;
    Ok(Until::Received(founded.registry().zone().moment_of(text)?))
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

/// The quota board of a year.
pub(crate) fn quota(folder: &Path, report: &QuotaReport) -> Result<Outcome, CliError> {
    let mut world = World::load(folder, &report.as_of, report.form)?;
    let year = match report.year {
        Some(year) => year,
        None => world.registry().zone().month_of(world.now()?).year(),
    };
    if report.form.json {
        let question = Question::Quota {
            year,
            holder: report.holder.clone(),
            division: report.division,
            explain: report.explain,
        };
        return world.print(question);
    }
    let rows = quota_rows(&world, year, report.holder.as_deref(), report.division)?;
    print_quota(report.form, &world, &rows)?;
    if report.explain {
        for (cell, rows) in quota_postings(&world, year, &rows)? {
            let month = match cell.month {
                0 => String::new(),
                month => format!(" in {}-{month:02}", cell.year),
            };
            let line = cell.line.name();
            let title = format!("{} {}: {line}{month}", cell.track, cell.holding);
            print_postings(report.form, world.registry(), &title, &rows)?;
        }
    }
    Ok(Outcome::Done)
}

/// The rows of a year that were asked for.
pub(crate) fn quota_rows(
    world: &World,
    year: u16,
    holder: Option<&str>,
    division: Option<Division>,
) -> Result<Vec<QuotaRow>, CliError> {
    let mut rows = quota::rows(&world.books.quota.cells, year);
    if let Some(holder) = holder {
        rows.retain(|row| row.holding.to_string() == holder);
        if rows.is_empty() {
            let message = format!("{holder} holds no quota of {year} and consumed none");
            return Err(
                CliError::usage(message).help("`ytterby quota` lists every holder of a year")
            );
        }
    }
    rows.retain(|row| {
        let party = match &row.holding {
            Holding::Party(party) => Some(party),
            Holding::Nation | Holding::Group(_) => None,
        };
        world.is_within(division, party)
    });
    Ok(rows)
}

pub(crate) fn months(world: &World, row: &QuotaRow) -> [i128; 12] {
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
pub(crate) fn statement_report(
    folder: &Path,
    report: &StatementReport,
) -> Result<Outcome, CliError> {
    let mut world = World::load(folder, &report.as_of, report.form)?;
    let (party, month) = (report.party, report.month);
    if report.form.json {
        let question = Question::Statement {
            party,
            month,
            as_known: report.as_known,
            explain: report.explain,
        };
        return world.print(question);
    }
    let statement = statement_of(&world, (party, month), report.as_known)?;
    print_statement(report.form, &statement)?;
    if report.explain {
        for (cell, rows) in statement_postings(&world, (party, month))? {
            let title = format!("{}: {}", product(cell.product), cell.column.name());
            print_postings(report.form, world.registry(), &title, &rows)?;
        }
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
