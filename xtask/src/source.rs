//! Rust source with its comments and literals blanked out.
//! The result has the same lines and columns (in bytes), so that what is found in it can be pointed at.
//! A lexer for what a scan by eye would need, not a parser.

/// `text` with every comment, string and character literal replaced by spaces; line ends stay.
pub(crate) fn masked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match literal_or_comment_end(bytes, at) {
            Some(end) => {
                let blanked = &bytes[at..end];
                out.extend(
                    blanked
                        .iter()
                        .map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }),
                );
                at = end;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where the comment or literal that starts at `at` ends; `None` if none starts there.
fn literal_or_comment_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => Some(find_from(bytes, at, b"\n").unwrap_or(bytes.len())),
        [b'/', b'*', ..] => Some(block_comment_end(bytes, at)),
        [b'"', ..] => Some(quoted_end(bytes, at + 1, b'"')),
        [b'r', ..] if !continues_word(bytes, at) => raw_string_end(bytes, at + 1),
        [b'b' | b'c', b'r', ..] if !continues_word(bytes, at) => raw_string_end(bytes, at + 2),
        [b'\'', ..] => char_literal_end(bytes, at),
        _ => None,
    }
}

fn continues_word(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1)
        .and_then(|before| bytes.get(before))
        .is_some_and(|byte| is_word(*byte))
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn find_from(bytes: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(needle.len())
        .position(|window| window == needle)
        .map(|offset| from + offset)
}

/// Block comments nest.
fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

fn quoted_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match *byte {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// `at` is just after the `r`: hashes, a quote, the text, a quote, as many hashes. Else it was a word like `r#type`.
fn raw_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let hashes = bytes[at..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(at + hashes) != Some(&b'"') {
        return None;
    }
    let mut closing = vec![b'"'];
    closing.resize(1 + hashes, b'#');
    let end = find_from(bytes, at + hashes + 1, &closing);
    Some(end.map_or(bytes.len(), |found| found + closing.len()))
}

/// `'x'` and `'\n'` are literals; `'a` is a lifetime.
fn char_literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at + 1) == Some(&b'\\') {
        return Some(quoted_end(bytes, at + 1, b'\''));
    }
    // One character of UTF-8 is at most four bytes.
    let closing = (at + 2..=at + 5).find(|end| bytes.get(*end) == Some(&b'\''))?;
    let content = bytes.get(at + 1..closing)?;
    let one_character = std::str::from_utf8(content).is_ok_and(|text| text.chars().count() == 1);
    one_character.then_some(closing + 1)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn literals_and_comments_become_spaces() {
        for (text, words) in [
            ("a // { b\nc", "a c"),
            ("a /* { /* } */ { */ b", "a b"),
            (r#"f("{ \" }")"#, "f( )"),
            ("r#\"{ \"quoted\" }\"# + 1", "+ 1"),
            ("b'{'", "b"),
            (r"'\'' '{' '水'", ""),
            ("br\"{\"", ""),
            ("\"one\ntwo\" three", "three"),
        ] {
            let code = masked(text);
            assert_eq!(
                code.split_whitespace().collect::<Vec<_>>().join(" "),
                words,
                "{text}"
            );
            assert_eq!(code.len(), text.len(), "columns move in {text}");
            assert_eq!(
                code.lines().count(),
                text.lines().count(),
                "lines move in {text}"
            );
        }
    }

    #[test]
    fn code_stays_as_it_is() {
        for text in [
            "fn f<'a>(x: &'a str) -> &'a str { x }",
            "let r#type = 4 / 2;",
            "for_var(r, b)",
            "x * y",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn an_unclosed_literal_runs_to_the_end() {
        for text in ["\"abc", "/* abc", "r#\"abc\"", "\"abc\\"] {
            assert_eq!(masked(text).trim(), "", "{text}");
        }
    }
}
