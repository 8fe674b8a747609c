//! Reads the words of a date expression into what they say: year, month, weekday, direction, unit, count.

use crate::entity;
use crate::entity::cursor::Cursor;
use crate::entity::lexicon::{Unit, Word};

use super::holiday::{self, Holiday};
use super::value::Season;

/// Where a period lies as seen from the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Last,
    This,
    Next,
}

/// What an expression says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) year: Option<i16>,
    pub(super) decade: Option<i16>,
    pub(super) short_decade: Option<i16>,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
    pub(super) weekday: Option<i8>,
    pub(super) season: Option<Season>,
    pub(super) quarter: Option<i8>,
    pub(super) half: Option<i8>,
    pub(super) century: Option<i16>,
    pub(super) holiday: Option<Holiday>,
    /// Days from the reference: -1 is yesterday.
    pub(super) shift: Option<i64>,
    /// "the" stands before: "the summer" is a certain one, "summer" any.
    pub(super) definite: bool,
    /// Day and month in figures may be the other way round.
    pub(super) swappable: bool,
    /// "coming": the next one there is.
    pub(super) coming: bool,
    pub(super) direction: Option<Direction>,
    /// The last unit named in the singular.
    pub(super) unit: Option<Unit>,
    /// "two weeks ago": the count and the unit.
    pub(super) ago: Option<(i64, Unit)>,
    /// "year-ago", "year-earlier"
    pub(super) year_ago: bool,
    /// "the end of", "early", "the rest of"
    pub(super) part: bool,
    /// An anaphor, a length or another word that makes the date uncertain.
    pub(super) vague: bool,
    pub(super) night: bool,
}

/// No expression of a date has more tokens.
const MOST_TOKENS: usize = 24;

enum Item<'a> {
    Word(&'a str, Word),
    Number {
        value: i16,
        digits: usize,
        ordinal: bool,
        plural: bool,
        apostrophe: bool,
    },
    Mark(char),
}

/// Returns what the expression says; nothing when it is no date.
pub(super) fn read(expression: &str) -> Parts {
    let mut parts = Parts::default();
    if figures(expression, &mut parts) {
        return parts;
    }
    parts.holiday = holiday::named(expression);
    let items = items(expression);
    for index in 0..items.len() {
        item(&items, index, &mut parts);
    }
    super::count::read(expression, &mut parts);
    parts
}

fn items(expression: &str) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut here = Cursor::new(expression, 0);
    while let Some(next) = here.next_char() {
        if items.len() == MOST_TOKENS {
            break;
        }
        if let Some((value, digits, after)) = here.digits(4) {
            let apostrophe = matches!(here.previous_char(), Some('\'' | '’' | '‘'));
            let suffix = after.rest();
            let ordinal = ["st", "nd", "rd", "th"]
                .iter()
                .any(|suffix| after.literal(suffix).is_some());
            let plural = after.literal("s").is_some()
                || suffix
                    .strip_prefix(['\'', '’'])
                    .is_some_and(|tail| tail.starts_with('s'))
                    && value % 10 == 0;
            items.push(Item::Number {
                value,
                digits,
                ordinal,
                plural,
                apostrophe,
            });
            here = if ordinal {
                after.to(after.at() + 2)
            } else {
                after
            };
            continue;
        }
        if let Some(token) = here.word() {
            items.push(Item::Word(token.text, token.word));
            here = token.after;
            continue;
        }
        // A hyphen joins what the grammar reads as one: "third-quarter", "year-ago".
        if !next.is_whitespace() && next != '-' {
            items.push(Item::Mark(next));
        }
        here = here.to(here.at() + next.len_utf8());
    }
    items
}

/// Reads dates in figures: "2024-03-01", "12/25/2019", "5.1.2021".
fn figures(expression: &str, parts: &mut Parts) -> bool {
    let mut numbers = expression.trim().splitn(3, ['-', '/', '.']);
    let (Some(first), Some(second), Some(third)) = (numbers.next(), numbers.next(), numbers.next())
    else {
        return false;
    };
    let third: &str = third
        .get(
            ..third
                .find(|mark: char| !mark.is_ascii_digit())
                .unwrap_or(third.len()),
        )
        .unwrap_or_default();
    let (Ok(a), Ok(b), Ok(c)) = (
        first.parse::<i16>(),
        second.parse::<i16>(),
        third.parse::<i16>(),
    ) else {
        return false;
    };
    let (year, month, day) = if first.len() == 4 {
        (a, b, c)
    } else {
        let year = if third.len() == 2 {
            if c < 70 { 2000 + c } else { 1900 + c }
        } else {
            c
        };
        // "25/12" can only be day and month; where both could be the month, a point is European and a slash American.
        let european = a > 12 || (expression.contains('.') && b <= 12);
        if european { (year, b, a) } else { (year, a, b) }
    };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
        return false;
    };
    // Which of two small numbers is the month is not sure.
    parts.swappable = first.len() != 4 && !expression.contains('.') && a <= 12 && b <= 12 && a != b;
    (parts.year, parts.month, parts.day) = (Some(year), Some(month), Some(day));
    true
}

fn item(items: &[Item<'_>], index: usize, parts: &mut Parts) {
    let Some(this) = items.get(index) else { return };
    let word_at = |at: usize| match items.get(at) {
        Some(Item::Word(text, word)) => Some((*text, *word)),
        Some(Item::Number { .. } | Item::Mark(_)) | None => None,
    };
    match *this {
        Item::Number {
            value,
            digits,
            ordinal,
            plural,
            apostrophe,
        } => {
            let after_letter = match index.checked_sub(1).and_then(|before| items.get(before)) {
                Some(Item::Mark(mark)) => Some(*mark),
                Some(Item::Word(..) | Item::Number { .. }) | None => None,
            };
            match (digits, after_letter) {
                (1, Some('Q')) => parts.quarter = small(value),
                (1, Some('H')) => parts.half = small(value),
                (4, _) if plural && value % 10 == 0 => parts.decade = Some(value / 10),
                (2, _) if plural && value % 10 == 0 => parts.short_decade = Some(value / 10),
                (4, _) if word_at(index + 1).is_some_and(|(next, _)| entity::is_zone(next)) => {}
                (4, _) if (1000..=2100).contains(&value) => parts.year = parts.year.or(Some(value)),
                (1 | 2, _) if ordinal => match (word_at(index + 1), word_at(index + 2)) {
                    (Some((_, Word::Unit(Unit::Century))), _)
                    | (_, Some((_, Word::Unit(Unit::Century)))) => {
                        parts.century = Some(value - 1);
                    }
                    (Some((_, Word::Unit(Unit::Quarter))), _) => parts.quarter = small(value),
                    (Some((_, Word::Half)), _) => parts.half = small(value),
                    (Some((_, Word::Unit(_))), _) => parts.vague = true,
                    _ => parts.day = parts.day.or(small(value)),
                },
                (1 | 2, Some('.' | ',')) | (1 | 2, None) if beside_month(items, index) => {
                    parts.day = parts.day.or(small(value));
                }
                (2, _) if apostrophe => {
                    parts.year = parts.year.or(Some(if value < 40 {
                        2000 + value
                    } else {
                        1900 + value
                    }))
                }
                _ => {}
            }
        }
        Item::Word(text, word) => {
            super::words::word(text, word, word_at(index + 1), word_at(index + 2), parts)
        }
        Item::Mark(_) => {}
    }
}

fn small(value: i16) -> Option<i8> {
    i8::try_from(value)
        .ok()
        .filter(|value| (1..=31).contains(value))
}

/// Returns whether a month stands next to the number at `index`, with at most a mark or "of" between.
fn beside_month(items: &[Item<'_>], index: usize) -> bool {
    let is_month = |at: Option<usize>| {
        matches!(
            at.and_then(|at| items.get(at)),
            Some(Item::Word(_, Word::Month(_) | Word::MonthShort(_)))
        )
    };
    let is_light = |at: Option<usize>| {
        matches!(
            at.and_then(|at| items.get(at)),
            Some(Item::Mark(_) | Item::Word(_, Word::Of) | Item::Number { digits: 1 | 2, .. })
        )
    };
    let back = |by: usize| index.checked_sub(by);
    is_month(back(1))
        || is_month(Some(index + 1))
        || is_light(back(1)) && is_month(back(2))
        || is_light(Some(index + 1))
            && (is_month(Some(index + 2)) || is_light(Some(index + 2)) && is_month(Some(index + 3)))
}
