//! An empty folder in which a transcript is played: where it stands, what time it is, what its words mean.
//!
//! Invariant: a command sees this folder, this clock and its own seed, and nothing of the machine's environment. Knows
//! how programs are started; what the small verbs do is in `verbs`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use domain::Zone;
use tempfile::{NamedTempFile, TempDir};

use crate::line::Line;
use crate::mask::Ports;
use crate::script::{Script, Shown, Step};
use crate::{rehearsal, verbs};

/// The time at which every transcript begins, in the zone of its ledgers.
const BEGIN: &str = "2024-03-01 09:00";
const ZONE: &str = "+08:00";
/// Each command is run a minute after the one before.
const MINUTE_MS: u64 = 60_000;

/// What a command says to `--yes` that never asks; it does nothing then.
const NOT_ASKED: &str = "unexpected argument '--yes'";

pub(crate) const COMMAND: &str = "ytterby";
pub(crate) const VERIFIER: &str = "ytterby-verify";

/// A program that goes on while the transcript does.
#[derive(Debug)]
struct Running {
    process: Child,
    stdout: BufReader<ChildStdout>,
}

#[derive(Debug)]
pub(crate) struct Stage {
    folder: TempDir,
    /// Outside the folder, where no command meets it.
    clock: NamedTempFile,
    pub cwd: PathBuf,
    pub environment: BTreeMap<String, OsString>,
    /// Words of a guide, such as MINE, and what stands for each here.
    pub meanings: Vec<(String, String)>,
    pub now_ms: u64,
    /// Whether somebody is here who says yes whenever the command asks.
    pub consents: bool,
    /// What the last command printed, on both streams.
    pub last: String,
    ports: Ports,
    running: Option<Running>,
    name: String,
    steps: u32,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
    }
}

/// Milliseconds since 1970 of a time such as `2024-03-01 09:00`.
pub(crate) fn ms_of(text: &str) -> Result<u64, String> {
    let zone: Zone = ZONE.parse().unwrap();
    let moment = zone.moment_of(text).map_err(|error| error.to_string())?;
    u64::try_from(moment.ms()).map_err(|error| error.to_string())
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            cwd: folder.path().canonicalize().unwrap(),
            folder,
            clock: NamedTempFile::new().unwrap(),
            environment: BTreeMap::new(),
            meanings: Vec::new(),
            now_ms: ms_of(BEGIN).unwrap(),
            consents: false,
            last: String::new(),
            ports: Ports::default(),
            running: None,
            name: String::new(),
            steps: 0,
        }
    }

    /// Plays every step; what came of each, or which one is no step.
    pub(crate) fn play(&mut self, name: &str, script: &Script) -> Result<Vec<Shown>, String> {
        (self.name, self.steps) = (name.to_owned(), 0);
        let mut shown = Vec::new();
        for step in script.steps() {
            let played = self.step(step);
            shown.push(played.map_err(|fault| {
                let (command, last) = (step.text(), &self.last);
                format!("$ {command}\n    {fault}\nprinted last:\n{last}")
            })?);
        }
        Ok(shown)
    }

    /// Becomes what another stage has come to.
    pub(crate) fn go_on_from(&mut self, other: &Self) -> Result<(), String> {
        if other.running.is_some() {
            return Err("a program that runs can't be copied".to_owned());
        }
        let root = other.folder.path().canonicalize().unwrap();
        let below = other.cwd.strip_prefix(&root).unwrap();
        self.cwd = self.folder.path().canonicalize().unwrap();
        verbs::copy(&root, &self.cwd)?;
        self.cwd.push(below);
        self.environment.extend(other.environment.clone());
        self.meanings.extend(other.meanings.clone());
        self.last.clone_from(&other.last);
        self.name.clone_from(&other.name);
        self.ports.clone_from(&other.ports);
        self.now_ms = other.now_ms;
        self.consents = other.consents;
        self.steps = other.steps;
        Ok(())
    }

    /// The one long command, in a folder of its own.
    pub(crate) fn play_demo(&self) -> Shown {
        finished(self.command(COMMAND, &["demo".to_owned()]).unwrap(), None)
    }

    fn step(&mut self, step: &Step) -> Result<Shown, String> {
        self.steps += 1;
        self.now_ms += MINUTE_MS;
        fs::write(self.clock.path(), self.now_ms.to_string()).unwrap();
        let line = Line::parse(&self.meant(&step.text()))?;
        let mut input = match (&step.input, &line.from) {
            (Some(lines), _) => Some(self.meant(&(lines.join("\n") + "\n")).into_bytes()),
            (None, Some(file)) => Some(verbs::read(self, file)?),
            (None, None) => None,
        };
        let mut shown = Shown::default();
        for words in &line.commands {
            let ran = if line.behind {
                self.start(words)?
            } else {
                self.run(words, input.take())?
            };
            shown.stderr += &ran.stderr;
            if shown.code == 0 {
                shown.code = ran.code;
            }
            input = Some(ran.stdout.into_bytes());
        }
        shown.stdout = String::from_utf8_lossy(&input.unwrap_or_default()).into_owned();
        if let Some(file) = &line.into {
            verbs::write(self, file, shown.stdout.as_bytes())?;
            shown.stdout.clear();
        }
        if line.quiet {
            shown.stderr.clear();
        }
        if !shown.stdout.is_empty() || !shown.stderr.is_empty() {
            self.last = format!("{}{}", shown.stdout, shown.stderr);
        }
        let folder = self.folder.path().canonicalize().unwrap();
        let folder = folder.to_string_lossy();
        shown.stdout = self.ports.mask(&shown.stdout, &folder);
        shown.stderr = self.ports.mask(&shown.stderr, &folder);
        Ok(shown)
    }

    /// A guide's words and the ports replaced by what they stand for.
    fn meant(&self, text: &str) -> String {
        // What is told a meaning must not lose its name to an earlier one.
        if text.starts_with("let ") {
            return text.to_owned();
        }
        let text = self.ports.put_in(text);
        let meanings = self.meanings.iter();
        meanings.fold(text, |text, (word, meaning)| {
            replace_word(&text, word, meaning)
        })
    }

    fn run(&mut self, words: &[String], input: Option<Vec<u8>>) -> Result<Shown, String> {
        let (program, arguments) = words.split_first().ok_or("there is no command")?;
        match program.as_str() {
            COMMAND | VERIFIER => self.run_program(program, arguments, input.as_deref()),
            "stop" => self.stop(),
            _ => verbs::run(self, program, arguments, input),
        }
    }

    fn run_program(
        &self,
        program: &str,
        arguments: &[String],
        input: Option<&[u8]>,
    ) -> Result<Shown, String> {
        if program == COMMAND && arguments == ["demo"] {
            let (year, shown) = verbs::demo_year();
            verbs::copy(year, &self.path(verbs::DEMO_FOLDER))?;
            return Ok(shown.clone());
        }
        if self.consents {
            let consenting = [arguments, &["--yes".to_owned()]].concat();
            let ran = finished(self.command(program, &consenting)?, input);
            if !ran.stderr.contains(NOT_ASKED) {
                return Ok(ran);
            }
        }
        Ok(finished(self.command(program, arguments)?, input))
    }

    /// A program of this project, in this folder, with this clock.
    fn command(&self, program: &str, arguments: &[String]) -> Result<Command, String> {
        let mut command = if program == COMMAND {
            let own = std::env::current_exe().map_err(|error| error.to_string())?;
            Command::new(own)
        } else {
            Command::new(verbs::verifier())
        };
        command.arg0(program).args(arguments).current_dir(&self.cwd);
        command.env_clear().envs(&self.environment);
        command.env(rehearsal::VARIABLE, self.rehearsed());
        Ok(command)
    }

    /// Clock and seed of this step.
    pub(crate) fn rehearsed(&self) -> String {
        let (name, steps, clock) = (&self.name, self.steps, self.clock.path());
        format!("{name}/{steps} {}", clock.display())
    }

    /// Starts a program that says in its first line that it is ready.
    fn start(&mut self, words: &[String]) -> Result<Shown, String> {
        let (program, arguments) = words.split_first().ok_or("there is no command")?;
        if self.running.is_some() {
            return Err("another program is running; stop it first".to_owned());
        }
        let mut command = self.command(program, arguments)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        self.running = Some(Running { process, stdout });
        Ok(Shown {
            stdout: line,
            ..Shown::default()
        })
    }

    /// Asks the running program to end, and shows the rest of what it said.
    fn stop(&mut self) -> Result<Shown, String> {
        let mut running = self.running.take().ok_or("nothing is running")?;
        let process = running.process.id().to_string();
        Command::new("kill").arg(process).status().unwrap();
        let mut stdout = String::new();
        running.stdout.read_to_string(&mut stdout).unwrap();
        let output = running.process.wait_with_output().unwrap();
        Ok(Shown {
            stdout,
            ..shown(output)
        })
    }

    /// A file of the transcript, as it names it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.cwd.join(Path::new(name))
    }
}

fn finished(mut command: Command, input: Option<&[u8]>) -> Shown {
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    if let (Some(mut stdin), Some(input)) = (process.stdin.take(), input) {
        // A command that refuses before it has read all may well close its end.
        let _ = stdin.write_all(input);
    }
    shown(process.wait_with_output().unwrap())
}

pub(crate) fn shown(output: Output) -> Shown {
    Shown {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

/// Replaces a word where neither a letter, a digit nor `_` continues it.
fn replace_word(text: &str, word: &str, meaning: &str) -> String {
    let continues = |character: char| character.is_alphanumeric() || character == '_';
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let alone = !before.ends_with(continues) && !after.starts_with(continues);
        replaced += before;
        replaced += if alone { meaning } else { word };
        rest = after;
    }
    replaced + rest
}
