//! Identifiers: parties with verified check digits, codes, lots, sites, countries, and fixed byte strings.
//!
//! Invariant: every identifier is a small `Copy` value with exactly one spelling in bytes and in text.
//! Knows nothing of who is registered.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use bincode::de::{Decoder, read::Reader};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use crate::codec::{read_length, refuse};
use crate::coded::{deserialize_from_str, serialize_display};
use crate::form::FormError;
use crate::limits::CODE_BYTES_MAX;

/// Bytes of a fixed length, into a hash as whole words: a replay hashes several ids for each event, and slices of bytes cost
/// four times as much.
fn hash_words<H: Hasher>(bytes: &[u8], state: &mut H) {
    for part in bytes.chunks(16) {
        let mut word = [0; 16];
        word[..part.len()].copy_from_slice(part);
        state.write_u128(u128::from_le_bytes(word));
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A legal person: unified social credit code (GB 32100-2015) or Legal Entity Identifier (ISO 17442).
///
/// In bytes: tag 1 and 18 ASCII characters, or tag 2 and 20.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartyId {
    length: u8,
    characters: [u8; 20],
}

/// No character is zero, so the padding tells the length.
impl Hash for PartyId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_words(&self.characters, state);
    }
}

const USCC_LENGTH: usize = 18;
const LEI_LENGTH: usize = 20;
/// GB 32100-2015: digits and capitals without I, O, S, V, Z; a character's place is its value.
const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// GB 32100-2015: weight of place i is 3^i mod 31.
const USCC_WEIGHTS: [u32; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// The check character that completes the first 17 characters of a unified social credit code (GB 32100-2015).
pub fn uscc_check_character(first_17: &[u8; 17]) -> Option<char> {
    let mut sum = 0;
    for (character, weight) in first_17.iter().zip(USCC_WEIGHTS) {
        let value = USCC_ALPHABET.iter().position(|c| c == character)?;
        sum += u32::try_from(value).ok()? * weight;
    }
    USCC_ALPHABET
        .get(((31 - sum % 31) % 31) as usize)
        .map(|&c| char::from(c))
}

/// ISO 17442 with ISO 7064 MOD 97-10: letters count 10 to 35, the whole number leaves 1.
fn lei_remainder(characters: &[u8]) -> Option<u32> {
    characters.iter().try_fold(0u32, |remainder, &c| match c {
        b'0'..=b'9' => Some((remainder * 10 + u32::from(c - b'0')) % 97),
        b'A'..=b'Z' => Some((remainder * 100 + u32::from(c - b'A') + 10) % 97),
        _ => None,
    })
}

impl PartyId {
    /// Characters of a unified social credit code and of a LEI.
    pub const LENGTHS: [usize; 2] = [USCC_LENGTH, LEI_LENGTH];

    fn parse(text: &[u8]) -> Result<Self, FormError> {
        let lossy = || shorten(&String::from_utf8_lossy(text));
        let mut characters = [0; 20];
        match text.len() {
            USCC_LENGTH => {
                let shape = || FormError::PartyShape { found: lossy() };
                let first = text.first_chunk::<17>().ok_or_else(shape)?;
                let expected = uscc_check_character(first).ok_or_else(shape)?;
                if text.last().map(|&c| char::from(c)) != Some(expected) {
                    return Err(FormError::UsccCheck {
                        found: lossy(),
                        expected,
                    });
                }
                characters[..USCC_LENGTH].copy_from_slice(text);
            }
            LEI_LENGTH => {
                let remainder =
                    lei_remainder(text).ok_or_else(|| FormError::PartyShape { found: lossy() })?;
                if remainder != 1 || !text[18..].iter().all(u8::is_ascii_digit) {
                    return Err(FormError::LeiCheck { found: lossy() });
                }
                characters.copy_from_slice(text);
            }
            _ => return Err(FormError::PartyShape { found: lossy() }),
        }
        Ok(Self {
            length: text.len() as u8,
            characters,
        })
    }

    /// The code as written.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The code's ASCII characters.
    pub fn as_bytes(&self) -> &[u8] {
        &self.characters[..usize::from(self.length)]
    }
}

impl FromStr for PartyId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Encode for PartyId {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        let tag: u8 = if usize::from(self.length) == USCC_LENGTH {
            1
        } else {
            2
        };
        tag.encode(encoder)?;
        bincode::enc::write::Writer::write(encoder.writer(), self.as_bytes())
    }
}

impl<C> Decode<C> for PartyId {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = match <u8 as Decode<C>>::decode(decoder)? {
            1 => USCC_LENGTH,
            2 => LEI_LENGTH,
            found => {
                return Err(refuse(&FormError::UnknownCode {
                    what: "kind of party id",
                    found,
                }));
            }
        };
        let mut characters = [0; LEI_LENGTH];
        decoder.claim_bytes_read(length)?;
        decoder.reader().read(&mut characters[..length])?;
        Self::parse(&characters[..length]).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(PartyId);
serialize_display!(PartyId);
deserialize_from_str!(PartyId);

/// A lot, site, shipment, invoice, batch or group code: 1 to 32 of `A-Z 0-9 . _ / -`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    characters: [u8; CODE_BYTES_MAX],
    length: u8,
}

/// No character is zero, so the padding tells the length.
impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_words(&self.characters, state);
    }
}

impl Code {
    fn parse(text: &[u8]) -> Result<Self, FormError> {
        if text.is_empty() || text.len() > CODE_BYTES_MAX {
            let found = text.len() as u64;
            return Err(FormError::TextLength {
                what: "code",
                found,
                min: 1,
                max: CODE_BYTES_MAX,
            });
        }
        let allowed = |c: &u8| matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'/' | b'-');
        if !text.iter().all(allowed) {
            let lossy = String::from_utf8_lossy(text);
            let found = lossy
                .chars()
                .find(|c| !u8::try_from(*c).is_ok_and(|c| allowed(&c)))
                .unwrap_or('?');
            return Err(FormError::CodeCharacter { found });
        }
        let mut characters = [0; CODE_BYTES_MAX];
        characters[..text.len()].copy_from_slice(text);
        Ok(Self {
            characters,
            length: text.len() as u8,
        })
    }

    /// The code as written.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The code's ASCII characters.
    pub fn as_bytes(&self) -> &[u8] {
        &self.characters[..usize::from(self.length)]
    }
}

impl FromStr for Code {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Encode for Code {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.as_bytes().encode(encoder)
    }
}

impl<C> Decode<C> for Code {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let found = read_length(decoder)?;
        let too_long = || {
            refuse(&FormError::TextLength {
                what: "code",
                found,
                min: 1,
                max: CODE_BYTES_MAX,
            })
        };
        let length = usize::try_from(found)
            .ok()
            .filter(|l| *l <= CODE_BYTES_MAX)
            .ok_or_else(too_long)?;
        let mut characters = [0; CODE_BYTES_MAX];
        decoder.claim_bytes_read(length)?;
        decoder.reader().read(&mut characters[..length])?;
        Self::parse(&characters[..length]).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Code);
serialize_display!(Code);
deserialize_from_str!(Code);

/// A lot: the party that created it, and its code there. Written `PARTY/CODE`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct LotId {
    pub creator: PartyId,
    pub code: Code,
}

/// A licensed site of a party: its material balance area. Written `PARTY/CODE`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct SiteId {
    pub party: PartyId,
    pub code: Code,
}

fn split_party_code(text: &str) -> Result<(PartyId, Code), FormError> {
    let (party, code) = text.split_once('/').ok_or_else(|| FormError::LotShape {
        found: shorten(text),
    })?;
    Ok((party.parse()?, code.parse()?))
}

impl FromStr for LotId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        split_party_code(text).map(|(creator, code)| Self { creator, code })
    }
}

impl fmt::Display for LotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.creator, self.code))
    }
}

impl FromStr for SiteId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        split_party_code(text).map(|(party, code)| Self { party, code })
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.party, self.code))
    }
}

impl fmt::Debug for LotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

serialize_display!(LotId);
deserialize_from_str!(LotId);
serialize_display!(SiteId);
deserialize_from_str!(SiteId);

/// Two letters of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Country([u8; 2]);

impl Country {
    fn parse(letters: [u8; 2]) -> Result<Self, FormError> {
        if !letters.iter().all(u8::is_ascii_uppercase) {
            return Err(FormError::Country {
                found: String::from_utf8_lossy(&letters).into_owned(),
            });
        }
        Ok(Self(letters))
    }
}

impl FromStr for Country {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let letters = text.as_bytes().try_into().map_err(|_| FormError::Country {
            found: shorten(text),
        })?;
        Self::parse(letters)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&String::from_utf8_lossy(&self.0))
    }
}

impl<C> Decode<C> for Country {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::parse(<[u8; 2] as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Country);
serialize_display!(Country);
deserialize_from_str!(Country);

/// Lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| {
            [
                char::from(DIGITS[usize::from(byte >> 4)]),
                char::from(DIGITS[usize::from(byte & 15)]),
            ]
        })
        .collect()
}

/// Bytes from lower-case hexadecimal; the second spelling in capitals is not accepted.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            if let [high, low] = pair {
                Some(digit(*high)? << 4 | digit(*low)?)
            } else {
                None
            }
        })
        .collect()
}

/// Declares a fixed byte string that reads as hexadecimal.
macro_rules! fixed_bytes {
    ($(#[$meta:meta])* $name:ident, $length:literal, $called:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
        pub struct $name(pub [u8; $length]);

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                hash_words(&self.0, state);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&to_hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_hex(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                let wrong = || FormError::HexDigits {
                    what: $called,
                    found: shorten(text),
                    digits: 2 * $length,
                };
                let bytes = from_hex(text).ok_or_else(wrong)?;
                bytes.try_into().map(Self).map_err(|_| wrong())
            }
        }

        serialize_display!($name);
        deserialize_from_str!($name);
    };
}

fixed_bytes!(
    /// Identity of an event: BLAKE3 over its signed body.
    EventId, 32, "the id of an event"
);
fixed_bytes!(
    /// A digest, public key or commitment of 32 bytes; the field's name says which.
    Bytes32, 32, "a digest or public key"
);
fixed_bytes!(
    /// An Ed25519 signature.
    Bytes64, 64, "a signature"
);
fixed_bytes!(
    /// Short name of a signing key: the first eight bytes of its BLAKE3.
    KeyId, 8, "the id of a key"
);
