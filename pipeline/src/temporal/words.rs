//! What single words of an expression say.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use crate::entity::lexicon::{Unit, Word};

use super::expression::{Direction, Parts};
use super::value::Season;

/// Takes in one word; `next` and `then` are the words after it.
pub(super) fn word(
    text: &str,
    word: Word,
    next: Option<(&str, Word)>,
    then: Option<(&str, Word)>,
    parts: &mut Parts,
) {
    match word {
        Word::Month(month) | Word::MonthShort(month) if starts_upper(text) => {
            parts.month = parts.month.or(Some(month))
        }
        Word::Weekday(day) | Word::WeekdayShort(day) if starts_upper(text) => {
            parts.weekday = parts.weekday.or(Some(day))
        }
        Word::Season(season) => {
            parts.season = Some(match season {
                0 => Season::Spring,
                1 => Season::Summer,
                2 => Season::Autumn,
                _ => Season::Winter,
            });
        }
        Word::Today | Word::Tonight => parts.shift = parts.shift.or(Some(0)),
        Word::Yesterday => parts.shift = Some(parts.shift.unwrap_or(0) - 1),
        Word::Tomorrow => parts.shift = Some(parts.shift.unwrap_or(0) + 1),
        Word::DayPart => parts.night = true,
        Word::Last => parts.direction = parts.direction.or(Some(Direction::Last)),
        Word::Past => match next {
            Some((
                _,
                Word::Weekday(_) | Word::Month(_) | Word::Season(_) | Word::Unit(Unit::Weekend),
            )) => {
                parts.direction = Some(Direction::Last);
            }
            _ => parts.vague = true,
        },
        Word::Next if text.eq_ignore_ascii_case("coming") => match next {
            // "the coming Friday" is the next one there is.
            Some((_, Word::Weekday(_))) => {
                parts.coming = true;
                parts.direction = None;
            }
            _ => parts.direction = Some(Direction::Next),
        },
        Word::Next => parts.direction = Some(Direction::Next),
        // "the next year", "the last month": told from another day, or a length.
        Word::The => {
            parts.definite = true;
            if let (
                Some((_, Word::Next | Word::Last)),
                Some((
                    _,
                    Word::Unit(
                        Unit::Day
                        | Unit::Week
                        | Unit::Month
                        | Unit::Year
                        | Unit::Decade
                        | Unit::Century
                        | Unit::Weekend,
                    )
                    | Word::DayPart,
                )),
            ) = (next, then)
            {
                parts.vague = true;
            }
        }
        Word::This | Word::Current => parts.direction = parts.direction.or(Some(Direction::This)),
        Word::That | Word::Following | Word::Recent => parts.vague = true,
        Word::Unit(Unit::Day) => match (next, then) {
            (Some((_, Word::Before)), Some((_, Word::Yesterday))) => parts.shift = Some(-1),
            (Some((_, Word::After)), Some((_, Word::Tomorrow))) => parts.shift = Some(1),
            _ => parts.unit = parts.unit.or(Some(Unit::Day)),
        },
        Word::Unit(Unit::Year)
            if matches!(next, Some((_, Word::Ago | Word::Earlier))) && parts.unit.is_none() =>
        {
            parts.year_ago = true;
        }
        // "the first quarter of next year": the direction is the year's.
        Word::Unit(Unit::Year) if parts.quarter.is_some() || parts.half.is_some() => {
            parts.unit = Some(Unit::Year);
        }
        Word::Unit(unit) => parts.unit = parts.unit.or(Some(unit)),
        Word::Ordinal(number) => match next {
            Some((_, Word::Unit(Unit::Quarter))) => parts.quarter = Some(number),
            Some((_, Word::Half)) => parts.half = Some(number),
            Some((_, Word::Unit(Unit::Century))) => parts.century = Some(i16::from(number) - 1),
            Some((_, Word::Fiscal)) => parts.quarter = Some(number),
            Some((_, Word::Of)) => parts.day = Some(number),
            _ => parts.vague = true,
        },
        // "second quarter", "second half"
        Word::Part | Word::Edge => parts.part = true,
        Word::Each | Word::Units(_) | Word::Weekdays | Word::Old | Word::Heap | Word::Few => {
            parts.vague = true
        }
        _ => {}
    }
    if word == Word::Unit(Unit::Second) {
        parts.unit = None;
        match next {
            Some((_, Word::Unit(Unit::Quarter))) => parts.quarter = Some(2),
            Some((_, Word::Half)) => parts.half = Some(2),
            _ => parts.vague = true,
        }
    }
    if let Some(decade) = spelled_decade(text) {
        parts.short_decade = Some(decade);
    }
}

fn starts_upper(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
}

fn spelled_decade(text: &str) -> Option<i16> {
    let names = [
        "twenties",
        "thirties",
        "forties",
        "fifties",
        "sixties",
        "seventies",
        "eighties",
        "nineties",
    ];
    let index = names
        .iter()
        .position(|name| text.eq_ignore_ascii_case(name))?;
    Some(i16::try_from(index).ok()? + 2)
}
