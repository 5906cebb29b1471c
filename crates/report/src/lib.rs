//! Reports as pages of HTML: one for the nation and one for each enterprise, readable offline and on paper.
//!
//! Invariant: every mass on a page has its figure, and names and other texts of the log are escaped. The same books, month
//! and moment give the same bytes. Writes no files, reads no clock.

mod chart;
mod context;
mod diagram;
mod enterprise;
mod figure;
mod nation;
mod parts;
mod sankey;

pub use figure::{FigureOf, ShownMass};

use books::Books;
use domain::{Moment, Month, PartyKind};

use projection::ProjectionFault;
use thiserror::Error;

use context::Ground;

/// A page and every mass on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// `index.html`, or the id of the enterprise and `.html`; pages link to each other by these names.
    pub file_name: String,
    pub html: String,
    pub figures: Vec<ShownMass>,
}

/// Why there are no pages.
#[derive(Debug, Error)]
pub enum ReportFault {
    #[error("a page can't be filled: {0}")]
    Template(#[from] askama::Error),
    #[error(transparent)]
    Log(#[from] ProjectionFault),
}

/// The page of the nation, then the page of each enterprise, by id. `month` is the month of the report; `now` decides
/// what is late.
///
/// # Errors
/// A template could not be filled, or the log could not be read where a page rests on it.
pub fn pages(books: &Books, month: Month, now: Moment) -> Result<Vec<Page>, ReportFault> {
    let ground = Ground::new(books, month, now)?;
    let mut pages = vec![nation::page(&ground)?];
    for (party, record) in books.book.registry().parties() {
        if let PartyKind::Enterprise { activities } = &record.kind {
            pages.push(enterprise::page(&ground, *party, record, activities)?);
        }
    }
    Ok(books.sound(pages)?)
}
