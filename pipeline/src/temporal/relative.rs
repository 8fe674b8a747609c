//! Places in the week and year as seen from the reference: "Friday", "in December", "last week", "two years ago".

use jiff::civil::Date;

use crate::entity::lexicon::Unit;

use super::calendar;
use super::expression::{Direction, Parts};
use super::tense::Tense;
use super::value::{Season, Value};

impl Parts {
    /// Returns the value of an expression that names a place in the year or week.
    pub(super) fn dated(&self, tense: &impl Fn() -> Tense, reference: Date) -> Option<Value> {
        let year = reference.year();
        if let Some(holiday) = self.holiday {
            return self
                .nearest(tense, reference, |year| holiday.in_year(year))
                .map(Value::Day);
        }
        if let Some(month) = self.month {
            let Some(day) = self.day else {
                return self.month_from(tense, reference, month);
            };
            if let Some(weekday) = self.weekday {
                // The weekday says which year is meant.
                let fits = [year, year - 1, year + 1, year - 2]
                    .into_iter()
                    .find_map(|year| {
                        Date::new(year, month, day)
                            .ok()
                            .filter(|date| calendar::weekday(*date) == weekday)
                    });
                if let Some(date) = fits {
                    return Some(Value::Day(date));
                }
            }
            return self
                .nearest(tense, reference, |year| Date::new(year, month, day).ok())
                .map(Value::Day);
        }
        if let Some(weekday) = self.weekday {
            return self.weekday_from(tense, reference, weekday);
        }
        if let Some(season) = self.season {
            return self.season_from(tense, reference, season);
        }
        if let Some(quarter) = self.quarter.filter(|quarter| (1..=4).contains(quarter)) {
            let year = match (self.direction, self.unit, self.year_ago) {
                (Some(Direction::Last), Some(Unit::Year), _) | (_, _, true) => year - 1,
                (Some(Direction::Next), Some(Unit::Year), _) => year + 1,
                (Some(Direction::This), Some(Unit::Year), _) => year,
                _ => match tense() {
                    Tense::Future => {
                        year + i16::from(quarter < calendar::quarter(reference.month()))
                    }
                    Tense::Past | Tense::Unknown => {
                        year - i16::from(quarter > calendar::quarter(reference.month()))
                    }
                },
            };
            return Some(Value::Quarter { year, quarter });
        }
        if let Some(half) = self.half.filter(|half| *half <= 2) {
            let year = match (self.direction, self.unit) {
                (Some(Direction::Last), Some(Unit::Year)) => year - 1,
                (Some(Direction::Next), Some(Unit::Year)) => year + 1,
                (_, Some(Unit::Year)) => year,
                _ => return None,
            };
            return Some(Value::Half { year, half });
        }
        if let Some(day) = self.day
            && self.unit.is_none()
        {
            // "the 15th"
            let here = Date::new(year, reference.month(), day).ok()?;
            let step = match tense() {
                Tense::Future if here < reference => 1,
                Tense::Past | Tense::Unknown if here > reference => -1,
                Tense::Future | Tense::Past | Tense::Unknown => 0,
            };
            let (year, month) = calendar::add_months(year, reference.month(), step)?;
            return Date::new(year, month, day).ok().map(Value::Day);
        }
        None
    }

    /// Returns the day in the year that the direction or the tense points to.
    fn nearest(
        &self,
        tense: &impl Fn() -> Tense,
        reference: Date,
        day: impl Fn(i16) -> Option<Date>,
    ) -> Option<Date> {
        let year = reference.year();
        let this = day(year);
        match (self.direction, self.unit) {
            (Some(Direction::This), _) => return this,
            (Some(Direction::Last), Some(Unit::Year)) => return day(year - 1),
            (Some(Direction::Next), Some(Unit::Year)) => return day(year + 1),
            (Some(Direction::Last | Direction::Next), _) | (None, _) => {}
        }
        let future = match self.direction {
            Some(Direction::Last) => false,
            Some(Direction::Next) => true,
            Some(Direction::This) | None => match tense() {
                Tense::Future => true,
                Tense::Past => false,
                // A day not far ahead, with no past verb near: an announcement.
                Tense::Unknown => this.is_some_and(|day| {
                    calendar::add_days(reference, 60)
                        .is_some_and(|limit| day > reference && day <= limit)
                }),
            },
        };
        if future {
            this.filter(|day| *day >= reference)
                .or_else(|| day(year + 1))
        } else {
            this.filter(|day| *day <= reference)
                .or_else(|| day(year - 1))
        }
    }

    fn month_from(&self, tense: &impl Fn() -> Tense, reference: Date, month: i8) -> Option<Value> {
        let (year, now) = (reference.year(), reference.month());
        let year = match (self.direction, self.unit) {
            (Some(Direction::Last), Some(Unit::Year)) => year - 1,
            (Some(Direction::Next), Some(Unit::Year)) => year + 1,
            (Some(Direction::This), _) => year,
            (Some(Direction::Last), _) => year - i16::from(month >= now),
            (Some(Direction::Next), _) => year + i16::from(month <= now),
            (None, _) => match tense() {
                Tense::Future => year + i16::from(month < now),
                Tense::Past | Tense::Unknown => year - i16::from(month > now),
            },
        };
        Some(Value::Month { year, month })
    }

    fn weekday_from(
        &self,
        tense: &impl Fn() -> Tense,
        reference: Date,
        weekday: i8,
    ) -> Option<Value> {
        let now = calendar::weekday(reference);
        let ahead = i64::from((weekday - now).rem_euclid(7));
        let back = -i64::from((now - weekday).rem_euclid(7));
        let week = i64::from(weekday - now);
        let days = match (self.direction, self.unit) {
            (Some(Direction::Last), Some(Unit::Week)) => week - 7,
            (Some(Direction::Next), Some(Unit::Week)) => week + 7,
            // "This Sunday he crossed" on a Tuesday is the Sunday just past.
            (Some(Direction::This), _) if week > 0 && tense() == Tense::Past => week - 7,
            (Some(Direction::This), _) => week,
            (Some(Direction::Last), _) => {
                if back == 0 {
                    -7
                } else {
                    back
                }
            }
            (Some(Direction::Next), _) => week + 7,
            (None, _) if self.coming => ahead,
            (None, _) => match tense() {
                Tense::Future => ahead,
                Tense::Past | Tense::Unknown => back,
            },
        };
        calendar::add_days(reference, days).map(Value::Day)
    }

    fn season_from(
        &self,
        tense: &impl Fn() -> Tense,
        reference: Date,
        season: Season,
    ) -> Option<Value> {
        let (year, now) = (reference.year(), reference.month());
        let start = season.month();
        let end = start + 2; // December's winter ends in month 14
        let running = (start..=end).contains(&now) || end > 12 && now <= end - 12;
        // The year in which the season now running, or the last one, started.
        let latest = if now >= start { year } else { year - 1 };
        let year = match self.direction {
            Some(Direction::Last) if running => latest - 1,
            Some(Direction::Last) => latest,
            Some(Direction::Next) => latest + 1,
            Some(Direction::This) if running => latest,
            Some(Direction::This) => year,
            None if !self.definite && !self.part => return None,
            None => match tense() {
                Tense::Future if !running => latest + 1,
                Tense::Future | Tense::Past | Tense::Unknown => latest,
            },
        };
        Some(Value::Season { year, season })
    }

    /// Returns the value of "last week", "this year", "the weekend", "the end of the month".
    pub(super) fn unit_from(&self, tense: &impl Fn() -> Tense, reference: Date) -> Option<Value> {
        let unit = self.unit?;
        let step = match self.direction {
            Some(Direction::Last) => -1,
            Some(Direction::This) => 0,
            Some(Direction::Next) => 1,
            // Reports of a quarter come out in the weeks after it.
            None if unit == Unit::Quarter
                && (self.year_ago || self.definite && is_reporting(reference)) =>
            {
                -1
            }
            None if self.year_ago => 0,
            None if unit == Unit::Weekend => {
                let during = calendar::weekday(reference) >= 6;
                match tense() {
                    Tense::Future => 0,
                    Tense::Past | Tense::Unknown => -i64::from(!during),
                }
            }
            // "the end of the year" is this one's; "the year" alone may be any.
            None if self.part => 0,
            None => return None,
        };
        let (year, month) = (reference.year(), reference.month());
        match unit {
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Fortnight => None,
            Unit::Day => (self.direction == Some(Direction::This)).then_some(Value::Day(reference)),
            Unit::Week | Unit::Weekend => {
                let past = unit == Unit::Weekend
                    && self.direction == Some(Direction::This)
                    && calendar::weekday(reference) <= 2
                    && tense() == Tense::Past;
                let (year, week) =
                    calendar::week(calendar::add_days(reference, 7 * (step - i64::from(past)))?);
                Some(if unit == Unit::Week {
                    Value::Week { year, week }
                } else {
                    Value::Weekend { year, week }
                })
            }
            Unit::Month => {
                let (year, month) = calendar::add_months(year, month, step)?;
                Some(Value::Month { year, month })
            }
            Unit::Quarter => {
                let (year, month) =
                    calendar::add_months(year - i16::from(self.year_ago), month, 3 * step)?;
                Some(Value::Quarter {
                    year,
                    quarter: calendar::quarter(month),
                })
            }
            Unit::Year => Some(Value::Year(year.checked_add(i16::try_from(step).ok()?)?)),
            Unit::Decade => Some(Value::Decade(
                year.div_euclid(10) + i16::try_from(step).ok()?,
            )),
            Unit::Century => Some(Value::Century(
                year.div_euclid(100) + i16::try_from(step).ok()?,
            )),
        }
    }
}

/// Returns whether a day lies in the first six weeks of a quarter.
fn is_reporting(day: Date) -> bool {
    let weeks = calendar::first(day.year(), calendar::quarter(day.month()) * 3 - 2);
    calendar::add_days(weeks, 42).is_some_and(|end| day < end)
}

/// Returns the reference moved by a count of units: days and weeks keep the day, months the month, years the year.
pub(super) fn shifted(reference: Date, count: i64, unit: Unit) -> Option<Value> {
    let years = |count: i64| {
        let year = i64::from(reference.year()).checked_add(count)?;
        i16::try_from(year)
            .ok()
            .filter(|year| (1..=9999).contains(year))
            .map(Value::Year)
    };
    match unit {
        Unit::Second | Unit::Minute | Unit::Hour => None,
        Unit::Day => calendar::add_days(reference, count).map(Value::Day),
        Unit::Week | Unit::Weekend => {
            calendar::add_days(reference, count.checked_mul(7)?).map(Value::Day)
        }
        Unit::Fortnight => calendar::add_days(reference, count.checked_mul(14)?).map(Value::Day),
        Unit::Month => {
            let (year, month) = calendar::add_months(reference.year(), reference.month(), count)?;
            Some(Value::Month { year, month })
        }
        Unit::Quarter => {
            let (year, month) =
                calendar::add_months(reference.year(), reference.month(), count.checked_mul(3)?)?;
            Some(Value::Quarter {
                year,
                quarter: calendar::quarter(month),
            })
        }
        Unit::Year => years(count),
        Unit::Decade => years(count.checked_mul(10)?),
        Unit::Century => years(count.checked_mul(100)?),
    }
}
