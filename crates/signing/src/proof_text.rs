//! Receipts as text (C2SP tlog-proof): position, inclusion proof, checkpoint.
//!
//! Invariant: one receipt, one text; only the very bytes of the entry verify. Knows nothing of the entry but its bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chain::{Hash, ProofRefusal};
use thiserror::Error;

use crate::checkpoint::{CheckpointRefusal, SignedCheckpoint};
use crate::limits::{PROOF_HASHES_MAX, RECEIPT_BYTES_MAX};
use crate::log_keys::LogKeys;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// That an entry stands at a position of the tree that a checkpoint signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    pub position: u64,
    /// From the leaf to the root.
    pub hashes: Vec<Hash>,
    /// The checkpoint's note.
    pub note: Vec<u8>,
}

/// Why a receipt is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofTextRefusal {
    #[error("a receipt has at most {RECEIPT_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    #[error("a receipt begins with the line {HEADER:?}")]
    Header,
    #[error("the line extra is followed by base64, and stands before the line index")]
    Extra,
    #[error(
        "the line after the first, or after the line extra, gives the position: index N, without leading zeros"
    )]
    Position,
    #[error("a receipt has at most {PROOF_HASHES_MAX} hashes")]
    TooManyHashes,
    #[error("hash line {0} is not 32 bytes of base64")]
    Hash(usize),
    #[error("a blank line and a checkpoint follow the hashes")]
    Checkpoint,
    #[error("the checkpoint is refused: {0}")]
    Note(#[from] CheckpointRefusal),
    #[error("the proof does not lead from the entry to the root: {0}")]
    Proof(#[from] ProofRefusal),
}

impl TlogProof {
    /// The receipt as text.
    pub fn to_text(&self) -> String {
        let hashes: String = self
            .hashes
            .iter()
            .map(|hash| STANDARD.encode(hash.as_bytes()) + "\n")
            .collect();
        format!(
            "{HEADER}\nindex {}\n{hashes}\n{}",
            self.position,
            String::from_utf8_lossy(&self.note)
        )
    }

    /// Reads a receipt. What an `extra` line says is left away.
    ///
    /// # Errors
    /// The first line that is not as it must be.
    pub fn parse(text: &str) -> Result<Self, ProofTextRefusal> {
        Self::parse_with_extra(text).map(|(proof, _)| proof)
    }

    /// Reads a receipt, and the bytes of its `extra` line if it has one. Nothing signs them: they prove nothing.
    ///
    /// # Errors
    /// The first line that is not as it must be.
    pub fn parse_with_extra(text: &str) -> Result<(Self, Option<Vec<u8>>), ProofTextRefusal> {
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(ProofTextRefusal::TooLong(text.len()));
        }
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(ProofTextRefusal::Checkpoint)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(ProofTextRefusal::Header);
        }
        let mut line = lines.next();
        let extra = match line.and_then(|line| line.strip_prefix("extra ")) {
            Some(encoded) => {
                line = lines.next();
                let bytes = STANDARD.decode(encoded);
                let bytes = bytes.ok().filter(|bytes| !bytes.is_empty());
                Some(bytes.ok_or(ProofTextRefusal::Extra)?)
            }
            None => None,
        };
        let number = line
            .and_then(|line| line.strip_prefix("index "))
            .ok_or(ProofTextRefusal::Position)?;
        let position: u64 = number.parse().map_err(|_| ProofTextRefusal::Position)?;
        if position.to_string() != number {
            return Err(ProofTextRefusal::Position);
        }
        let mut hashes = Vec::new();
        for (number, line) in (1..).zip(lines) {
            if number > PROOF_HASHES_MAX {
                return Err(ProofTextRefusal::TooManyHashes);
            }
            let hash = STANDARD
                .decode(line)
                .ok()
                .and_then(|hash| <[u8; 32]>::try_from(hash).ok())
                .ok_or(ProofTextRefusal::Hash(number))?;
            hashes.push(Hash::from_bytes(hash));
        }
        let proof = Self {
            position,
            hashes,
            note: note.as_bytes().to_vec(),
        };
        Ok((proof, extra))
    }

    /// Checks the checkpoint's signatures and the path from the entry to its root.
    ///
    /// # Errors
    /// The checkpoint is not the log's, or the entry does not stand there.
    pub fn verify(
        &self,
        entry: &[u8],
        keys: &LogKeys,
    ) -> Result<SignedCheckpoint, ProofTextRefusal> {
        let signed = keys.open(&self.note)?;
        let checkpoint = signed.checkpoint();
        let leaf = chain::leaf_hash(entry);
        chain::verify_inclusion(
            &leaf,
            self.position,
            checkpoint.size,
            &self.hashes,
            &checkpoint.root,
        )?;
        Ok(signed)
    }
}
