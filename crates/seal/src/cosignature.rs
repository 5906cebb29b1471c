//! Cosignatures of witnesses on checkpoints (C2SP tlog-cosignature, the Ed25519 kind), and the keys that check them.
//!
//! Invariant: a cosignature is made only for a checkpoint whose log signature was checked, and counts only if it is
//! strictly valid for the whole text of the note it stands on and the time it names.
//! Knows nothing of what a witness remembers, nor of how many witnesses are enough; the time is given.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::checkpoint::SignedCheckpoint;
use crate::key::{PublicKey, SealFault, Signature, Signer};
use crate::limits::VERIFIER_KEY_BYTES_MAX;
use crate::note::{Note, NoteRefusal, check_name};

/// The signed-note signature type of a timestamped Ed25519 cosignature (tlog-cosignature, "Format").
const COSIGNATURE_ED25519: u8 = 0x04;
/// The last second that a cosignature may name (tlog-cosignature, "Format").
const SECONDS_MAX: u64 = i64::MAX.unsigned_abs();

/// A name and the key that cosigns under it: how a witness is known. Its type byte differs from that of a log's key, so
/// neither text form can stand for the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    key: PublicKey,
    /// Hashed once, not for every line of every note.
    id: [u8; 4],
}

/// A witness did not cosign.
#[derive(Debug, Error)]
pub enum CosignFault {
    #[error(transparent)]
    Seal(#[from] SealFault),
    #[error("a cosignature can't name the second {0} since 1970: set the clock")]
    Time(u64),
}

impl WitnessKey {
    /// A key under a name.
    ///
    /// # Errors
    /// The name is empty, or has a space or a plus sign.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteRefusal> {
        check_name(name)?;
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', COSIGNATURE_ED25519])
            .chain_update(key.as_bytes())
            .finalize();
        let mut id = [0; 4];
        id.copy_from_slice(&digest[..4]);
        Ok(Self {
            name: name.to_owned(),
            key,
            id,
        })
    }

    /// The name it cosigns under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Checks that this witness cosigned the note; the answer is the time that the cosignature names, in seconds since
    /// 1970. Other signers' lines, the log's among them, only have to be well formed.
    ///
    /// # Errors
    /// It is no note, it has no line of this witness, or that line is wrong.
    pub fn cosigned_at(&self, note: &[u8]) -> Result<u64, NoteRefusal> {
        let text = Note::parse(note)?.text;
        let payload = signature_lines(note, text)
            .find_map(|line| self.own_payload(line))
            .ok_or_else(|| NoteRefusal::NotSigned(self.name.clone()))?;
        let wrong = || NoteRefusal::WrongSignature(self.name.clone());
        let (seconds, signature) = payload.split_first_chunk::<8>().ok_or_else(wrong)?;
        let seconds = u64::from_be_bytes(*seconds);
        let signature = <[u8; 64]>::try_from(signature).map_err(|_| wrong())?;
        let valid = seconds <= SECONDS_MAX
            && self
                .key
                .verifies(&cosigned_message(seconds, text), &Signature(signature));
        if valid { Ok(seconds) } else { Err(wrong()) }
    }

    /// What follows the key id in a line of this witness; `None` for a line of anybody else.
    fn own_payload(&self, line: &str) -> Option<Vec<u8>> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (id, payload) = bytes.split_first_chunk::<4>()?;
        (name == self.name && *id == self.id).then(|| payload.to_vec())
    }
}

/// `name+hash+base64(type, key)`.
impl std::fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let typed = [&[COSIGNATURE_ED25519][..], self.key.as_bytes()].concat();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            u32::from_be_bytes(self.id),
            STANDARD.encode(typed)
        )
    }
}

impl std::str::FromStr for WitnessKey {
    type Err = NoteRefusal;

    fn from_str(text: &str) -> Result<Self, NoteRefusal> {
        let bad = || NoteRefusal::BadVerifierKey;
        if text.len() > VERIFIER_KEY_BYTES_MAX {
            return Err(bad());
        }
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad());
        };
        let typed = STANDARD.decode(key).map_err(|_| bad())?;
        let Some((&COSIGNATURE_ED25519, key)) = typed.split_first() else {
            return Err(bad());
        };
        let key: &[u8; 32] = key.try_into().map_err(|_| bad())?;
        let witness = Self::new(name, PublicKey::from_bytes(key)?)?;
        if hash == format!("{:08x}", u32::from_be_bytes(witness.id)) {
            Ok(witness)
        } else {
            Err(bad())
        }
    }
}

/// Cosigns a checkpoint as the witness of this name: the signature line, with its newline. `seconds` is the time since
/// 1970. The new signature is verified before it is handed out.
///
/// # Errors
/// The name can't be one, the time is beyond what the format holds, or the carrier of the key did not sign or signed
/// wrongly.
pub fn cosign(
    checkpoint: &SignedCheckpoint,
    witness: &str,
    signer: &dyn Signer,
    seconds: u64,
) -> Result<String, CosignFault> {
    if seconds > SECONDS_MAX {
        return Err(CosignFault::Time(seconds));
    }
    let witness =
        WitnessKey::new(witness, signer.public().clone()).map_err(SealFault::Checkpoint)?;
    let text = Note::parse(checkpoint.note())
        .map_err(SealFault::Checkpoint)?
        .text;
    let message = cosigned_message(seconds, text);
    let signature = signer.sign(&message)?;
    if !witness.key.verifies(&message, &signature) {
        return Err(SealFault::WrongSignature(witness.key.id()).into());
    }
    let payload = [&witness.id[..], &seconds.to_be_bytes(), &signature.0].concat();
    Ok(format!(
        "\u{2014} {} {}\n",
        witness.name,
        STANDARD.encode(payload)
    ))
}

/// The note with the cosignature of this witness out of the signature lines that it answered with. Lines of other keys in
/// the answer are dropped; an earlier line of this witness on the note gives way, for a note can't hold two of one key.
///
/// # Errors
/// The note or the answer is malformed, the answer has no valid line of this witness, or the note would become too long.
pub fn add_cosignature(
    note: &[u8],
    witness: &WitnessKey,
    answer: &[u8],
) -> Result<Vec<u8>, NoteRefusal> {
    let text = Note::parse(note)?.text;
    let alone = [text.as_bytes(), b"\n", answer].concat();
    witness.cosigned_at(&alone)?;
    let is_own = |line: &&str| witness.own_payload(line).is_some();
    let mut lines: Vec<&str> = signature_lines(note, text)
        .filter(|line| !is_own(line))
        .collect();
    lines.extend(signature_lines(&alone, text).find(is_own));
    let signed = format!("{text}\n{}\n", lines.join("\n")).into_bytes();
    Note::parse(&signed)?;
    Ok(signed)
}

/// What an Ed25519 cosignature signs (tlog-cosignature, "Ed25519 signed message"). The first line keeps it apart from
/// every checkpoint: the second line of a checkpoint is a number.
fn cosigned_message(seconds: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

/// The signature lines of a note that was parsed and has this text.
fn signature_lines<'a>(note: &'a [u8], text: &str) -> impl Iterator<Item = &'a str> {
    let signed = note.get(text.len() + 1..).unwrap_or_default();
    std::str::from_utf8(signed).unwrap_or_default().lines()
}
