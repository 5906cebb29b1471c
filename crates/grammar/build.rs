//! Tells the program of which commit it is built.
//!
//! Invariant: it never fails a build. Where this tree is not the root of a repository, as in a tarball, the commit is `unknown`.

use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const UNKNOWN: &str = "unknown";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = commit().unwrap_or_else(|| UNKNOWN.to_owned());
    println!("cargo::rustc-env=YTTERBY_COMMIT={commit}");
}

fn commit() -> Option<String> {
    // A tarball that was unpacked inside another repository is not of that one's commit.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let root = Path::new(ROOT).canonicalize().ok()?;
    if Path::new(&top).canonicalize().ok()? != root {
        return None;
    }
    // Changes whenever another commit is checked out or made.
    let log = git(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "logs/HEAD",
    ])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    let ran = git.args(arguments).current_dir(ROOT).output().ok()?;
    let text = String::from_utf8(ran.stdout).ok()?;
    ran.status.success().then(|| text.trim().to_owned())
}
