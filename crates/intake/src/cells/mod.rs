//! One cell becomes one value, by the type of its column.
//!
//! Invariant: a cell is read where its meaning is certain, and otherwise refused with what would be right; what nobody sees
//! in it is refused by name. Knows no columns and no rows.

mod id;
mod number;
mod time;

use domain::text::check_visible;
use domain::{Composition, Country, EventId, Note, Ppm, Product, Term, Zone};
use serde_json::Value;

use crate::columns::Cell;
use crate::columns::lists::{Choice, PRODUCT};
use crate::grid::Raw;

pub(crate) use id::as_text;
pub(crate) use number::{has_leading_zeros, written_decimals};

/// What the sheet as a whole says of its cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub zone: Zone,
    /// Whether a comma may stand between thousands.
    pub comma_groups: bool,
}

/// Reads a cell that holds something.
pub(crate) fn read(cell: Cell, raw: &Raw, habits: Habits) -> Result<Value, String> {
    match raw {
        Raw::Text(text) => check_visible(text).map_err(|form| form.to_string())?,
        Raw::Error(error) => {
            return Err(format!(
                "holds the error {error} of a formula; write what it should be"
            ));
        }
        _ => {}
    }
    match cell {
        Cell::Term => parsed::<Term>(&as_text(raw)?),
        Cell::Note => parsed::<Note>(&as_text(raw)?),
        Cell::Code => id::code(raw),
        Cell::Party => id::party(raw),
        Cell::Lot => id::lot(raw),
        Cell::LotOfRole => as_text(raw).map(|text| half_width(&text).into()),
        Cell::Destination => id::destination(raw),
        Cell::HsCode => id::hs_code(raw),
        Cell::EventId => parsed::<EventId>(&plain(raw)?.to_ascii_lowercase()),
        Cell::Country => parsed::<Country>(&plain(raw)?.to_ascii_uppercase()),
        Cell::Composition => parsed::<Composition>(&plain(raw)?),
        Cell::Product => product(&plain(raw)?),
        Cell::One(choice) => one(choice, &plain(raw)?).map(Value::from),
        Cell::Flag => flag(raw),
        Cell::Kilograms => number::kilograms(raw, habits).map(|mass| mass.mg().into()),
        Cell::Percent => number::percent(raw, habits).map(|share: Ppm| share.get().into()),
        Cell::Number(most) => number::whole(raw, habits, most).map(Value::from),
        Cell::Month => time::month(raw).map(|month| month.to_string().into()),
        Cell::Day => time::day(raw).map(|day| day.to_string().into()),
        Cell::Time => time::moment(raw, habits.zone).map(|moment| moment.to_string().into()),
    }
}

fn parsed<T>(text: &str) -> Result<Value, String>
where
    T: std::str::FromStr<Err = domain::FormError> + ToString,
{
    text.parse::<T>()
        .map(|value| value.to_string().into())
        .map_err(|form| form.to_string())
}

/// A cell of letters and digits that mean the same in the widths of either typewriter.
fn plain(raw: &Raw) -> Result<String, String> {
    as_text(raw).map(|text| half_width(&text))
}

/// Full-width letters, digits and signs as those of ASCII, without spaces around them.
pub(crate) fn half_width(text: &str) -> String {
    let narrow = |character: char| match character {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    };
    text.chars()
        .map(narrow)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// A name of a closed list, in letters of either size.
fn one(choice: Choice, text: &str) -> Result<String, String> {
    let names = (choice.names)();
    let found = names.iter().find(|name| name.eq_ignore_ascii_case(text));
    found.cloned().ok_or_else(|| {
        let found: String = text.chars().take(40).collect();
        let (what, allowed) = (choice.what, names.join(", "));
        format!("{found:?} is not a {what}; use one of: {allowed}")
    })
}

fn product(text: &str) -> Result<Value, String> {
    let form = match text.parse::<Product>() {
        Ok(product) => return Ok(product.to_string().into()),
        Err(form) => form,
    };
    one(PRODUCT, text)
        .map(Value::from)
        .map_err(|_| form.to_string())
}

fn flag(raw: &Raw) -> Result<Value, String> {
    let text = match raw {
        Raw::Flag(flag) => return Ok((*flag).into()),
        other => plain(other)?,
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "是" => Ok(true.into()),
        "false" | "no" | "否" => Ok(false.into()),
        _ => Err("is neither true nor false; write one of them".to_owned()),
    }
}
