//! Signed notes (C2SP signed-note): a text, a blank line, signature lines; and the verifier keys that check them.
//!
//! Invariant: a note has one reading: strict base64, no control character but newline, no signature line twice.
//! Knows nothing of what the text says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::key::{PublicKey, Signature};

/// Longest note, in bytes.
const NOTE_BYTES_MAX: usize = 16 * 1024;
/// Signature lines on one note.
const NOTE_SIGNATURES_MAX: usize = 64;
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
    #[error("signature line {0} stands twice")]
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
}

/// A name and the key that signs under it: how a log or witness is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: PublicKey,
}

pub(crate) fn note_key_id(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key)
        .finalize();
    let mut id = [0; 4];
    id.copy_from_slice(&digest[..4]);
    id
}

fn check_name(name: &str) -> Result<(), NoteRefusal> {
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

    fn id(&self) -> [u8; 4] {
        note_key_id(&self.name, self.key.as_bytes())
    }

    /// Checks that the note is signed by this key and gives its text. A wrong signature under this name and id refuses
    /// the whole note; other signers' lines only have to be well formed.
    pub(crate) fn open<'a>(&self, note: &'a [u8]) -> Result<&'a str, NoteRefusal> {
        let (text, lines) = split(note)?;
        let mut signed = false;
        for (number, line) in lines.lines().enumerate() {
            let parsed = SignatureLine::parse(line).ok_or(NoteRefusal::BadLine(number + 1))?;
            if parsed.name != self.name || parsed.id != self.id() {
                continue;
            }
            let signature = parsed
                .signature
                .as_slice()
                .try_into()
                .map_err(|_| NoteRefusal::BadLine(number + 1))?;
            if !self.key.verifies(text.as_bytes(), &Signature(signature)) {
                return Err(NoteRefusal::WrongSignature(self.name.clone()));
            }
            signed = true;
        }
        if signed {
            Ok(text)
        } else {
            Err(NoteRefusal::NotSigned(self.name.clone()))
        }
    }
}

/// `name+hash+base64(type, key)`.
impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let typed = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            u32::from_be_bytes(self.id()),
            STANDARD.encode(typed)
        )
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteRefusal;

    fn from_str(text: &str) -> Result<Self, NoteRefusal> {
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
        let key = PublicKey::from_bytes(key).map_err(|_| NoteRefusal::BadVerifierKey)?;
        let verifier = Self::new(name, key)?;
        if hash == format!("{:08x}", u32::from_be_bytes(verifier.id())) {
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
        let (id, signature) = bytes.split_first_chunk::<4>()?;
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

/// Text (with its last newline) and signature lines; the lines are checked for form and for repeats.
pub(crate) fn split(note: &[u8]) -> Result<(&str, &str), NoteRefusal> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(NoteRefusal::TooLong);
    }
    let note = std::str::from_utf8(note).map_err(|_| NoteRefusal::NotText)?;
    if note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(NoteRefusal::NotText);
    }
    let blank = note.rfind("\n\n").ok_or(NoteRefusal::NoSignature)?;
    let (text, lines) = (&note[..=blank], &note[blank + 2..]);
    if lines.is_empty() || !lines.ends_with('\n') {
        return Err(NoteRefusal::NoSignature);
    }
    let mut seen: Vec<&str> = Vec::new();
    for (number, line) in lines.lines().enumerate() {
        if number >= NOTE_SIGNATURES_MAX {
            return Err(NoteRefusal::TooManySignatures);
        }
        SignatureLine::parse(line).ok_or(NoteRefusal::BadLine(number + 1))?;
        if seen.contains(&line) {
            return Err(NoteRefusal::Repeated(number + 1));
        }
        seen.push(line);
    }
    Ok((text, lines))
}
