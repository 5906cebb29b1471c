//! What the text of a file may hold and how it begins.
//! A rule of code (`#[allow(`) is judged with comments and strings blanked; a rule of text on the raw lines.
//! Functions are judged by `functions`, pages by `docs`.

use crate::faults::Faults;
use crate::source::masked;
use crate::tree::TextFile;

/// Lines of the first paragraph of a file: what it is, its invariant, what it does not know.
const HEAD_LINES_MIN: usize = 2;
const HEAD_LINES_MAX: usize = 8;

/// Split, so that this file does not hold what it bans.
const BANNED_IN_SOURCE_TEXT: &[(&str, &str)] = &[
    (
        concat!("TO", "DO"),
        "finish it, or open an issue and remove the note",
    ),
    (
        concat!("FIX", "ME"),
        "mend it, or open an issue and remove the note",
    ),
];

const BANNED_IN_CODE: &[(&str, &str)] = &[
    ("todo!(", "write the code"),
    ("unimplemented!(", "write the code"),
    (
        "#[ignore",
        "a test that does not run proves nothing: mend it or remove it",
    ),
    (
        "#[allow(",
        "write #[expect(..., reason = \"...\")], which fails once it is no longer needed",
    ),
    (
        "#![allow(",
        "write #![expect(..., reason = \"...\")], which fails once it is no longer needed",
    ),
];

const BANNED_IN_TESTS: &[(&str, &str)] = &[(
    "thread::sleep",
    "wait for the event itself: a channel, a join, a file that appears",
)];

/// Paths that exist on one machine only. Split, as above.
const BANNED_PATHS: &[&str] = &[concat!("/tmp", "/y"), concat!("..", "/shared")];

pub(crate) fn check(files: &[TextFile], faults: &mut Faults) {
    for file in files {
        check_lines(file, faults);
        if file.is_source() {
            check_head(file, faults);
            check_source(file, faults);
        }
    }
}

fn check_lines(file: &TextFile, faults: &mut Faults) {
    for (at, line) in file.text.split('\n').enumerate() {
        let place = format!("{}:{}", file.path, at + 1);
        if let Some(character) = line.chars().find(|character| is_hidden(*character)) {
            faults.add(
                &place,
                format!("hidden character U+{:04X}: remove it", u32::from(character)),
            );
        }
        if line.ends_with([' ', '\t']) {
            faults.add(&place, "white space at the end of the line: remove it");
        }
        for path in BANNED_PATHS.iter().filter(|path| contains_path(line, path)) {
            faults.add(
                &place,
                format!("`{path}` exists on one machine only: name a path of this repository"),
            );
        }
    }
}

/// Control characters other than tab, and the marks that change reading order or show nothing.
fn is_hidden(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Whether `line` names `path` or something below it, not merely a longer name that begins alike.
fn contains_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let after = line[at + path.len()..].chars().next();
        !after.is_some_and(|next| next.is_alphanumeric() || matches!(next, '-' | '_'))
    })
}

fn check_head(file: &TextFile, faults: &mut Faults) {
    let head = file.text.lines().take_while(|line| line.starts_with("//!"));
    let count = head
        .filter(|line| !line["//!".len()..].trim().is_empty())
        .count();
    // A test file says in one line what it tests; its invariant is what it asserts.
    let tests = file.path.contains("tests");
    let least = if tests { 1 } else { HEAD_LINES_MIN };
    if !(least..=HEAD_LINES_MAX).contains(&count) {
        faults.add(
            &file.path,
            format!(
                "begins with {count} lines of `//!`: write {HEAD_LINES_MIN} to {HEAD_LINES_MAX} that say what the file is, \
                 its invariant and what it does not know (empty `//!` lines do not count)"
            ),
        );
    }
}

fn check_source(file: &TextFile, faults: &mut Faults) {
    let code = masked(&file.text);
    let tests_from = first_test_line(&file.path, &code);
    for (at, (line, code)) in file.text.lines().zip(code.lines()).enumerate() {
        let on_text = BANNED_IN_SOURCE_TEXT
            .iter()
            .filter(|(banned, _)| line.contains(banned));
        let on_code = BANNED_IN_CODE
            .iter()
            .filter(|(banned, _)| code.contains(banned));
        let on_tests = BANNED_IN_TESTS
            .iter()
            .filter(|(banned, _)| at >= tests_from && code.contains(banned));
        for (banned, instead) in on_text.chain(on_code).chain(on_tests) {
            faults.add(
                format!("{}:{}", file.path, at + 1),
                format!("`{banned}` is banned: {instead}"),
            );
        }
    }
}

/// The index of the line from which a file is test code: 0 in a file of tests, past the end where there are none.
fn first_test_line(path: &str, code: &str) -> usize {
    if path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs") {
        return 0;
    }
    code.lines()
        .position(|line| line.contains("#[cfg(test)]"))
        .unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "//! A file.\n//! Holds nothing.\n";

    fn check_text(path: &str, text: &str) -> Vec<String> {
        let mut faults = Faults::default();
        check(
            &[TextFile {
                path: path.to_owned(),
                text: text.to_owned(),
            }],
            &mut faults,
        );
        faults.lines().to_vec()
    }

    #[test]
    fn heads() {
        let long = "//! A line.\n".repeat(9);
        for (text, expected) in [
            (HEAD, 0),
            (
                "//! A file.\n//! Holds nothing.\n//!\n//! # Details\n//! More.\n",
                0,
            ),
            (&long[..8 * 12], 0),
            (long.as_str(), 1),
            ("//! A file.\n", 1),
            ("//! A file.\n//!\n//! Holds nothing.\n", 0),
            ("\n//! A file.\n//! Holds nothing.\n", 1),
            ("fn main() {}\n", 1),
        ] {
            assert_eq!(
                check_text("crates/a/src/lib.rs", text).len(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn banned_code_is_found_outside_comments_and_strings() {
        for (code, expected) in [
            ("// #[allow(dead_code)]\nconst A: &str = \"todo!()\";", 0),
            ("#[expect(dead_code, reason = \"x\")]\nfn f() { g() }", 0),
            ("fn f() { std::thread::sleep(x) }", 0),
            ("#[allow(dead_code)]", 1),
            ("#![allow(dead_code)]", 1),
            ("fn f() { todo!() }", 1),
            ("fn f() { unimplemented!(\"later\") }", 1),
            ("#[test]\n#[ignore = \"slow\"]", 1),
            ("#[cfg(test)]\nmod tests { fn f() { thread::sleep(x) } }", 1),
            (concat!("// TO", "DO later"), 1),
            (concat!("// FIX", "ME later"), 1),
        ] {
            assert_eq!(
                check_text("crates/a/src/lib.rs", &format!("{HEAD}{code}\n")).len(),
                expected,
                "{code}"
            );
        }
    }

    #[test]
    fn a_file_of_tests_is_test_code_from_its_first_line() {
        let text = format!("{HEAD}fn f() {{ std::thread::sleep(x) }}\n");
        for path in [
            "tests/it/main.rs",
            "crates/a/src/store/tests.rs",
            "crates/a/tests/it.rs",
        ] {
            assert_eq!(check_text(path, &text).len(), 1, "{path}");
        }
    }

    #[test]
    fn lines_of_any_text_file() {
        let machine_path = format!("see {}/brief.md", BANNED_PATHS[0]);
        let outside = format!("see {}.", BANNED_PATHS[1]);
        let longer_name = format!("{}tterby", BANNED_PATHS[0]);
        for (text, expected) in [
            ("| a\tb | 稀土 |\n\nend", 0),
            (longer_name.as_str(), 0),
            ("a \n", 1),
            ("a\t\n", 1),
            ("a\r\n", 1),
            ("a\u{7}\n", 1),
            ("a\u{202E}b\n", 1),
            ("a\u{85}b\n", 1),
            (machine_path.as_str(), 1),
            (outside.as_str(), 1),
        ] {
            assert_eq!(check_text("docs/page.md", text).len(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_fault_names_its_line() {
        assert_eq!(
            check_text("a.txt", "one\ntwo \n"),
            ["a.txt:2: white space at the end of the line: remove it"]
        );
    }
}
