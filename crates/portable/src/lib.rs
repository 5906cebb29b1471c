//! A log outside its ledger: the tlog-tiles folder that any tool for such logs reads, one deterministic file of it, the
//! extract for one enterprise, files that prove one thing, what a verifier remembers between two looks, whether enough
//! witnesses cosigned, and what travels by file between parties: key requests, signed events, receipts.
//!
//! Invariant: the same log gives the same bytes. Whatever is read here is doubted: every file ends in the verifier of
//! `verify`, and damage is a fault with a position. Knows no store and no network.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod entries;
mod extract;
mod extract_check;
mod extract_reach;
mod extract_whole;
mod fault;
mod fingerprint;
mod folder;
mod handed;
mod inquiry;
mod kind;
pub mod limits;
mod pack;
mod proof_file;
mod quorum;
mod reader;
mod receipts;
mod remembered;
mod render;
mod request;
mod signed;
mod subjects;
#[cfg(test)]
mod tests;

pub use domain::text::{printable, printable_lines};
pub use extract::{
    Extract, ExtractOrigin, ExtractedEntry, ExtractedHead, ExtractedHeads, ExtractedLast, extract,
};
pub use extract_check::check_extract;
pub use fault::PortableFault;
pub use fingerprint::{fingerprint, fingerprint_of};
pub use folder::{WrittenCopy, write_folder};
pub use handed::{Handed, LiveLedger};
pub use inquiry::{Brought, Inquiry, Outcome};
pub use kind::{Kind, kind_of};
pub use pack::{copy_pack, write_pack};
pub use quorum::QuorumCheck;
pub use reader::{CopyReader, Places};
pub use receipts::{Answered, EventReceipt, Receipts};
pub use remembered::Memory;
pub use render::{document, text};
pub use request::{KeyRequest, Stated};
pub use signed::{HandedEvent, KeySignature, SignedEvents};

/// Entries in the order of their positions, from 0.
pub type Entries<'a> = dyn Iterator<Item = Result<Vec<u8>, PortableFault>> + 'a;
