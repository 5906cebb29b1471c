//! The public quota figures of 2018 to 2024, with their sources, as the table in `data/` holds them.
//!
//! Invariant: figures enter the demo only here, so that what is public and what is invented stays apart.

use domain::Track;
use domain::payload::BatchBasis;

const TABLE: &str = include_str!("../data/quota-2018-2024.csv");

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearRow {
    pub year: u16,
    /// `1`, `2`, `3`, or `full` for a whole year.
    pub batch: String,
    /// `national`, or a group.
    pub holder: String,
    pub track: Track,
    /// Tonnes of REO.
    pub amount_t: u64,
    pub basis: BatchBasis,
    /// Numbers of the sources listed in the table's head.
    pub sources: String,
}

/// Every row of the table.
///
/// # Panics
/// The table built into this crate is malformed; a test reads it.
pub fn figures() -> Vec<YearRow> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(TABLE.as_bytes());
    let rows = reader.records();
    rows.map(|row| {
        let row = row.expect("the built-in table of quota figures is CSV");
        let field = |place: usize| {
            row.get(place)
                .expect("the built-in table of quota figures has seven columns")
        };
        YearRow {
            year: field(0).parse().expect("a year in the built-in table"),
            batch: field(1).to_owned(),
            holder: field(2).to_owned(),
            track: field(3).parse().expect("a track in the built-in table"),
            amount_t: field(4).parse().expect("tonnes in the built-in table"),
            basis: field(5).parse().expect("a basis in the built-in table"),
            sources: field(6).to_owned(),
        }
    })
    .collect()
}

/// The public figure in tonnes for one batch of 2024, if there is one.
pub(crate) fn of_2024(batch: u8, holder: &str, track: Track) -> Option<u64> {
    figures()
        .into_iter()
        .find(|row| {
            row.year == 2024
                && row.batch == batch.to_string()
                && row.holder == holder
                && row.track == track
        })
        .map(|row| row.amount_t)
}
