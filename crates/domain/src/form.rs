//! Form rules: the closed list of what can be wrong with a value, worded for the person who typed it.
//!
//! Each rule has one stable code, used alike by the decoder's refusals, import errors and golden vectors.
//! Knows nothing of where the value stood; callers add file, row and column.

use thiserror::Error;

/// A value breaks the form of the event format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormError {
    #[error("{what} has {found} bytes; {min} to {max} are allowed")]
    TextLength {
        what: &'static str,
        found: u64,
        min: usize,
        max: usize,
    },
    #[error("{what} is not valid UTF-8")]
    TextEncoding { what: &'static str },
    #[error("{what} holds the control character U+{found:04X}; remove it")]
    TextControl { what: &'static str, found: u32 },
    #[error(
        "{what} holds U+{found:04X} as its character {place}, which nobody sees or which turns the order of letters; delete \
         it, or type the text again"
    )]
    TextInvisible {
        what: &'static str,
        found: u32,
        /// Counted from 1.
        place: usize,
    },
    #[error("{what} is not in Unicode normal form C; retype it or normalise it")]
    TextNormalForm { what: &'static str },
    #[error("{what} begins or ends with a space; remove it")]
    TextSpace { what: &'static str },
    #[error("a code uses only A-Z 0-9 . _ / - (found {found:?})")]
    CodeCharacter { found: char },
    #[error("{what} has {found} items; {min} to {max} are allowed")]
    ListLength {
        what: &'static str,
        found: u64,
        min: usize,
        max: usize,
    },
    #[error("{what} must be sorted and free of duplicates")]
    ListOrder { what: &'static str },
    #[error("{what} has no code {found}")]
    UnknownCode { what: &'static str, found: u8 },
    #[error("{found:?} is not a {what}; use one of: {allowed}")]
    UnknownName {
        what: &'static str,
        found: String,
        allowed: String,
    },
    #[error("{found:?} is not {what}: write its {digits} lower-case hexadecimal digits")]
    HexDigits {
        what: &'static str,
        found: String,
        digits: usize,
    },
    #[error(
        "{found:?} is neither an 18-character unified social credit code nor a 20-character LEI"
    )]
    PartyShape { found: String },
    #[error(
        "the check character of unified social credit code {found} is wrong: expected {expected}"
    )]
    UsccCheck { found: String, expected: char },
    #[error("the check digits of LEI {found} are wrong")]
    LeiCheck { found: String },
    #[error("{found:?} is not a lot; write PARTY/CODE")]
    LotShape { found: String },
    #[error("{found} is not a six-digit GB/T 2260 division code")]
    Division { found: String },
    #[error("{found:?} is not a two-letter ISO 3166 country code")]
    Country { found: String },
    #[error("{found:?} is not ten digits of the customs tariff")]
    HsCode { found: String },
    #[error("{found} is not a month; write YYYY-MM between {YEAR_MIN} and {YEAR_MAX}", YEAR_MIN = crate::limits::YEAR_MIN, YEAR_MAX = crate::limits::YEAR_MAX)]
    Month { found: String },
    #[error("{found} is not a day of the calendar; write YYYY-MM-DD")]
    Day { found: String },
    #[error(
        "{found} is not a time; write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS with an offset such as +08:00"
    )]
    Time { found: String },
    #[error("a zone lies between -14:00 and +14:00 in whole minutes (found {found} minutes)")]
    Zone { found: i16 },
    #[error("{found} mg is above the largest mass of one event, {max} mg", max = crate::limits::MASS_MG_MAX)]
    MassTooLarge { found: u64 },
    #[error(
        "{found:?} is not a mass; write a number and a unit (mg, g, kg or t) with no more digits than whole milligrams"
    )]
    MassShape { found: String },
    #[error("a quantity of zero net mass says nothing; leave the line out")]
    NothingWeighed,
    #[error("REO {reo_mg} mg exceeds what {net_mg} mg net of {product} can hold")]
    ReoAboveNet {
        reo_mg: u64,
        net_mg: u64,
        product: String,
    },
    #[error("{found} parts per million is above one whole")]
    ShareAboveWhole { found: u32 },
    #[error(
        "{found:?} is not a percentage of REO; write a number from 0 to 100 with at most four decimals"
    )]
    PercentShape { found: String },
    #[error("composition sums to {found} ppm of REO instead of 1000000")]
    CompositionSum { found: u64 },
    #[error(
        "{found:?} is not a composition; write shares of REO in ppm as Ce:500000,La:300000,Nd:200000"
    )]
    CompositionShape { found: String },
    #[error("{found:?} is not a product; examples: {examples}")]
    ProductShape {
        found: String,
        examples: &'static str,
    },
    #[error("{product} can't come from {event}")]
    ProductNotPossible {
        product: String,
        event: &'static str,
    },
    #[error("from {from} to {until} is not a period: it ends before it begins")]
    PeriodReversed { from: String, until: String },
    #[error("first {first} and last {last} sequence numbers are not a range")]
    SequenceRange { first: u64, last: u64 },
    #[error("lot {lot} is named twice in one event")]
    LotTwice { lot: String },
    #[error("line {line} is named twice in one receipt")]
    LineTwice { line: u16 },
    #[error("a rejected line carries no received quantity, an accepted or adjusted one carries it")]
    ReceiptQuantity,
    #[error("a processing run needs at least one output, retained residue or discard")]
    NothingProduced,
    #[error("from and to are the same: nothing moves")]
    SameHolder,
    #[error(
        "a correction can't correct or replace with another correction; correct the original event again"
    )]
    NestedCorrection,
    #[error("{event} can't be corrected; {instead}")]
    NotCorrectable {
        event: &'static str,
        instead: &'static str,
    },
    #[error("data that was incorrect needs a replacement, an event that did not occur has none")]
    Replacement,
    #[error("the replacement is {found} but the corrected event is {expected}")]
    ReplacementKind {
        expected: &'static str,
        found: &'static str,
    },
    #[error("the event that is corrected belongs to another, {found}")]
    CorrectsForeign { found: String },
    #[error(
        "signed {signed_ms} ms lies before occurred {occurred_ms} ms: an event can't be signed before it happened"
    )]
    SignedBeforeOccurred { signed_ms: i64, occurred_ms: i64 },
    #[error(
        "net {net_mg} mg does not fit what the scales showed: without its water that is {expected_mg} mg"
    )]
    WetAndNet { net_mg: u64, expected_mg: u64 },
    #[error("an annulment can't be annulled: issue the act again")]
    NestedAnnulment,
    #[error("{event} can't be annulled: {instead}")]
    NotAnnullable {
        event: &'static str,
        instead: &'static str,
    },
    #[error("an assay method is named, but no composition: give the composition that it found")]
    AssayWithoutComposition,
    #[error(
        "an invoice can't cancel itself: name the number of the invoice that the red-letter invoice {number} cancels"
    )]
    InvoiceCancelsItself { number: String },
    #[error("pages of an inventory are numbered from 1")]
    PageZero,
    #[error("uncertainties by element belong to a method of assay, not of {kind}")]
    ElementsOfNoAssay { kind: &'static str },
    #[error(
        "seen {size} entries with a root that does not fit: the root of the empty tree belongs to size 0, and to no other"
    )]
    SeenRoot { size: u64 },
    #[error(
        "counted as of {as_of_ms} ms, after {occurred_ms} ms when it occurred: nobody counts what is to come"
    )]
    CountedAfterOccurred { as_of_ms: i64, occurred_ms: i64 },
    #[error("{what} is out of range: {found}; {min} to {max} are allowed")]
    Range {
        what: &'static str,
        found: u64,
        min: u64,
        max: u64,
    },
}

impl FormError {
    /// The stable name of the broken rule, as it stands in golden vectors and JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TextLength { .. } => "text-length",
            Self::TextEncoding { .. } => "text-encoding",
            Self::TextControl { .. } => "text-control",
            Self::TextInvisible { .. } => "text-invisible",
            Self::TextNormalForm { .. } => "text-normal-form",
            Self::TextSpace { .. } => "text-space",
            Self::CodeCharacter { .. } => "code-character",
            Self::ListLength { .. } => "list-length",
            Self::ListOrder { .. } => "list-order",
            Self::UnknownCode { .. } => "unknown-code",
            Self::UnknownName { .. } => "unknown-name",
            Self::HexDigits { .. } => "hex-digits",
            Self::PartyShape { .. } => "party-shape",
            Self::UsccCheck { .. } => "uscc-check",
            Self::LeiCheck { .. } => "lei-check",
            Self::LotShape { .. } => "lot-shape",
            Self::Division { .. } => "division",
            Self::Country { .. } => "country",
            Self::HsCode { .. } => "hs-code",
            Self::Month { .. } => "month",
            Self::Day { .. } => "day",
            Self::Time { .. } => "time",
            Self::Zone { .. } => "zone",
            Self::MassTooLarge { .. } => "mass-too-large",
            Self::MassShape { .. } => "mass-shape",
            Self::NothingWeighed => "nothing-weighed",
            Self::ReoAboveNet { .. } => "reo-above-net",
            Self::ShareAboveWhole { .. } => "share-above-whole",
            Self::PercentShape { .. } => "percent-shape",
            Self::CompositionSum { .. } => "composition-sum",
            Self::CompositionShape { .. } => "composition-shape",
            Self::ProductShape { .. } => "product-shape",
            Self::ProductNotPossible { .. } => "product-not-possible",
            Self::PeriodReversed { .. } => "period-reversed",
            Self::SequenceRange { .. } => "sequence-range",
            Self::LotTwice { .. } => "lot-twice",
            Self::LineTwice { .. } => "line-twice",
            Self::ReceiptQuantity => "receipt-quantity",
            Self::NothingProduced => "nothing-produced",
            Self::SameHolder => "same-holder",
            Self::NestedCorrection => "nested-correction",
            Self::NotCorrectable { .. } => "not-correctable",
            Self::Replacement => "replacement",
            Self::ReplacementKind { .. } => "replacement-kind",
            Self::CorrectsForeign { .. } => "corrects-foreign",
            Self::SignedBeforeOccurred { .. } => "signed-before-occurred",
            Self::WetAndNet { .. } => "wet-and-net",
            Self::NestedAnnulment => "nested-annulment",
            Self::NotAnnullable { .. } => "not-annullable",
            Self::AssayWithoutComposition => "assay-without-composition",
            Self::InvoiceCancelsItself { .. } => "invoice-cancels-itself",
            Self::PageZero => "page-zero",
            Self::ElementsOfNoAssay { .. } => "elements-of-no-assay",
            Self::SeenRoot { .. } => "seen-root",
            Self::CountedAfterOccurred { .. } => "counted-after-occurred",
            Self::Range { .. } => "range",
        }
    }
}
