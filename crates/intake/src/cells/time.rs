//! Days, months and moments as spreadsheets and people write them, the year first.
//!
//! Invariant: what could be two days is refused. A date without a time of day is its noon, as everywhere in the ledger.

use domain::{Day, Moment, Month, Zone};

use super::{half_width, plain};
use crate::grid::Raw;

/// Days and times as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    year: u16,
    month: u8,
    day: u8,
    /// Milliseconds since midnight; none where only a day is written.
    time_ms: Option<u32>,
}

pub(super) fn moment(raw: &Raw, zone: Zone) -> Result<Moment, String> {
    let text = written(raw)?;
    // With an offset it says everything by itself.
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let stamp = stamp(&text)?;
    let day = day_of(stamp)?;
    let Some(ms) = stamp.time_ms else {
        return zone
            .moment_of(&day.to_string())
            .map_err(|form| form.to_string());
    };
    // The first moment of a day is one that exists, and so are those up to its end.
    let moment = zone.start_of(day).plus_ms(ms.into());
    Ok(moment)
}

pub(super) fn day(raw: &Raw) -> Result<Day, String> {
    let stamp = stamp(&written(raw)?)?;
    if stamp.time_ms.is_some_and(|ms| ms != 0) {
        return Err("has a time of day; write the day alone, such as 2024-03-05".to_owned());
    }
    day_of(stamp)
}

/// A month; a spreadsheet makes its first day of it.
pub(super) fn month(raw: &Raw) -> Result<Month, String> {
    let text = written(raw)?;
    let spelled = text.replace(['年', '/', '.'], "-").replace('月', "");
    let parts: Vec<_> = spelled.split('-').map(str::trim).collect();
    let (year, month) = match parts.as_slice() {
        [both] if both.len() == 6 && is_digits(both) => both.split_at(4),
        [year, month] if year.len() == 4 && matches!(month.len(), 1 | 2) => (*year, *month),
        _ => {
            let stamp = stamp(&text).map_err(|_| wrong_month())?;
            if stamp.day != 1 || stamp.time_ms.is_some_and(|ms| ms != 0) {
                return Err(wrong_month());
            }
            return Month::new(stamp.year, stamp.month).map_err(|form| form.to_string());
        }
    };
    let number = |text: &str| text.parse().ok().filter(|_| is_digits(text));
    let year: u16 = number(year).ok_or_else(wrong_month)?;
    let month = number(month).and_then(|month| u8::try_from(month).ok());
    Month::new(year, month.ok_or_else(wrong_month)?).map_err(|form| form.to_string())
}

fn wrong_month() -> String {
    "is not a month; write the year first, such as 2024-03".to_owned()
}

/// The text of a cell that is to be a date.
fn written(raw: &Raw) -> Result<String, String> {
    match raw {
        Raw::Date(date) => Ok(date
            .strip_suffix(" 00:00:00.000")
            .unwrap_or(date)
            .to_owned()),
        Raw::Number(number) => Ok(number.clone()),
        other => plain(other),
    }
}

fn day_of(stamp: Stamp) -> Result<Day, String> {
    Day::new(stamp.year, stamp.month, stamp.day).map_err(|form| form.to_string())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn stamp(text: &str) -> Result<Stamp, String> {
    let text = half_width(text);
    let spelled = text.replace(['年', '月'], "-").replace(['日', '号'], " ");
    let spelled = spelled.trim();
    let end = spelled.find([' ', 'T']).unwrap_or(spelled.len());
    let (date, time) = spelled.split_at(end);
    let date = date.replace(['/', '.'], "-");
    let parts: Vec<_> = date.split('-').collect();
    let (year, month, day) = match parts.as_slice() {
        [all] if all.len() == 8 && is_digits(all) => (&all[..4], &all[4..6], &all[6..]),
        [all] if is_serial(all) => return Err(serial(all)),
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [first, second, third] if [first, second, third].iter().all(|part| is_digits(part)) => {
            return Err(
                "does not say for certain which is the day, the month and the year; write the year first, such as 2024-03-05"
                    .to_owned(),
            );
        }
        _ => return Err(wrong()),
    };
    let number = |text: &str| {
        text.parse()
            .ok()
            .filter(|_| is_digits(text) && text.len() <= 4)
    };
    let year: u16 = number(year).ok_or_else(wrong)?;
    let small = |text: &str| number(text).and_then(|number| u8::try_from(number).ok());
    Ok(Stamp {
        year,
        month: small(month).ok_or_else(wrong)?,
        day: small(day).ok_or_else(wrong)?,
        time_ms: time_of_day(time.trim_start_matches('T').trim())?,
    })
}

fn wrong() -> String {
    "is not a time; write the year first, such as 2024-03-05 or 2024-03-05 14:30".to_owned()
}

/// Whether it is the number of a day between 1990 and 2199, as spreadsheets count them.
fn is_serial(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    is_digits(whole) && (32_874..=109_574).contains(&whole.parse::<u32>().unwrap_or(0))
}

fn serial(text: &str) -> String {
    let days = text.parse().unwrap_or_default();
    let date = calamine::ExcelDateTime::new(days, calamine::ExcelDateTimeType::DateTime, false);
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    format!(
        "is the number of a day, {year:04}-{month:02}-{day:02} if days are counted from 1900; format the column as a date, or write the date"
    )
}

/// Milliseconds since midnight of `14:30`, `2:30 PM`, `下午2:30`, `14时30分`.
fn time_of_day(text: &str) -> Result<Option<u32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let lower = text.to_lowercase();
    let (mut clock, mut half) = (lower.as_str(), None);
    for (mark, is_afternoon) in [("上午", false), ("下午", true), ("am", false), ("pm", true)] {
        let rest = clock
            .strip_prefix(mark)
            .or_else(|| clock.strip_suffix(mark));
        if let Some(rest) = rest {
            (clock, half) = (rest.trim(), Some(is_afternoon));
        }
    }
    let clock = clock.replace(['时', '点', '分'], ":").replace('秒', "");
    let clock = clock.trim_end_matches(':');
    let (clock, part) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<_> = clock.split(':').collect();
    let is_hour_alone = parts.len() == 1 && lower.contains(['时', '点']);
    if !(is_hour_alone || matches!(parts.len(), 2 | 3)) {
        return Err(wrong());
    }
    let number = |text: &str, most: u32| {
        let number = text.parse().ok().filter(|number| *number <= most);
        number.filter(|_| is_digits(text) && text.len() <= 2)
    };
    let part_at = |place: usize| number(parts.get(place).copied().unwrap_or("0"), 59);
    let hour = match (half, parts.first()) {
        (None, Some(hour)) => number(hour, 23),
        (Some(is_afternoon), Some(hour)) => number(hour, 12)
            .filter(|hour| *hour > 0)
            .map(|hour| hour % 12 + if is_afternoon { 12 } else { 0 }),
        (_, None) => None,
    };
    let thousandths = match part.len() {
        1..=3 if is_digits(part) => format!("{part:0<3}").parse().ok(),
        _ => None,
    };
    let all = hour.zip(part_at(1)).zip(part_at(2)).zip(thousandths);
    let (((hour, minute), second), ms): (((u32, u32), u32), u32) = all.ok_or_else(wrong)?;
    Ok(Some(((hour * 60 + minute) * 60 + second) * 1000 + ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let raw = Raw::Text(text.to_owned());
        moment(&raw, Zone::CHINA).map(|moment| Zone::CHINA.show(moment))
    }

    #[test]
    fn moments_are_read_with_the_year_first() {
        for text in [
            "2024-03-05 14:30",
            "2024-3-5 14:30:00",
            "2024/3/5 14:30",
            "2024.03.05 14:30",
            "20240305 14:30",
            "2024-03-05T14:30:00",
            "2024-03-05T06:30:00Z",
            "2024-03-05T14:30:00+08:00",
            "2024年3月5日 14:30",
            "2024年3月5日14时30分",
            "2024/3/5 2:30 PM",
            "2024/3/5 下午 02:30:00",
            "２０２４／３／５　１４：３０",
        ] {
            assert_eq!(read(text).unwrap(), "2024-03-05 14:30:00+08:00", "{text}");
        }
        for text in ["2024-03-05", "2024/3/5", "2024年3月5日", "20240305"] {
            assert_eq!(read(text).unwrap(), "2024-03-05 12:00:00+08:00", "{text}");
        }
        assert_eq!(
            read("2024/3/5 12:05 AM").unwrap(),
            "2024-03-05 00:05:00+08:00"
        );
        let date = |text: &str| moment(&Raw::Date(text.to_owned()), Zone::CHINA).unwrap();
        let shown = Zone::CHINA.show(date("2024-03-05 14:30:00.000"));
        assert_eq!(shown, "2024-03-05 14:30:00+08:00");
        let shown = Zone::CHINA.show(date("2024-03-05 00:00:00.000"));
        assert_eq!(shown, "2024-03-05 12:00:00+08:00");
    }

    #[test]
    fn what_may_be_two_days_or_is_no_day_is_refused() {
        for (text, why) in [
            ("5/3/2024", "the year first"),
            ("03-05-24", "the year first"),
            ("45356", "2024-03-05"),
            ("45356.604", "2024-03-05"),
            ("2024-02-30", "is not a day"),
            ("2024-03-05 25:00", "the year first"),
            ("2024-03-05 13:00 PM", "the year first"),
            ("2024-03-05 14", "the year first"),
            ("5 March 2024", "the year first"),
            ("Mar-24", "the year first"),
            ("1824-03-05", "1990"),
        ] {
            let found = read(text).map_or_else(|why| why, |moment| format!("read as {moment}"));
            let is_named = found.contains(why) || (why == "1990" && !found.starts_with("read"));
            assert!(is_named, "{text}: {found}");
        }
    }

    #[test]
    fn a_month_is_read_from_what_a_spreadsheet_made_of_it() {
        let read = |raw: Raw| month(&raw).map(|month| month.to_string());
        for text in [
            "2024-03",
            "2024/3",
            "2024年3月",
            "202403",
            "2024-3-1",
            "2024年3月1日",
        ] {
            assert_eq!(
                read(Raw::Text(text.to_owned())).unwrap(),
                "2024-03",
                "{text}"
            );
        }
        let first = Raw::Date("2024-03-01 00:00:00.000".to_owned());
        assert_eq!(read(first).unwrap(), "2024-03");
        for text in ["2024-03-05", "Mar-24", "24-3", "2024-13", "45352"] {
            assert!(read(Raw::Text(text.to_owned())).is_err(), "{text}");
        }
    }
}
