//! How a report is printed, as it is typed.
//!
//! Invariant: a report has one form. Paints nothing.

/// How a report is printed.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Form {
    /// Print one JSON document
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV with a header row; a text that a spreadsheet would run begins with an apostrophe
    #[arg(long)]
    pub csv: bool,
    /// Begin the CSV with a byte order mark, for spreadsheets that take UTF-8 only so
    #[arg(long, requires = "csv")]
    pub bom: bool,
    /// Show masses with all their digits, as JSON and CSV do, instead of whole kilograms
    #[arg(long)]
    pub exact: bool,
}
