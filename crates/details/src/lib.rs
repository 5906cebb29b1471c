//! Confidential details outside the log: the log holds a salted commitment, a vault holds value and salt.
//! Invariant: no message of this crate holds a value, not even `Debug`. What a vault or a disclosure gives is what was kept or
//! shown; only [`Detail::open`] and [`Disclosure::check`] tell whether it is what was sealed.
//! Knows no ledger, no key and no randomness; a salt is given by the caller. Normative text: `docs/spec/details.md`.

mod detail;
mod disclosure;
mod standing;
mod vault;

pub use detail::{
    Detail, DetailValue, Details, Mismatch, OrderFault, Plain, SEALING_EVENTS, SealFault,
    VALUE_BYTES_MAX, seal,
};
pub use disclosure::{Disclosure, DisclosureFault};
pub use standing::{NotRemovable, Removal, SealedEvent, Standing, Standings};
pub use vault::{Vault, VaultFault};

/// Where reading JSON stopped. The reader's own words would quote what stands there, and that may be a value.
fn stopped(error: &serde_json::Error) -> String {
    let why = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "its content is not what belongs there",
        _ => "it is no JSON",
    };
    let (line, column) = (error.line(), error.column());
    format!("{why} (line {line}, column {column})")
}
