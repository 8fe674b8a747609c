//! The days on which feasts fall.

use jiff::civil::Date;

use super::calendar;

/// When a feast falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holiday {
    /// On the same month and day each year.
    Fixed(i8, i8),
    /// So many days after Easter Sunday.
    Easter(i64),
    /// On the nth weekday (Monday is 1) of a month; the last one when `nth` is 5.
    Nth { month: i8, weekday: i8, nth: i64 },
    /// The day after the fourth Thursday of November.
    BlackFriday,
}

/// Lower case and without apostrophes; longest first where one starts with another.
const NAMES: &[(&str, Holiday)] = &[
    ("christmas eve", Holiday::Fixed(12, 24)),
    ("christmas", Holiday::Fixed(12, 25)),
    ("xmas", Holiday::Fixed(12, 25)),
    ("boxing day", Holiday::Fixed(12, 26)),
    ("new years eve", Holiday::Fixed(12, 31)),
    ("new year", Holiday::Fixed(1, 1)),
    ("easter monday", Holiday::Easter(1)),
    ("easter", Holiday::Easter(0)),
    ("good friday", Holiday::Easter(-2)),
    ("palm sunday", Holiday::Easter(-7)),
    ("ash wednesday", Holiday::Easter(-46)),
    (
        "thanksgiving",
        Holiday::Nth {
            month: 11,
            weekday: 4,
            nth: 4,
        },
    ),
    ("black friday", Holiday::BlackFriday),
    ("halloween", Holiday::Fixed(10, 31)),
    ("valentines day", Holiday::Fixed(2, 14)),
    ("independence day", Holiday::Fixed(7, 4)),
    ("juneteenth", Holiday::Fixed(6, 19)),
    (
        "labor day",
        Holiday::Nth {
            month: 9,
            weekday: 1,
            nth: 1,
        },
    ),
    (
        "memorial day",
        Holiday::Nth {
            month: 5,
            weekday: 1,
            nth: 5,
        },
    ),
    ("veterans day", Holiday::Fixed(11, 11)),
    ("armistice day", Holiday::Fixed(11, 11)),
    (
        "columbus day",
        Holiday::Nth {
            month: 10,
            weekday: 1,
            nth: 2,
        },
    ),
    ("bastille day", Holiday::Fixed(7, 14)),
    ("st patricks day", Holiday::Fixed(3, 17)),
];

/// Returns the feast named in an expression.
///
/// Independence Day is left out: countries differ, and the text seldom says which.
pub(super) fn named(expression: &str) -> Option<Holiday> {
    const LONGEST: usize = 64;
    if expression.len() > LONGEST {
        return None;
    }
    let plain: String = expression
        .chars()
        .filter(|mark| !matches!(mark, '\'' | '’' | '.'))
        .map(|mark| mark.to_ascii_lowercase())
        .collect();
    let found = NAMES.iter().find(|(name, _)| plain.contains(name));
    found
        .filter(|(name, _)| *name != "independence day")
        .map(|(_, holiday)| *holiday)
}

impl Holiday {
    /// Returns its day in a year.
    pub(super) fn in_year(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Easter(days) => calendar::add_days(easter(year)?, days),
            Self::Nth {
                month,
                weekday,
                nth,
            } => nth_weekday(year, month, weekday, nth),
            Self::BlackFriday => calendar::add_days(nth_weekday(year, 11, 4, 4)?, 1),
        }
    }
}

fn nth_weekday(year: i16, month: i8, weekday: i8, nth: i64) -> Option<Date> {
    let first = Date::new(year, month, 1).ok()?;
    let shift = i64::from((weekday - calendar::weekday(first)).rem_euclid(7));
    let day = calendar::add_days(first, shift + 7 * (nth - 1))?;
    if day.month() == month {
        Some(day)
    } else {
        calendar::add_days(day, -7)
    }
}

/// Returns Easter Sunday of the Gregorian calendar, by the method of Meeus, Jones and Butcher.
fn easter(year: i16) -> Option<Date> {
    let year_number = i32::from(year);
    let a = year_number.rem_euclid(19);
    let (b, c) = (year_number.div_euclid(100), year_number.rem_euclid(100));
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15).rem_euclid(30);
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    let total = h + l - 7 * m + 114;
    Date::new(
        year,
        i8::try_from(total / 31).ok()?,
        i8::try_from(total % 31 + 1).ok()?,
    )
    .ok()
}
