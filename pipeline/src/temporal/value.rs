//! The values dates resolve to, written as TIMEX3 does (<http://www.timeml.org/publications/timeMLdocs/timeml_1.2.1.html>).

use std::fmt;

use jiff::civil::Date;

use super::calendar;

/// A day or a period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `2024-05-14`
    Day(Date),
    /// An ISO 8601 week: `2024-W19`
    Week {
        /// The week's year, which differs from the calendar's around New Year.
        year: i16,
        /// 1 to 53.
        week: i8,
    },
    /// The Saturday and Sunday of an ISO week: `2024-W19-WE`
    Weekend {
        /// The week's year.
        year: i16,
        /// 1 to 53.
        week: i8,
    },
    /// `2024-05`
    Month {
        /// The year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// `2024-Q3`
    Quarter {
        /// The year.
        year: i16,
        /// 1 to 4.
        quarter: i8,
    },
    /// `2024-H1`
    Half {
        /// The year.
        year: i16,
        /// 1 or 2.
        half: i8,
    },
    /// `2023-SU`
    Season {
        /// The year in which it starts.
        year: i16,
        /// Which one.
        season: Season,
    },
    /// `2024`
    Year(i16),
    /// `199`, the 1990s
    Decade(i16),
    /// `19`, the years from 1900
    Century(i16),
}

/// A season of the northern half of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// `SP`, from March
    Spring,
    /// `SU`, from June
    Summer,
    /// `FA`, from September
    Autumn,
    /// `WI`, from December
    Winter,
}

impl Season {
    /// Returns the month it starts in.
    pub(super) fn month(self) -> i8 {
        match self {
            Self::Spring => 3,
            Self::Summer => 6,
            Self::Autumn => 9,
            Self::Winter => 12,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Spring => "SP",
            Self::Summer => "SU",
            Self::Autumn => "FA",
            Self::Winter => "WI",
        }
    }
}

impl Value {
    /// Returns its first day.
    pub fn day(&self) -> Date {
        match *self {
            Self::Day(day) => day,
            Self::Week { year, week } => calendar::week_day(year, week, 1),
            Self::Weekend { year, week } => calendar::week_day(year, week, 6),
            Self::Month { year, month } => calendar::first(year, month),
            Self::Quarter { year, quarter } => calendar::first(year, quarter.clamp(1, 4) * 3 - 2),
            Self::Half { year, half } => calendar::first(year, half.clamp(1, 2) * 6 - 5),
            Self::Season { year, season } => calendar::first(year, season.month()),
            Self::Year(year) => calendar::first(year, 1),
            Self::Decade(decade) => calendar::first(decade.saturating_mul(10), 1),
            Self::Century(century) => calendar::first(century.saturating_mul(100), 1),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Week { year, week } => write!(f, "{year:04}-W{week:02}"),
            Self::Weekend { year, week } => write!(f, "{year:04}-W{week:02}-WE"),
            Self::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Self::Quarter { year, quarter } => write!(f, "{year:04}-Q{quarter}"),
            Self::Half { year, half } => write!(f, "{year:04}-H{half}"),
            Self::Season { year, season } => write!(f, "{year:04}-{}", season.code()),
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Decade(decade) => write!(f, "{decade:03}"),
            Self::Century(century) => write!(f, "{century:02}"),
        }
    }
}
