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

/// A name, and the key that signs under it in one of the ways of signed-note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedKey {
    /// The signature type: it keeps the keys of logs and those of witnesses apart.
    kind: u8,
    name: String,
    key: PublicKey,
    /// Hashed once, not for every line of every note.
    id: [u8; 4],
}

/// The three parts of a verifier key's text; nothing of them is checked.
pub(crate) struct KeyText<'a> {
    pub(crate) name: &'a str,
    pub(crate) hash: &'a str,
    /// The signature type and the key.
    pub(crate) typed: Vec<u8>,
}

impl<'a> KeyText<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > VERIFIER_KEY_BYTES_MAX {
            return None;
        }
        let mut parts = text.splitn(3, '+');
        let (name, hash, typed) = (parts.next()?, parts.next()?, parts.next()?);
        let typed = STANDARD.decode(typed).ok()?;
        Some(Self { name, hash, typed })
    }
}

/// How a log is known: a name and the key that signs under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey(NamedKey);

pub(crate) fn note_key_id(name: &str, kind: u8, key: &[u8]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind])
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

impl NamedKey {
    pub(crate) fn new(kind: u8, name: &str, key: PublicKey) -> Result<Self, NoteRefusal> {
        check_name(name)?;
        Ok(Self {
            kind,
            name: name.to_owned(),
            id: note_key_id(name, kind, key.as_bytes()),
            key,
        })
    }

    /// Reads `name+hash+base64(type, key)`; a key of another type is refused.
    pub(crate) fn parse(kind: u8, text: &str) -> Result<Self, NoteRefusal> {
        let bad = || NoteRefusal::BadVerifierKey;
        let parts = KeyText::parse(text).ok_or_else(bad)?;
        let key = parts.typed.strip_prefix(&[kind]).ok_or_else(bad)?;
        let key: &[u8; 32] = key.try_into().map_err(|_| bad())?;
        let named = Self::new(kind, parts.name, PublicKey::from_bytes(key)?)?;
        if parts.hash == named.hash() {
            Ok(named)
        } else {
            Err(bad())
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    pub(crate) fn id(&self) -> [u8; 4] {
        self.id
    }

    fn hash(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.id))
    }

    /// The signature line with this payload, which is what the key's type puts after the key id; with its newline.
    pub(crate) fn line(&self, payload: &[u8]) -> String {
        let encoded = STANDARD.encode([&self.id[..], payload].concat());
        format!("\u{2014} {} {encoded}\n", self.name)
    }
}

/// `name+hash+base64(type, key)`.
impl std::fmt::Display for NamedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let typed = STANDARD.encode([&[self.kind][..], self.key.as_bytes()].concat());
        write!(f, "{}+{}+{typed}", self.name, self.hash())
    }
}

impl VerifierKey {
    /// A key under a name.
    ///
    /// # Errors
    /// The name is empty, or has a space or a plus sign.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteRefusal> {
        NamedKey::new(ED25519, name, key).map(Self)
    }

    /// The name it signs under.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        self.0.key()
    }

    /// The signature line that carries a signature of this key, with its newline.
    pub(crate) fn line(&self, signature: &Signature) -> String {
        self.0.line(&signature.0)
    }

    /// Checks that the note is signed by this key. A wrong signature under this name and id refuses the whole note; other
    /// signers' lines only have to be well formed.
    pub(crate) fn open<'a>(&self, note: &'a [u8]) -> Result<Opened<'a>, NoteRefusal> {
        let parts = Note::parse(note)?;
        let payload = parts
            .payload_of(self.name(), self.0.id())
            .ok_or_else(|| NoteRefusal::NotSigned(self.name().to_owned()))?;
        let valid = <[u8; 64]>::try_from(payload).is_ok_and(|signature| {
            self.key()
                .verifies(parts.text.as_bytes(), &Signature(signature))
        });
        if !valid {
            return Err(NoteRefusal::WrongSignature(self.name().to_owned()));
        }
        Ok(Opened {
            text: parts.text,
            others: parts.lines.len() - 1,
        })
    }

    /// Whether the line is under the name and id of this key; nothing is said of its signature.
    pub(crate) fn is_named_by(&self, line: &SignatureLine<'_>) -> bool {
        line.is_of(self.name(), self.0.id())
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
        self.0.fmt(f)
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteRefusal;

    fn from_str(text: &str) -> Result<Self, NoteRefusal> {
        NamedKey::parse(ED25519, text).map(Self)
    }
}

/// One signature line, well formed, nothing of it verified.
pub(crate) struct SignatureLine<'a> {
    /// As it stands in the note, without its newline.
    line: &'a str,
    name: &'a str,
    id: [u8; 4],
    payload: Vec<u8>,
}

impl<'a> SignatureLine<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        check_name(name).ok()?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (id, payload) = bytes
            .split_first_chunk::<4>()
            .filter(|(_, payload)| !payload.is_empty())?;
        Some(Self {
            line,
            name,
            id: *id,
            payload: payload.to_vec(),
        })
    }

    pub(crate) fn is_of(&self, name: &str, id: [u8; 4]) -> bool {
        self.name == name && self.id == id
    }
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
            if lines.iter().any(|seen| seen.is_of(line.name, line.id)) {
                return Err(NoteRefusal::Repeated(number));
            }
            lines.push(line);
        }
        Ok(Self { text, lines })
    }

    /// The text and, of the signature lines, those that are wanted; verbatim.
    pub(crate) fn with_lines(&self, wanted: impl Fn(&SignatureLine<'_>) -> bool) -> String {
        let mut note = format!("{}\n", self.text);
        for line in self.lines.iter().filter(|line| wanted(line)) {
            note.push_str(line.line);
            note.push('\n');
        }
        note
    }

    /// What follows the key id in the line of this name and key id.
    pub(crate) fn payload_of(&self, name: &str, id: [u8; 4]) -> Option<&[u8]> {
        let own = self.lines.iter().find(|line| line.is_of(name, id))?;
        Some(&own.payload)
    }
}

#[cfg(test)]
mod tests;
