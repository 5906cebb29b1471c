//! Circles between the files of one crate: two files that import each other, by whatever way round.
//! A file and those in its folder belong together, so that a parent's and a child's imports of each other are no circle.
//! Knows what is imported by name; not what is reached through a method.

use std::collections::{BTreeMap, BTreeSet};

use crate::faults::Faults;
use crate::imports::{Import, imports, inline_paths, without_tests};
use crate::source::masked;
use crate::tree::TextFile;

/// Circles that were there when this was written, each with its files. A circle may shrink and the list too.
const KNOWN: &[(&str, &[&str])] = &[
    ("crates/balance", &["findings", "fold"]),
    ("crates/chain", &["frontier", "proof"]),
    ("crates/demo", &["plan", "planner"]),
    ("crates/ledger", &["ledger", "sequencer"]),
    ("crates/report", &["context", "parts"]),
];

/// A module's place below the root of its crate: nothing for the root.
type Module = Vec<String>;

/// The files of one crate by module, and what each imports.
type Crate = BTreeMap<Module, Vec<Import>>;

pub(crate) fn check(files: &[TextFile], faults: &mut Faults) {
    let mut crates: BTreeMap<&str, Crate> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_source()) {
        if let Some((root, module)) = module_of(&file.path) {
            let code = masked(&file.text);
            let code = without_tests(&code);
            let mut found = imports(code);
            found.extend(inline_paths(code).into_iter().map(|path| Import {
                name: String::new(),
                path,
                is_public: false,
            }));
            crates.entry(root).or_default().insert(module, found);
        }
    }
    let mut seen = BTreeSet::new();
    for (root, modules) in &crates {
        for circle in circles(modules) {
            let names: Vec<String> = circle.iter().map(|module| module.join("/")).collect();
            let known = KNOWN.iter().position(|(known, files)| {
                known == root && names.iter().all(|name| files.contains(&name.as_str()))
            });
            if let Some(known) = known {
                seen.insert(known);
                continue;
            }
            faults.add(
                root,
                format!(
                    "files that import each other: {}: move what both need to a third file",
                    names.join(", ")
                ),
            );
        }
    }
    for (at, (root, files)) in KNOWN.iter().enumerate() {
        if crates.contains_key(root) && !seen.contains(&at) {
            let files = files.join(", ");
            faults.add(
                "xtask/src/circles.rs",
                format!("{root} has no circle of {files} any more: take it out of KNOWN"),
            );
        }
    }
}

/// The folder of the crate and the module of a file in its `src`; nothing for tests and programs of their own.
fn module_of(path: &str) -> Option<(&str, Module)> {
    let (root, inside) = path.split_once("/src/")?;
    let inside = inside.strip_suffix(".rs")?;
    let mut module: Module = inside.split('/').map(str::to_owned).collect();
    if module.iter().any(|part| part == "tests") {
        return None;
    }
    if matches!(
        module.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        module.pop();
    }
    Some((root, module))
}

/// Files that reach each other, each circle sorted.
fn circles(modules: &Crate) -> Vec<Vec<&Module>> {
    let edges: BTreeMap<&Module, BTreeSet<&Module>> = modules
        .iter()
        .map(|(from, imports)| {
            let targets = imports
                .iter()
                .filter_map(|import| target(modules, from, &import.path))
                .filter(|to| !related(from, to));
            (from, targets.collect())
        })
        .collect();
    let reach: BTreeMap<&Module, BTreeSet<&Module>> = edges
        .keys()
        .map(|from| (*from, reachable(&edges, from)))
        .collect();
    let mut found: BTreeSet<Vec<&Module>> = BTreeSet::new();
    for (from, all) in &reach {
        if all.contains(from) {
            let both = all.iter().filter(|to| reach[**to].contains(from));
            found.insert(both.copied().collect());
        }
    }
    found.into_iter().collect()
}

fn reachable<'a>(
    edges: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
    from: &Module,
) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Module> = edges[from].iter().copied().collect();
    while let Some(module) = waiting.pop() {
        if found.insert(module) {
            waiting.extend(&edges[module]);
        }
    }
    found
}

/// Whether one lies in the other's folder.
fn related(one: &Module, other: &Module) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// The file in which the last name of an imported path is written.
fn target<'a>(modules: &'a Crate, from: &Module, path: &[String]) -> Option<&'a Module> {
    let (mut place, mut rest) = absolute(modules, from, path)?;
    loop {
        while let Some((next, after)) = rest.split_first() {
            let inner = [place.as_slice(), std::slice::from_ref(next)].concat();
            if !modules.contains_key(&inner) {
                break;
            }
            (place, rest) = (inner, after);
        }
        // A name that this file takes from one of its own is written there.
        let next = rest.first()?;
        let passed_on = modules.get(&place)?.iter().find(|import| {
            import.name == *next && import.path.len() > 1 && {
                let first = [place.as_slice(), &import.path[..1]].concat();
                modules.contains_key(&first)
            }
        });
        let Some(import) = passed_on else {
            return modules.get_key_value(&place).map(|(module, _)| module);
        };
        rest = &import.path;
    }
}

/// Where a path begins, and what of it is still to be followed.
fn absolute<'a>(
    modules: &Crate,
    from: &Module,
    path: &'a [String],
) -> Option<(Module, &'a [String])> {
    let (first, mut rest) = path.split_first()?;
    let mut place = match first.as_str() {
        "crate" => Module::new(),
        "self" => from.clone(),
        "super" => from[..from.len().checked_sub(1)?].to_vec(),
        _ => {
            let own = [from.as_slice(), &path[..1]].concat();
            return modules.contains_key(&own).then(|| (from.clone(), path));
        }
    };
    while let Some((next, after)) = rest.split_first().filter(|(next, _)| *next == "super") {
        debug_assert_eq!(next, "super");
        place.pop()?;
        rest = after;
    }
    Some((place, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<TextFile> = files
            .iter()
            .map(|(path, text)| TextFile {
                path: format!("crates/a/src/{path}"),
                text: (*text).to_owned(),
            })
            .collect();
        let mut faults = Faults::default();
        check(&files, &mut faults);
        faults.lines().to_vec()
    }

    #[test]
    fn a_circle_is_found_whatever_way_it_goes() {
        let direct = [
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "fn f() { crate::b::g() }"),
        ];
        assert_eq!(
            found(&direct),
            ["crates/a: files that import each other: b, c: move what both need to a third file"]
        );
        let around = [
            ("lib.rs", "mod b;\npub use b::{B};\nmod c;\nmod d;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use super::d::inner::D;"),
            ("d.rs", "mod inner;"),
            // By the name that the root passes on.
            ("d/inner.rs", "use crate::B;"),
        ];
        assert_eq!(found(&around).len(), 1, "{:?}", found(&around));
        assert!(
            found(&around)[0].contains("b, c, d/inner"),
            "{:?}",
            found(&around)
        );
    }

    #[test]
    fn a_folder_its_file_and_tests_are_no_circle() {
        let files = [
            ("lib.rs", "mod b;\nmod c;\nuse b::B;\nuse c::C;"),
            ("b.rs", "mod inner;\nuse inner::I;\nuse crate::Root;"),
            ("b/inner.rs", "use super::B;"),
            ("c.rs", "use crate::b::B;"),
            ("b/tests.rs", "use crate::c::C;"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
        let tests = [
            (
                "b.rs",
                "fn f() {}\n#[cfg(test)]\nmod tests { use crate::c::C; }",
            ),
            ("c.rs", "use crate::b::B;"),
        ];
        assert_eq!(found(&tests), Vec::<String>::new());
    }
}
