//! Masses, shares and whole numbers as clerks write them: thousands separated, units behind them, digits of either width.
//!
//! Invariant: no digit is rounded away and no unit is guessed. Knows no columns.

use domain::quantity::{Mass, Ppm, UNITS, decimal};

use super::{Habits, half_width};
use crate::grid::Raw;

const MG_PER_KG: u64 = 1_000_000;
/// How a kilogram is written behind a number, in small letters.
const KILOGRAM: [&str; 4] = ["kg", "kgs", "千克", "公斤"];
const PERCENT: [&str; 1] = ["%"];
/// Units in Chinese, with those of the domain that they are.
const CHINESE_UNITS: [(&str, &str); 3] = [("吨", "t"), ("克", "g"), ("毫克", "mg")];

/// A mass of a column that is in kilograms.
pub(super) fn kilograms(raw: &Raw, habits: Habits) -> Result<Mass, String> {
    let number = digits(raw, &KILOGRAM, habits)?;
    Mass::parse_in(&number, MG_PER_KG).map_err(|form| match form {
        domain::FormError::MassShape { .. } => {
            "is not a mass in kilograms; write digits with at most six decimals after a point, such as 25000 or 12500.5"
                .to_owned()
        }
        other => other.to_string(),
    })
}

/// A share of a column that is in percent; a cell that is shown as a percentage says it by itself.
pub(super) fn percent(raw: &Raw, habits: Habits) -> Result<Ppm, String> {
    let wrong = || {
        "is not a percentage; write a number from 0 to 100 with at most four decimals, such as 3.85"
            .to_owned()
    };
    if let Raw::Share(share) = raw {
        let ppm = Mass::parse_in(share, MG_PER_KG).map_err(|_| wrong())?;
        let ppm = u32::try_from(ppm.mg()).map_err(|_| wrong())?;
        return Ppm::try_from(ppm).map_err(|_| wrong());
    }
    Ppm::parse_percent(&digits(raw, &PERCENT, habits)?).map_err(|_| wrong())
}

/// A whole number up to `most`.
pub(super) fn whole(raw: &Raw, habits: Habits, most: u64) -> Result<u64, String> {
    let wrong = || format!("is not a whole number from 0 to {most}");
    let number = digits(raw, &[], habits)?;
    let shaped = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|number| *number <= most);
    number.filter(|_| shaped).ok_or_else(wrong)
}

/// How many decimals a number was written with.
pub(crate) fn written_decimals(raw: &Raw) -> u32 {
    let text = half_width(&raw.to_string());
    let (_, part) = text.split_once('.').unwrap_or_default();
    let decimals = part.bytes().take_while(u8::is_ascii_digit).count();
    u32::try_from(decimals).unwrap_or(u32::MAX)
}

/// Whether a number is shown with zeros before it.
pub(crate) fn has_leading_zeros(number: &str) -> bool {
    number.len() > 1 && number.starts_with('0') && number.bytes().all(|c| c.is_ascii_digit())
}

/// The number of a cell, without its unit and without what separates thousands.
fn digits(raw: &Raw, units: &[&str], habits: Habits) -> Result<String, String> {
    let text = match raw {
        Raw::Number(number) if number.contains('E') => {
            return Err("has more digits than the program keeps; write it shorter".to_owned());
        }
        Raw::Number(number) => return Ok(number.clone()),
        Raw::Text(text) => half_width(text),
        Raw::Date(_) => {
            return Err(
                "is a date here; format the column as a number and type it again".to_owned(),
            );
        }
        Raw::Share(_) => {
            return Err("is a percentage here; format the column as a number".to_owned());
        }
        Raw::Flag(_) | Raw::Error(_) => return Err("is not a number".to_owned()),
    };
    let split = text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-' | '+' | ' ' | '\''));
    let (number, unit) = text.split_at(split.unwrap_or(text.len()));
    let (number, unit) = (number.trim(), unit.trim());
    let is_its = unit.is_empty() || units.contains(&unit.to_lowercase().as_str());
    if number.is_empty() {
        // Not a number at all: the caller says what it should be.
        return Ok(text);
    }
    if !is_its {
        return Err(foreign_unit(number, unit, units, habits));
    }
    without_groups(number, habits)
}

/// Says what a number of another unit would be in that of the column.
fn foreign_unit(number: &str, unit: &str, units: &[&str], habits: Habits) -> String {
    if matches!(unit.as_bytes(), [b'e' | b'E', ..]) {
        return "is in the short form of a spreadsheet, and digits may be lost; format the column as a number".to_owned();
    }
    let Some(own) = units.first() else {
        return format!("has {unit:?} behind the number; write the number alone");
    };
    let chinese = CHINESE_UNITS.iter().find(|(name, _)| *name == unit);
    let known = chinese.map_or(unit, |(_, name)| name);
    let scale = UNITS.iter().find(|(name, _)| *name == known);
    let mass = scale.and_then(|(_, scale)| {
        let number = without_groups(number, habits).ok()?;
        Mass::parse_in(&number, *scale).ok()
    });
    match mass {
        Some(mass) if own == &KILOGRAM[0] => {
            let kilograms = decimal(mass.mg().into(), MG_PER_KG);
            format!("is in {unit:?}, and the column is in kilograms; write {kilograms}")
        }
        _ => format!("has the unit {unit:?}, and the column is in {own}; write the number alone"),
    }
}

/// Takes commas away where they separate thousands, and nothing else can be meant.
fn without_groups(number: &str, habits: Habits) -> Result<String, String> {
    if !number.contains(',') {
        return Ok(number.to_owned());
    }
    let (whole, part) = match number.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (number, None),
    };
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = (1..=3).contains(&first.len())
        && first != "0"
        && groups.all(|group| group.len() == 3 && group.bytes().all(|c| c.is_ascii_digit()));
    if !habits.comma_groups || !is_grouped || part.is_some_and(|part| part.contains(',')) {
        return Err(
            "has a comma that may stand between thousands or before decimals; write 12500.5 or 12500"
                .to_owned(),
        );
    }
    let point = if part.is_some() { "." } else { "" };
    let (whole, part) = (whole.replace(',', ""), part.unwrap_or_default());
    Ok(format!("{whole}{point}{part}"))
}

#[cfg(test)]
mod tests {
    use domain::Zone;

    use super::*;

    const HABITS: Habits = Habits {
        zone: Zone::CHINA,
        comma_groups: true,
    };

    fn kg(text: &str) -> Result<u64, String> {
        kilograms(&Raw::Text(text.to_owned()), HABITS).map(Mass::mg)
    }

    #[test]
    fn masses_are_read_where_they_can_mean_one_thing() {
        for text in [
            "12500.5",
            "12500.500",
            "12,500.5",
            "12500.5kg",
            "12,500.5 KG",
            "１２，５００．５千克",
            "12500.5 公斤",
        ] {
            assert_eq!(kg(text), Ok(12_500_500_000), "{text}");
        }
        assert_eq!(kg("1,234,567"), Ok(1_234_567_000_000));
    }

    #[test]
    fn masses_that_can_mean_another_are_refused_with_what_would_be_right() {
        for (text, why) in [
            ("25 t", "write 25000"),
            ("25吨", "write 25000"),
            ("12500,5", "has a comma"),
            ("1,23", "has a comma"),
            ("0,500", "has a comma"),
            ("1.234,567", "has a comma"),
            ("12 500", "is not a mass"),
            ("-5", "is not a mass"),
            ("1.2345678", "is not a mass"),
            ("1.25E+04", "digits may be lost"),
            ("约25000", "is not a mass"),
            ("25000 lb", "write the number alone"),
        ] {
            let found = kg(text).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
        let semicolons = Habits {
            comma_groups: false,
            ..HABITS
        };
        let comma = kilograms(&Raw::Text("12,500".to_owned()), semicolons);
        assert!(comma.unwrap_err().contains("has a comma"));
    }

    #[test]
    fn a_percentage_is_what_the_cell_shows() {
        let share = |raw| percent(&raw, HABITS).map(Ppm::get);
        assert_eq!(share(Raw::Text("3.85".to_owned())), Ok(38_500));
        assert_eq!(share(Raw::Text("3.85％".to_owned())), Ok(38_500));
        assert_eq!(share(Raw::Share("0.0385".to_owned())), Ok(38_500));
        assert_eq!(share(Raw::Number("3.85".to_owned())), Ok(38_500));
        for wrong in ["101", "-1", "3.12345", "3‰"] {
            assert!(share(Raw::Text(wrong.to_owned())).is_err(), "{wrong}");
        }
    }
}
