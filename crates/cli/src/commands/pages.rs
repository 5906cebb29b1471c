//! `report`: the pages of a month, written into a folder.
//!
//! Invariant: every page is written whole or not at all. Holds no rule and no layout.

use desk::Desk;
use grammar::{Form, PagesReport};

use super::ask;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Writes the pages and names the one to open.
pub(crate) fn run(desk: &Desk<'_>, report: &PagesReport) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &report.as_of, Form::default())?;
    let pages =
        report::pages(reading.books()?, report.month, reading.now()?).map_err(CliError::fault)?;
    durable::create_folder(&report.out, durable::Access::Usual)?;
    for page in &pages {
        // A reader who has the page open sees the old one or the new one.
        durable::put(&report.out.join(&page.file_name), page.html.as_bytes())?;
    }
    let first = report.out.join("index.html");
    output::line(format!("{} pages; open {}", pages.len(), first.display()))?;
    Ok(Outcome::Done)
}
