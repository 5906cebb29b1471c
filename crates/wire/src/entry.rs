//! Log entries: receive time, signed body verbatim, signatures.
//!
//! Invariant: a body enters and leaves byte for byte; nothing here re-encodes it. A view borrows, so that replay of
//! millions of entries allocates nothing for the envelope.

use domain::limits::{BODY_BYTES_MAX, ENTRY_BYTES_MAX, SIGNATURES_MAX};
use domain::{Bytes64, KeyId, Moment};

use crate::refusal::Refusal;

/// One key id and one signature.
const SIGNATURE_BYTES: usize = 8 + 64;

/// An entry as the sequencer makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When the node received the event; the node's claim, not the author's.
    pub received: Moment,
    pub body: Vec<u8>,
    /// Sorted by key id, 1 to 8, each key once.
    pub signatures: Vec<(KeyId, Bytes64)>,
}

/// An entry inside a frame, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryView<'a> {
    pub received: Moment,
    pub body: &'a [u8],
    signatures: &'a [u8],
}

impl<'a> EntryView<'a> {
    /// Key ids and signatures, sorted by key id.
    pub fn signatures(&self) -> impl ExactSizeIterator<Item = (KeyId, Bytes64)> + 'a {
        self.signatures.chunks_exact(SIGNATURE_BYTES).map(|chunk| {
            let (mut key, mut signature) = ([0; 8], [0; 64]);
            key.copy_from_slice(&chunk[..8]);
            signature.copy_from_slice(&chunk[8..]);
            (KeyId(key), Bytes64(signature))
        })
    }

    /// An owned copy.
    pub fn to_entry(&self) -> Entry {
        Entry {
            received: self.received,
            body: self.body.to_vec(),
            signatures: self.signatures().collect(),
        }
    }
}

/// Encodes an entry: i64 receive time, u64 length and body, u64 count and signatures.
///
/// # Errors
/// Signatures out of order, too many or none; a body that is too long.
pub fn encode_entry(entry: &Entry) -> Result<Vec<u8>, Refusal> {
    let mut bytes =
        Vec::with_capacity(24 + entry.body.len() + SIGNATURE_BYTES * entry.signatures.len());
    bytes.extend_from_slice(&entry.received.ms().to_le_bytes());
    bytes.extend_from_slice(&(entry.body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&entry.body);
    bytes.extend_from_slice(&(entry.signatures.len() as u64).to_le_bytes());
    for (key, signature) in &entry.signatures {
        bytes.extend_from_slice(&key.0);
        bytes.extend_from_slice(&signature.0);
    }
    decode_entry(&bytes)?;
    Ok(bytes)
}

/// Reads an entry without copying; the body inside is not decoded.
///
/// # Errors
/// The first rule that the envelope breaks.
pub fn decode_entry(bytes: &[u8]) -> Result<EntryView<'_>, Refusal> {
    if bytes.len() > ENTRY_BYTES_MAX {
        return Err(Refusal::TooLong {
            found: bytes.len(),
            max: ENTRY_BYTES_MAX,
        });
    }
    let (received, rest) = bytes.split_first_chunk::<8>().ok_or(Refusal::Truncated)?;
    let received =
        Moment::from_ms(i64::from_le_bytes(*received)).map_err(|form| Refusal::form(&form))?;
    let (length, rest) = rest.split_first_chunk::<8>().ok_or(Refusal::Truncated)?;
    let too_long = |found: u64| Refusal::TooLong {
        found: usize::try_from(found).unwrap_or(usize::MAX),
        max: BODY_BYTES_MAX,
    };
    let length = u64::from_le_bytes(*length);
    let length = usize::try_from(length)
        .ok()
        .filter(|l| *l <= BODY_BYTES_MAX)
        .ok_or_else(|| too_long(length))?;
    let (body, rest) = rest.split_at_checked(length).ok_or(Refusal::Truncated)?;
    let (count, signatures) = rest.split_first_chunk::<8>().ok_or(Refusal::Truncated)?;
    let found = u64::from_le_bytes(*count);
    let count = usize::try_from(found)
        .ok()
        .filter(|count| (1..=SIGNATURES_MAX).contains(count));
    let count = count.ok_or(Refusal::SignatureCount {
        found,
        max: SIGNATURES_MAX,
    })?;
    let expected = count * SIGNATURE_BYTES;
    if signatures.len() != expected {
        let over = signatures.len().checked_sub(expected);
        return Err(over.map_or(Refusal::Truncated, |count| Refusal::TrailingBytes { count }));
    }
    if !signatures
        .chunks_exact(SIGNATURE_BYTES)
        .is_sorted_by(|a, b| a[..8] < b[..8])
    {
        return Err(Refusal::SignatureOrder);
    }
    Ok(EntryView {
        received,
        body,
        signatures,
    })
}
