//! Signed notes (C2SP signed-note): a text, a blank line, signature lines; and the verifier keys that check them.
//!
//! Invariant: a note has one reading: strict base64, no control character but newline, no signature line twice.
//! Knows nothing of what the text says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::key::{KeyRefusal, PublicKey, Signature};
use crate::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, VERIFIER_KEY_BYTES_MAX};

/// The signed-note signature type of Ed25519.
const ED25519: u8 = 0x01;

/// Why bytes are not a signed note, or a text not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoteRefusal {
    #[error("a note has at most {NOTE_BYTES_MAX} bytes")]
    TooLong,
    #[error("a note is UTF-8 without control characters other than newline")]
    NotText,
    #[error(
        "a note has a text that ends in a newline, a blank line, and at least one signature line"
    )]
    NoSignature,
    #[error("signature line {0} is malformed")]
    BadLine(usize),
    #[error("signature line {0} is the second one of the same key")]
    Repeated(usize),
    #[error("a note has at most {NOTE_SIGNATURES_MAX} signatures")]
    TooManySignatures,
    #[error("no signature by {0}")]
    NotSigned(String),
    #[error("the signature by {0} is wrong")]
    WrongSignature(String),
    #[error("{0:?} is not a key name: it is not empty, has no space and no plus sign")]
    BadName(String),
    #[error("the text is not a verifier key (name+hash+key)")]
    BadVerifierKey,
    #[error("the verifier key can't be used: {0}")]
    BadKey(#[from] KeyRefusal),
}

/// A name and the key that signs under it: how a log or witness is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: PublicKey,
    /// Hashed once, not for every line of every note.
    id: [u8; 4],
}

fn note_key_id(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key)
        .finalize();
    let mut id = [0; 4];
    id.copy_from_slice(&digest[..4]);
    id
}

pub(crate) fn check_name(name: &str) -> Result<(), NoteRefusal> {
    let bad = name.is_empty()
        || name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+');
    if bad {
        Err(NoteRefusal::BadName(name.to_owned()))
    } else {
        Ok(())
    }
}

impl VerifierKey {
    /// A key under a name.
    ///
    /// # Errors
    /// The name is empty, or has a space or a plus sign.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteRefusal> {
        check_name(name)?;
        Ok(Self {
            name: name.to_owned(),
            id: note_key_id(name, key.as_bytes()),
            key,
        })
    }

    /// The name it signs under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Checks that the note is signed by this key. A wrong signature under this name and id refuses the whole note; other
    /// signers' lines only have to be well formed.
    pub(crate) fn open<'a>(&self, note: &'a [u8]) -> Result<Opened<'a>, NoteRefusal> {
        let parts = Note::parse(note)?;
        let own = |line: &&SignatureLine<'_>| line.name == self.name && line.id == self.id;
        let Some(line) = parts.lines.iter().find(own) else {
            return Err(NoteRefusal::NotSigned(self.name.clone()));
        };
        let signature = <[u8; 64]>::try_from(line.signature.as_slice()).ok();
        let valid = signature.is_some_and(|signature| {
            self.key
                .verifies(parts.text.as_bytes(), &Signature(signature))
        });
        if !valid {
            return Err(NoteRefusal::WrongSignature(self.name.clone()));
        }
        Ok(Opened {
            text: parts.text,
            others: parts.lines.len() - 1,
        })
    }
}

/// A note that a known key signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened<'a> {
    /// Its text, with the last newline.
    pub(crate) text: &'a str,
    /// Signature lines by keys that were not asked about, unchecked.
    pub(crate) others: usize,
}

/// `name+hash+base64(type, key)`.
impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let typed = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            u32::from_be_bytes(self.id),
            STANDARD.encode(typed)
        )
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteRefusal;

    fn from_str(text: &str) -> Result<Self, NoteRefusal> {
        if text.len() > VERIFIER_KEY_BYTES_MAX {
            return Err(NoteRefusal::BadVerifierKey);
        }
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteRefusal::BadVerifierKey);
        };
        let typed = STANDARD
            .decode(key)
            .map_err(|_| NoteRefusal::BadVerifierKey)?;
        let Some((&ED25519, key)) = typed.split_first() else {
            return Err(NoteRefusal::BadVerifierKey);
        };
        let key: &[u8; 32] = key.try_into().map_err(|_| NoteRefusal::BadVerifierKey)?;
        let key = PublicKey::from_bytes(key)?;
        let verifier = Self::new(name, key)?;
        if hash == format!("{:08x}", u32::from_be_bytes(verifier.id)) {
            Ok(verifier)
        } else {
            Err(NoteRefusal::BadVerifierKey)
        }
    }
}

struct SignatureLine<'a> {
    name: &'a str,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl<'a> SignatureLine<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        check_name(name).ok()?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (id, signature) = bytes
            .split_first_chunk::<4>()
            .filter(|(_, signature)| !signature.is_empty())?;
        Some(Self {
            name,
            id: *id,
            signature: signature.to_vec(),
        })
    }
}

/// The signature line of a signer over a text.
pub(crate) fn signature_line(
    name: &str,
    key: &PublicKey,
    signature: &Signature,
) -> Result<String, NoteRefusal> {
    check_name(name)?;
    let payload = [&note_key_id(name, key.as_bytes())[..], &signature.0].concat();
    Ok(format!("\u{2014} {name} {}\n", STANDARD.encode(payload)))
}

/// A well-formed note, nothing of it verified.
pub(crate) struct Note<'a> {
    /// The text, with its last newline.
    pub(crate) text: &'a str,
    lines: Vec<SignatureLine<'a>>,
}

impl<'a> Note<'a> {
    pub(crate) fn parse(note: &'a [u8]) -> Result<Self, NoteRefusal> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteRefusal::TooLong);
        }
        let note = std::str::from_utf8(note).map_err(|_| NoteRefusal::NotText)?;
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteRefusal::NotText);
        }
        // The text keeps the first of the two newlines; the last blank line is the one that counts.
        let (text, signed) = note.rsplit_once("\n\n").ok_or(NoteRefusal::NoSignature)?;
        let text = note.get(..=text.len()).ok_or(NoteRefusal::NoSignature)?;
        let signed = signed.strip_suffix('\n').ok_or(NoteRefusal::NoSignature)?;
        let mut lines: Vec<SignatureLine<'_>> = Vec::new();
        for (number, line) in (1..).zip(signed.split('\n')) {
            if number > NOTE_SIGNATURES_MAX {
                return Err(NoteRefusal::TooManySignatures);
            }
            let line = SignatureLine::parse(line).ok_or(NoteRefusal::BadLine(number))?;
            if lines
                .iter()
                .any(|seen| seen.name == line.name && seen.id == line.id)
            {
                return Err(NoteRefusal::Repeated(number));
            }
            lines.push(line);
        }
        Ok(Self { text, lines })
    }
}

#[cfg(test)]
mod tests;
