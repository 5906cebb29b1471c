//! Administrative divisions (GB/T 2260): which department oversees whom.
//!
//! Invariant: six digits, zero-filled from the right: 000000 nation, PP0000 province, PPCC00 city, PPCCXX county.
//! Knows no names of places.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

use crate::codec::refuse;
use crate::coded::{deserialize_from_str, serialize_display};
use crate::form::FormError;

/// A six-digit GB/T 2260 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Division(u32);

/// How far down a division lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Nation,
    Province,
    City,
    County,
}

impl Division {
    /// The whole country.
    pub const NATION: Self = Self(0);

    fn parse(code: u32) -> Result<Self, FormError> {
        let (province, city, county) = (code / 10_000, code / 100 % 100, code % 100);
        let gap = (province == 0 && code != 0) || (city == 0 && county != 0);
        if code > 999_999 || gap {
            return Err(FormError::Division {
                found: format!("{code:06}"),
            });
        }
        Ok(Self(code))
    }

    /// How far down the division lies.
    pub fn level(self) -> Level {
        match (self.0, self.0 % 10_000, self.0 % 100) {
            (0, _, _) => Level::Nation,
            (_, 0, _) => Level::Province,
            (_, _, 0) => Level::City,
            _ => Level::County,
        }
    }

    /// Whether a department of this division oversees `other`: the same division or one inside it.
    pub fn covers(self, other: Self) -> bool {
        match self.level() {
            Level::Nation => true,
            Level::Province => self.0 / 10_000 == other.0 / 10_000,
            Level::City => self.0 / 100 == other.0 / 100,
            Level::County => self == other,
        }
    }
}

impl FromStr for Division {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = || FormError::Division {
            found: text.chars().take(40).collect(),
        };
        if text.len() != 6 || !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(wrong());
        }
        Self::parse(text.parse().map_err(|_| wrong())?)
    }
}

impl fmt::Display for Division {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:06}", self.0))
    }
}

impl<C> Decode<C> for Division {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::parse(<u32 as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Division);
serialize_display!(Division);
deserialize_from_str!(Division);
