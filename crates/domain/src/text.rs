//! Bounded text: UTF-8 in normal form C, no control characters, no space at either end.
//!
//! Invariant: one name has one spelling, so equal texts are equal bytes. Knows nothing of languages.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use unicode_normalization::UnicodeNormalization;

use crate::codec::{read_bytes, read_length, refuse};
use crate::coded::{deserialize_from_str, serialize_display};
use crate::form::FormError;
use crate::limits::{NOTE_BYTES_MAX, TERM_BYTES_MAX};

/// A text of `MIN` to `MAX` bytes of UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MIN: usize, const MAX: usize>(Box<str>);

/// A name, number or short remark.
pub type Term = Text<1, TERM_BYTES_MAX>;
/// A remark that may be absent (empty) and may be longer.
pub type Note = Text<0, NOTE_BYTES_MAX>;

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Checks the form; normalisation is left to the caller so that what is signed is what was typed.
    pub fn new(text: &str) -> Result<Self, FormError> {
        Self::check(text)?;
        Ok(Self(text.into()))
    }

    fn check_length(length: u64) -> Result<(), FormError> {
        if length < MIN as u64 || length > MAX as u64 {
            return Err(FormError::TextLength {
                what: "text",
                found: length,
                min: MIN,
                max: MAX,
            });
        }
        Ok(())
    }

    fn check(text: &str) -> Result<(), FormError> {
        Self::check_length(text.len() as u64)?;
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            return Err(FormError::TextControl {
                what: "text",
                found: control.into(),
            });
        }
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(FormError::TextSpace { what: "text" });
        }
        if !text.is_ascii() && !text.nfc().eq(text.chars()) {
            return Err(FormError::TextNormalForm { what: "text" });
        }
        Ok(())
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Text<MIN, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> FromStr for Text<MIN, MAX> {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        Self::new(text)
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Display for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<const MIN: usize, const MAX: usize> fmt::Debug for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl<const MIN: usize, const MAX: usize> serde::Serialize for Text<MIN, MAX> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MIN: usize, const MAX: usize> serde::Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl<const MIN: usize, const MAX: usize> Encode for Text<MIN, MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.as_bytes().encode(encoder)
    }
}

impl<C, const MIN: usize, const MAX: usize> Decode<C> for Text<MIN, MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = read_length(decoder)?;
        Self::check_length(length).map_err(|form| refuse(&form))?;
        let bytes = read_bytes(decoder, usize::try_from(length).unwrap_or(usize::MAX))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| refuse(&FormError::TextEncoding { what: "text" }))?;
        Self::check(&text).map_err(|form| refuse(&form))?;
        Ok(Self(text.into_boxed_str()))
    }
}

impl<'de, C, const MIN: usize, const MAX: usize> bincode::BorrowDecode<'de, C> for Text<MIN, MAX> {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

/// Ten digits of the customs tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode)]
pub struct HsCode([u8; 10]);

impl FromStr for HsCode {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = || FormError::HsCode {
            found: text.chars().take(40).collect(),
        };
        let digits: [u8; 10] = text.as_bytes().try_into().map_err(|_| wrong())?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(wrong());
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for HsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0))
    }
}

impl<C> Decode<C> for HsCode {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let digits = <[u8; 10] as Decode<C>>::decode(decoder)?;
        String::from_utf8_lossy(&digits)
            .parse()
            .map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(HsCode);
serialize_display!(HsCode);
deserialize_from_str!(HsCode);
