//! Bytes become text: UTF-8, UTF-16 and GB18030, as the programs of clerks write them.
//!
//! Invariant: bytes that could be several texts are refused, never guessed. Knows nothing of what the text means.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE};

/// The text.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let wide = |encoding: &'static Encoding, bytes| {
        whole(encoding, bytes).ok_or_else(|| format!("begins as UTF-16 and is not; {SAVE}"))
    };
    match bytes {
        // Spreadsheets write a byte order mark; it belongs to the file, not to its first column.
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            utf8(rest).ok_or_else(|| format!("begins as UTF-8 and is not; {SAVE}"))
        }
        [0xff, 0xfe, rest @ ..] => wide(UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] => wide(UTF_16BE, rest),
        // Headings are never without a Latin letter or a comma, so every second byte of UTF-16 at the start is zero.
        [first, 0, ..] if *first != 0 => wide(UTF_16LE, bytes),
        [0, second, ..] if *second != 0 => wide(UTF_16BE, bytes),
        _ => match utf8(bytes) {
            Some(text) => Ok(text),
            None if is_chinese(bytes) => {
                whole(GB18030, bytes).ok_or_else(|| format!("is neither UTF-8 nor GB18030; {SAVE}"))
            }
            None => Err(format!("is not UTF-8; {SAVE}")),
        },
    }
}

const SAVE: &str = "save it as \"CSV UTF-8\", or as a workbook (xlsx)";

fn utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
}

fn whole<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes)
}

/// Whether bytes that are not UTF-8 are Chinese, and not Latin letters with accents. Most characters of a Chinese file are of
/// the common half of the old table, or its punctuation, and stand next to each other; of accents only capitals beside each
/// other, within a word, look like one of those.
fn is_chinese(bytes: &[u8]) -> bool {
    let (mut common, mut other) = (0_usize, 0_usize);
    let (mut rest, mut before) = (bytes, b' ');
    while let [first, tail @ ..] = rest {
        if *first < 0x80 {
            (rest, before) = (tail, *first);
            continue;
        }
        // One run of characters beyond ASCII.
        let (mut pairs, mut usual) = (0, 0);
        while let [first @ 0x80..=0xff, tail @ ..] = rest {
            let [second, after @ ..] = tail else {
                return false;
            };
            pairs += 1;
            usual += usize::from(is_common(*first, *second));
            // Four bytes: outside the old table, whose readers never took Latin letters for it.
            rest = match second {
                b'0'..=b'9' => after.get(2..).unwrap_or_default(),
                _ => after,
            };
        }
        let after = rest.first().copied().unwrap_or(b' ');
        let is_in_word = before.is_ascii_alphabetic() || after.is_ascii_alphabetic();
        if pairs == 1 && is_in_word {
            usual = 0;
        }
        common += usual;
        other += pairs - usual;
    }
    common > other
}

/// The common half of GB 2312, and its punctuation and wide letters.
const fn is_common(first: u8, second: u8) -> bool {
    matches!(first, 0xa1 | 0xa3 | 0xb0..=0xd7) && second >= 0xa1
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "event,供应商\nlot-imported,包头钢铁（集团）\n";

    fn wide(text: &str, high_first: bool) -> Vec<u8> {
        let units = text.encode_utf16();
        let bytes = |unit: u16| {
            if high_first {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        units.flat_map(bytes).collect()
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let marked = |mark: &[u8], text: Vec<u8>| [mark.to_vec(), text].concat();
        for bytes in [
            TEXT.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", TEXT.into()),
            marked(b"\xff\xfe", wide(TEXT, false)),
            marked(b"\xfe\xff", wide(TEXT, true)),
            wide(TEXT, false),
            wide(TEXT, true),
            GB18030.encode(TEXT).0.into_owned(),
        ] {
            assert_eq!(decode(&bytes).unwrap(), TEXT, "{bytes:?}");
        }
        let rare = "event\n朱镕基，包头\n";
        let bytes = GB18030.encode(rare).0.into_owned();
        assert_eq!(decode(&bytes).unwrap(), rare);
    }

    #[test]
    fn accents_of_latin_letters_are_not_taken_for_chinese() {
        for bytes in [
            &b"event\nSoci\xe9t\xe9 Mini\xe8re\n"[..],
            // Two accents next to each other.
            b"event\nGr\xf6\xdfe\n",
            b"event\nextra\xe7\xe3o\n",
            b"event\nEXTRA\xc7\xc3O\n",
            b"event\n\xab\xe9t\xe9\xbb\n",
            b"event\nM\xfcller\n",
            b"event\n\xe9",
            b"\xef\xbb\xbfevent\n\xe9t",
        ] {
            let why = decode(bytes).unwrap_err();
            assert!(why.contains("save it as"), "{why}");
        }
    }
}
