//! Licences, wildcards and sources of what is in Cargo.lock, held against deny.toml.
//! The lists have their home in deny.toml, which `cargo deny` reads too; this needs no tool beyond cargo itself.
//! Does not look for advisories: they need a database that changes by the day.

use std::path::Path;

use cargo_metadata::{MetadataCommand, Package};

use crate::faults::Faults;

const DENY: &str = "deny.toml";
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every package that any target can need.
pub(crate) fn check(root: &Path, faults: &mut Faults) {
    let deny = match std::fs::read_to_string(root.join(DENY)) {
        Ok(text) => text,
        Err(error) => return faults.add(DENY, format!("can't be read: {error}")),
    };
    let Some(allowed) = allowed_licences(&deny) else {
        return faults.add(
            DENY,
            "has no line `allow = [\"...\"]` of licences: write it",
        );
    };
    for rule in [
        "wildcards = \"deny\"",
        "unknown-registry = \"deny\"",
        "unknown-git = \"deny\"",
    ] {
        if !deny.lines().any(|line| line == rule) {
            faults.add(
                DENY,
                format!("lacks `{rule}`, which is checked here: write it"),
            );
        }
    }
    let read = MetadataCommand::new()
        .cargo_path(crate::cargo())
        .manifest_path(root.join("Cargo.toml"))
        .other_options(["--locked".to_owned(), "--all-features".to_owned()])
        .exec();
    match read {
        Ok(metadata) => metadata
            .packages
            .iter()
            .for_each(|package| check_package(package, &allowed, faults)),
        Err(error) => faults.add("Cargo.lock", format!("cargo metadata failed: {error}")),
    }
}

/// The list after `allow =` in deny.toml, on one line.
fn allowed_licences(deny: &str) -> Option<Vec<&str>> {
    let list = deny
        .lines()
        .find_map(|line| line.strip_prefix("allow = ["))?;
    Some(list.split('"').skip(1).step_by(2).collect())
}

fn check_package(package: &Package, allowed: &[&str], faults: &mut Faults) {
    let place = format!("package {} {}", package.name, package.version);
    match &package.license {
        Some(licence) if permits(licence, allowed) => {}
        Some(licence) => faults.add(
            &place,
            format!(
                "its licence `{licence}` is not in {DENY}: use another package, or allow it there"
            ),
        ),
        None => faults.add(&place, "names no licence: use another package"),
    }
    let Some(source) = &package.source else {
        let wild = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_none() && dependency.req.to_string() == "*");
        for dependency in wild {
            let name = &dependency.name;
            faults.add(
                &place,
                format!("takes any version of `{name}`: name one in Cargo.toml"),
            );
        }
        return;
    };
    if source.repr != REGISTRY {
        faults.add(
            &place,
            format!("comes from {source}: only the public registry is allowed ({DENY})"),
        );
    }
}

/// Whether an SPDX expression can be met with these licences. `/` is the old way to write `OR`; AND binds closer.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    either(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = both(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= both(words, allowed);
    }
    met
}

fn both(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => {
            let met = either(words, allowed);
            words.next() == Some(")") && met
        }
        Some(licence) => {
            // An exception only adds rights to those of its licence.
            if words.next_if_eq(&"WITH").is_some() {
                words.next();
            }
            allowed.contains(&licence)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_or_not() {
        let allowed = allowed_licences("[licenses]\nallow = [\"MIT\", \"Zlib\"]\n").unwrap();
        assert_eq!(allowed, ["MIT", "Zlib"]);
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0", false),
            ("GPL-3.0 OR MIT", true),
            ("GPL-3.0/MIT", true),
            ("MIT AND Zlib", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR GPL-3.0) AND Zlib", true),
            ("(MIT OR GPL-3.0) AND BSL-1.0", false),
            ("BSL-1.0 OR MIT AND Zlib", true),
            ("MIT WITH LLVM-exception", true),
            ("MIT Zlib", false),
            ("(MIT", false),
            ("", false),
        ] {
            assert_eq!(permits(expression, &allowed), expected, "{expression}");
        }
    }
}
