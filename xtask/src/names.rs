//! Types that two crates export under one name: a reader of both must guess which is meant.
//! The list of those that are still there may only shrink.
//! Looks at what the root of a crate makes public; not at what a type means.

use std::collections::{BTreeMap, BTreeSet};

use crate::faults::Faults;
use crate::imports::{imports, without_tests};
use crate::source::{is_word, masked};
use crate::tree::TextFile;

/// Names that more than one crate exports. Rename one of the two, and take the name out.
const SHARED: &[&str] = &[
    "Cell",
    "Column",
    "Entries",
    "Kind",
    "Line",
    "Matter",
    "Statement",
    "Subject",
    "Term",
];

const KEYWORDS: [&str; 4] = ["pub struct ", "pub enum ", "pub trait ", "pub type "];

pub(crate) fn check(files: &[TextFile], faults: &mut Faults) {
    check_against(files, SHARED, faults);
}

fn check_against(files: &[TextFile], shared: &[&str], faults: &mut Faults) {
    let mut exported: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let Some(crate_name) = library(&file.path) else {
            continue;
        };
        for name in types_of(&masked(&file.text)) {
            exported.entry(name).or_default().insert(crate_name);
        }
    }
    exported.retain(|_, crates| crates.len() > 1);
    for (name, crates) in exported
        .iter()
        .filter(|(name, _)| !shared.contains(&name.as_str()))
    {
        let crates: Vec<&str> = crates.iter().copied().collect();
        faults.add(
            format!("type {name}"),
            format!(
                "is exported by {}: rename one, so that a name means one thing",
                crates.join(" and ")
            ),
        );
    }
    for name in shared.iter().filter(|name| !exported.contains_key(**name)) {
        faults.add(
            "xtask/src/names.rs",
            format!("{name} is exported by one crate only: take it out of SHARED"),
        );
    }
}

/// The crate of which a file is the root.
fn library(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.strip_suffix("/src/lib.rs")
}

/// Types that a root makes public: its own, and those of its modules. What it passes on from another crate is that
/// crate's.
fn types_of(code: &str) -> BTreeSet<String> {
    let code = without_tests(code);
    let modules: BTreeSet<&str> = code
        .lines()
        .filter_map(|line| line.trim().strip_suffix(';'))
        .filter_map(|line| {
            line.strip_prefix("pub ")
                .unwrap_or(line)
                .strip_prefix("mod ")
        })
        .collect();
    let passed_on = imports(code).into_iter().filter(|import| {
        let first = import.path.first().map_or("", String::as_str);
        import.is_public && (matches!(first, "crate" | "self") || modules.contains(first))
    });
    let own = KEYWORDS.iter().flat_map(|keyword| {
        code.match_indices(keyword).map(|(at, _)| {
            let name = &code[at + keyword.len()..];
            let end = name
                .bytes()
                .position(|byte| !is_word(byte))
                .unwrap_or(name.len());
            name[..end].to_owned()
        })
    });
    passed_on
        .map(|import| import.name)
        .chain(own)
        .filter(|name| is_type(name))
        .collect()
}

/// `Book`, and neither `replay` nor `BYTES_MAX`.
fn is_type(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains(|character: char| character.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(shared: &[&str]) -> Vec<String> {
        let files: Vec<TextFile> = [
            (
                "crates/a/src/lib.rs",
                "mod b;\npub use b::{Head, f, BYTES_MAX};\npub use other::Tail;",
            ),
            (
                "crates/c/src/lib.rs",
                "pub struct Head;\npub(crate) struct Tail;\npub fn f() {}",
            ),
            ("crates/c/src/tail.rs", "pub struct Tail;"),
        ]
        .map(|(path, text)| TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        })
        .into();
        let mut faults = Faults::default();
        check_against(&files, shared, &mut faults);
        faults.lines().to_vec()
    }

    #[test]
    fn a_name_of_two_crates_is_found_and_the_list_only_shrinks() {
        assert_eq!(
            found(&[]),
            ["type Head: is exported by a and c: rename one, so that a name means one thing"]
        );
        assert_eq!(found(&["Head"]), Vec::<String>::new());
        assert_eq!(found(&["Head", "Tail"]).len(), 1);
    }
}
