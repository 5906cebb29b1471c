//! Bounded text: UTF-8 in normal form C, no control or invisible characters, no space at either end; and how text of a
//! stranger, which may be anything, is shown.
//!
//! Invariant: one name has one spelling, so equal texts are equal bytes, and what is read is what stands there. Knows
//! nothing of languages.

use std::borrow::Cow;
use std::fmt::{self, Write};
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
        check_visible(text)?;
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(FormError::TextSpace { what: "text" });
        }
        if !text.is_ascii() && !text.nfc().eq(text.chars()) {
            return Err(FormError::TextNormalForm { what: "text" });
        }
        Ok(())
    }
}

/// Whether a character shows nothing, changes the order in which others are read, or can never be text: two texts that
/// differ in it look alike. The list is closed, so that a text is of form whatever version of Unicode is at hand. Variation
/// selectors are not in it: names are written with ideographic variation sequences.
pub const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    ) || character as u32 & 0xfffe == 0xfffe
}

/// Refuses a text with a character that nobody sees, and says which and where.
///
/// # Errors
/// There is one.
pub fn check_visible(text: &str) -> Result<(), FormError> {
    let mut numbered = (1..).zip(text.chars());
    match numbered.find(|(_, character)| is_invisible(*character)) {
        Some((place, found)) => Err(FormError::TextInvisible {
            what: "text",
            found: found.into(),
            place,
        }),
        None => Ok(()),
    }
}

/// Text of a stranger for a terminal: what moves its cursor, shows nothing or turns the order of letters is written as
/// `<U+XXXX>`, line ends among it.
pub fn printable(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

/// As [`printable`], of what this program itself put into lines.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    shown(text, |character| character == '\n')
}

/// A number with its noun: `1 entry`, `2 entries`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hides = |c: char| (c.is_control() || is_invisible(c)) && !stays(c);
    if !text.contains(hides) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if hides(character) {
            // Writing to a text can't fail.
            let _ = write!(shown, "<U+{:04X}>", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown.into()
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
        let text = <Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_what_nobody_sees_is_refused_with_its_number_and_place() {
        for hidden in [
            0xad, 0x61c, 0x180e, 0x200b, 0x200d, 0x200e, 0x200f, 0x2028, 0x202a, 0x202e, 0x2060,
            0x2064, 0x2066, 0x2069, 0x206f, 0xfdd0, 0xfeff, 0xfff9, 0xfffb, 0xfffe, 0x1_ffff,
            0xe_0001, 0xe_007f, 0x10_ffff,
        ] {
            let hidden = char::from_u32(hidden).unwrap();
            let form = Term::new(&format!("矿业{hidden}Mining")).unwrap_err();
            assert_eq!(form.code(), "text-invisible", "{form}");
            let number = format!("U+{:04X}", u32::from(hidden));
            let text = form.to_string();
            assert!(
                text.contains(&number) && text.contains("character 3"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_names_are_written_with_is_taken() {
        // An ideographic variation sequence, an emoji, a space of its own width, letters of a script from right to left.
        for name in [
            "葛\u{e0100}城",
            "辻\u{fe00}",
            "稀土🧲",
            "稀\u{3000}土",
            "شركة",
        ] {
            assert_eq!(&*Term::new(name).unwrap(), name);
        }
    }

    #[test]
    fn text_of_a_stranger_moves_no_cursor_and_turns_no_letters() {
        let text = "a\u{1b}[2K\rGOOD\n\u{202e}b\u{9b}\u{200b}";
        let seen = "a<U+001B>[2K<U+000D>GOOD<U+000A><U+202E>b<U+009B><U+200B>";
        assert_eq!(printable(text), seen);
        assert_eq!(printable_lines("one\ntwo\r"), "one\ntwo<U+000D>");
        assert!(matches!(printable("包头 Baotou"), Cow::Borrowed(_)));
    }
}
