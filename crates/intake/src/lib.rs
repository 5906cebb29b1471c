//! What clerks hand in becomes drafts of events, and what goes to clerks becomes sheets: bytes in, bytes out.
//!
//! Invariant: a file with one bad cell gives no draft, and every bad cell is named with sheet, row, column, value and what
//! would be right. Opens no files, reads no clock, knows no keys.

mod archive;
mod cells;
mod checked;
mod columns;
mod compound;
mod delimited;
mod draft;
mod encoding;
mod event;
mod fault;
mod grid;
mod json_lines;
mod limits;
mod papers;
mod plain;
mod quantity;
mod roles;
mod rows;
mod shared_texts;
mod sheet;
pub mod spreadsheet;
pub mod template;
mod workbook;

use domain::Zone;

pub use checked::{Sheet as GivenBack, give_back};
pub use columns::kinds;
pub use draft::Draft;
pub use fault::SheetFault;
pub use json_lines::spell_times;
pub use plain::take_own;
pub use quantity::Derived;

/// Reads a file of any form. `name` is for messages; only that it ends in `.jsonl` or `.json` says something of the form.
///
/// # Errors
/// Everything that is wrong in it; then it gives nothing.
pub fn read(name: &str, bytes: &[u8], zone: Zone) -> Result<Vec<Draft>, Vec<SheetFault>> {
    let whole = |why: String| vec![SheetFault::of_file(name, why)];
    if workbook::is_one(bytes) {
        let grids = workbook::read(bytes).map_err(whole)?;
        return read_all(name, &grids, zone);
    }
    let text = encoding::decode(bytes).map_err(whole)?;
    match form_of(name, &text) {
        Form::JsonLines => json_lines::read(name, &text, zone),
        Form::Delimited => {
            let grid = delimited::read(&text).map_err(whole)?;
            rows::read(name, &grid, zone)
        }
        Form::Page => Err(whole(
            "is a web page, whatever its name says; open it in a spreadsheet and save it as xlsx"
                .to_owned(),
        )),
    }
}

/// Every sheet of a workbook but the page that explains a template.
fn read_all(name: &str, grids: &[grid::Grid], zone: Zone) -> Result<Vec<Draft>, Vec<SheetFault>> {
    let (mut drafts, mut faults) = (Vec::new(), Vec::new());
    for grid in grids {
        if grid.name.as_deref().is_some_and(template::explains) {
            continue;
        }
        match rows::read(name, grid, zone) {
            Ok(mut read) => drafts.append(&mut read),
            Err(mut wrong) => faults.append(&mut wrong),
        }
    }
    if faults.is_empty() {
        Ok(drafts)
    } else {
        Err(faults)
    }
}

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    JsonLines,
    Delimited,
    /// What some programs write for a spreadsheet under its name.
    Page,
}

fn form_of(name: &str, text: &str) -> Form {
    let name = name.to_ascii_lowercase();
    let begins = text.trim_start();
    if [".jsonl", ".json"].iter().any(|end| name.ends_with(end)) || begins.starts_with(['{', '[']) {
        Form::JsonLines
    } else if begins.starts_with('<') {
        Form::Page
    } else {
        Form::Delimited
    }
}
