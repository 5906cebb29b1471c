//! The `use` statements of a Rust source, flat: one path for each name that is imported.
//! Reads text with comments and literals blanked, up to where its tests begin.
//! A scan for what this tree writes, not a parser: macros that make imports are not seen.

use crate::source::is_word;

/// One imported name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// Segments as written, such as `crate`, `a`, `B`; a glob ends in `*`, and a new name is not kept.
    pub(crate) path: Vec<String>,
    /// The name under which it is known here.
    pub(crate) name: String,
    /// Whether other crates see it.
    pub(crate) is_public: bool,
}

/// The code of a file without its tests: up to the first module of tests whose text is in the file. That another file holds
/// tests ends nothing.
pub(crate) fn without_tests(code: &str) -> &str {
    let mut modules = code.match_indices("#[cfg(test)]\nmod ");
    let inline = modules.find(|(at, _)| {
        let line = code[*at..].lines().nth(1).unwrap_or_default();
        line.contains('{')
    });
    inline.map_or(code, |(at, _)| code.get(..at).unwrap_or(code))
}

/// Every import of `code`.
pub(crate) fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at]
            .rsplit(['\n', ';', '{', '}'])
            .next()
            .unwrap_or_default()
            .trim();
        if !matches!(before, "" | "pub" | "pub(crate)" | "pub(super)") {
            continue;
        }
        let Some(end) = code[at..].find(';') else {
            break;
        };
        let tree: String = code[at + "use ".len()..at + end]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        flatten(&tree, &[], before == "pub", &mut found);
    }
    found
}

/// Adds the names of a tree such as `a::{b, c as d}` under a prefix.
fn flatten(tree: &str, prefix: &[String], is_public: bool, found: &mut Vec<Import>) {
    let tree = tree.trim();
    if let Some((head, rest)) = tree.split_once('{') {
        let mut prefix = prefix.to_vec();
        prefix.extend(segments(head));
        let inner = rest.strip_suffix('}').unwrap_or(rest);
        for part in top_level(inner) {
            flatten(part, &prefix, is_public, found);
        }
        return;
    }
    let (path, renamed) = match tree.split_once(" as ") {
        Some((path, renamed)) => (path, Some(renamed.trim())),
        None => (tree, None),
    };
    let mut whole = prefix.to_vec();
    whole.extend(segments(path));
    // `a::{self}` is `a`.
    if whole.len() > 1 && whole.last().is_some_and(|last| last == "self") {
        whole.pop();
    }
    if let Some(last) = whole.last() {
        found.push(Import {
            name: renamed.map_or_else(|| last.clone(), str::to_owned),
            path: whole,
            is_public,
        });
    }
}

fn segments(path: &str) -> impl Iterator<Item = String> {
    path.split("::")
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
}

/// The parts between commas that are inside no brace.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Paths that begin with `crate::` in the code itself, not in an import.
pub(crate) fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices("crate::") {
        let goes_on = at > 0
            && code
                .as_bytes()
                .get(at - 1)
                .is_some_and(|byte| is_word(*byte) || *byte == b':');
        if goes_on {
            continue;
        }
        let rest = &code[at + word.len()..];
        let end = rest
            .find(|character: char| {
                !(character.is_alphanumeric() || matches!(character, '_' | ':'))
            })
            .unwrap_or(rest.len());
        let mut path = vec!["crate".to_owned()];
        path.extend(segments(&rest[..end]));
        found.push(path);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(code: &str) -> Vec<String> {
        let shown = |import: Import| {
            let public = if import.is_public { "pub " } else { "" };
            format!("{public}{} = {}", import.name, import.path.join("::"))
        };
        imports(code).into_iter().map(shown).collect()
    }

    #[test]
    fn trees_become_one_path_for_each_name() {
        assert_eq!(
            flat(
                "use a::b;\npub use crate::{\n    c::{self, D as E},\n    f::*,\n};\nlet reuse = 1;\n"
            ),
            [
                "b = a::b",
                "pub c = crate::c",
                "pub E = crate::c::D",
                "pub * = crate::f::*"
            ]
        );
        assert_eq!(
            flat("fn f() { use a::B; }\npub(crate) use c::D;"),
            ["B = a::B", "D = c::D"]
        );
    }

    #[test]
    fn tests_are_cut_off_and_paths_in_code_are_found() {
        let code =
            "use a::B;\nfn f() { crate::c::d(x::crate::y) }\n#[cfg(test)]\nmod tests { use e::F; }";
        let code = without_tests(code);
        assert_eq!(flat(code), ["B = a::B"]);
        assert_eq!(inline_paths(code), [["crate", "c", "d"]]);
        let elsewhere = "#[cfg(test)]\nmod tests;\n\npub use a::B;\n";
        assert_eq!(flat(without_tests(elsewhere)), ["pub B = a::B"]);
    }
}
