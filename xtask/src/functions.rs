//! How long files and functions are, and whether a test tests.
//! Length is ratcheted: `xtask/ratchet.txt` lists what is too long with its exact length, and may only shrink.
//! Counts braces in blanked source; it does not expand macros.

use std::collections::BTreeMap;

use crate::faults::Faults;
use crate::source::{is_word, masked};
use crate::tree::TextFile;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const RATCHET: &str = "xtask/ratchet.txt";

/// A test passes for one if its body holds any of these. A heuristic: it finds the test that cannot fail.
const SIGNS_OF_A_CHECK: &[&str] = &["assert", "expect", "?", "check", "panic"];

/// One function with a body; `line` is 1-based, `lines` counts from `fn` to the closing brace.
#[derive(Debug)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
    body: String,
    is_test: bool,
}

/// What the ratchet speaks of: a function of a file, or (no name) the file itself.
type Subject = (String, Option<String>);

pub(crate) fn check(files: &[TextFile], faults: &mut Faults) {
    let mut too_long = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_source()) {
        let count = file.text.lines().count();
        if count > FILE_LINES_MAX {
            too_long.insert((file.path.clone(), None), count);
        }
        for function in scan(&masked(&file.text)) {
            if function.lines > FUNCTION_LINES_MAX {
                let longest = too_long
                    .entry((file.path.clone(), Some(function.name.clone())))
                    .or_insert(0);
                *longest = function.lines.max(*longest);
            }
            check_test(&file.path, &function, faults);
        }
    }
    match files.iter().find(|file| file.path == RATCHET) {
        Some(file) => check_ratchet(&too_long, &read_ratchet(&file.text, faults), faults),
        None => faults.add(
            RATCHET,
            "is missing: keep the file, empty when nothing is too long",
        ),
    }
}

fn check_test(path: &str, function: &Function, faults: &mut Faults) {
    if !function.is_test {
        return;
    }
    let place = format!("{path}:{}", function.line);
    let body = function.body.trim();
    if body.is_empty() {
        faults.add(
            place,
            format!("test `{}` is empty: write it or remove it", function.name),
        );
    } else if !SIGNS_OF_A_CHECK.iter().any(|sign| body.contains(sign)) {
        faults.add(
            place,
            format!(
                "test `{}` checks nothing: assert what it is named after",
                function.name
            ),
        );
    }
}

fn check_ratchet(
    too_long: &BTreeMap<Subject, usize>,
    listed: &BTreeMap<Subject, usize>,
    faults: &mut Faults,
) {
    for ((path, name), lines) in too_long {
        let (what, most) = match name {
            Some(name) => (format!("function `{name}`"), FUNCTION_LINES_MAX),
            None => ("the file".to_owned(), FILE_LINES_MAX),
        };
        match listed.get(&(path.clone(), name.clone())) {
            None => faults.add(
                path,
                format!("{what} has {lines} lines, {most} at most: split it at a seam"),
            ),
            Some(before) if lines > before => {
                faults.add(
                    path,
                    format!("{what} grew from {before} to {lines} lines: split it at a seam"),
                );
            }
            Some(before) if lines < before => {
                faults.add(
                    RATCHET,
                    format!(
                        "{what} of {path} is down to {lines} lines: write {lines} for {before}"
                    ),
                );
            }
            Some(_) => {}
        }
    }
    for (path, name) in listed
        .keys()
        .filter(|subject| !too_long.contains_key(*subject))
    {
        let what = name
            .as_ref()
            .map_or_else(|| path.clone(), |name| format!("{path} {name}"));
        faults.add(
            RATCHET,
            format!("`{what}` is not too long, or is gone: remove its line"),
        );
    }
}

/// A line is `path function lines` or `path lines`; `#` begins a comment line.
fn read_ratchet(text: &str, faults: &mut Faults) -> BTreeMap<Subject, usize> {
    let mut listed = BTreeMap::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let words: Vec<&str> = line.split(' ').collect();
        let parsed = match words[..] {
            [path, lines] => lines
                .parse()
                .ok()
                .map(|lines| ((path.to_owned(), None), lines)),
            [path, name, lines] => lines
                .parse()
                .ok()
                .map(|lines| ((path.to_owned(), Some(name.to_owned())), lines)),
            _ => None,
        };
        match parsed {
            Some((subject, lines)) => {
                listed.insert(subject, lines);
            }
            None => faults.add(
                format!("{RATCHET}:{}", at + 1),
                "write `path function lines` or `path lines`",
            ),
        }
    }
    listed
}

/// Every function with a body, nested ones too, in blanked source.
fn scan(code: &str) -> Vec<Function> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if at
            .checked_sub(1)
            .is_some_and(|before| is_word(bytes[before]))
        {
            continue;
        }
        let after = &code[at + 3..];
        let name: String = after
            .bytes()
            .take_while(|byte| is_word(*byte))
            .map(char::from)
            .collect();
        if name.is_empty() {
            continue;
        }
        if let Some((start, end)) = body(bytes, at) {
            let attributes_from = code[..at]
                .rfind(['{', '}', ';'])
                .map_or(0, |before| before + 1);
            let attributes = &code[attributes_from..at];
            found.push(Function {
                name,
                line: 1 + newlines(&code[..at]),
                lines: 1 + newlines(&code[at..end]),
                body: code[start + 1..end].to_owned(),
                is_test: attributes.contains("#[test]") || attributes.contains("#[tokio::test"),
            });
        }
    }
    found
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// The positions of the braces around the body of the function whose `fn` is at `from`; `None` for a declaration.
fn body(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut parentheses = 0_i64;
    let mut braces = 0_i64;
    let mut start = None;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match (byte, start) {
            (b'(' | b'[', None) => parentheses += 1,
            (b')' | b']', None) => parentheses -= 1,
            (b';', None) if parentheses == 0 => return None,
            (b'{', None) if parentheses == 0 => {
                start = Some(at);
                braces = 1;
            }
            (b'{', Some(_)) => braces += 1,
            (b'}', Some(opened)) => {
                braces -= 1;
                if braces == 0 {
                    return Some((opened, at));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> TextFile {
        TextFile {
            path: "crates/a/src/lib.rs".to_owned(),
            text: text.to_owned(),
        }
    }

    fn check_with(text: &str, ratchet: &str) -> Vec<String> {
        let mut faults = Faults::default();
        let ratchet = TextFile {
            path: RATCHET.to_owned(),
            text: ratchet.to_owned(),
        };
        check(&[source(text), ratchet], &mut faults);
        faults.lines().to_vec()
    }

    fn function_of(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn functions_are_found_with_their_length() {
        let text = "impl A {\n    fn new<'a>(x: [u8; 4]) -> Self\n    where\n        A: B,\n    {\n        if x { y(\"}\") }\n    }\n}\n\
                    trait T {\n    fn declared(&self);\n}\ntype F = fn (u8);\nfn outer() { fn inner() {} }\n";
        let found: Vec<_> = scan(&masked(text))
            .into_iter()
            .map(|one| (one.name, one.line, one.lines))
            .collect();
        let expected = [("new", 2, 6), ("outer", 13, 1), ("inner", 13, 1)]
            .map(|(name, line, lines)| (name.to_owned(), line, lines));
        assert_eq!(found, expected);
    }

    #[test]
    fn long_functions_need_a_line_in_the_ratchet() {
        for (lines, ratchet, expected) in [
            (70, "", 0),
            (71, "# known\ncrates/a/src/lib.rs long 71\n", 0),
            (71, "", 1),
            (72, "crates/a/src/lib.rs long 71\n", 1),
            (71, "crates/a/src/lib.rs long 72\n", 1),
            (70, "crates/a/src/lib.rs long 71\n", 1),
            (10, "crates/b/src/lib.rs gone 71\n", 1),
            (10, "crates/a/src/lib.rs long many\n", 1),
        ] {
            let found = check_with(&function_of(lines), ratchet);
            assert_eq!(
                found.len(),
                expected,
                "{lines} lines, {ratchet:?}: {found:?}"
            );
        }
    }

    #[test]
    fn long_files_need_a_line_in_the_ratchet() {
        for (lines, ratchet, expected) in [
            (500, "", 0),
            (501, "crates/a/src/lib.rs 501\n", 0),
            (501, "", 1),
            (500, "crates/a/src/lib.rs 501\n", 1),
        ] {
            assert_eq!(
                check_with(&"// x\n".repeat(lines), ratchet).len(),
                expected,
                "{lines} lines, {ratchet:?}"
            );
        }
    }

    #[test]
    fn a_missing_ratchet_is_a_fault() {
        let mut faults = Faults::default();
        check(&[source("")], &mut faults);
        assert_eq!(faults.lines().len(), 1);
    }

    #[test]
    fn tests_that_cannot_fail_are_found() {
        for (text, expected) in [
            ("#[test]\nfn t() { assert!(f()); }", 0),
            ("#[test]\nfn t() -> Result<(), E> { f()?; Ok(()) }", 0),
            (
                "#[tokio::test(flavor = \"multi_thread\")]\nasync fn t() { check(1).await }",
                0,
            ),
            (
                "proptest! {\n #![proptest_config(c())]\n #[test]\n fn t(x in 0..3) { prop_assert_eq!(x, x); }\n}",
                0,
            ),
            ("fn helper() {}", 0),
            ("#[test]\nfn t() {}", 1),
            ("#[test]\nfn t() {\n    // assert later\n}", 1),
            ("#[test]\n#[cfg(unix)]\nfn t() { matches!(f(), Ok(_)); }", 1),
            ("#[tokio::test]\nasync fn t() { f(\"assert\").await; }", 1),
        ] {
            let found = check_with(text, "");
            assert_eq!(found.len(), expected, "{text}: {found:?}");
        }
    }
}
