//! One cell of a CSV file becomes one value, by the type of its column.
//!
//! Invariant: what nobody sees in a cell is refused by name. Knows no columns.

use domain::text::check_visible;
use domain::{Mass, Ppm, Zone};
use serde_json::Value;

use super::sheets::Cell;

fn parsed<T>(text: &str) -> Result<Value, String>
where
    T: std::str::FromStr<Err = domain::FormError> + ToString,
{
    text.parse::<T>()
        .map(|value| value.to_string().into())
        .map_err(|form| form.to_string())
}

/// Reads a cell by its column's type.
pub(super) fn read_cell(cell: Cell, text: &str, zone: Zone) -> Result<Value, String> {
    check_visible(text).map_err(|form| form.to_string())?;
    match cell {
        Cell::Optional(Cell::Text) => Ok(text.into()),
        Cell::Optional(_) if text.is_empty() => Ok(Value::Null),
        Cell::Optional(cell) => read_cell(*cell, text, zone),
        _ if text.is_empty() => Err("is empty; fill it in".to_owned()),
        Cell::Text => Ok(text.into()),
        Cell::Name => Ok(match text {
            "true" => true.into(),
            "false" => false.into(),
            name => name.into(),
        }),
        Cell::Code => parsed::<domain::Code>(text),
        Cell::Party => parsed::<domain::PartyId>(text),
        Cell::Lot => parsed::<domain::LotId>(text),
        Cell::EventId => parsed::<domain::EventId>(text),
        Cell::Product => parsed::<domain::Product>(text),
        Cell::Basis => parsed::<domain::Basis>(text),
        Cell::Composition => parsed::<domain::Composition>(text),
        Cell::Month => parsed::<domain::Month>(text),
        Cell::Day => parsed::<domain::Day>(text),
        Cell::Destination => parsed::<domain::payload::Destination>(text),
        Cell::Country => parsed::<domain::Country>(text),
        Cell::HsCode => parsed::<domain::text::HsCode>(text),
        Cell::Mass => Mass::parse_in(text, 1_000_000)
            .map(|mass| mass.mg().into())
            .map_err(|form| form.to_string()),
        Cell::Percent => Ppm::parse_percent(text)
            .map(|share| share.get().into())
            .map_err(|form| form.to_string()),
        Cell::Time => zone
            .moment_of(text)
            .map(|moment| moment.to_string().into())
            .map_err(|form| form.to_string()),
        Cell::Number => text
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| "is not a whole number".to_owned()),
    }
}
