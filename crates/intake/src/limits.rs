//! How much one file may hold; each limit with its unit last.
//!
//! Invariant: no honest sheet reaches its limit, and a hostile one is stopped before its memory is taken. Knows only numbers.

/// Parts of a workbook (sheets, styles, texts), packed files in one archive.
pub(crate) const PARTS_MAX: usize = 4096;
/// All parts of a workbook, unpacked.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Rows of one sheet of a workbook: what Excel has at most is twice as many.
pub(crate) const ROWS_MAX: u32 = 500_000;
/// Columns of one sheet: the widest column set has under forty.
pub(crate) const COLUMNS_MAX: u32 = 256;
/// Cells with something in them, of all sheets of a workbook.
pub(crate) const CELLS_MAX: usize = 8_000_000;
/// Text of all these cells.
pub(crate) const TEXT_BYTES_MAX: usize = 512 * 1024 * 1024;
/// A text shown in a message, in characters: enough to find the cell by.
pub(crate) const SHOWN_CHARS_MAX: usize = 60;
