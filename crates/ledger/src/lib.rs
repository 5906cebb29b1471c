//! The sequencer: many verifiers, one writer, group commit. Submitted events are checked, admitted, encoded, covered by a
//! signed checkpoint and committed as one frame; then every submitter of the group is answered.
//!
//! Invariant: nothing is acknowledged before it is durable, nor before the quorum cosigned where that is asked for; restart
//! runs the very functions that the running ledger runs. Knows nothing of HTTP, files and the machine's clock: store, key
//! and clock are given.

mod acknowledge;
mod answer;
mod audit;
mod clock;
mod confirm;
mod fault;
mod guard;
mod heads_commitment;
mod index;
mod ledger;
pub mod limits;
mod past_roots;
mod receipt;
mod recover;
mod registered;
mod sequencer;
mod tip;

pub use acknowledge::{Acknowledge, NoQuorum, with_tree};
pub use answer::{Accepted, Conflict, NotAdmitted, Reply};
pub use audit::{source_of, verify_store};
pub use clock::{Clock, ManualClock};
pub use fault::LedgerFault;
pub use index::rebuild;
pub use ledger::{Ledger, LedgerOptions, Status};
pub use receipt::{Inclusion, ledger_id, receipt, receipt_under, seen};
pub use recover::reindex;
pub use registered::registry;
