//! Checkpoints (C2SP tlog-checkpoint): origin, size and root in exactly three lines, as a signed note.
//!
//! Invariant: a [`SignedCheckpoint`] exists only if the log key signed it; the signer's name is the origin.
//! Knows nothing of entries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chain::Hash;
use thiserror::Error;

use crate::note::{Note, NoteRefusal, SignatureLine, VerifierKey, check_name};
use crate::signer::{Signer, SigningFault};

/// What a log commits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    /// Entries that the tree covers.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

/// Why bytes are not a checkpoint of the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointRefusal {
    #[error(transparent)]
    Note(#[from] NoteRefusal),
    #[error("a checkpoint has exactly three lines, none of them empty: origin, size, root")]
    Lines,
    #[error("the size is a decimal number without leading zeros")]
    Size,
    #[error("the root is 32 bytes of base64")]
    Root,
    #[error("the checkpoint is of {found}, not of {expected}")]
    Origin { expected: String, found: String },
    #[error("of {size} entries it is signed by the log key {key}, which was handed over before")]
    Retired { size: u64, key: String },
    #[error("no log key is known for it")]
    NoKey,
}

impl Checkpoint {
    fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root.as_bytes())
        )
    }

    fn parse(text: &str) -> Result<Self, CheckpointRefusal> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointRefusal::Lines);
        };
        check_name(origin)?;
        let number: u64 = size.parse().map_err(|_| CheckpointRefusal::Size)?;
        if number.to_string() != size {
            return Err(CheckpointRefusal::Size);
        }
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|root| <[u8; 32]>::try_from(root).ok());
        let root = Hash::from_bytes(root.ok_or(CheckpointRefusal::Root)?);
        Ok(Self {
            origin: origin.to_owned(),
            size: number,
            root,
        })
    }

    /// The checkpoint as a note signed under the origin's name. The new signature is verified before it is handed out:
    /// a broken carrier must not be found by those who rely on the checkpoint.
    ///
    /// # Errors
    /// The origin can't be a key name, or the carrier of the key did not sign or signed wrongly.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, SigningFault> {
        self.sign_by_all(&[signer])
    }

    /// As [`Self::sign`], with a signature line of each: where a log key is handed over, the old one and the new one.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn sign_by_all(&self, signers: &[&dyn Signer]) -> Result<Vec<u8>, SigningFault> {
        let text = self.text();
        let mut note = format!("{text}\n");
        for signer in signers {
            let key = VerifierKey::new(&self.origin, signer.public().clone())?;
            let signature = signer.sign(text.as_bytes())?;
            if !key.key().verifies(text.as_bytes(), &signature) {
                return Err(SigningFault::WrongSignature(key.key().id()));
            }
            note.push_str(&key.line(&signature));
        }
        Ok(note.into_bytes())
    }
}

/// A checkpoint that the log key signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Vec<u8>,
    other_signatures: usize,
}

impl SignedCheckpoint {
    /// What the log commits to.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signed note, verbatim.
    pub fn note(&self) -> &[u8] {
        &self.note
    }

    /// The note with the signature lines of these keys alone: what strangers hung onto it is left away.
    pub fn only_by<'k>(&self, keys: impl IntoIterator<Item = &'k VerifierKey> + Clone) -> Vec<u8> {
        // It was parsed when it was opened.
        Note::parse(&self.note).map_or_else(
            |_| self.note.clone(),
            |note| {
                let is_known = |line: &SignatureLine<'_>| {
                    let mut keys = keys.clone().into_iter();
                    keys.any(|key| key.is_named_by(line))
                };
                note.with_lines(is_known).into_bytes()
            },
        )
    }

    /// How many signature lines other keys than the log's left on the note. They are well formed; nobody checked them.
    pub fn other_signatures(&self) -> usize {
        self.other_signatures
    }
}

/// Opens a checkpoint of the log that this key belongs to.
///
/// # Errors
/// It is not a well-formed checkpoint, not of this log, or not signed by this key.
pub fn open_checkpoint(
    note: &[u8],
    key: &VerifierKey,
) -> Result<SignedCheckpoint, CheckpointRefusal> {
    let opened = key.open(note)?;
    let checkpoint = Checkpoint::parse(opened.text)?;
    if checkpoint.origin != key.name() {
        return Err(CheckpointRefusal::Origin {
            expected: key.name().to_owned(),
            found: checkpoint.origin,
        });
    }
    Ok(SignedCheckpoint {
        checkpoint,
        note: note.to_vec(),
        other_signatures: opened.others,
    })
}

/// What a checkpoint claims, with nobody's signature checked: for showing, and for comparing before checking.
///
/// # Errors
/// It is not a well-formed checkpoint.
pub fn peek_unverified(note: &[u8]) -> Result<Checkpoint, CheckpointRefusal> {
    Checkpoint::parse(Note::parse(note)?.text)
}
