//! Every limit of the event format, each named with its unit last.
//!
//! A limit is part of the format: an event over it is refused everywhere alike. Knows nothing but numbers.

/// Signed body of one event, in bytes.
pub const BODY_BYTES_MAX: usize = 32 * 1024;
/// One log entry (receive time, body, signatures), in bytes. C2SP tlog-tiles allows 65 535.
pub const ENTRY_BYTES_MAX: usize = 34 * 1024;
/// Bytes of the event that a correction carries. Small enough that a correction of the largest fits a body.
pub const CORRECTED_BYTES_MAX: usize = 24 * 1024;
/// Signatures on one entry.
pub const SIGNATURES_MAX: usize = 8;
/// Characters of a lot, site, shipment or invoice code, in bytes (they are ASCII).
pub const CODE_BYTES_MAX: usize = 32;
/// A name, number or short remark, in bytes of UTF-8.
pub const TERM_BYTES_MAX: usize = 200;
/// A longer remark, in bytes of UTF-8.
pub const NOTE_BYTES_MAX: usize = 2_000;
/// Lots on one shipment, export, count or processing run.
pub const LINES_MAX: usize = 100;
/// Invoices on one shipment.
pub const INVOICES_MAX: usize = 16;
/// Sealed fields on one event.
pub const SEALED_MAX: usize = 8;
/// Inspectors on one inspection; Order 785 article 19 asks for at least two.
pub const INSPECTORS_MAX: usize = 8;
/// Fewest inspectors on one inspection (Order 785 article 19).
pub const INSPECTORS_MIN: usize = 2;
/// Parties named in one grant of access.
pub const PARTIES_MAX: usize = 64;
/// Suspensions of one row of reference data.
pub const PERIODS_MAX: usize = 8;
/// Yield bands in one rule set.
pub const BANDS_MAX: usize = 16;
/// First and last year that a month or a day may lie in.
pub const YEAR_MIN: u16 = 1990;
/// Last year that a month or a day may lie in.
pub const YEAR_MAX: u16 = 2199;
/// Largest mass in one event: ten million tonnes, in milligrams. Sums of 2^60 such masses still fit an `i128`.
pub const MASS_MG_MAX: u64 = 10_000_000 * 1_000_000_000;

const _: () = assert!(CORRECTED_BYTES_MAX < BODY_BYTES_MAX);
const _: () = assert!(BODY_BYTES_MAX + SIGNATURES_MAX * 72 + 64 <= ENTRY_BYTES_MAX);
const _: () = assert!(ENTRY_BYTES_MAX <= u16::MAX as usize);
