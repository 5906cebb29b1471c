//! A ledger in a folder that vanishes, and the binary run inside it with nothing of the environment.
//! Invariant: no test reads another's folder. Knows the parties: 1 authority, 2 operator, 4 mine.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use domain::id::uscc_check_character;
use tempfile::TempDir;

/// The party with this number, as text.
pub(crate) fn party(number: u32) -> String {
    let first = format!("91150000MA{number:07}");
    let check = uscc_check_character(first.as_bytes().first_chunk().unwrap()).unwrap();
    format!("{first}{check}")
}

/// What a run gave.
pub(crate) struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A folder with a founded ledger in `.ytterby`.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    /// A ledger with a mine and its site.
    pub(crate) fn founded() -> Self {
        let place = Self::empty();
        let (authority, operator, mine) = (party(1), party(2), party(4));
        let site = format!("{mine}/PIT");
        let found = [
            "found",
            "--name",
            "Test",
            "--origin",
            "test.example/log",
            "--authority",
            &authority,
        ];
        let names = [
            "--authority-names",
            "部=Ministry",
            "--operator",
            &operator,
            "--operator-names",
            "站=Operator",
        ];
        place.good(&[&found[..], &names, &["--local", "--plain-keys"]].concat());
        place.good(&["key", "new", &mine, "--plain"]);
        let add = [
            "party",
            "add",
            &mine,
            "--names",
            "矿=Mine",
            "--division",
            "150207",
            "--activities",
            "mining",
        ];
        place.good(&[&add[..], &["--local", "--as", &authority, "--yes"]].concat());
        let add = [
            "site",
            "add",
            &site,
            "--activity",
            "mining",
            "--licence",
            "C150",
            "--division",
            "150207",
        ];
        let validity = [
            "--capacity",
            "5000t",
            "--from",
            "2024-01-01",
            "--until",
            "2029-12-31",
        ];
        place.good(&[&add[..], &validity, &["--as", &authority, "--yes"]].concat());
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.path().join(".ytterby")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ytterby"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run {
            code: status.code().unwrap_or(-1),
            stdout: text(stdout),
            stderr: text(stderr),
        }
    }

    /// Runs and expects exit 0.
    pub(crate) fn good(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    /// Writes a file of mined lots, JSON Lines, and gives its name.
    pub(crate) fn mined(&self, name: &str, rows: u32) -> String {
        let mut text = String::new();
        for row in 0..rows {
            writeln!(
                text,
                r#"{{"event":"lot-mined","occurred":"2024-03-05","site":"PIT","lot":"{name}-{row}","product":"ore/mixed","quantity":{{"net_mg":25000000000,"reo_mg":12500500000,"basis":"measured"}},"composition":"La:300000,Ce:500000,Nd:200000","ore":"mixed"}}"#
            )
            .unwrap();
        }
        let file = format!("{name}.jsonl");
        std::fs::write(self.path().join(&file), text).unwrap();
        file
    }
}
