//! `completions` and `man`: what shells and readers of manuals get, from the declarations that the help comes from.
//!
//! Invariant: the same program writes the same bytes, and every file is written whole or not at all. Needs no ledger.

use std::io::Write;
use std::path::Path;

use clap::Command;
use clap::builder::Resettable;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use grammar::help;

use crate::outcome::{CliError, Outcome};
use crate::output;

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> Result<Outcome, CliError> {
    let mut script = Vec::new();
    let mut command = help::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    // A reader that goes away in mid-line ends it quietly, which printing from within the library would not.
    std::io::stdout().lock().write_all(&script)?;
    Ok(Outcome::Done)
}

/// Writes a page for each command, and one for all.
pub(crate) fn pages(out: &Path) -> Result<Outcome, CliError> {
    durable::create_folder(out, durable::Access::Usual)?;
    let mut command = help::command().disable_help_subcommand(true);
    command.build();
    let mut count = 0_u32;
    write(&command, "", out, &mut count)?;
    let first = out.join("ytterby.1");
    output::line(format!("{count} pages; the first is {}", first.display()))?;
    Ok(Outcome::Done)
}

fn write(command: &Command, path: &str, out: &Path, count: &mut u32) -> Result<(), CliError> {
    for below in command.get_subcommands() {
        let path = format!("{path} {}", below.get_name());
        write(below, path.trim_start(), out, count)?;
    }
    // A page fills its lines, and a command that is typed must not be filled.
    let bare = command.clone().after_help(Resettable::Reset);
    let page = Man::new(bare).source(concat!("ytterby ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    page.render(&mut text)?;
    if let Some(examples) = help::examples(path) {
        let mut section = Roff::new();
        section.control("SH", ["EXAMPLES"]).control("nf", []);
        section.text([roman(examples)]).control("fi", []);
        section.to_writer(&mut text)?;
    }
    durable::put(&out.join(page.get_filename()), &text)?;
    *count += 1;
    Ok(())
}
