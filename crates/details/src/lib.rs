//! Confidential details beside the log: the log holds a salted commitment, a vault holds value and salt.
//! Invariant: a value comes out of this crate only together with the commitment that it opens or the fault that it does not;
//! nothing here prints a value, not even `Debug`.
//! Knows no ledger, no key and no randomness; a salt is given by the caller. Normative text: `docs/spec/details.md`.

mod detail;
mod disclosure;
mod vault;

pub use detail::{
    Detail, DetailValue, Details, Mismatch, OrderFault, Plain, SEALING_EVENTS, VALUE_BYTES_MAX,
    seal, sealed_of,
};
pub use disclosure::{Disclosure, DisclosureFault};
pub use vault::{Vault, VaultFault};
