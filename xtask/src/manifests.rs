//! How dependencies are written down.
//! Each is declared once, in the root manifest, under a line that says why it is here, and some member uses it.
//! Reads manifests line by line, as this project writes them; it is no general TOML parser.

use std::collections::BTreeSet;

use crate::faults::Faults;
use crate::tree::TextFile;

/// One dependency line of a manifest; `value` is everything after the name.
#[derive(Debug)]
struct Entry {
    name: String,
    line: usize,
    value: String,
    explained: bool,
}

pub(crate) fn check(files: &[TextFile], faults: &mut Faults) {
    let mut used = BTreeSet::new();
    for file in files
        .iter()
        .filter(|file| file.path != "Cargo.toml" && file.path.ends_with("Cargo.toml"))
    {
        check_member(file, &mut used, faults);
    }
    match files.iter().find(|file| file.path == "Cargo.toml") {
        Some(root) => check_root(&root.text, &used, faults),
        None => faults.add(
            "Cargo.toml",
            "is missing: the root manifest declares the workspace",
        ),
    }
}

/// Every dependency of the workspace has a reason directly above it (path crates have it in `members`) and a user.
fn check_root(text: &str, used: &BTreeSet<String>, faults: &mut Faults) {
    for entry in entries(text, |section| section == "workspace.dependencies") {
        let place = format!("Cargo.toml:{}", entry.line);
        if !entry.explained && !entry.value.contains("path =") {
            faults.add(
                &place,
                format!(
                    "`{}` has no comment line above it: say why it is here",
                    entry.name
                ),
            );
        }
        if !used.contains(&entry.name) {
            faults.add(
                &place,
                format!("`{}` is used by no member: remove it", entry.name),
            );
        }
    }
}

/// A member inherits every dependency, so that a version stands in one place. Adds the names to `used`.
fn check_member(file: &TextFile, used: &mut BTreeSet<String>, faults: &mut Faults) {
    for (at, line) in file.text.lines().enumerate() {
        if section(line).is_some_and(|name| name.contains("dependencies.")) {
            faults.add(
                format!("{}:{}", file.path, at + 1),
                "a table for one dependency: write `name.workspace = true` under [dependencies]",
            );
        }
    }
    for entry in entries(&file.text, |section| section.ends_with("dependencies")) {
        if !entry.value.contains("workspace = true") {
            faults.add(
                format!("{}:{}", file.path, entry.line),
                format!("`{0}` must be inherited: declare it in the root manifest and write `{0}.workspace = true`", entry.name),
            );
        }
        used.insert(entry.name);
    }
}

fn entries(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut inside = false;
    let mut open_brackets = 0_i64;
    let mut explained = false;
    for (at, line) in text.lines().enumerate() {
        if open_brackets > 0 {
            if let (true, Some(last)) = (inside, found.last_mut()) {
                last.value.push_str(line);
            }
            open_brackets += bracket_balance(line);
            continue;
        }
        if let Some(name) = section(line) {
            inside = wanted(name);
            explained = false;
            continue;
        }
        let content = line.trim();
        if inside && !content.is_empty() && !content.starts_with('#') {
            let end = content.find(['.', '=', ' ']).unwrap_or(content.len());
            let (name, value) = content.split_at(end);
            found.push(Entry {
                name: name.trim_matches('"').to_owned(),
                line: at + 1,
                value: value.to_owned(),
                explained,
            });
        }
        explained = content.starts_with('#');
        if !explained {
            open_brackets += bracket_balance(line);
        }
    }
    found
}

/// The name of a `[section]` header line.
fn section(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.trim_end().strip_suffix(']')
}

fn bracket_balance(line: &str) -> i64 {
    line.chars()
        .map(|c| i64::from(matches!(c, '[' | '{')) - i64::from(matches!(c, ']' | '}')))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn check_pair(root: &str, member: &str) -> Vec<String> {
        let mut faults = Faults::default();
        check(
            &[
                file("Cargo.toml", root),
                file("crates/a/Cargo.toml", member),
            ],
            &mut faults,
        );
        faults.lines().to_vec()
    }

    const ROOT: &str = "[workspace.dependencies]\na = { path = \"crates/a\" }\n\n# Hashes.\nblake3 = { version = \"1\",\n  features = [\n  \"x\" ] }\n";
    const MEMBER: &str = "[package]\nname = \"b\"\n\n[dependencies]\na.workspace = true\n\n[dev-dependencies]\nblake3 = { workspace = true }\n";

    #[test]
    fn a_good_pair_passes() {
        assert_eq!(check_pair(ROOT, MEMBER), Vec::<String>::new());
    }

    #[test]
    fn faulty_manifests_are_named_with_their_line() {
        let unused = format!("{ROOT}# Never called.\nserde = \"1\"\n");
        let unexplained = ROOT.replace("# Hashes.\n", "");
        let own_version = MEMBER.replace("{ workspace = true }", "\"1\"");
        let own_table = format!("{MEMBER}\n[dependencies.blake3]\nworkspace = true\n");
        for (root, member, expected) in [
            (
                unused.as_str(),
                MEMBER,
                "Cargo.toml:9: `serde` is used by no member",
            ),
            (
                unexplained.as_str(),
                MEMBER,
                "Cargo.toml:4: `blake3` has no comment line",
            ),
            (
                ROOT,
                own_version.as_str(),
                "crates/a/Cargo.toml:8: `blake3` must be inherited",
            ),
            (
                ROOT,
                own_table.as_str(),
                "crates/a/Cargo.toml:10: a table for one dependency",
            ),
        ] {
            let found = check_pair(root, member);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(expected), "{found:?}");
        }
    }

    #[test]
    fn one_comment_explains_one_dependency() {
        let root = ROOT.replace("# Hashes.\n", "# Hashes.\nsha2 = \"0.11\"\n");
        let member = MEMBER.replace("a.workspace", "sha2.workspace = true\na.workspace");
        assert_eq!(check_pair(&root, &member).len(), 1);
    }
}
