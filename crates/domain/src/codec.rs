//! How form rules travel through bincode's decoder, and the length-prefixed reads that never trust a length.
//!
//! Invariant: nothing is allocated before its length is within the limit of its type. Only `wire` runs a decoder; the
//! types here merely say how they are laid out.

use bincode::de::{Decoder, read::Reader};
use bincode::error::DecodeError;

use crate::form::FormError;

/// Separates the code of a form rule from its sentence inside a decoder error.
pub(crate) const FORM_SEPARATOR: char = '\u{1f}';

/// Carries a form rule out of a decoder; `crate::form_of` takes it back.
pub(crate) fn refuse(form: &FormError) -> DecodeError {
    DecodeError::OtherString(format!("{}{FORM_SEPARATOR}{form}", form.code()))
}

/// Reads the u64 item count that stands before every text and list.
pub(crate) fn read_length<D: Decoder>(decoder: &mut D) -> Result<u64, DecodeError> {
    bincode::Decode::decode(decoder)
}

/// Reads exactly `length` bytes; the caller has checked `length` against its limit.
pub(crate) fn read_bytes<D: Decoder>(
    decoder: &mut D,
    length: usize,
) -> Result<Vec<u8>, DecodeError> {
    decoder.claim_bytes_read(length)?;
    let mut bytes = vec![0; length];
    decoder.reader().read(&mut bytes)?;
    Ok(bytes)
}

/// The form rule that a decoder error carries, as (code, sentence), if it carries one.
pub fn form_of(error: &DecodeError) -> Option<(&str, &str)> {
    match error {
        DecodeError::OtherString(text) => text.split_once(FORM_SEPARATOR),
        _ => None,
    }
}
