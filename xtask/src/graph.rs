//! Which crate may depend on which, and what the pure crates may not contain.
//! The table here is the design's layering: a crate that is not in it, or a row without a crate, is a fault.
//! Judges declared dependencies; what a manifest must look like is `manifests`' business.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::faults::Faults;

/// What a crate's `[dependencies]` may name among the crates of this workspace.
#[derive(Debug, Clone, Copy)]
enum Allowed {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// Lower layers first. `verify` stands below `ledger` because admission is one function for the node and the
/// auditor: see docs/decisions/0001-layers.md.
const TABLE: &[(&str, Allowed)] = &[
    ("domain", Allowed::Only(&[])),
    ("chain", Allowed::Only(&[])),
    ("files", Allowed::Only(&[])),
    ("durable", Allowed::Only(&["files"])),
    ("wire", Allowed::Only(&["domain", "chain"])),
    ("signing", Allowed::Only(&["chain"])),
    (
        "author",
        Allowed::Only(&["domain", "wire", "chain", "signing"]),
    ),
    (
        "verify",
        Allowed::Only(&["domain", "wire", "chain", "signing", "author"]),
    ),
    (
        "evidence",
        Allowed::Only(&["domain", "wire", "chain", "signing", "author", "verify"]),
    ),
    ("policy", Allowed::Only(&["signing"])),
    ("store", Allowed::Only(&[])),
    (
        "ledger",
        Allowed::Only(&[
            "domain", "wire", "chain", "signing", "author", "verify", "policy", "store",
        ]),
    ),
    (
        "witness",
        Allowed::Only(&["chain", "signing", "evidence", "policy", "files", "durable"]),
    ),
    (
        "projection",
        Allowed::Only(&["domain", "wire", "chain", "store"]),
    ),
    ("store-embedded", Allowed::Only(&["store", "durable"])),
    (
        "flow",
        Allowed::Only(&["domain", "chain", "wire", "projection", "store"]),
    ),
    ("quota", Allowed::Only(&["domain", "wire", "projection"])),
    (
        "balance",
        Allowed::Only(&["domain", "wire", "projection", "store"]),
    ),
    ("lineage", Allowed::Only(&["domain", "wire", "projection"])),
    (
        "books",
        Allowed::Only(&[
            "domain",
            "chain",
            "wire",
            "verify",
            "evidence",
            "projection",
            "store",
            "flow",
            "quota",
            "balance",
            "lineage",
        ]),
    ),
    (
        "report",
        Allowed::Only(&[
            "domain",
            "projection",
            "flow",
            "quota",
            "balance",
            "lineage",
            "books",
        ]),
    ),
    (
        "demo",
        Allowed::Only(&["domain", "wire", "signing", "author", "ledger"]),
    ),
    (
        "portable",
        Allowed::Only(&[
            "domain", "wire", "chain", "signing", "verify", "evidence", "policy", "files",
            "durable",
        ]),
    ),
    ("token", Allowed::Only(&["signing"])),
    (
        "details",
        Allowed::Only(&["domain", "chain", "files", "durable"]),
    ),
    ("intake", Allowed::Only(&["domain", "details"])),
    (
        "answers",
        Allowed::Only(&[
            "domain",
            "wire",
            "chain",
            "signing",
            "author",
            "verify",
            "evidence",
            "store",
            "portable",
            "projection",
            "flow",
            "quota",
            "balance",
            "lineage",
            "books",
        ]),
    ),
    (
        "desk",
        Allowed::Only(&[
            "domain",
            "wire",
            "chain",
            "signing",
            "author",
            "verify",
            "evidence",
            "policy",
            "files",
            "durable",
            "store",
            "store-embedded",
            "ledger",
            "witness",
            "books",
            "portable",
            "token",
            "details",
            "intake",
            "answers",
        ]),
    ),
    (
        "grammar",
        Allowed::Only(&["domain", "signing", "token", "desk", "answers"]),
    ),
    (
        "verifier",
        Allowed::Only(&["portable", "verify", "signing", "files", "store", "answers"]),
    ),
    (
        "cli",
        Allowed::AllBut(&[
            "testkit",
            "verifier",
            "bench",
            "xtask",
            "acceptance",
            // Figures have one home: a program that shows one asks `answers`.
            "projection",
            "flow",
            "quota",
            "balance",
            "lineage",
        ]),
    ),
    ("testkit", Allowed::AllBut(&[])),
    ("bench", Allowed::AllBut(&[])),
    ("acceptance", Allowed::AllBut(&[])),
    (
        "examples",
        Allowed::AllBut(&["cli", "verifier", "bench", "xtask", "acceptance"]),
    ),
    ("xtask", Allowed::Only(&[])),
];

/// Programs: nothing is built upon them, not even tests.
const BINARIES: &[&str] = &["cli", "verifier", "bench", "xtask"];

const PURE: &[&str] = &[
    "domain", "wire", "chain", "signing", "author", "verify", "evidence", "policy",
];

/// I/O, clocks, randomness and async reach a crate through these. `rand_core` is only traits and may stay.
const FORBIDDEN_IN_PURE: &[&str] = &["tokio", "sled", "rand", "getrandom"];

/// The auditor's program builds without these, whatever it shares with the node.
const FORBIDDEN_IN_VERIFIER: &[&str] = &["tokio", "sled", "hyper", "ureq", "rand", "getrandom"];

/// One dependency of a member on another member.
#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    in_tests_only: bool,
}

/// Checks the graph; the names of the members, or `None` when cargo could not tell.
pub(crate) fn check(root: &Path, faults: &mut Faults) -> Option<BTreeSet<String>> {
    let read = MetadataCommand::new()
        .cargo_path(crate::cargo())
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec();
    let metadata = match read {
        Ok(metadata) => metadata,
        Err(error) => {
            faults.add(
                "Cargo.toml",
                format!("cargo metadata failed, mend the manifests first: {error}"),
            );
            return None;
        }
    };
    let members: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let edges: Vec<Edge> = metadata
        .packages
        .iter()
        .flat_map(|package| {
            let inside = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.path.is_some());
            inside.map(|dependency| Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                in_tests_only: dependency.kind == DependencyKind::Development,
            })
        })
        .collect();
    check_members(&members, faults);
    check_edges(&edges, faults);
    check_used(&edges, faults);
    let pure = PURE.iter().map(|name| (*name, FORBIDDEN_IN_PURE));
    let checked = pure.chain([("verifier", FORBIDDEN_IN_VERIFIER)]);
    for (crate_name, forbidden) in checked.filter(|(name, _)| members.contains(*name)) {
        match normal_tree(root, crate_name) {
            Ok(listing) => check_tree(crate_name, forbidden, &listing, faults),
            Err(message) => faults.add(format!("crate {crate_name}"), message),
        }
    }
    Some(members)
}

fn check_members(members: &BTreeSet<String>, faults: &mut Faults) {
    for member in members.iter().filter(|member| row(member).is_none()) {
        faults.add(
            "xtask/src/graph.rs",
            format!(
                "workspace member `{member}` has no row in TABLE: decide its layer and add one"
            ),
        );
    }
    for (name, _) in TABLE.iter().filter(|(name, _)| !members.contains(*name)) {
        faults.add(
            "xtask/src/graph.rs",
            format!("TABLE has a row for `{name}`, which is no workspace member: remove it"),
        );
    }
}

fn check_edges(edges: &[Edge], faults: &mut Faults) {
    for Edge {
        from,
        to,
        in_tests_only,
    } in edges
    {
        let Some(allowed) = row(from) else { continue };
        let place = format!("crate {from}");
        if *in_tests_only {
            if BINARIES.contains(&to.as_str()) && matches!(allowed, Allowed::Only(_)) {
                faults.add(
                    place,
                    format!(
                        "its tests build upon the program `{to}`: test through a library crate"
                    ),
                );
            }
            continue;
        }
        let fine = match allowed {
            Allowed::Only(names) => names.contains(&to.as_str()),
            Allowed::AllBut(names) => !names.contains(&to.as_str()),
        };
        if !fine {
            faults.add(
                place,
                format!("may not depend on `{to}`: move the code to the layer it belongs to (docs/decisions/0001-layers.md)"),
            );
        }
    }
}

/// A permission that no crate uses is a door that nobody watches.
fn check_used(edges: &[Edge], faults: &mut Faults) {
    for (name, allowed) in TABLE {
        let Allowed::Only(names) = allowed else {
            continue;
        };
        let uses = |to: &str| {
            let mut edges = edges.iter().filter(|edge| !edge.in_tests_only);
            edges.any(|edge| edge.from == *name && edge.to == to)
        };
        for unused in names.iter().filter(|to| !uses(to)) {
            faults.add(
                "xtask/src/graph.rs",
                format!("`{name}` may depend on `{unused}` and does not: take it out of TABLE"),
            );
        }
    }
}

fn row(name: &str) -> Option<Allowed> {
    TABLE
        .iter()
        .find(|(row_name, _)| *row_name == name)
        .map(|(_, allowed)| *allowed)
}

/// `cargo tree` resolves features for this crate alone; the workspace-wide resolution of `cargo metadata` would
/// blame it for features that only other crates switch on.
fn normal_tree(root: &Path, crate_name: &str) -> Result<String, String> {
    let output = Command::new(crate::cargo())
        .args([
            "tree",
            "--package",
            crate_name,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--locked",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo tree could not be started: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "cargo tree failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ))
    }
}

/// `listing`: one package a line, its name first.
fn check_tree(crate_name: &str, forbidden: &[&str], listing: &str, faults: &mut Faults) {
    let names: BTreeSet<&str> = listing
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for forbidden in forbidden.iter().filter(|name| names.contains(**name)) {
        faults.add(
            format!("crate {crate_name}"),
            format!(
                "must not have `{forbidden}` in its tree: see `cargo tree -p {crate_name} -e normal -i {forbidden}` \
                 and switch the feature off or pass the value in"
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_edge(from: &str, to: &str, in_tests_only: bool) -> usize {
        let mut faults = Faults::default();
        check_edges(
            &[Edge {
                from: from.to_owned(),
                to: to.to_owned(),
                in_tests_only,
            }],
            &mut faults,
        );
        faults.lines().len()
    }

    #[test]
    fn edges_follow_the_table() {
        let cases = [
            ("wire", "domain", false, 0),
            ("ledger", "verify", false, 0),
            ("cli", "store-embedded", false, 0),
            ("acceptance", "testkit", false, 0),
            ("ledger", "testkit", true, 0),
            ("domain", "wire", false, 1),
            ("verify", "ledger", false, 1),
            ("flow", "quota", false, 1),
            ("cli", "testkit", false, 1),
            ("cli", "quota", false, 1),
            ("ledger", "cli", true, 1),
        ];
        for (from, to, in_tests_only, expected) in cases {
            assert_eq!(
                check_edge(from, to, in_tests_only),
                expected,
                "{from} -> {to}"
            );
        }
    }

    #[test]
    fn a_permission_that_is_not_used_is_a_fault() {
        let edge = |to: &str, in_tests_only| Edge {
            from: "wire".to_owned(),
            to: to.to_owned(),
            in_tests_only,
        };
        let unused = |edges: &[Edge]| {
            let mut faults = Faults::default();
            check_used(edges, &mut faults);
            let of_wire = |line: &&String| line.contains("`wire` may depend on `chain`");
            faults.lines().iter().filter(of_wire).count()
        };
        assert_eq!(unused(&[edge("domain", false), edge("chain", false)]), 0);
        assert_eq!(unused(&[edge("domain", false), edge("chain", true)]), 1);
    }

    #[test]
    fn members_and_rows_must_be_the_same_names() {
        let mut members: BTreeSet<String> =
            TABLE.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut faults = Faults::default();
        check_members(&members, &mut faults);
        assert_eq!(faults.lines().len(), 0);

        members.remove("signing");
        members.insert("console".to_owned());
        check_members(&members, &mut faults);
        assert_eq!(faults.lines().len(), 2);
    }

    #[test]
    fn a_row_names_only_rows_above_it() {
        for (at, (name, allowed)) in TABLE.iter().enumerate() {
            if let Allowed::Only(names) = allowed {
                for lower in *names {
                    assert!(
                        TABLE[..at].iter().any(|(row, _)| row == lower),
                        "{name} lists {lower}, which is not below it"
                    );
                }
            }
        }
    }

    #[test]
    fn forbidden_packages_are_found_by_whole_name() {
        for (listing, expected) in [
            ("seal v0.1.0 (seal)\nrand_core v0.10.1\nsha2 v0.11.0 (*)", 0),
            ("seal v0.1.0 (seal)\nrand_core v0.10.1\ngetrandom v0.4.3", 1),
            (
                "seal v0.1.0 (seal)\ntokio v1.54.0\nrand v0.10.4\ntokio v1.54.0 (*)",
                2,
            ),
        ] {
            let mut faults = Faults::default();
            check_tree("signing", FORBIDDEN_IN_PURE, listing, &mut faults);
            assert_eq!(faults.lines().len(), expected, "{listing}");
        }
    }
}
