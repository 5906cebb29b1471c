//! The request that asks a witness for a cosignature (C2SP tlog-witness, "add-checkpoint"), and what it decides.
//!
//! Invariant: the verdict depends on the request, the checkpoint kept and the log's key alone; `Cosign` comes only with a
//! checkpoint that the log signed and that extends the one kept.
//! Knows no network, no files, no clock and not the witness's own key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chain::{Hash, ProofRefusal, empty_root, other_old_root, verify_consistency};
use evidence::Beginning;
use signing::limits::NOTE_BYTES_MAX;
use signing::{
    CheckpointRefusal, NoteRefusal, SignedCheckpoint, VerifierKey, open_checkpoint, peek_unverified,
};
use thiserror::Error;

/// Hashes of one request (tlog-witness, "add-checkpoint").
pub(crate) const PROOF_HASHES_MAX: usize = 63;
/// 32 bytes in base64, and the newline.
const PROOF_LINE_BYTES: usize = 45;
/// `old `, the longest number, two newlines.
const FRAME_BYTES: usize = 4 + 20 + 2;
/// A whole request: a longer body is refused unread.
pub(crate) const REQUEST_BYTES_MAX: usize =
    FRAME_BYTES + PROOF_HASHES_MAX * PROOF_LINE_BYTES + NOTE_BYTES_MAX;
/// The media type of a conflict's body, which is a size.
pub(crate) const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// A well-formed request; nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    old_size: u64,
    proof: Vec<Hash>,
    note: Vec<u8>,
    origin: String,
    size: u64,
}

/// Why bytes are not a request that a witness can judge.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    #[error("a request has at most {REQUEST_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    #[error("a request has an empty line between the proof and the checkpoint")]
    NoEmptyLine,
    #[error("the first line gives the old size: old N, without leading zeros")]
    OldSize,
    #[error("a request has at most {PROOF_HASHES_MAX} proof lines")]
    TooManyHashes,
    #[error("proof line {0} is not 32 bytes of base64")]
    Hash(usize),
    #[error("the checkpoint is malformed: {0}")]
    Checkpoint(#[from] CheckpointRefusal),
    #[error("the old size {old} exceeds the checkpoint's size {size}")]
    OldBeyondNew { old: u64, size: u64 },
}

impl Request {
    /// A request to cosign this checkpoint, with the proof that the tree of `old_size` leaves is a prefix of it.
    ///
    /// # Errors
    /// More hashes than the protocol allows, or the note is no checkpoint.
    pub(crate) fn new(old_size: u64, proof: Vec<Hash>, note: Vec<u8>) -> Result<Self, Malformed> {
        if proof.len() > PROOF_HASHES_MAX {
            return Err(Malformed::TooManyHashes);
        }
        let claimed = peek_unverified(&note)?;
        Ok(Self {
            old_size,
            proof,
            note,
            origin: claimed.origin,
            size: claimed.size,
        })
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The first part that is not as it must be.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        if body.len() > REQUEST_BYTES_MAX {
            return Err(Malformed::TooLong(body.len()));
        }
        let at = body
            .windows(2)
            .position(|pair| pair == b"\n\n")
            .ok_or(Malformed::NoEmptyLine)?;
        let (head, note) = body.split_at(at + 2);
        let mut lines = head[..at].split(|byte| *byte == b'\n');
        let old_size = lines
            .next()
            .and_then(|line| line.strip_prefix(b"old "))
            .and_then(parse_number)
            .ok_or(Malformed::OldSize)?;
        let mut proof = Vec::new();
        for (number, line) in (1..).zip(lines) {
            let hash = STANDARD
                .decode(line)
                .ok()
                .and_then(|hash| <[u8; 32]>::try_from(hash).ok())
                .ok_or(Malformed::Hash(number))?;
            proof.push(Hash::from_bytes(hash));
        }
        Self::new(old_size, proof, note.to_vec())
    }

    /// The body of the request.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let head = format!("old {}\n{}\n", self.old_size, proof_lines(&self.proof));
        [head.as_bytes(), &self.note].concat()
    }

    /// The log that the checkpoint claims to be of.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

/// One hash a line, base64, each line with its newline.
pub(crate) fn proof_lines(proof: &[Hash]) -> String {
    proof
        .iter()
        .map(|hash| STANDARD.encode(hash.as_bytes()) + "\n")
        .collect()
}

/// A number in its one spelling: decimal, no sign, no leading zeros.
fn parse_number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The body of a conflict: the size of the checkpoint kept.
pub(crate) fn size_body(size: u64) -> String {
    format!("{size}\n")
}

/// Reads the body of a conflict; `None` if it is anything but a size and a newline.
pub(crate) fn parse_size_body(body: &[u8]) -> Option<u64> {
    parse_number(body.strip_suffix(b"\n")?)
}

/// What a witness does about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Keep this checkpoint, then cosign it.
    Cosign(SignedCheckpoint),
    /// The request can't be judged.
    Malformed(Malformed),
    /// No key of the log signed the checkpoint, or a line of one of them is wrong.
    BadSignature(CheckpointRefusal),
    /// No key is known for this origin.
    UnknownOrigin(String),
    /// The proof does not begin at the size of the checkpoint kept, which is this.
    Conflict { known_size: u64 },
    /// The log signed two histories. Both notes are evidence.
    SplitView(Box<SplitView>),
    /// The log signed, for no entries, another root than that of the empty tree, and nothing is kept that it contradicts.
    FalseRoot(SignedCheckpoint),
    /// The proof proves nothing.
    BadProof(ProofRefusal),
}

/// Two checkpoints that the log signed, of which neither extends the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SplitView {
    /// The one that the witness cosigned.
    pub(crate) known: SignedCheckpoint,
    /// The one it was asked to cosign.
    pub(crate) submitted: SignedCheckpoint,
    /// What the larger tree begins with. `None` if both sizes are the same: then the two roots say it all.
    pub(crate) beginning: Option<Beginning>,
    /// The size that the proof must begin at, if the request named another: it is told so first, whatever it shows.
    pub(crate) conflict: Option<u64>,
}

impl Decision {
    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Cosign(_) => 200,
            Self::Malformed(_) => 400,
            Self::BadSignature(_) => 403,
            Self::UnknownOrigin(_) => 404,
            Self::Conflict { .. } => 409,
            Self::SplitView(views) if views.conflict.is_some() => 409,
            Self::SplitView(_) | Self::FalseRoot(_) | Self::BadProof(_) => 422,
        }
    }
}

/// Opens a checkpoint with the newest of a log's keys that signed it. The refusal is that of the newest key.
pub(crate) fn open_with_newest(
    note: &[u8],
    keys: &[VerifierKey],
) -> Result<SignedCheckpoint, CheckpointRefusal> {
    let mut newest_first = keys.iter().rev().map(|key| open_checkpoint(note, key));
    let first = newest_first.next().unwrap_or(Err(CheckpointRefusal::NoKey));
    first.or_else(|refusal| newest_first.find_map(Result::ok).ok_or(refusal))
}

/// As [`open_with_newest`] of the keys that may still sign; but a wrong line under any key of the log, of those that may not
/// too, refuses the note. Lines of strangers are left away: nobody checked them, and they must not be handed on.
fn open_strictly(
    note: &[u8],
    all: &[VerifierKey],
    current: &[VerifierKey],
) -> Result<SignedCheckpoint, CheckpointRefusal> {
    for key in all {
        match open_checkpoint(note, key) {
            Ok(_) | Err(CheckpointRefusal::Note(NoteRefusal::NotSigned(_))) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    let signed = open_with_newest(note, current)?;
    open_with_newest(&signed.only_by(all), current)
}

/// The keys that may sign after this checkpoint: from the newest one that signed it on. A key that was handed over signs
/// no more, whoever holds it.
fn keys_after<'a>(known: &SignedCheckpoint, keys: &'a [VerifierKey]) -> &'a [VerifierKey] {
    let signed = |key: &VerifierKey| open_checkpoint(known.note(), key).is_ok();
    keys.iter()
        .rposition(signed)
        .map_or(keys, |newest| &keys[newest..])
}

/// Judges a request. `known` is the newest checkpoint of the request's origin that this witness cosigned, `log_keys` the
/// keys it knows for that origin, oldest first.
///
/// The caller must hold on to `known` until it has replaced it by the checkpoint of a `Cosign`: a decision is void if
/// another came between.
pub(crate) fn decide(
    known: Option<&SignedCheckpoint>,
    request: &Request,
    log_keys: &[VerifierKey],
) -> Decision {
    if log_keys.is_empty() || log_keys.iter().any(|key| key.name() != request.origin) {
        return Decision::UnknownOrigin(request.origin.clone());
    }
    let current = known.map_or(log_keys, |known| keys_after(known, log_keys));
    let submitted = match open_strictly(&request.note, log_keys, current) {
        Ok(submitted) => submitted,
        Err(refusal) => return Decision::BadSignature(refusal),
    };
    let (old, size) = (request.old_size, request.size);
    if old > size {
        return Decision::Malformed(Malformed::OldBeyondNew { old, size });
    }
    let Some(known) = known else {
        return decide_first(request, submitted);
    };
    let (known_size, known_root) = (known.checkpoint().size, known.checkpoint().root);
    let conflict = (old != known_size).then_some(known_size);
    let root = submitted.checkpoint().root;
    let split = |beginning, submitted| {
        Decision::SplitView(Box::new(SplitView {
            known: known.clone(),
            submitted,
            beginning,
            conflict,
        }))
    };
    // These two are judged whatever old size is named: the signed roots are evidence without a proof.
    if size == known_size && root != known_root {
        return split(None, submitted);
    }
    if size == 0 && root != empty_root() {
        let (root, proof) = (empty_root(), Vec::new());
        return split(Some(Beginning { root, proof }), submitted);
    }
    if let Some(known_size) = conflict {
        return Decision::Conflict { known_size };
    }
    let refusal = match verify_consistency(old, &known_root, size, &root, &request.proof) {
        Ok(()) => return Decision::Cosign(submitted),
        Err(refusal) => refusal,
    };
    // Anybody can send a proof that leads nowhere. One that leads to the signed new root from another old root shows what the
    // log's tree of the known size is now.
    let other = other_old_root(old, &known_root, size, &root, &request.proof);
    other.map_or(Decision::BadProof(refusal), |root| {
        let proof = request.proof.clone();
        split(Some(Beginning { root, proof }), submitted)
    })
}

/// Judges the first checkpoint of a log.
fn decide_first(request: &Request, submitted: SignedCheckpoint) -> Decision {
    let (size, root) = (request.size, submitted.checkpoint().root);
    if size == 0 && root != empty_root() {
        return Decision::FalseRoot(submitted);
    }
    if request.old_size != 0 {
        return Decision::Conflict { known_size: 0 };
    }
    match verify_consistency(0, &empty_root(), size, &root, &request.proof) {
        Ok(()) => Decision::Cosign(submitted),
        Err(refusal) => Decision::BadProof(refusal),
    }
}
