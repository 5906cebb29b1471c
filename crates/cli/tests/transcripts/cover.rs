//! That no subcommand is without a transcript.
//!
//! Invariant: the list is the command's own, taken from its help level by level; nothing is listed here.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::line::Line;
use crate::script::Script;
use crate::stage::{COMMAND, Stage};

/// What of the command, and which of its subcommands, no file runs.
pub(crate) fn missing(files: &[PathBuf]) -> Vec<String> {
    let mut played = BTreeSet::new();
    for file in files {
        let Ok(script) = Script::parse(&fs::read_to_string(file).unwrap()) else {
            continue;
        };
        let lines = script
            .steps()
            .filter_map(|step| Line::parse(&step.text()).ok());
        for words in lines.flat_map(|line| line.commands) {
            if words.first().is_some_and(|word| word == COMMAND) {
                played.insert(words[1..].join(" ") + " ");
            }
        }
    }
    let mut subcommands = Vec::new();
    descend("", &mut subcommands);
    assert!(
        subcommands.len() > 50,
        "the help was not understood: {subcommands:?}"
    );
    let alone = subcommands.into_iter().filter(|name| {
        let begin = format!("{name} ");
        // Flags that hold everywhere may come first.
        !played
            .iter()
            .any(|line| line.starts_with(&begin) || line.contains(&format!(" {begin}")))
    });
    alone
        .map(|name| {
            format!("no transcript runs `ytterby {name}`: add it where its users would look")
        })
        .collect()
}

/// Every subcommand below `above` that has none below it.
fn descend(above: &str, found: &mut Vec<String>) {
    let script = Script::parse(&format!("$ ytterby {above} --help")).unwrap();
    let shown = Stage::new().play("help", &script).unwrap();
    let help = &shown[0].stdout;
    // One list below a command, and for the whole command one for each of its users.
    let sections = help.split("\n\n");
    let is_list = |section: &&str| section.starts_with("Commands");
    let lists: Vec<_> = sections.filter(is_list).collect();
    if lists.is_empty() {
        return found.push(above.trim().to_owned());
    }
    for line in lists.iter().flat_map(|list| list.lines().skip(1)) {
        // Deeper lines go on with the text of the one above.
        let name = line.trim_start();
        if line.len() - name.len() != 2 {
            continue;
        }
        match name.split_whitespace().next() {
            Some("help") | None => {}
            Some(name) => descend(format!("{above} {name}").trim(), found),
        }
    }
}
