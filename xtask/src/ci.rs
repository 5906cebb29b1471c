//! The check of one commit, as one list of steps: `.ci/run` installs what the steps need and calls this.
//!
//! Invariant: a later step runs only if the earlier ones passed; the tests come last, with cargo's own closing lines. A
//! tool that is missing is a failure, except rustfmt and clippy, which a note names. Knows no rule itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{cargo, root, supply_passes, tidy_passes};

const README: &str = "README.md";
const TEST_MARKER: &str = "<!-- test-command -->";
type Step = (&'static str, fn() -> bool);

const STEPS: [Step; 8] = [
    ("format", format),
    ("lints", lints),
    ("rules of this tree", tidy_passes),
    ("licences and sources of dependencies", supply_passes),
    (
        "the verifier in the other language: its tests, then the demonstration year",
        other_language,
    ),
    (
        "Go's own notes and trees over the demonstration year, and over copies with another byte",
        go,
    ),
    ("keys in a software token", token),
    ("the test command of README.md", tests),
];

/// Runs every step until one fails.
pub(crate) fn passes() -> bool {
    STEPS.iter().all(|(heading, step)| {
        println!("\n== {heading}");
        let passed = step();
        if !passed {
            eprintln!("ci: failed at: {heading}");
        }
        passed
    })
}

fn format() -> bool {
    !is_installed("fmt") || runs(&mut cargo_with(&["fmt", "--all", "--check"]))
}

fn lints() -> bool {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "token/softhsm,cli/softhsm",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    !is_installed("clippy") || runs(&mut cargo_with(&arguments))
}

/// Whether cargo has a component of the toolchain; a note where it has not.
fn is_installed(component: &str) -> bool {
    let found = cargo_with(&[component, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        println!("note: cargo {component} is not installed here; this was not checked");
    }
    found
}

fn other_language() -> bool {
    let python = python();
    let unit_tests = ["-m", "unittest", "discover", "-s", "tests/independent"];
    let verifier = ["tests/independent/verify_export.py", "target/demo-copy"];
    runs(with(&python).args(unit_tests))
        && demonstration_year()
        && runs(with(&python).args(verifier))
}

/// `YTTERBY_PYTHON`, else the one that `.ci/run` makes, which has the modules.
fn python() -> PathBuf {
    let named = std::env::var_os("YTTERBY_PYTHON").map(PathBuf::from);
    named.unwrap_or_else(|| root().join("target/independent/bin/python"))
}

/// Plays the year into `target/demo-ledger` and exports it to `target/demo-copy`, in place of what an earlier run left.
fn demonstration_year() -> bool {
    let (ledger, copy) = ("target/demo-ledger", "target/demo-copy");
    for folder in [ledger, copy] {
        let path = root().join(folder);
        if path.exists() && std::fs::remove_dir_all(&path).is_err() {
            eprintln!("{folder} could not be removed: remove it and run this again");
            return false;
        }
    }
    let ytterby = |arguments: &[&str]| {
        let mut command = cargo_with(&[
            "run",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "cli",
            "--",
        ]);
        command.args(arguments);
        runs(&mut command)
    };
    ytterby(&["demo", ledger]) && ytterby(&["--ledger", ledger, "export", copy])
}

fn go() -> bool {
    runs(with(Path::new("tests/go/check.sh")).args(["target/demo-copy", "target/go"]))
}

fn token() -> bool {
    runs(&mut cargo_with(&[
        "test",
        "-p",
        "token",
        "--features",
        "softhsm",
        "--locked",
    ])) && runs(&mut cargo_with(&[
        "test",
        "-p",
        "cli",
        "--features",
        "softhsm",
        "--locked",
        "--test",
        "it",
        "token::",
    ]))
}

/// README.md is the one place of the test command: the first fenced block after its marker.
fn tests() -> bool {
    let readme = std::fs::read_to_string(root().join(README)).unwrap_or_default();
    let Some(command) = test_command(&readme) else {
        eprintln!("{README} has no `{TEST_MARKER}` line followed by a fenced command: write it");
        return false;
    };
    runs(with(Path::new("bash")).args(["-euo", "pipefail", "-c", &command]))
}

fn test_command(readme: &str) -> Option<String> {
    let mut lines = readme.lines().skip_while(|line| *line != TEST_MARKER);
    lines.find(|line| line.starts_with("```"))?;
    let block: Vec<&str> = lines.take_while(|line| !line.starts_with("```")).collect();
    let command = block.join("\n");
    (!command.trim().is_empty()).then_some(command)
}

fn cargo_with(arguments: &[&str]) -> Command {
    let mut command = with(&cargo());
    command.args(arguments);
    command
}

/// A program at the top of the repository that asks nothing.
fn with(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .stdin(Stdio::null())
        .env("YTTERBY_PYTHON", python());
    command
}

fn runs(command: &mut Command) -> bool {
    let arguments: Vec<_> = command
        .get_args()
        .map(|text| text.to_string_lossy())
        .collect();
    println!(
        "-- {} {}",
        command.get_program().display(),
        arguments.join(" ")
    );
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            let program = command.get_program().display();
            eprintln!("{program} could not be started: {error}; .ci/run installs what is missing");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::test_command;

    #[test]
    fn the_test_command_is_the_first_block_after_its_marker() {
        for (readme, expected) in [
            (
                "```sh\na\n```\n<!-- test-command -->\n\n```sh\nb\nc\n```\n```\nd\n```\n",
                Some("b\nc"),
            ),
            ("```sh\na\n```\n", None),
            ("<!-- test-command -->\ntext\n", None),
            ("<!-- test-command -->\n```sh\n```\n", None),
        ] {
            assert_eq!(test_command(readme).as_deref(), expected, "{readme}");
        }
    }

    #[test]
    fn readme_has_one() {
        let readme = std::fs::read_to_string(crate::root().join(super::README)).unwrap();
        assert!(test_command(&readme).is_some());
    }
}
