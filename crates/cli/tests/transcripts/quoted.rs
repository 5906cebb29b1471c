//! That what the README says the command prints is what it prints.
//!
//! Invariant: each line of its `text` blocks begins a line of its transcript; an update puts in the line that differs in
//! nothing but ids and digests. `...` stands for what is left out. Knows no other page: those quote what no transcript plays.

use std::fs;

use crate::{repository, transcripts};

const PAGE: &str = "README.md";
const TRANSCRIPT: &str = "guide-readme.txt";
const LEFT_OUT: &str = "...";

/// Lines of the page that nothing prints; none that an update can mend, if it may.
pub(crate) fn stale(update: bool) -> Vec<String> {
    let page = fs::read_to_string(repository().join(PAGE)).unwrap();
    let played = fs::read_to_string(transcripts().join(TRANSCRIPT)).unwrap();
    let mut faults = Vec::new();
    let mut mended = String::new();
    let mut quoting = false;
    for (line, number) in page.lines().zip(1..) {
        let fence = line.starts_with("```");
        if fence {
            quoting = line == "```text";
        }
        let checked = quoting && !fence && !line.is_empty() && line != LEFT_OUT;
        let printed = played.lines().any(|printed| printed.starts_with(line));
        let right = if checked && !printed {
            like(line, &played).filter(|_| update)
        } else {
            Some(line.to_owned())
        };
        if right.is_none() {
            faults.push(format!(
                "{PAGE}, line {number}: nothing in tests/transcripts/{TRANSCRIPT} begins like this:\n    {line}"
            ));
        }
        mended += right.as_deref().unwrap_or(line);
        mended.push('\n');
    }
    if mended != page {
        fs::write(repository().join(PAGE), mended).unwrap();
    }
    faults
}

/// The printed line, as long as this one, that is the same but for its hexadecimal digits.
fn like(line: &str, played: &str) -> Option<String> {
    let length = line.chars().count();
    let printed = played.lines().map(|printed| {
        let begin = printed.chars().take(length);
        begin.collect::<String>()
    });
    let mut alike = printed.filter(|printed| without_ids(printed) == without_ids(line));
    alike.next()
}

/// Words of twelve digits and more that may be hexadecimal, blanked.
fn without_ids(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let is_id = word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { "id" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}
