//! Cosignatures of witnesses on checkpoints (C2SP tlog-cosignature, the Ed25519 kind), and the keys that check them.
//!
//! Invariant: a cosignature is made only for a checkpoint whose log signature was checked, and counts only if it is
//! strictly valid for the whole text of the note it stands on and the time it names.
//! Knows nothing of what a witness remembers, nor of how many witnesses are enough; the time is given.

use thiserror::Error;

use crate::checkpoint::SignedCheckpoint;
use crate::key::{PublicKey, Signature};
use crate::note::{NamedKey, Note, NoteRefusal};
use crate::signer::{Signer, SigningFault};

/// The signed-note signature type of a timestamped Ed25519 cosignature (tlog-cosignature, "Format").
const COSIGNATURE_ED25519: u8 = 0x04;
/// The last second that a cosignature may name (tlog-cosignature, "Format"). The first is 1: a witness MUST NOT leave the
/// time out, which is what 0 says (tlog-witness, "add-checkpoint").
const SECONDS_MAX: u64 = i64::MAX.unsigned_abs();

/// A name and the key that cosigns under it: how a witness is known. Its type byte differs from that of a log's key, so
/// neither text form can stand for the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey(NamedKey);

/// A witness did not cosign.
#[derive(Debug, Error)]
pub enum CosignFault {
    #[error(transparent)]
    Seal(#[from] SigningFault),
    #[error("a cosignature can't name the second {0} since 1970: set the clock")]
    Time(u64),
}

impl WitnessKey {
    /// A key under a name.
    ///
    /// # Errors
    /// The name is empty, or has a space or a plus sign.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, NoteRefusal> {
        NamedKey::new(COSIGNATURE_ED25519, name, key).map(Self)
    }

    /// The name it cosigns under.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        self.0.key()
    }

    /// Checks that this witness cosigned the note; the answer is the time that the cosignature names, in seconds since
    /// 1970. Other signers' lines, the log's among them, only have to be well formed.
    ///
    /// # Errors
    /// It is no note, it has no line of this witness, or that line is wrong.
    pub fn cosigned_at(&self, note: &[u8]) -> Result<u64, NoteRefusal> {
        let note = Note::parse(note)?;
        self.time_in(self.own_payload(&note)?, note.text)
    }

    fn own_payload<'n>(&self, note: &'n Note<'_>) -> Result<&'n [u8], NoteRefusal> {
        note.payload_of(self.name(), self.0.id())
            .ok_or_else(|| NoteRefusal::NotSigned(self.name().to_owned()))
    }

    /// The time that a payload names, if it cosigns this text.
    fn time_in(&self, payload: &[u8], text: &str) -> Result<u64, NoteRefusal> {
        let wrong = || NoteRefusal::WrongSignature(self.name().to_owned());
        let (seconds, signature) = payload.split_first_chunk::<8>().ok_or_else(wrong)?;
        let seconds = u64::from_be_bytes(*seconds);
        let signature = <[u8; 64]>::try_from(signature).map_err(|_| wrong())?;
        let valid = (1..=SECONDS_MAX).contains(&seconds)
            && self
                .key()
                .verifies(&cosigned_message(seconds, text), &Signature(signature));
        if valid { Ok(seconds) } else { Err(wrong()) }
    }
}

/// `name+hash+base64(type, key)`.
impl std::fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for WitnessKey {
    type Err = NoteRefusal;

    fn from_str(text: &str) -> Result<Self, NoteRefusal> {
        NamedKey::parse(COSIGNATURE_ED25519, text).map(Self)
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
    if !(1..=SECONDS_MAX).contains(&seconds) {
        return Err(CosignFault::Time(seconds));
    }
    let witness =
        WitnessKey::new(witness, signer.public().clone()).map_err(SigningFault::Checkpoint)?;
    let note = Note::parse(checkpoint.note()).map_err(SigningFault::Checkpoint)?;
    let message = cosigned_message(seconds, note.text);
    let signature = signer.sign(&message)?;
    if !witness.key().verifies(&message, &signature) {
        return Err(SigningFault::WrongSignature(witness.key().id()).into());
    }
    let payload = [&seconds.to_be_bytes()[..], &signature.0].concat();
    Ok(witness.0.line(&payload))
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
    let given = Note::parse(note)?;
    let text = given.text;
    let alone = [text.as_bytes(), b"\n", answer].concat();
    let answered = Note::parse(&alone)?;
    let payload = witness.own_payload(&answered)?;
    // Held against the note's own text: an answer with an empty line in it would lengthen that of `alone`.
    witness.time_in(payload, text)?;
    let mut signed = given.with_lines(|line| !line.is_of(witness.name(), witness.0.id()));
    signed.push_str(&witness.0.line(payload));
    Note::parse(signed.as_bytes())?;
    Ok(signed.into_bytes())
}

/// What an Ed25519 cosignature signs (tlog-cosignature, "Ed25519 signed message"). The first line keeps it apart from
/// every checkpoint: the second line of a checkpoint is a number.
fn cosigned_message(seconds: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}
