//! Ed25519 keys and signatures of events, signed notes and checkpoints, receipts as text, encrypted key files.
//!
//! Invariant: `verify_strict` decides, and only canonical, torsion-free keys exist as [`PublicKey`]; each kind of message has
//! its own label, so no signature made for one use serves another.
//! Knows no files, no clock and no randomness: seeds, salts and bytes are given. Normative text: `docs/spec/checkpoint.md`.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod checkpoint;
mod cosignature;
mod key;
pub mod keyfile;
pub mod limits;
mod log_keys;
mod message;
mod ml_dsa;
mod note;
mod proof_text;
mod signer;
#[cfg(test)]
mod tests;

pub use checkpoint::{
    Checkpoint, CheckpointRefusal, SignedCheckpoint, open_checkpoint, peek_unverified,
};
pub use cosignature::{CosignFault, WitnessKey, add_cosignature, cosign};
pub use key::{KeyRefusal, PublicKey, ShortKey, Signature, key_commitment};
pub use log_keys::LogKeys;
pub use message::{
    SignatureRefusal, sign_event, sign_handover, sign_possession, verify_event, verify_handover,
    verify_possession,
};
pub use ml_dsa::MlDsaWitnessKey;
pub use note::{NoteRefusal, VerifierKey};
pub use proof_text::{ProofTextRefusal, TlogProof};
pub use signer::{SecretKey, Signer, SigningFault};
