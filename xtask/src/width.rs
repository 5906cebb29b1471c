//! How long a line may be.
//! Code without its literals has at most 100 columns, as rustfmt keeps it where it can; comments, pages and tests have more,
//! until they are wrapped again. Rows of tables, addresses, blocks of output and what tests expect to the letter are left alone.

use crate::faults::Faults;
use crate::source::masked;
use crate::tree::TextFile;

const CODE_COLUMNS_MAX: usize = 100;
/// To be lowered to 100 when comments and pages are next wrapped.
const PROSE_COLUMNS_MAX: usize = 130;

pub(crate) fn check(files: &[TextFile], faults: &mut Faults) {
    for file in files {
        if file.is_source() {
            check_source(file, faults);
        } else if file.path.ends_with(".md") {
            check_page(file, faults);
        }
    }
}

fn check_source(file: &TextFile, faults: &mut Faults) {
    let code = masked(&file.text);
    // rustfmt leaves the bodies of macros alone, and the tests have many.
    let is_test = file.path.contains("tests");
    for (at, (line, code)) in file.text.lines().zip(code.lines()).enumerate() {
        let is_comment = line.trim_start().starts_with("//");
        let blanked = line
            .bytes()
            .zip(code.bytes())
            .filter(|(byte, left)| byte != left)
            .count();
        let (found, most) = match is_comment {
            true => (line.chars().count(), PROSE_COLUMNS_MAX),
            false if is_test => (line.len() - blanked, PROSE_COLUMNS_MAX),
            false => (line.len() - blanked, CODE_COLUMNS_MAX),
        };
        judge(file, at, line, found, most, faults);
    }
}

fn check_page(file: &TextFile, faults: &mut Faults) {
    let mut is_block = false;
    for (at, line) in file.text.lines().enumerate() {
        let is_fence = line.trim_start().starts_with("```");
        is_block ^= is_fence;
        if !is_block && !line.starts_with('|') {
            judge(
                file,
                at,
                line,
                line.chars().count(),
                PROSE_COLUMNS_MAX,
                faults,
            );
        }
    }
}

fn judge(file: &TextFile, at: usize, line: &str, found: usize, most: usize, faults: &mut Faults) {
    if found > most && !line.contains("://") {
        faults.add(
            format!("{}:{}", file.path, at + 1),
            format!("has {found} columns, {most} at most: wrap it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        let mut faults = Faults::default();
        let file = TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        check(&[file], &mut faults);
        faults.lines().len()
    }

    #[test]
    fn code_is_measured_without_its_literals_and_prose_as_it_stands() {
        let code = |columns| "a".repeat(columns);
        let literal = format!("f(\"{}\");", code(300));
        let comment = |columns: usize| format!("// {}", code(columns - 3));
        for (text, expected) in [
            (code(100), 0),
            (code(101), 1),
            (literal, 0),
            (comment(130), 0),
            (comment(131), 1),
            (format!("{}://", comment(131)), 0),
        ] {
            assert_eq!(found("crates/a/src/lib.rs", &text), expected, "{text}");
        }
        for (text, expected) in [
            (code(130), 0),
            (code(131), 1),
            ("水".repeat(130), 0),
            (format!("| {} |", code(200)), 0),
            (format!("```text\n{}\n```\n", code(200)), 0),
            (format!("```text\n```\n{}\n", code(200)), 1),
        ] {
            assert_eq!(found("docs/a.md", &text), expected, "{text}");
        }
        assert_eq!(found("data.csv", &code(300)), 0);
        assert_eq!(found("crates/a/tests/it.rs", &code(101)), 0);
        assert_eq!(found("crates/a/tests/it.rs", &code(131)), 1);
    }
}
