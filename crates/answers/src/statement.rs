//! An enterprise's month, per product, as it counts or as it is known now, and what would be filed for it.
//!
//! Invariant: opening and columns add up to closing. Knows no lateness; the projection does.

use books::Books;
use domain::payload::MonthClosed;
use domain::{Bytes32, EventId, Moment, Month, PartyId, Product, Zone};
use flow::{Flow, FlowCell, Statement, as_known, filing, last_filing};
use projection::{AnyFold, Book, CellExplained, Column, Projected, advance, explain};
use store::Entries;

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::registered;
use crate::schema::answers;
use crate::table::{Cell, Table, of_postings};
use crate::value::{Mg, NetAndReo, Posting, name_of, postings};

answers! {
    /// An enterprise's month.
    pub struct MonthlyStatement {
        pub party: PartyId,
        pub party_name: Option<String>,
        pub month: Month,
        /// What a filing of it commits to.
        pub digest: Bytes32,
        /// Nothing moved.
        pub nil: bool,
        pub rows: Vec<ProductMonth>,
        pub explain: Vec<StatementLine>,
    }

    /// One product's month; outs are negative.
    pub struct ProductMonth {
        /// `unknown` for lots that no recorded event made.
        pub product: String,
        pub opening: NetAndReo,
        /// Every column, in the order of a statement.
        pub columns: Vec<ColumnWeight>,
        pub closing: NetAndReo,
    }

    /// One column of a product's month.
    pub struct ColumnWeight {
        pub column: &'static str,
        pub net_mg: Mg,
        pub reo_mg: Mg,
    }

    /// The postings of one figure of a statement.
    pub struct StatementLine {
        pub product: String,
        pub column: &'static str,
        pub postings: Vec<Posting>,
    }
}

/// A catalogue item, or what stands for it where no event made the lot.
pub(crate) fn product(product: Option<Product>) -> String {
    product.map_or_else(|| "unknown".to_owned(), |product| product.to_string())
}

pub(crate) fn statement(
    reading: &Reading,
    (party, month): (PartyId, Month),
    known: bool,
    explained: bool,
) -> Result<MonthlyStatement, NoAnswer> {
    registered(reading.registry()?, &party)?;
    let statement = if known {
        as_known(&*reading.store, reading.until(), party, month)?
    } else {
        flow::statement(&reading.books()?.flow.cells, party, month)
    };
    let lines = if explained {
        let of_month = |cell: &FlowCell| cell.party == party && cell.month == month;
        explain::<Flow>(&*reading.store, reading.until(), of_month)?
    } else {
        Vec::new()
    };
    let line = |(cell, rows): &CellExplained<FlowCell>| StatementLine {
        product: product(cell.product),
        column: cell.column.name(),
        postings: postings(rows),
    };
    let mut answer = shown(reading, &statement)?;
    answer.explain = lines.iter().map(line).collect();
    Ok(answer)
}

fn shown(reading: &Reading, statement: &Statement) -> Result<MonthlyStatement, NoAnswer> {
    let column = |(column, amount): &(Column, projection::Amount)| ColumnWeight {
        column: column.name(),
        net_mg: Mg(amount.net),
        reo_mg: Mg(amount.reo),
    };
    let rows = statement.rows.iter().map(|row| ProductMonth {
        product: product(row.product),
        opening: row.opening.into(),
        columns: row.columns.iter().map(column).collect(),
        closing: row.closing.into(),
    });
    Ok(MonthlyStatement {
        party: statement.party,
        party_name: name_of(reading.registry()?, &statement.party),
        month: statement.month,
        digest: statement.digest(),
        nil: statement.is_nil(),
        rows: rows.collect(),
        explain: Vec::new(),
    })
}

pub(crate) fn tables(answer: &MonthlyStatement, zone: Zone) -> Vec<Table> {
    let mut rows = Vec::new();
    for row in &answer.rows {
        let mut push = |line: &str, net, reo| {
            rows.push(vec![
                Cell::text(&row.product),
                Cell::text(line),
                Cell::Mass(net),
                Cell::Mass(reo),
            ]);
        };
        push("opening balance", row.opening.net_mg, row.opening.reo_mg);
        for column in &row.columns {
            if (column.net_mg, column.reo_mg) != (Mg(0), Mg(0)) {
                push(column.column, column.net_mg, column.reo_mg);
            }
        }
        push("closing balance", row.closing.net_mg, row.closing.reo_mg);
    }
    let mut tables = vec![Table::new(&["product", "line", "t:net t", "t:REO t"]).with(rows)];
    tables.extend(answer.explain.iter().map(|line| {
        let title = format!("{}: {}", line.product, line.column);
        of_postings(title, &line.postings, zone)
    }));
    tables
}

/// A month on its way to being filed.
#[derive(Debug, Clone)]
pub struct Filing {
    pub statement: MonthlyStatement,
    /// Whether the month is over by the moment that was asked for.
    pub is_over: bool,
    /// The event that filed it already.
    pub filed_by: Option<EventId>,
    /// What its author would sign as event `next_seq`.
    pub payload: MonthClosed,
}

/// Whether a month is over by `now`, and the event that filed it already.
pub fn month_standing(
    books: &Books,
    party: &PartyId,
    month: Month,
    now: Moment,
) -> (bool, Option<EventId>) {
    let filed_by = last_filing(&books.flow, party, month).this;
    (books.book.is_over(month, now), filed_by)
}

/// The filing of a month by what the log says now.
///
/// # Errors
/// The party is unknown, or the log can't be read.
pub fn filing_of(
    reading: &Reading,
    party: PartyId,
    month: Month,
    (now, next_seq): (Moment, u64),
) -> Result<Filing, NoAnswer> {
    let books = reading.books()?;
    let (is_over, filed_by) = month_standing(books, &party, month, now);
    Ok(Filing {
        statement: statement(reading, (party, month), false, false)?,
        is_over,
        filed_by,
        payload: filing(&books.flow, party, month, next_seq),
    })
}

/// Statements of a log that grows.
#[derive(Debug, Default)]
pub struct RunningMonths {
    book: Book,
    flow: Projected<Flow>,
}

impl RunningMonths {
    /// What a filing of the month would commit to by the end of the log, and whether nothing moved in it.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn month(
        &mut self,
        store: &dyn Entries,
        party: PartyId,
        month: Month,
    ) -> Result<(Bytes32, bool), NoAnswer> {
        let folds: &mut [&mut dyn AnyFold] = &mut [&mut self.flow];
        advance(store, store.size(), &mut self.book, folds, &mut |_, _| {})?;
        let statement = flow::statement(&self.flow.cells, party, month);
        Ok((statement.digest(), statement.is_nil()))
    }
}
