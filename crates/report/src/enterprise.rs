//! The page of an enterprise: its month, its quota, its stock, its returns, its partners, what looks wrong.
//!
//! Invariant: the statement on it has the cells of the statement that the enterprise files. Knows no other enterprise but
//! by name.

use askama::Template;
use balance::StockCell;
use domain::party::Activities;
use domain::registry::PartyRecord;
use domain::{Month, PartyId, Product};
use flow::{FlowCell, PartnerCell};
use projection::{Amount, Column};
use quota::Holding;

use crate::Page;
use crate::context::{Ground, Head};
use crate::diagram::{Diagram, Edge, End, Size, diagram};
use crate::figure::{FigureOf, Figures, Masses};
use crate::parts::{FindingLine, Name, Owner, QuotaLine, finding_line, quota_line};

/// Lots of the stock that are listed one by one.
const LOTS_LISTED: usize = 50;

/// Opening, the month's columns, closing: of one product, or of all.
#[derive(Debug)]
struct StatementLine {
    product: String,
    opening: Masses,
    /// Nothing where the product has no such movement.
    columns: Vec<Option<Masses>>,
    closing: Masses,
}

#[derive(Debug)]
struct StockLine {
    site: String,
    lot: String,
    product: String,
    masses: Masses,
    sealed: bool,
}

#[derive(Debug)]
struct PartnerLine {
    direction: &'static str,
    partner: Name,
    masses: Masses,
}

/// Lots that are not listed.
#[derive(Debug)]
struct MoreLots {
    count: usize,
    masses: Masses,
}

#[derive(Template)]
#[template(path = "enterprise.html")]
struct Sheet {
    head: Head,
    name: Name,
    division: String,
    group: Option<String>,
    activities: String,
    standing: &'static str,
    column_names: Vec<&'static str>,
    statement: Vec<StatementLine>,
    statement_sum: StatementLine,
    month_flows: Option<Diagram>,
    accounts: Vec<QuotaLine>,
    stock: Vec<StockLine>,
    more_lots: Option<MoreLots>,
    stock_sum: Masses,
    returns: Vec<(Month, &'static str)>,
    findings: Vec<FindingLine>,
    partners: Vec<PartnerLine>,
}

pub(crate) fn page(
    ground: &Ground<'_>,
    party: PartyId,
    record: &PartyRecord,
    activities: &Activities,
) -> Result<Page, askama::Error> {
    let mut figures = Figures::new(ground.books);
    let (column_names, statement, statement_sum) = statement(ground, &mut figures, party);
    let month_flows = month_flows(ground, &mut figures, party);
    let (stock, more_lots, stock_sum) = stock(ground, &mut figures, party);
    let accounts = accounts(ground, &mut figures, party);
    let partners = partners(ground, &mut figures, party);
    let activities: Vec<_> = activities.iter().map(|activity| activity.name()).collect();
    let returns = ground.returns.iter().filter(|row| row.party == party);
    let about = |found: &&books::JudgedFinding| found.finding.subject.party == Some(party);
    let found = ground.found.iter().filter(about);
    let sheet = Sheet {
        head: ground.head(),
        name: ground.name(party),
        division: record.division.to_string(),
        group: record.group.map(|group| group.to_string()),
        activities: activities.join(", "),
        standing: record.standing.name(),
        column_names,
        statement,
        statement_sum,
        month_flows,
        accounts,
        stock,
        more_lots,
        stock_sum,
        returns: returns.map(|row| (row.month, row.state.name())).collect(),
        findings: found
            .map(|found| finding_line(ground, &mut figures, found))
            .collect(),
        partners,
    };
    Ok(Page {
        file_name: format!("{party}.html"),
        html: sheet.render()?,
        figures: figures.into_noted(),
    })
}

fn product_name(product: Option<Product>) -> String {
    product.map_or_else(|| "unknown".to_owned(), |product| product.to_string())
}

fn statement(
    ground: &Ground<'_>,
    figures: &mut Figures<'_>,
    party: PartyId,
) -> (Vec<&'static str>, Vec<StatementLine>, StatementLine) {
    let statement = flow::statement(&ground.books.flow.cells, party, ground.month);
    let moved = |column: &Column| {
        let amounts = statement.rows.iter().flat_map(|row| &row.columns);
        amounts
            .into_iter()
            .any(|(of, amount)| of == column && !amount.is_zero())
    };
    let columns: Vec<Column> = Column::ALL.into_iter().filter(moved).collect();
    let cells = ground.flow_cells(&party);
    let lines = statement.rows.iter().map(|row| {
        let of_product = cells.iter().filter(|cell| cell.product == row.product);
        let of_product: Vec<FlowCell> = of_product.copied().collect();
        let name = product_name(row.product);
        statement_line(ground, figures, name, &of_product, &columns)
    });
    let lines: Vec<StatementLine> = lines.collect();
    let sum = statement_line(ground, figures, "all".to_owned(), cells, &columns);
    (
        columns.iter().map(|column| column.name()).collect(),
        lines,
        sum,
    )
}

fn statement_line(
    ground: &Ground<'_>,
    figures: &mut Figures<'_>,
    product: String,
    cells: &[FlowCell],
    columns: &[Column],
) -> StatementLine {
    let month = ground.month;
    let mut sum_of = |wanted: &dyn Fn(&FlowCell) -> bool| {
        let wanted = cells.iter().filter(|cell| wanted(cell));
        figures.both(FigureOf::Flow(wanted.copied().collect()))
    };
    let opening = sum_of(&|cell| cell.month < month);
    let of_month = columns.iter().map(|column| {
        let moved = |cell: &FlowCell| cell.month == month && cell.column == *column;
        cells.iter().any(moved).then(|| sum_of(&moved))
    });
    let columns = of_month.collect();
    let closing = sum_of(&|cell| cell.month <= month);
    StatementLine {
        product,
        opening,
        columns,
        closing,
    }
}

/// What a flow of the month runs from or to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    In(Column),
    Product(Option<Product>),
    Out(Column),
}

fn month_flows(ground: &Ground<'_>, figures: &mut Figures<'_>, party: PartyId) -> Option<Diagram> {
    let cells = ground.flow_cells(&party).iter();
    let of_month = cells.filter(|cell| cell.month == ground.month);
    let edge = |cell: &FlowCell| {
        let Amount { reo, .. } = ground.books.flow.cells.get(cell);
        let product = Side::Product(cell.product);
        let (from, to) = if reo < 0 {
            (product, Side::Out(cell.column))
        } else {
            (Side::In(cell.column), product)
        };
        Edge {
            from,
            to,
            cell: *cell,
            mg: reo.abs(),
        }
    };
    let end_of = |side: Side| {
        let (name, least_column) = match side {
            Side::In(column) => (column.name().to_owned(), 0),
            Side::Product(product) => (product_name(product), 1),
            Side::Out(column) => (column.name().to_owned(), 2),
        };
        End {
            whole_name: name.clone(),
            name,
            least_column,
        }
    };
    diagram(
        figures,
        Size::Small,
        FigureOf::Flow,
        of_month.map(edge).collect(),
        end_of,
    )
}

fn accounts(ground: &Ground<'_>, figures: &mut Figures<'_>, party: PartyId) -> Vec<QuotaLine> {
    let rows = ground.accounts.iter();
    let own = rows.filter(|row| row.holding == Holding::Party(party));
    own.map(|row| quota_line(ground, figures, row, Owner::Plain(row.track.to_string())))
        .collect()
}

fn stock(
    ground: &Ground<'_>,
    figures: &mut Figures<'_>,
    party: PartyId,
) -> (Vec<StockLine>, Option<MoreLots>, Masses) {
    let mut rows = balance::rows(&ground.books.balance, &ground.books.book, &party, None);
    let all: Vec<StockCell> = rows.iter().map(balance::StockRow::cell).collect();
    // Stable, and they come by site, then lot.
    rows.sort_by_key(|row| -row.reo_mg);
    let rest: Vec<StockCell> = rows
        .iter()
        .skip(LOTS_LISTED)
        .map(balance::StockRow::cell)
        .collect();
    let listed = rows.iter().take(LOTS_LISTED).map(|row| StockLine {
        site: row.site.to_string(),
        lot: row.lot.to_string(),
        product: product_name(row.product),
        masses: figures.both(FigureOf::Stock(vec![row.cell()])),
        sealed: row.sealed,
    });
    let listed = listed.collect();
    let more = (!rest.is_empty()).then(|| MoreLots {
        count: rest.len(),
        masses: figures.both(FigureOf::Stock(rest)),
    });
    (listed, more, figures.both(FigureOf::Stock(all)))
}

fn partners(ground: &Ground<'_>, figures: &mut Figures<'_>, party: PartyId) -> Vec<PartnerLine> {
    let cells = ground.books.partners.cells.sorted().into_iter();
    let cells: Vec<PartnerCell> = cells
        .map(|(cell, _)| cell)
        .filter(|cell| cell.month == ground.month)
        .collect();
    let mut line = |direction, partner, cell: &PartnerCell| PartnerLine {
        direction,
        partner: ground.name(partner),
        masses: figures.both(FigureOf::Partners(vec![*cell])),
    };
    let from = cells.iter().filter(|cell| cell.to == party);
    let mut lines: Vec<_> = from
        .map(|cell| line("received from", cell.from, cell))
        .collect();
    let to = cells.iter().filter(|cell| cell.from == party);
    lines.extend(to.map(|cell| line("sent to", cell.to, cell)));
    lines
}
