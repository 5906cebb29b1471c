//! The help: subcommands grouped by who uses them, with examples under each.
//!
//! Invariant: every subcommand is in one group, and has two or three examples, all of which parse. Knows no ledger.

use std::fmt::Write;

use clap::builder::styling::Styles;
use clap::{Command, CommandFactory};

use crate::Arguments;

/// The commands of each user, in the order of their work.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Commands for plants:",
        &[
            "today",
            "inbox",
            "receive",
            "record",
            "template",
            "close",
            "correct",
            "balance",
            "flows",
            "statement",
            "material",
            "trace",
            "label",
            "detail",
            "follow",
            "receipts",
        ],
    ),
    (
        "Commands for departments:",
        &[
            "party",
            "site",
            "quota",
            "findings",
            "explain",
            "rule",
            "returns",
            "shipments",
            "exports",
            "report",
            "taint",
            "conservation",
            "inspection",
            "seal",
            "release",
            "penalise",
            "rules",
            "reference",
            "act",
        ],
    ),
    (
        "Commands for auditors:",
        &["verify", "extract", "receipt", "inspect", "replay"],
    ),
    (
        "Commands for operators:",
        &[
            "found",
            "take",
            "export",
            "heads",
            "cosign",
            "acknowledge",
            "witness",
            "rebuild",
        ],
    ),
    (
        "Commands for everyone:",
        &["demo", "show", "key", "sign", "completions", "man", "help"],
    ),
];

/// The command line with all of its help.
pub fn command() -> Command {
    let command = with_examples(Arguments::command(), "");
    let groups = groups(&command);
    let style = *Styles::styled().get_header();
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}{style}Options:{style:#}\n{{options}}{{after-help}}"
    ))
}

fn groups(command: &Command) -> String {
    let style = *Styles::styled().get_header();
    let names = GROUPS.iter().flat_map(|(_, names)| names.iter());
    let width = names.map(|name| name.len()).max().unwrap_or_default();
    let literal = *Styles::styled().get_literal();
    let mut text = String::new();
    for (heading, names) in GROUPS {
        // Writing to a text can't fail.
        let _ = writeln!(text, "{style}{heading}{style:#}");
        for name in *names {
            let of = command.find_subcommand(name);
            let about = of.and_then(Command::get_about).map(ToString::to_string);
            let about = about.unwrap_or_else(|| "Show this help, or that of a command".to_owned());
            let _ = writeln!(text, "  {literal}{name:width$}{literal:#}  {about}");
        }
        text.push('\n');
    }
    text
}

/// A subcommand such as `party add`, and below it what people type and what that does. Words in capitals stand for what is
/// theirs: MINE for the id of a party, KEY for the key of a log.
const EXAMPLES: &str = include_str!("help/examples.txt");

/// The examples of a subcommand, which has none below it.
pub fn examples(path: &str) -> Option<&'static str> {
    let mut blocks = EXAMPLES.split("\n\n");
    blocks.find_map(|block| {
        let (of, examples) = block.split_once('\n')?;
        (of == path).then(|| examples.trim_end())
    })
}

fn with_examples(command: Command, path: &str) -> Command {
    let header = *Styles::styled().get_header();
    let command = match examples(path) {
        Some(examples) => command.after_help(format!("{header}Examples:{header:#}\n{examples}")),
        None => command,
    };
    command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        with_examples(below, path.trim_start())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every subcommand that has none below it.
    fn leaves(command: &Command, path: &str, found: &mut BTreeSet<String>) {
        let mut below = command.get_subcommands().peekable();
        if below.peek().is_none() {
            found.insert(path.to_owned());
        }
        for of in below {
            leaves(of, format!("{path} {}", of.get_name()).trim(), found);
        }
    }

    /// The words of a line, as a shell would see them, with something for the capitals.
    fn words(line: &str) -> Vec<String> {
        const MEANINGS: [(&str, &str); 8] = [
            ("MINE", "91150000MA0000004E"),
            ("SEPARATOR", "91150000MA0000005H"),
            ("AUTHORITY", "91150000MA00000015"),
            ("OPERATOR", "91150000MA00000028"),
            ("COUNTY", "91150000MA0000006L"),
            ("NORTHERN", "NORTHERN"),
            (
                "EVENT",
                "6bc8a0c7da1ab301b25aed05dabb73005f12a6fc450731e50a9495278cafd444",
            ),
            (
                "KEY",
                "ledger.example/rare-earths-2024+79538c56+Af5Lprg14I6joWzsTB+7kFdJpM9frQH2JFRligHGsmRE",
            ),
        ];
        let line = line.split(" > ").next().unwrap_or_default();
        let mut words = vec![String::new()];
        for (at, part) in line.split('"').enumerate() {
            if at % 2 == 1 {
                words.last_mut().unwrap().push_str(part);
                continue;
            }
            for (count, word) in part.split(' ').enumerate() {
                if count > 0 {
                    words.push(String::new());
                }
                words.last_mut().unwrap().push_str(word);
            }
        }
        let meant = |word: String| {
            MEANINGS.iter().fold(word, |word, (name, meaning)| {
                let (owner, rest) = word.split_once('/').unwrap_or((&word, ""));
                match owner == *name {
                    true if rest.is_empty() => (*meaning).to_owned(),
                    true => format!("{meaning}/{rest}"),
                    false => word,
                }
            })
        };
        words.into_iter().map(meant).collect()
    }

    #[test]
    fn every_subcommand_and_flag_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn every_command_is_in_one_group_and_fits_a_terminal() {
        let command = command();
        let all = command.get_subcommands().map(|of| of.get_name().to_owned());
        let mut all: Vec<_> = all.chain(["help".to_owned()]).collect();
        let grouped = GROUPS.iter().flat_map(|(_, names)| names.iter());
        let mut grouped: Vec<_> = grouped.map(|name| (*name).to_owned()).collect();
        all.sort();
        grouped.sort();
        assert_eq!(grouped, all);
        let shown = anstream::adapter::strip_str(&groups(&command)).to_string();
        for line in shown.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn every_subcommand_has_two_or_three_examples_and_they_parse() {
        let mut wanted = BTreeSet::new();
        leaves(&command(), "", &mut wanted);
        // A board of its own and the acts that change it.
        wanted.insert("quota".to_owned());
        let mut named = BTreeSet::new();
        for block in EXAMPLES.split("\n\n") {
            let (path, examples) = block.split_once('\n').unwrap();
            let typed = examples.lines().filter(|line| !line.starts_with("   "));
            let typed: Vec<_> = typed.map(str::trim).collect();
            assert!((2..=3).contains(&typed.len()), "{path}");
            assert_eq!(examples.lines().count(), 2 * typed.len(), "{path}");
            for line in typed {
                assert!(line.starts_with(&format!("ytterby {path}")), "{line}");
                let parsed = command().try_get_matches_from(words(line));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
            assert!(named.insert(path.to_owned()), "{path} has two blocks");
        }
        assert_eq!(named, wanted);
    }
}
