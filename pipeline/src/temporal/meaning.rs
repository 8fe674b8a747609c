//! What all the words of an expression say together.

use jiff::civil::Date;

use super::calendar;
use super::expression::{Direction, Parts};
use super::relative::shifted;
use super::tense::Tense;
use super::value::Value;

impl Parts {
    /// Returns the value the parts make together; `tense` is asked only where it matters.
    pub(super) fn value(
        &self,
        tense: impl Fn() -> Tense,
        reference: Option<Date>,
    ) -> Option<Value> {
        if let Some(reference) = reference
            && let Some((count, unit)) = self.ago
        {
            return shifted(reference, count, unit);
        }
        if self.vague && self.year.is_none() {
            return None;
        }
        if self.swappable {
            return self.nearer_order(reference?);
        }
        if let Some(value) = self.absolute() {
            return value;
        }
        let reference = reference?;
        if let Some(shift) = self.shift {
            return Some(Value::Day(calendar::add_days(reference, shift)?));
        }
        if self.night && self.weekday.is_none() && self.month.is_none() {
            return match self.direction {
                Some(Direction::Last) => Some(Value::Day(calendar::add_days(reference, -1)?)),
                Some(Direction::This) => Some(Value::Day(reference)),
                Some(Direction::Next) | None => None,
            };
        }
        self.dated(&tense, reference)
            .or_else(|| self.unit_from(&tense, reference))
    }

    /// Returns the value of an expression that names its year; the inner `None` says that it can have none.
    fn absolute(&self) -> Option<Option<Value>> {
        if let Some(decade) = self.decade {
            return Some(Some(Value::Decade(decade)));
        }
        if let Some(decade) = self.short_decade
            && self.year.is_none()
        {
            return Some(Some(Value::Decade(if decade < 3 {
                200 + decade
            } else {
                190 + decade
            })));
        }
        if let Some(century) = self.century {
            return Some(Some(Value::Century(century)));
        }
        let year = self.year?;
        let value = if let Some(holiday) = self.holiday {
            holiday.in_year(year).map(Value::Day)
        } else {
            match (self.month, self.day) {
                (Some(month), Some(day)) => match (self.vague, Date::new(year, month, day)) {
                    (false, Ok(date)) => Some(Value::Day(date)),
                    (_, _) => None,
                },
                (Some(month), None) => Some(Value::Month { year, month }),
                (None, _) => Some(self.part_of(year)),
            }
        };
        Some(value)
    }

    /// Returns the reading of "02/03/2019" that is near the reference while the other is not.
    fn nearer_order(&self, reference: Date) -> Option<Value> {
        const NEAR_DAYS: i64 = 45;
        let (year, month, day) = (self.year?, self.month?, self.day?);
        let low = calendar::add_days(reference, -NEAR_DAYS)?;
        let high = calendar::add_days(reference, NEAR_DAYS)?;
        let near = |date: &Date| (low..=high).contains(date);
        let first = Date::new(year, month, day).ok().filter(near);
        let second = Date::new(year, day, month).ok().filter(near);
        first.xor(second).map(Value::Day)
    }

    fn part_of(&self, year: i16) -> Value {
        if let Some(quarter) = self.quarter.filter(|quarter| *quarter <= 4) {
            Value::Quarter { year, quarter }
        } else if let Some(half) = self.half.filter(|half| *half <= 2) {
            Value::Half { year, half }
        } else if let Some(season) = self.season {
            Value::Season { year, season }
        } else {
            Value::Year(year)
        }
    }
}
