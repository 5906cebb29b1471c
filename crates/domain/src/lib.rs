//! The trade's vocabulary: parties, sites, lots, products, elements, quantities, months, event payloads, the rule
//! set, and the registry that says who may sign what.
//!
//! Invariant: a value that exists is well formed; every constructor, decoder and JSON reader goes through the same door.
//! Knows nothing of bytes on disk, hashes, signatures, clocks or files.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod codec;
mod coded;
pub use codec::form_of;
pub mod body;
pub mod composition;
pub mod division;
pub mod element;
pub mod fingerprint;
pub mod form;
pub mod id;
pub mod json;
pub mod limits;
pub mod list;
pub mod party;
pub mod payload;
pub mod product;
pub mod quantity;
pub mod reference;
pub mod registry;
pub mod rules;
pub mod text;
pub mod time;

pub use body::{Body, Seen};
pub use composition::Composition;
pub use division::Division;
pub use element::Element;
pub use form::FormError;
pub use id::{Bytes32, Bytes64, Code, Country, EventId, KeyId, LotId, PartyId, SiteId};
pub use list::{Blob, List};
pub use party::{Activity, Names, PartyKind, Sector};
pub use payload::Payload;
pub use product::{CompoundForm, MagnetKind, MetalKind, OreKind, Product, Subject, Track};
pub use quantity::{Basis, Mass, Ppm, Quantity, Wet};
pub use registry::Registry;
pub use rules::RuleSet;
pub use text::{HsCode, Note, Term, Text};
pub use time::{DAY_MS, Day, Moment, Month, Zone};
