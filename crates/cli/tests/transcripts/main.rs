//! Golden transcripts: every file of `tests/transcripts` is played in an empty folder, and must come out as it stands.
//!
//!     cargo test -p cli --test transcripts             plays all; with a word behind `--`, those whose names hold it
//!     UPDATE_TRANSCRIPTS=1 cargo test -p cli --test transcripts       writes what comes out in their place: read the diff
//!
//! Invariant: the same code gives the same text on every machine: clock and random numbers come from the transcript, the
//! environment is empty, and only ports, folders and speeds are masked. Knows no rule of the ledger: `script` says
//! what a file looks like, `stage` and `verbs` what a line of it may do.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that fails here says so; it starts processes and talks"
)]

mod cover;
mod guides;
mod line;
mod mask;
mod quoted;
mod rehearsal;
mod script;
mod stage;
mod verbs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use crate::script::Script;
use crate::stage::Stage;

const UPDATE_VARIABLE: &str = "UPDATE_TRANSCRIPTS";

/// Lines that are shown around the first difference.
const CONTEXT_LINES: usize = 3;
const DIFFERENT_LINES: usize = 12;

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the transcripts.
pub(crate) fn transcripts() -> PathBuf {
    repository().join("tests/transcripts")
}

fn main() -> ExitCode {
    if let Some(code) = rehearsal::run_if_asked() {
        return code;
    }
    let words = std::env::args().skip(1);
    let wanted = words
        .filter(|word| !word.starts_with('-'))
        .collect::<Vec<_>>();
    let files = files(&wanted);
    let update = std::env::var_os(UPDATE_VARIABLE).is_some();
    let mut faults = play_all(&files, update);
    if wanted.is_empty() {
        faults.extend(cover::missing(&files));
        faults.extend(guides::missing(&files));
        faults.extend(quoted::stale(update));
    }
    for fault in &faults {
        println!("{fault}\n");
    }
    println!("{} transcripts, {} faults", files.len(), faults.len());
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The transcripts that are asked for; the longest are begun first.
fn files(wanted: &[String]) -> Vec<PathBuf> {
    let entries = fs::read_dir(transcripts()).unwrap();
    let mut files = entries
        .map(|entry| entry.unwrap().path())
        .collect::<Vec<_>>();
    files.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.ends_with(".txt")
            && (wanted.is_empty() || wanted.iter().any(|word| name.contains(word)))
    });
    files.sort_by_key(|path| {
        (
            std::cmp::Reverse(fs::metadata(path).unwrap().len()),
            path.clone(),
        )
    });
    files
}

fn play_all(files: &[PathBuf], update: bool) -> Vec<String> {
    let (queue, faults) = (Mutex::new(files.iter()), Mutex::new(Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(file) = { queue.lock().unwrap().next() } {
                    let fault = play(file, update);
                    faults.lock().unwrap().extend(fault);
                }
            });
        }
    });
    let mut faults = faults.into_inner().unwrap();
    faults.sort();
    faults
}

/// Plays one file and compares; what is wrong, if anything is.
fn play(file: &Path, update: bool) -> Option<String> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let stands = fs::read_to_string(file).unwrap();
    let script = match Script::parse(&stands) {
        Ok(script) => script,
        Err(fault) => return Some(format!("{name}: {fault}")),
    };
    let played = match Stage::new().play(&name, &script) {
        Ok(shown) => script.render(&shown),
        Err(fault) => return Some(format!("{name}: {fault}")),
    };
    if stands == played {
        return None;
    }
    if update {
        fs::write(file, played).unwrap();
        println!("{name}: written");
        return None;
    }
    Some(difference(&name, &stands, &played))
}

fn difference(name: &str, stands: &str, played: &str) -> String {
    let (old, new) = (
        stands.lines().collect::<Vec<_>>(),
        played.lines().collect::<Vec<_>>(),
    );
    let same = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let left = old[same..].iter().rev().zip(new[same..].iter().rev());
    let tail = left.take_while(|(old, new)| old == new).count();
    let line = same + 1;
    let mut text = format!("tests/transcripts/{name}, line {line}: it comes out differently");
    for line in &old[same.saturating_sub(CONTEXT_LINES)..same] {
        text += &format!("\n      {line}");
    }
    for (sign, lines) in [('-', &old), ('+', &new)] {
        let changed = &lines[same..lines.len() - tail];
        for line in changed.iter().take(DIFFERENT_LINES) {
            text += &format!("\n    {sign} {line}");
        }
    }
    text + &format!("\nif that is meant, run it with {UPDATE_VARIABLE}=1 and read the diff")
}
