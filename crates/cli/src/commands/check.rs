//! `record --check`: files of events are judged by their form alone, for whoever has no ledger and no key.
//!
//! Invariant: says of a file what `record` would say before it looks at the ledger, and appends nothing. Knows no rule.

use std::path::Path;

use grammar::Record;
use intake::SheetFault;

use super::record::{open, read_all, say_faults, summary};
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Judges files, and gives one back with its problems where that was asked for.
pub(crate) fn run(record: &Record) -> Result<Outcome, CliError> {
    let single = match (&record.out, record.files.as_slice()) {
        (None, _) => None,
        (Some(out), [file]) => Some((file, out)),
        (Some(_), _) => {
            return Err(CliError::usage(
                "--check gives one sheet back: name one file, or leave --out away",
            ));
        }
    };
    if let Some((file, out)) = single {
        durable::check_place(out, durable::SameName::Free)?;
        return give_back(file, out, record);
    }
    judge(read_all(&record.files, record.zone))
}

/// Reads the file once, so that what is judged is what is given back, standard input too.
fn give_back(file: &Path, out: &Path, record: &Record) -> Result<Outcome, CliError> {
    let name = file.display().to_string();
    let bytes = open(file).map_err(CliError::refused)?;
    let read = intake::read(&name, &bytes, record.zone);
    let faults = read.as_ref().err().map_or(&[][..], Vec::as_slice);
    let sheet = intake::give_back(&name, &bytes, faults)
        .map_err(|why| CliError::refused(format!("{name}: {why}")))?;
    let is_named_so = out
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"));
    if sheet.is_workbook != is_named_so {
        let right = if sheet.is_workbook { "xlsx" } else { "csv" };
        let out = out.display();
        return Err(CliError::usage(format!(
            "{out}: the sheet comes back as {right}; give it a name that ends in .{right}"
        )));
    }
    durable::create(out, &sheet.bytes, durable::Access::Usual)?;
    output::say(format!("wrote {}", out.display()));
    judge(read)
}

fn judge(read: Result<Vec<intake::Draft>, Vec<SheetFault>>) -> Result<Outcome, CliError> {
    match read {
        Ok(drafts) => {
            summary(&drafts);
            output::say("no problems of form; what the ledger says is shown by `record --dry-run`");
            Ok(Outcome::Done)
        }
        Err(faults) => {
            say_faults(&faults);
            Err(CliError::refused(format!("{} problems", faults.len())))
        }
    }
}
