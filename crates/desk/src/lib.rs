//! The desk of one who signs: what previews, numbers, keeps, signs and hands in events, files a month, corrects, makes acts of
//! office, takes what others signed, and rotates and recovers keys. The same for a command, a service and a console.
//!
//! Invariant: an event is numbered once and shown as it is numbered; clock, chance, secrets and an ear are given by the host.
//! Knows no command line and no terminal.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

pub mod acknowledge;
mod batch;
mod commit;
mod desk;
pub mod evidence;
mod export;
pub mod extract;
mod fields;
mod follow;
mod foresight;
pub mod founding;
mod host;
mod kept;
pub mod keys;
pub mod limits;
mod log_key;
mod mirror;
mod month;
pub mod objection;
pub mod office;
mod outbox;
pub mod receipts;
pub mod receive;
pub mod recovery;
mod refused;
pub mod requests;
mod rotation;
mod row_keys;
mod rows;
pub mod sealed;
mod session;
mod several;
mod standing;
mod stranger;
mod take;
pub mod witnesses;

pub use batch::{Batch, Intent, Numbered, words};
pub use commit::{Committed, Hear, Recorded};
pub use desk::{Desk, founding, log_keys, origin_of};
pub use export::{Copy, Exported, export};
pub use fields::FieldChange;
pub use follow::{Followed, follow};
pub use foresight::Foresight;
pub use host::{Host, Progress, Told};
pub use kept::{witnessed, witnessed_note};
pub use log_key::LogKeyRotation;
pub use mirror::Mirror;
pub use month::{Correction, Right, correction, filing};
pub use outbox::Outbox;
pub use refused::{DeskRefused, EventRefused, KeyRefused, LogRefused, NotDone, RefusalKind};
pub use rotation::{Rotation, named_key};
pub use rows::{KnownRow, Sorted, Stands};
pub use session::Session;
pub use several::PreparedAct;
pub use stranger::OpenLedger;
pub use take::{Taken, TakenEvents, Tried, take};
