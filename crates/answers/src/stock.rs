//! What a party holds, lot by lot.
//!
//! Invariant: every row is what the projection says. Knows no layout.

use balance::{Balance, StockCell, rows};
use domain::{Code, LotId, PartyId, Product, Zone};
use projection::{CellExplained, explain};

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::resolve::registered;
use crate::schema::answers;
use crate::statement::product;
use crate::table::{Cell, Table, of_postings};
use crate::value::{Mg, Posting, name_of, postings};

answers! {
    /// What a party holds.
    pub struct Stock {
        pub party: PartyId,
        pub party_name: Option<String>,
        pub rows: Vec<StockOfLot>,
        pub explain: Vec<StockLine>,
    }

    /// One lot at one site.
    pub struct StockOfLot {
        pub party: PartyId,
        pub site: Code,
        pub lot: LotId,
        pub product: Option<Product>,
        pub net_mg: Mg,
        pub reo_mg: Mg,
        pub sealed: bool,
    }

    /// The postings of one row.
    pub struct StockLine {
        pub site: Code,
        pub lot: LotId,
        pub postings: Vec<Posting>,
    }
}

pub(crate) fn stock(
    reading: &Reading,
    party: PartyId,
    site: Option<Code>,
    explained: bool,
) -> Result<Stock, NoAnswer> {
    registered(reading.registry()?, &party)?;
    let books = reading.books()?;
    let held = rows(&books.balance, &books.book, &party, site.as_ref());
    let held = books.sound(held)?;
    let lines = if explained {
        let wanted = |cell: &StockCell| held.iter().any(|row| row.cell() == *cell);
        explain::<Balance>(&*reading.store, reading.until(), wanted)?
    } else {
        Vec::new()
    };
    let row = |row: &balance::StockRow| StockOfLot {
        party: row.party,
        site: row.site,
        lot: row.lot,
        product: row.product,
        net_mg: Mg(row.net_mg),
        reo_mg: Mg(row.reo_mg),
        sealed: row.sealed,
    };
    let line = |(cell, rows): &CellExplained<StockCell>| StockLine {
        site: cell.site,
        lot: cell.lot,
        postings: postings(rows),
    };
    Ok(Stock {
        party,
        party_name: name_of(reading.registry()?, &party),
        rows: held.iter().map(row).collect(),
        explain: lines.iter().map(line).collect(),
    })
}

pub(crate) fn tables(answer: &Stock, zone: Zone) -> Vec<Table> {
    let row = |row: &StockOfLot| {
        vec![
            Cell::text(row.site),
            Cell::text(row.lot),
            Cell::Text(product(row.product)),
            Cell::Mass(row.net_mg),
            Cell::Mass(row.reo_mg),
            Cell::text(if row.sealed { "sealed" } else { "" }),
        ]
    };
    let names = ["site", "lot", "product", "+:net t", "+:REO t", "state"];
    let mut tables = vec![Table::new(&names).with(answer.rows.iter().map(row))];
    tables.extend(answer.explain.iter().map(|line| {
        let title = format!("{} at {}", line.lot, line.site);
        of_postings(title, &line.postings, zone)
    }));
    tables
}
