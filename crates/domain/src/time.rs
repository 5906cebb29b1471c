//! Time: moments in milliseconds UTC, days and months in the ledger's zone.
//!
//! Invariant: a business date is always taken in the zone that the ledger was founded with; nothing here reads a clock.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, TimeZone};

use crate::codec::refuse;
use crate::coded::{deserialize_from_str, serialize_display};
use crate::form::FormError;
use crate::limits::{YEAR_MAX, YEAR_MIN};

/// A day in milliseconds: days of the ledger's zone have no other length.
pub const DAY_MS: i64 = 86_400_000;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// 1990-01-01T00:00:00Z and 2200-01-01T00:00:00Z, in milliseconds.
const MOMENT_RANGE_MS: std::ops::Range<i64> = 631_152_000_000..7_258_118_400_000;

impl Moment {
    /// A moment between 1990 and 2199.
    pub fn from_ms(ms: i64) -> Result<Self, FormError> {
        if !MOMENT_RANGE_MS.contains(&ms) {
            return Err(FormError::Time {
                found: format!("{ms} ms"),
            });
        }
        Ok(Self(ms))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Later by this many milliseconds; stays inside the allowed years.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(
            self.0
                .saturating_add(ms)
                .clamp(MOMENT_RANGE_MS.start, MOMENT_RANGE_MS.end - 1),
        )
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = DateTime::from_timestamp_millis(self.0)
            .map(|t| t.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
        f.pad(&text.unwrap_or_default())
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads RFC 3339 with an offset; `Zone::moment_of` also reads plain dates and local times.
impl FromStr for Moment {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = |_| FormError::Time {
            found: text.chars().take(40).collect(),
        };
        Self::from_ms(
            DateTime::parse_from_rfc3339(text)
                .map_err(wrong)?
                .timestamp_millis(),
        )
    }
}

impl Encode for Moment {
    fn encode<E: bincode::enc::Encoder>(
        &self,
        encoder: &mut E,
    ) -> Result<(), bincode::error::EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C> Decode<C> for Moment {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::from_ms(<i64 as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Moment);
serialize_display!(Moment);
deserialize_from_str!(Moment);

/// A calendar month. In bytes: year u16, month u8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// A month of the years 1990 to 2199; `month` counts from 1.
    pub fn new(year: u16, month: u8) -> Result<Self, FormError> {
        if !(YEAR_MIN..=YEAR_MAX).contains(&year) || !(1..=12).contains(&month) {
            return Err(FormError::Month {
                found: format!("{year}-{month:02}"),
            });
        }
        Ok(Self { year, month })
    }

    /// The year.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Months since year 0: consecutive months differ by one.
    pub const fn ordinal(self) -> u32 {
        self.year as u32 * 12 + self.month as u32 - 1
    }

    /// The month with this ordinal, kept inside the allowed years.
    pub fn from_ordinal(ordinal: u32) -> Self {
        let low = u32::from(YEAR_MIN) * 12;
        let ordinal = ordinal.clamp(low, u32::from(YEAR_MAX) * 12 + 11);
        Self {
            year: (ordinal / 12) as u16,
            month: (ordinal % 12 + 1) as u8,
        }
    }

    /// The month after this one.
    pub fn next(self) -> Self {
        Self::from_ordinal(self.ordinal() + 1)
    }

    /// The month before this one.
    pub fn previous(self) -> Self {
        Self::from_ordinal(self.ordinal() - 1)
    }

    /// The first day.
    pub fn first_day(self) -> Day {
        Day {
            year: self.year,
            month: self.month,
            day: 1,
        }
    }

    /// The day of this month with this number, or the last day if the month is shorter.
    pub fn day(self, day: u8) -> Day {
        let last = self
            .next()
            .first_day()
            .date()
            .pred_opt()
            .map_or(28, |d| d.day() as u8);
        Day {
            year: self.year,
            month: self.month,
            day: day.clamp(1, last),
        }
    }
}

impl FromStr for Month {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = || FormError::Month {
            found: text.chars().take(40).collect(),
        };
        let (year, month) = text
            .split_once('-')
            .filter(|(y, m)| y.len() == 4 && m.len() == 2)
            .ok_or_else(wrong)?;
        Self::new(
            year.parse().map_err(|_| wrong())?,
            month.parse().map_err(|_| wrong())?,
        )
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<C> Decode<C> for Month {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let year = <u16 as Decode<C>>::decode(decoder)?;
        Self::new(year, <u8 as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Month);
serialize_display!(Month);
deserialize_from_str!(Month);

/// A calendar day. In bytes: year u16, month u8, day u8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// A day that the calendar has.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, FormError> {
        let exists = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).is_some();
        if !exists || !(YEAR_MIN..=YEAR_MAX).contains(&year) {
            return Err(FormError::Day {
                found: format!("{year:04}-{month:02}-{day:02}"),
            });
        }
        Ok(Self { year, month, day })
    }

    /// The month that the day lies in.
    pub const fn month(self) -> Month {
        Month {
            year: self.year,
            month: self.month,
        }
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The next day.
    pub fn next(self) -> Self {
        self.date()
            .succ_opt()
            .and_then(|d| Self::from_date(d).ok())
            .unwrap_or(self)
    }

    fn date(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into())
            .unwrap_or_default()
    }

    fn from_date(date: NaiveDate) -> Result<Self, FormError> {
        let wrong = |_| FormError::Day {
            found: date.to_string(),
        };
        Self::new(
            u16::try_from(date.year()).map_err(wrong)?,
            date.month() as u8,
            date.day() as u8,
        )
    }
}

impl FromStr for Day {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let wrong = || FormError::Day {
            found: text.chars().take(40).collect(),
        };
        if text.len() != 10 {
            return Err(wrong());
        }
        Self::from_date(NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| wrong())?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!(
            "{:04}-{:02}-{:02}",
            self.year, self.month, self.day
        ))
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<C> Decode<C> for Day {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let year = <u16 as Decode<C>>::decode(decoder)?;
        let month = <u8 as Decode<C>>::decode(decoder)?;
        Self::new(year, month, <u8 as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Day);
serialize_display!(Day);
deserialize_from_str!(Day);

/// The ledger's zone: a fixed offset from UTC in minutes. China has one offset and no summer time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode)]
pub struct Zone(i16);

impl Zone {
    /// +08:00.
    pub const CHINA: Self = Self(480);

    /// Minutes east of UTC, from -840 to 840.
    pub fn from_minutes(minutes: i16) -> Result<Self, FormError> {
        if !(-840..=840).contains(&minutes) {
            return Err(FormError::Zone { found: minutes });
        }
        Ok(Self(minutes))
    }

    fn offset(self) -> FixedOffset {
        FixedOffset::east_opt(i32::from(self.0) * 60)
            .unwrap_or(FixedOffset::east_opt(0).expect("zero is an offset"))
    }

    /// The day on which a moment lies here.
    pub fn day_of(self, moment: Moment) -> Day {
        let local = DateTime::from_timestamp_millis(moment.ms())
            .unwrap_or_default()
            .with_timezone(&self.offset());
        Day {
            year: local.year() as u16,
            month: local.month() as u8,
            day: local.day() as u8,
        }
    }

    /// The month in which a moment lies here.
    pub fn month_of(self, moment: Moment) -> Month {
        self.day_of(moment).month()
    }

    /// The first moment of a day here.
    pub fn start_of(self, day: Day) -> Moment {
        let midnight = day.date().and_time(NaiveTime::MIN) - TimeDelta::minutes(self.0.into());
        Moment(midnight.and_utc().timestamp_millis())
    }

    /// A moment as a local time of this zone, with its offset.
    pub fn show(self, moment: Moment) -> String {
        let local = DateTime::from_timestamp_millis(moment.ms())
            .unwrap_or_default()
            .with_timezone(&self.offset());
        local.format("%Y-%m-%d %H:%M:%S%:z").to_string()
    }

    /// Reads a moment: RFC 3339, a local `YYYY-MM-DD HH:MM[:SS]` (a `T` may stand between), or a day (its noon).
    pub fn moment_of(self, text: &str) -> Result<Moment, FormError> {
        if let Ok(moment) = text.parse() {
            return Ok(moment);
        }
        let wrong = || FormError::Time {
            found: text.chars().take(40).collect(),
        };
        if let Ok(day) = text.parse::<Day>() {
            return Ok(self.start_of(day).plus_ms(12 * 3_600_000));
        }
        let spaced = text.replacen('T', " ", 1);
        let local = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|pattern| chrono::NaiveDateTime::parse_from_str(&spaced, pattern).ok())
            .ok_or_else(wrong)?;
        Moment::from_ms(
            self.offset()
                .from_local_datetime(&local)
                .single()
                .ok_or_else(wrong)?
                .timestamp_millis(),
        )
    }
}

impl FromStr for Zone {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let offset: FixedOffset = text.parse().map_err(|_| FormError::Time {
            found: text.chars().take(40).collect(),
        })?;
        Self::from_minutes((offset.local_minus_utc() / 60) as i16)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.offset().to_string())
    }
}

impl<C> Decode<C> for Zone {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::from_minutes(<i16 as Decode<C>>::decode(decoder)?).map_err(|form| refuse(&form))
    }
}

bincode::impl_borrow_decode!(Zone);
serialize_display!(Zone);
deserialize_from_str!(Zone);
