//! How long the texts are that the cells of an xls share (MS-XLS, record SST and the records that continue it).
//!
//! Invariant: a text is as long as it is once it is read, in UTF-8; where the records do not hold what they say, nothing is
//! known. Keeps no text.

use crate::compound::{number_at, records};

const SHARED_TEXTS: usize = 0x00fc;
const CONTINUE: usize = 0x003c;

/// Bytes of each shared text; none where a workbook shares none.
pub(crate) fn lengths(stream: &[u8]) -> Option<Vec<usize>> {
    let mut from = records(stream).skip_while(|(kind, _)| *kind != SHARED_TEXTS);
    let Some((_, first)) = from.next() else {
        return Some(Vec::new());
    };
    let mut more = from.peekable();
    let mut later = Vec::new();
    while let Some((_, data)) = more.next_if(|(kind, _)| *kind == CONTINUE) {
        later.push(data);
    }
    // Of two tables nobody knows which one a reader takes.
    if more.any(|(kind, _)| kind == SHARED_TEXTS) {
        return None;
    }
    let mut texts = Texts {
        rest: first.get(8..)?,
        later: later.into_iter(),
    };
    let mut lengths = Vec::new();
    while !texts.rest.is_empty() || texts.go_on() {
        lengths.push(texts.length()?);
    }
    Some(lengths)
}

/// What is left of a record, and the records that continue it.
struct Texts<'a> {
    rest: &'a [u8],
    later: std::vec::IntoIter<&'a [u8]>,
}

impl Texts<'_> {
    fn go_on(&mut self) -> bool {
        let next = self.later.next();
        self.rest = next.unwrap_or_default();
        next.is_some()
    }

    /// The length of the next text, which is passed over with its looks and its readings.
    fn length(&mut self) -> Option<usize> {
        if self.rest.is_empty() {
            return Some(0);
        }
        let mut chars = number_at(self.rest, 0, 2)?;
        let flags = *self.rest.get(2)?;
        self.rest = self.rest.get(3..)?;
        let mut beside = 0;
        if flags & 8 != 0 {
            beside += 4 * number_at(self.rest, 0, 2)?;
            self.rest = self.rest.get(2..)?;
        }
        if flags & 4 != 0 {
            beside += number_at(self.rest, 0, 4)?;
            self.rest = self.rest.get(4..)?;
        }
        let (mut bytes, mut is_wide) = (0, flags & 1 != 0);
        loop {
            let width = if is_wide { 2 } else { 1 };
            let here = chars.min(self.rest.len() / width);
            let (text, rest) = self.rest.split_at(here * width);
            bytes += text.chunks_exact(width).map(utf8_bytes).sum::<usize>();
            (self.rest, chars) = (rest, chars - here);
            if chars == 0 {
                break;
            }
            // A text that goes on says again how wide its characters are.
            if !self.go_on() {
                return None;
            }
            is_wide = self.rest.first()? & 1 != 0;
            self.rest = &self.rest[1..];
        }
        while beside > self.rest.len() {
            beside -= self.rest.len();
            if !self.go_on() {
                return None;
            }
        }
        self.rest = &self.rest[beside..];
        Some(bytes)
    }
}

/// How long a character of one or two bytes is in UTF-8, at most.
fn utf8_bytes(character: &[u8]) -> usize {
    match character {
        [0..=0x7f] | [0..=0x7f, 0] => 1,
        [_, 0..=7] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
    }

    #[test]
    fn texts_are_as_long_as_they_are_read() {
        let plain = [3, 0, 0, b'a', b'b', 0xe9];
        let wide = [2, 0, 1, b'a', 0, 0x7a, 0x7f];
        // Two looks and a reading of five bytes stand behind it; it goes on in the next record, wider.
        let split = [2, 0, 0x0c, 2, 0, 5, 0, 0, 0, b'a'];
        let goes_on = [&[1, 0x7a, 0x7f][..], &[9; 13], &[1, 0, 0, b'z']].concat();
        let head = [9, 0, 0, 0, 4, 0, 0, 0];
        let table = record(0xfc, &[&head[..], &plain, &wide, &split].concat());
        let whole = [table.clone(), record(0x3c, &goes_on)].concat();
        assert_eq!(lengths(&whole), Some(vec![5, 4, 4, 1]));
        assert_eq!(lengths(&[]), Some(vec![]));
        assert_eq!(lengths(&table), None, "it is cut off");
        assert_eq!(lengths(&[whole.clone(), whole].concat()), None);
    }
}
