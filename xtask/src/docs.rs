//! What the pages must name.
//! The architecture page names every crate and none that does not exist; every finding code has a page.
//! Judges names only, never prose.

use std::collections::BTreeSet;

use crate::faults::Faults;
use crate::source::is_word;
use crate::tree::TextFile;

const ARCHITECTURE: &str = "docs/ARCHITECTURE.md";
const README: &str = "README.md";
const FINDING_PAGES: &str = "docs/findings/";
/// The catalogue of finding codes.
const FINDING_CODES: &str = "crates/projection/src/findings.rs";

/// `members`: the names of the workspace's packages.
pub(crate) fn check(files: &[TextFile], members: &BTreeSet<String>, faults: &mut Faults) {
    if text_of(files, README).is_none() {
        faults.add(
            README,
            "is missing: write what Ytterby is and how to build, run and test it",
        );
    }
    match text_of(files, ARCHITECTURE) {
        Some(text) => check_architecture(text, members, faults),
        None => faults.add(
            ARCHITECTURE,
            "is missing: write the map of the crates, a heading like \"### `domain`\" for each",
        ),
    }
    if let Some(catalogue) = text_of(files, FINDING_CODES) {
        check_findings(files, catalogue, faults);
    }
}

fn text_of<'a>(files: &'a [TextFile], path: &str) -> Option<&'a str> {
    files
        .iter()
        .find(|file| file.path == path)
        .map(|file| file.text.as_str())
}

/// A third-level heading that begins with a name in backticks is a crate's heading; it may name several.
fn check_architecture(text: &str, members: &BTreeSet<String>, faults: &mut Faults) {
    for member in members
        .iter()
        .filter(|member| !text.contains(&format!("`{member}`")))
    {
        faults.add(
            ARCHITECTURE,
            format!("does not name `{member}`: add it to the map of the crates"),
        );
    }
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("### `"))
    {
        for name in line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| !members.contains(*name))
        {
            faults.add(
                format!("{ARCHITECTURE}:{}", at + 1),
                format!("`{name}` is no package of this workspace: rename or remove the heading"),
            );
        }
    }
}

fn check_findings(files: &[TextFile], catalogue: &str, faults: &mut Faults) {
    let codes = codes_in(catalogue);
    let pages: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix(FINDING_PAGES)?.strip_suffix(".md"))
        .filter(|name| is_code(name))
        .collect();
    for code in codes.difference(&pages) {
        faults.add(
            FINDING_CODES,
            format!("{code} has no page: write {FINDING_PAGES}{code}.md, which `ytterby explain {code}` prints"),
        );
    }
    for code in pages.difference(&codes) {
        faults.add(
            format!("{FINDING_PAGES}{code}.md"),
            format!("{FINDING_CODES} has no code {code}: remove the page or add the code"),
        );
    }
}

/// Every word of the form `Q01` in a text.
fn codes_in(text: &str) -> BTreeSet<&str> {
    text.split(|character: char| {
        !character.is_ascii() || !u8::try_from(character).is_ok_and(is_word)
    })
    .filter(|word| is_code(word))
    .collect()
}

fn is_code(word: &str) -> bool {
    matches!(word.as_bytes(), [letter, tens, ones]
        if letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "# Map\n\n### `domain`\nThe trade.\n\n### `flow`, `quota`\nReports.\n\n### Why\n`nothing`\n";

    fn check_pages(pages: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<TextFile> = pages
            .iter()
            .map(|(path, text)| TextFile {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
            })
            .collect();
        let members = ["domain", "flow", "quota"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        let mut faults = Faults::default();
        check(&files, &members, &mut faults);
        faults.lines().to_vec()
    }

    #[test]
    fn a_complete_map_passes() {
        assert_eq!(
            check_pages(&[(README, ""), (ARCHITECTURE, MAP)]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn missing_pages_are_one_line_each() {
        let found = check_pages(&[]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn names_must_match_the_members() {
        for (map, expected) in [
            (
                MAP.replace("`quota`", "quota"),
                "docs/ARCHITECTURE.md: does not name `quota`",
            ),
            (
                MAP.replace("### Why", "### `lineage`"),
                "docs/ARCHITECTURE.md:9: `lineage` is no package",
            ),
        ] {
            let found = check_pages(&[(README, ""), (ARCHITECTURE, &map)]);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(expected), "{found:?}");
        }
    }

    #[test]
    fn codes_and_pages_are_the_same() {
        let good = ("docs/findings/Q01.md", "");
        for (catalogue, page, expected) in [
            ("Q01 => \"Q01\", // SHA256, AQ01, Q011", good, 0),
            ("Q01 Q02", good, 1),
            ("Q02", good, 2),
            ("Q01", ("docs/findings/S01.md", ""), 2),
        ] {
            let found = check_pages(&[
                (README, ""),
                (ARCHITECTURE, MAP),
                (FINDING_CODES, catalogue),
                page,
            ]);
            assert_eq!(found.len(), expected, "{catalogue}: {found:?}");
        }
    }

    #[test]
    fn without_a_catalogue_pages_are_not_judged() {
        assert!(
            check_pages(&[
                (README, ""),
                (ARCHITECTURE, MAP),
                ("docs/findings/Q01.md", "")
            ])
            .is_empty()
        );
    }
}
