//! What a transcript may do besides running the command: the closed set of its verbs, most of them as in a shell.
//!
//! Invariant: nothing outside the transcript's folder is written. `run` lists the verbs. Knows nothing of the command but
//! how its programs are built.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;

use crate::script::{Script, Shown};
use crate::stage::{COMMAND, Stage, VERIFIER, ms_of, shown};
use crate::{rehearsal, repository, transcripts};

type Ran = Result<Shown, String>;

fn said(stdout: String) -> Shown {
    Shown {
        stdout,
        ..Shown::default()
    }
}

pub(crate) fn read(stage: &Stage, name: &str) -> Result<Vec<u8>, String> {
    fs::read(stage.path(name)).map_err(|error| format!("{name}: {error}"))
}

pub(crate) fn write(stage: &Stage, name: &str, bytes: &[u8]) -> Result<(), String> {
    fs::write(stage.path(name), bytes).map_err(|error| format!("{name}: {error}"))
}

/// The verbs:
///
///     cat FILE.. | cp A B | mv A B | rm FILE | mkdir DIR | ls DIR | cd DIR | chmod MODE FILE | head -n N | tail -n N
///     grep TEXT            lines that hold the text
///     edit FILE OLD NEW    replaces a text that must be there
///     printf TEXT          prints it, with no line end
///     dd of=FILE bs=1 seek=AT conv=notrunc status=none
///                          writes its input over the bytes there
///     flip FILE AT         flips the lowest bit of a byte; from the end where AT is negative
///     cut FILE BYTES       leaves only the first bytes
///     export NAME=VALUE    for the commands that follow
///     let WORD VALUE       from now on WORD stands for it; of the last output, `let WORD after TEXT` takes the word after
///                          TEXT, and `let WORD word N` the word of that number
///     date TIME            sets the clock
///     consent              somebody is here from now on who says yes whenever the command asks
///     after NAME           plays another transcript first, and shows nothing of it
///     demo-year DIR        the folder that `ytterby demo DIR` makes, which is played once for all
///     bash docs/guide/..   a script of the guide
pub(crate) fn run(stage: &mut Stage, verb: &str, words: &[String], input: Option<Vec<u8>>) -> Ran {
    let words = words.iter().map(String::as_str).collect::<Vec<_>>();
    let text = || String::from_utf8_lossy(input.as_deref().unwrap_or_default()).into_owned();
    match (verb, &words[..]) {
        ("cat", []) => return Ok(said(text())),
        ("cat", files) => {
            let read = files.iter().map(|file| read(stage, file));
            let bytes = read.collect::<Result<Vec<_>, _>>()?.concat();
            return Ok(said(String::from_utf8_lossy(&bytes).into_owned()));
        }
        ("printf", [words]) => return Ok(said((*words).to_owned())),
        ("dd", [of, "bs=1", seek, "conv=notrunc", "status=none"]) => {
            let name = of.strip_prefix("of=").ok_or("give of=FILE")?;
            let at = number(seek.strip_prefix("seek=").ok_or("give seek=AT")?)?;
            write_over(stage, name, at, text().as_bytes())?;
        }
        ("ls", [folder]) => return list(&stage.path(folder)),
        ("grep", [wanted]) => return Ok(said(lines(&text(), |line| line.contains(wanted)))),
        ("head", ["-n", count]) => return Ok(said(part(&text(), number(count)?, false))),
        ("tail", ["-n", count]) => return Ok(said(part(&text(), number(count)?, true))),
        ("bash", [script]) => return script_of_a_guide(stage, script),
        ("cd", [folder]) => stage.cwd = existing(&stage.path(folder))?,
        ("date", [day, time]) => stage.now_ms = ms_of(&format!("{day} {time}"))?,
        ("consent", []) => stage.consents = true,
        ("export", [setting]) => {
            let (name, value) = setting.split_once('=').ok_or("give NAME=VALUE")?;
            stage.environment.insert(name.to_owned(), value.into());
        }
        ("let", [word, "after", text]) => {
            let meaning = word_after(&stage.last, text)?;
            mean(stage, word, meaning);
        }
        ("let", [word, "word", count]) => {
            let at = number(count)?.saturating_sub(1);
            let meaning = words_of(&stage.last).nth(at).map(str::to_owned);
            mean(
                stage,
                word,
                meaning.ok_or("so many words were not printed")?,
            );
        }
        ("let", [word, meaning]) => mean(stage, word, (*meaning).to_owned()),
        ("after", [name]) => after(stage, name)?,
        ("demo-year", [folder]) => copy(&demo_year().0, &stage.path(folder))?,
        _ => change(stage, verb, &words)?,
    }
    Ok(Shown::default())
}

/// The verbs that change files.
fn change(stage: &Stage, verb: &str, words: &[&str]) -> Result<(), String> {
    let path = |name: &&str| stage.path(name);
    let done = match (verb, words) {
        ("cp", [from, to]) => return copy(&path(from), &path(to)),
        ("mv", [from, to]) => fs::rename(path(from), path(to)),
        ("rm", [name]) if path(name).is_dir() => fs::remove_dir_all(path(name)),
        ("rm", [name]) => fs::remove_file(path(name)),
        ("mkdir", [name]) => fs::create_dir_all(path(name)),
        ("chmod", [mode, name]) => {
            let mode = u32::from_str_radix(mode, 8).map_err(|error| error.to_string())?;
            fs::set_permissions(path(name), fs::Permissions::from_mode(mode))
        }
        ("edit", [name, old, new]) => {
            let text = fs::read_to_string(path(name)).map_err(|error| error.to_string())?;
            if !text.contains(old) {
                return Err(format!("{name} does not hold {old:?}:\n{text}"));
            }
            fs::write(path(name), text.replace(old, new))
        }
        ("flip", [name, at]) => {
            let mut bytes = read(stage, name)?;
            let place = match at.strip_prefix('-') {
                Some(from_end) => bytes.len().checked_sub(number(from_end)?),
                None => Some(number(at)?),
            };
            let byte = place.and_then(|place| bytes.get_mut(place));
            *byte.ok_or("the file is shorter")? ^= 1;
            fs::write(path(name), bytes)
        }
        ("cut", [name, length]) => {
            let mut bytes = read(stage, name)?;
            bytes.truncate(number(length)?);
            fs::write(path(name), bytes)
        }
        _ => return Err(format!("{verb} {words:?} is no verb of a transcript")),
    };
    done.map_err(|error| error.to_string())
}

fn write_over(stage: &Stage, name: &str, at: usize, new: &[u8]) -> Result<(), String> {
    let mut bytes = read(stage, name)?;
    let place = bytes.get_mut(at..at + new.len());
    place.ok_or("the file is shorter")?.copy_from_slice(new);
    write(stage, name, &bytes)
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

fn lines(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    text.split_inclusive('\n')
        .filter(|line| wanted(line))
        .collect()
}

fn part(text: &str, count: usize, last: bool) -> String {
    let all = text.split_inclusive('\n').collect::<Vec<_>>();
    if last {
        all[all.len().saturating_sub(count)..].concat()
    } else {
        all[..count.min(all.len())].concat()
    }
}

fn existing(folder: &Path) -> Result<PathBuf, String> {
    folder
        .canonicalize()
        .map_err(|error| format!("{}: {error}", folder.display()))
}

fn list(folder: &Path) -> Ran {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut names = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned() + "\n")
        .collect::<Vec<_>>();
    names.sort();
    Ok(said(names.concat()))
}

/// The word after the first place of `text` in what was printed last.
fn word_after(printed: &str, text: &str) -> Result<String, String> {
    let (_, after) = printed
        .split_once(text)
        .ok_or_else(|| format!("{text:?} was not printed"))?;
    let word = words_of(after).next();
    word.map(str::to_owned)
        .ok_or_else(|| format!("no word follows {text:?}"))
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let ends = |character: char| character.is_whitespace() || "\",;)".contains(character);
    let words = text.split(ends).map(|word| word.trim_matches(':'));
    words.filter(|word| !word.is_empty())
}

fn mean(stage: &mut Stage, word: &str, meaning: String) {
    stage.meanings.retain(|(known, _)| known != word);
    stage.meanings.push((word.to_owned(), meaning));
}

/// Begins where another transcript ends that began now. It is played once for all that follow it.
fn after(stage: &mut Stage, name: &str) -> Result<(), String> {
    static PLAYED: Mutex<BTreeMap<(String, u64), Stage>> = Mutex::new(BTreeMap::new());
    let mut played = PLAYED.lock().unwrap();
    let begun = (name.to_owned(), stage.now_ms);
    if !played.contains_key(&begun) {
        let text = fs::read_to_string(transcripts().join(name));
        let text = text.map_err(|error| error.to_string())?;
        let mut first = Stage::new();
        first.now_ms = stage.now_ms;
        first.play(name, &Script::parse(&text)?)?;
        played.insert(begun.clone(), first);
    }
    stage.go_on_from(&played[&begun])
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let say = |error| format!("{} to {}: {error}", from.display(), to.display());
    if from.is_file() {
        return fs::copy(from, to).map(drop).map_err(say);
    }
    fs::create_dir_all(to).map_err(say)?;
    for entry in fs::read_dir(from).map_err(say)? {
        let entry = entry.map_err(say)?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The folder of the demonstration year, and what the command said that made it. Neither depends on time or chance, so it is
/// played once for all that type it.
pub(crate) fn demo_year() -> &'static (PathBuf, Shown) {
    static YEAR: OnceLock<(TempDir, (PathBuf, Shown))> = OnceLock::new();
    let year = YEAR.get_or_init(|| {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let stage = Stage::new();
        let shown = stage.play_demo();
        copy(&stage.path(DEMO_FOLDER), folder.path()).unwrap();
        let path = folder.path().to_owned();
        (folder, (path, shown))
    });
    &year.1
}

/// Where `ytterby demo` makes its ledger.
pub(crate) const DEMO_FOLDER: &str = "demo-ledger";

/// `ytterby-verify`, which is another package's program: cargo builds it, which is no work where it is built.
pub(crate) fn verifier() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_ytterby")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--package", "verifier"]);
        cargo.arg("--target-dir").arg(beside.parent().unwrap());
        if beside.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.current_dir(repository()).status().unwrap().success());
        beside.join(VERIFIER)
    });
    built.clone()
}

/// A script that people run as a whole needs a shell; it finds the command where YTTERBY says.
fn script_of_a_guide(stage: &Stage, script: &str) -> Ran {
    let command = stage.path(COMMAND);
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    std::os::unix::fs::symlink(own, &command).map_err(|error| error.to_string())?;
    let mut bash = Command::new("bash");
    bash.arg(repository().join(script)).current_dir(&stage.cwd);
    bash.env_clear().env("PATH", "/usr/bin:/bin");
    bash.env("LOTS", "100")
        .env("TMPDIR", &stage.cwd)
        .env("YTTERBY", command);
    bash.env(rehearsal::VARIABLE, stage.rehearsed());
    bash.output().map(shown).map_err(|error| error.to_string())
}
