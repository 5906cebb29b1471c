//! Signed bodies: domain values to bytes and back.
//!
//! Invariant: `decode_body(encode_body(b)) == b`, and `encode_body(decode_body(x)) == x` for every accepted x.
//! Knows nothing of signatures; an id is a plain hash of the bytes.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use domain::body::VERSION;
use domain::limits::BODY_BYTES_MAX;
use domain::payload::{ActAnnulled, EventCorrected, check_annullable, check_correctable};
use domain::{Body, EventId, FormError, Payload};

use crate::refusal::Refusal;

/// Fixed-width little-endian, limited: without the limit a forged length would abort the process.
const LAYOUT: Configuration<LittleEndian, Fixint, Limit<BODY_BYTES_MAX>> =
    bincode::config::legacy().with_limit::<BODY_BYTES_MAX>();

/// The id of an event: BLAKE3 over its signed body.
pub fn event_id(body: &[u8]) -> EventId {
    EventId(chain::event_id(body))
}

/// Encodes a body after checking every form rule, so that nothing is signed that would be refused.
///
/// # Errors
/// The first form rule that the body breaks, or that it is too long.
pub fn encode_body(body: &Body) -> Result<Vec<u8>, Refusal> {
    let bytes = encode_unchecked(body)?;
    if body.version != VERSION {
        return Err(Refusal::UnknownVersion {
            found: body.version,
        });
    }
    check(body)?;
    Ok(bytes)
}

fn encode_unchecked(body: &Body) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(512);
    bincode::encode_into_std_write(body, &mut bytes, LAYOUT)
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Refusal::TooLong {
            found: bytes.len(),
            max: BODY_BYTES_MAX,
        });
    }
    Ok(bytes)
}

/// Decodes a body: canonical and well formed, or refused.
///
/// # Errors
/// The first rule that the bytes break. Never panics, and allocates no more than a small multiple of the bytes given.
pub fn decode_body(bytes: &[u8]) -> Result<Body, Refusal> {
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Refusal::TooLong {
            found: bytes.len(),
            max: BODY_BYTES_MAX,
        });
    }
    let version = bytes
        .first_chunk::<2>()
        .map(|two| u16::from_le_bytes(*two))
        .ok_or(Refusal::Truncated)?;
    if version != VERSION {
        return Err(Refusal::UnknownVersion { found: version });
    }
    let (body, used): (Body, usize) = bincode::decode_from_slice(bytes, LAYOUT)
        .map_err(|error| Refusal::from_decoder(&error, BODY_BYTES_MAX))?;
    if used != bytes.len() {
        return Err(Refusal::TrailingBytes {
            count: bytes.len() - used,
        });
    }
    check(&body)?;
    let mut compare = Comparing {
        expected: bytes,
        equal: true,
    };
    let encoded = bincode::encode_into_writer(&body, &mut compare, LAYOUT);
    if encoded.is_err() || !compare.equal || !compare.expected.is_empty() {
        return Err(Refusal::NotCanonical);
    }
    Ok(body)
}

/// A writer that compares instead of storing: the re-encoding check costs no memory.
struct Comparing<'a> {
    expected: &'a [u8],
    equal: bool,
}

impl bincode::enc::write::Writer for Comparing<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        match self.expected.split_at_checked(bytes.len()) {
            Some((head, rest)) => {
                self.equal &= head == bytes;
                self.expected = rest;
            }
            None => self.equal = false,
        }
        Ok(())
    }
}

fn check(body: &Body) -> Result<(), Refusal> {
    body.check().map_err(|form| Refusal::form(&form))?;
    match &body.payload {
        Payload::EventCorrected(correction) => check_correction(body, correction),
        Payload::ActAnnulled(annulment) => check_annulment(annulment),
        _ => Ok(()),
    }
}

/// The corrected bytes are a canonical event of the same author that may be corrected, and the replacement is of its
/// kind. One level deep: neither a correction nor an annulment may be corrected.
fn check_correction(body: &Body, correction: &EventCorrected) -> Result<(), Refusal> {
    let corrected = carried(&correction.corrected, check_correctable, Refusal::Corrected)?;
    let refuse = |form: FormError| Err(Refusal::form(&form));
    if corrected.author != body.author {
        return refuse(FormError::CorrectsForeign {
            found: corrected.author.to_string(),
        });
    }
    if corrected.ledger != body.ledger {
        return refuse(FormError::CorrectsForeign {
            found: format!("the ledger {}", corrected.ledger),
        });
    }
    match &correction.replacement {
        Some(replacement) if replacement.payload().number() != corrected.payload.number() => {
            let (expected, found) = (corrected.payload.name(), replacement.payload().name());
            refuse(FormError::ReplacementKind { expected, found })
        }
        // It keeps the time of the event that it replaces.
        Some(replacement) => replacement
            .payload()
            .check_time(corrected.occurred)
            .map_err(|form| Refusal::form(&form)),
        None => Ok(()),
    }
}

/// The annulled bytes are a canonical act of office that may be annulled; neither an annulment nor a correction is one, so
/// one level deep.
fn check_annulment(annulment: &ActAnnulled) -> Result<(), Refusal> {
    carried(&annulment.annulled, check_annullable, Refusal::Annulled).map(|_| ())
}

/// The event that another one carries whole. Its payload number is looked at before anything is decoded: what carries an
/// event itself would otherwise nest once for each level, on the stack.
fn carried(
    bytes: &[u8],
    allowed: fn(u16) -> Result<(), FormError>,
    refusal: fn(Box<Refusal>) -> Refusal,
) -> Result<Body, Refusal> {
    if let Some(number) = payload_number(bytes) {
        allowed(number).map_err(|form| Refusal::form(&form))?;
    }
    decode_body(bytes).map_err(|inner| refusal(Box::new(inner)))
}

/// The payload number of a body that was not decoded: behind version, ledger, author, seq, prev, seen, occurred
/// and signed.
fn payload_number(body: &[u8]) -> Option<u16> {
    let author = match body.get(2 + 32)? {
        1 => 18,
        2 => 20,
        _ => return None,
    };
    let number = body
        .get(2 + 32 + 1 + author + 8 + 32 + (8 + 32) + 8 + 8..)?
        .first_chunk::<2>()?;
    Some(u16::from_le_bytes(*number))
}
