//! The files of the repository as text.
//! Holds what git tracks or would track (ignored files are left out), sorted by path, `/` between folders.
//! A file that is not UTF-8 or holds a zero byte is not text and is left out.

use std::path::Path;
use std::process::Command;

use crate::faults::Faults;

/// One text file; `path` is relative to the top of the repository.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl TextFile {
    /// A Rust source of this project's own packages.
    pub(crate) fn is_source(&self) -> bool {
        self.path.ends_with(".rs")
            && ["crates/", "examples/", "tests/", "xtask/"]
                .iter()
                .any(|folder| self.path.starts_with(folder))
    }
}

/// Every text file under `root`; what could not be read is a fault.
pub(crate) fn read(root: &Path, faults: &mut Faults) -> Vec<TextFile> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output();
    let output = match listed {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            faults.add(
                root.display(),
                format!("git could not list the files: {}", said.trim()),
            );
            return Vec::new();
        }
        Err(error) => {
            faults.add(
                root.display(),
                format!("git could not be started: {error}; tidy needs it to list the files"),
            );
            return Vec::new();
        }
    };
    let mut paths: Vec<String> = output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    paths
        .into_iter()
        .filter_map(|path| read_text(root, path, faults))
        .collect()
}

/// `None` for what is not text, and for a tracked file that was deleted and not yet committed.
fn read_text(root: &Path, path: String, faults: &mut Faults) -> Option<TextFile> {
    let whole = root.join(&path);
    if !whole.is_file() {
        return None;
    }
    match std::fs::read(&whole) {
        Ok(bytes) if bytes.contains(&0) => None,
        Ok(bytes) => String::from_utf8(bytes)
            .ok()
            .map(|text| TextFile { path, text }),
        Err(error) => {
            faults.add(path, format!("could not be read: {error}"));
            None
        }
    }
}
