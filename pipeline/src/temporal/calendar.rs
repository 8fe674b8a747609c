//! Steps on the civil calendar that never fail: out of range they stay where they are.

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};

/// Returns the first day of a month; out of range the first day there is.
pub(super) fn first(year: i16, month: i8) -> Date {
    Date::new(year, month, 1).unwrap_or(Date::MIN)
}

/// Returns a day of an ISO week, Monday is 1.
pub(super) fn week_day(year: i16, week: i8, weekday: i8) -> Date {
    let weekday = Weekday::from_monday_one_offset(weekday).unwrap_or(Weekday::Monday);
    ISOWeekDate::new(year, week, weekday).map_or(first(year, 1), Date::from)
}

/// Returns the year and number of a day's ISO week.
pub(super) fn week(day: Date) -> (i16, i8) {
    let week = day.iso_week_date();
    (week.year(), week.week())
}

/// Returns the day `days` later.
pub(super) fn add_days(day: Date, days: i64) -> Option<Date> {
    day.checked_add(
        days.checked_abs()
            .filter(|days| *days < 1_000_000)
            .and(Some(days))?
            .days(),
    )
    .ok()
}

/// Returns the year and month `months` later.
pub(super) fn add_months(year: i16, month: i8, months: i64) -> Option<(i16, i8)> {
    let count = (i64::from(year) * 12 + i64::from(month) - 1).checked_add(months)?;
    let year = i16::try_from(count.div_euclid(12)).ok()?;
    let month = i8::try_from(count.rem_euclid(12)).ok()? + 1;
    Some((year, month))
}

/// Returns the day of the week, Monday is 1.
pub(super) fn weekday(day: Date) -> i8 {
    day.weekday().to_monday_one_offset()
}

/// Returns the quarter a month is in.
pub(super) fn quarter(month: i8) -> i8 {
    (month - 1) / 3 + 1
}
