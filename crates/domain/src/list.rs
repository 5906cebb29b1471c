//! Bounded lists and byte strings.
//!
//! Invariant: the count is within the type's limits before anything is allocated for it. The layout is that of a plain
//! vector (u64 count, then the items), so the bound is a rule and not a format.

use std::ops::Deref;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};

use crate::codec::{read_bytes, read_length, refuse};
use crate::form::FormError;

/// A list of `MIN` to `MAX` items.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

fn check_count(found: u64, min: usize, max: usize) -> Result<(), FormError> {
    if found < min as u64 || found > max as u64 {
        return Err(FormError::ListLength {
            what: "list",
            found,
            min,
            max,
        });
    }
    Ok(())
}

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// Checks the count.
    pub fn new(items: Vec<T>) -> Result<Self, FormError> {
        check_count(items.len() as u64, MIN, MAX)?;
        Ok(Self(items))
    }
}

impl<T, const MIN: usize, const MAX: usize> Deref for List<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MAX: usize> Default for List<T, 0, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MIN: usize, const MAX: usize> TryFrom<Vec<T>> for List<T, MIN, MAX> {
    type Error = FormError;

    fn try_from(items: Vec<T>) -> Result<Self, FormError> {
        Self::new(items)
    }
}

impl<T: Encode, const MIN: usize, const MAX: usize> Encode for List<T, MIN, MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        (self.0.len() as u64).encode(encoder)?;
        self.0.iter().try_for_each(|item| item.encode(encoder))
    }
}

impl<C, T: Decode<C>, const MIN: usize, const MAX: usize> Decode<C> for List<T, MIN, MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let count = read_length(decoder)?;
        check_count(count, MIN, MAX).map_err(|form| refuse(&form))?;
        let mut items = Vec::with_capacity(usize::try_from(count).unwrap_or(MAX));
        for _ in 0..count {
            items.push(T::decode(decoder)?);
        }
        Ok(Self(items))
    }
}

impl<'de, C, T: Decode<C>, const MIN: usize, const MAX: usize> BorrowDecode<'de, C>
    for List<T, MIN, MAX>
{
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl<T: serde::Serialize, const MIN: usize, const MAX: usize> serde::Serialize
    for List<T, MIN, MAX>
{
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: serde::Deserialize<'de>, const MIN: usize, const MAX: usize> serde::Deserialize<'de>
    for List<T, MIN, MAX>
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Opaque bytes, at most `MAX`; hexadecimal in JSON.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Blob<const MAX: usize>(Box<[u8]>);

impl<const MAX: usize> Blob<MAX> {
    /// Checks the length; empty bytes say nothing and are refused.
    pub fn new(bytes: &[u8]) -> Result<Self, FormError> {
        check_count(bytes.len() as u64, 1, MAX)?;
        Ok(Self(bytes.into()))
    }
}

impl<const MAX: usize> Deref for Blob<MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> std::fmt::Debug for Blob<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const MAX: usize> Encode for Blob<MAX> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C, const MAX: usize> Decode<C> for Blob<MAX> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = read_length(decoder)?;
        check_count(length, 1, MAX).map_err(|form| refuse(&form))?;
        let bytes = read_bytes(decoder, usize::try_from(length).unwrap_or(usize::MAX))?;
        Ok(Self(bytes.into_boxed_slice()))
    }
}

impl<'de, C, const MAX: usize> BorrowDecode<'de, C> for Blob<MAX> {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl<const MAX: usize> serde::Serialize for Blob<MAX> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::id::to_hex(&self.0))
    }
}

impl<'de, const MAX: usize> serde::Deserialize<'de> for Blob<MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        let bytes = crate::id::from_hex(&text)
            .ok_or_else(|| serde::de::Error::custom("not hexadecimal"))?;
        Self::new(&bytes).map_err(serde::de::Error::custom)
    }
}
