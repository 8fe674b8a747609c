//! Calendar dates: "June 5, 2019", "5 January", "Thursday, Dec. 15", "2024-03-01", "12/05/2019".

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::context;
use super::cursor::{Cursor, Token};
use super::lexicon::{Unit, Word};

/// Words after which even "May" is the month.
const BEFORE_MONTH: &[&str] = &[
    "in",
    "since",
    "until",
    "till",
    "during",
    "early",
    "late",
    "mid",
    "last",
    "next",
    "this",
    "through",
    "throughout",
    "of",
    "each",
    "every",
    "before",
    "after",
    "for",
    "previous",
    "following",
    "between",
    "around",
    "late-",
    "by",
    "from",
];
/// Of these, the ones that also stand before a person ("said by May").
const BEFORE_PERSON: &[&str] = &[
    "of", "before", "after", "for", "between", "around", "by", "from", "last", "through", "during",
];

/// Returns the end of a year written with four digits (or `'19`), perhaps with `'s` left out.
pub(super) fn year(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (value, count, after) = here.digits(4)?;
    let whole = after.ends_word() && !is_decimal(after);
    (count == 4 && (1000..=2100).contains(&value) && whole).then_some(after)
}

/// Returns the end of a year or of a range of years: `2006`, `2006–2007`, `2006-07`.
pub(super) fn years(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let end = year(here)?;
    let last = end.any(&['–', '-', '/']).and_then(|next| next.digits(4));
    Some(match last {
        Some((_, 2 | 4, last)) if last.ends_word() => last,
        Some(_) | None => end,
    })
}

/// Returns the end of `, last year`, ` of this year` after a month or a day of it.
fn relative_year(after: Cursor<'_>) -> Option<Cursor<'_>> {
    let next = after.mark(',').unwrap_or(after).space()?;
    let next = match next.word()? {
        of if of.word == Word::Of => of.after.space()?,
        _ => next,
    };
    let word = next.word()?;
    let year = word.after.next_word()?;
    let relative = matches!(word.text, "last" | "this" | "next");
    (relative && year.word == Word::Unit(Unit::Year)).then_some(year.after)
}

/// Returns whether a decimal or thousands part goes on here.
fn is_decimal(after: Cursor<'_>) -> bool {
    after
        .any(&['.', ','])
        .and_then(Cursor::next_char)
        .is_some_and(|next| next.is_ascii_digit())
}

/// Returns the end of a day of the month, `1` to `31`, perhaps as an ordinal, and whether it was one.
pub(super) fn day(here: Cursor<'_>) -> Option<(Cursor<'_>, bool)> {
    let (value, _, after) = here.digits(2)?;
    if !(1..=31).contains(&value) {
        return None;
    }
    for suffix in ["st", "nd", "rd", "th"] {
        if let Some(after) = after.literal(suffix) {
            return Some((after, true));
        }
    }
    let clock = after.mark(':').is_some() || after.mark('%').is_some();
    let amount = after
        .mark(',')
        .is_some_and(|next| matches!(next.digits(3), Some((_, 3, _))))
        || after.mark('.').is_some_and(|next| next.digits(9).is_some());
    (after.ends_word() && !clock && !amount).then_some((after, false))
}

/// Returns the month's word here: full names and short forms, the point of `Jan.` taken.
pub(super) fn month(here: Cursor<'_>) -> Option<(Token<'_>, Cursor<'_>)> {
    let token = here.word()?;
    if !token.is_capitalised() {
        return None;
    }
    match token.word {
        Word::Month(_) => Some((token, token.after)),
        Word::MonthShort(_) => Some((token, token.after.mark('.').unwrap_or(token.after))),
        _ => None,
    }
}

/// Returns the end of a date that starts with a month. `known` says that the place before it already speaks of dates.
pub(super) fn from_month(here: Cursor<'_>, known: bool) -> Option<Cursor<'_>> {
    let (token, after) = month(here)?;
    let gap = after.space().unwrap_or(after);
    if let Some((end, _)) = day(gap)
        && !context::is_counting(end)
    {
        return Some(with_year(day_range(end)));
    }
    if let Some(end) = year_of(after).or_else(|| relative_year(after)) {
        return Some(end);
    }
    let known = known || (context::follows(here, BEFORE_MONTH) && !names_person(here, token));
    let alone = match token.word {
        Word::Month(3 | 5) | Word::MonthShort(_) => known,
        Word::Month(4 | 6 | 8) => known || !context::is_before_name(token.after),
        _ => true,
    };
    // The point of "Jan." is the sentence's when nothing follows that could need it.
    alone.then_some(token.after)
}

fn names_person(here: Cursor<'_>, token: Token<'_>) -> bool {
    token.word == Word::Month(5) && context::follows(here, BEFORE_PERSON)
}

/// Returns the end of `2020`, `, 2020`, ` of 2020` after a month.
fn year_of(after: Cursor<'_>) -> Option<Cursor<'_>> {
    let comma = after.mark(',').unwrap_or(after);
    let next = comma.space()?;
    let next = match next.word() {
        Some(of) if of.word == Word::Of => of.after.space()?,
        Some(_) | None => next,
    };
    years(next).filter(|end| !context::is_counting(*end))
}

/// Returns the end of `-7` or `–7 July` after a day.
fn day_range(end: Cursor<'_>) -> Cursor<'_> {
    let Some(next) = end.space().unwrap_or(end).any(&['-', '–']) else {
        return end;
    };
    let next = next.space().unwrap_or(next);
    let next = match month(next) {
        Some((_, after)) => after.space().unwrap_or(after),
        None => next,
    };
    match day(next) {
        Some((last, _)) => last,
        None => end,
    }
}

/// Returns the end of the year after a day and month, or the same place.
fn with_year(end: Cursor<'_>) -> Cursor<'_> {
    let comma = end.mark(',');
    let next = comma.unwrap_or(end);
    match next.space().or(comma).and_then(year) {
        Some(last) if comma.is_some() || !context::is_counting(last) => last,
        Some(_) | None => relative_year(end).unwrap_or(end),
    }
}

/// Returns the end of a date that starts with a day: "5 January 2021", "5-6 April", "the 5th of May" without its article.
pub(super) fn from_day(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (mut end, ordinal) = day(here)?;
    if let Some(next) = end.space().unwrap_or(end).any(&['-', '–'])
        && let Some((last, _)) = day(next.space().unwrap_or(next))
    {
        end = last;
    }
    let mut next = end.any(&['-']).or_else(|| end.space())?;
    if let Some(of) = next.word()
        && of.word == Word::Of
    {
        next = of.after.space()?;
        if !ordinal {
            return None;
        }
    }
    let (token, after) = month(next)?;
    if let Word::Month(3 | 5) = token.word
        && context::is_before_name(token.after)
        && !ordinal
    {
        return None;
    }
    let year = after.mark('-').and_then(year);
    let end = year.unwrap_or_else(|| with_year(after));
    if end.at() == after.at() && after.at() != token.after.at() && sentence_ends(after) {
        return Some(token.after);
    }
    Some(end)
}

/// Returns whether the text ends here or a capital follows, so that a point before was a full stop.
fn sentence_ends(after: Cursor<'_>) -> bool {
    let next = after.rest().trim_start();
    next.is_empty() || next.starts_with(char::is_uppercase)
}

/// Returns the end of a date that starts with a weekday, and whether a part of the day makes it a time.
pub(super) fn from_weekday(here: Cursor<'_>) -> Option<(Cursor<'_>, bool)> {
    let token = here.word()?;
    if !token.is_capitalised() {
        return None;
    }
    let (short, after) = match token.word {
        Word::Weekday(_) => (false, token.after),
        Word::WeekdayShort(_) => (true, token.after.mark('.').unwrap_or(token.after)),
        // The movement "Fridays for Future".
        Word::Weekdays if token.after.rest().starts_with(" for Future") => return None,
        Word::Weekdays => return Some((token.after, false)),
        _ => return None,
    };
    let comma = after.mark(',').unwrap_or(after);
    if let Some(next) = comma.space() {
        let next = match next.word() {
            Some(the) if the.word == Word::The => the.after.space().unwrap_or(the.after),
            Some(_) | None => next,
        };
        if let Some(end) = from_day(next) {
            return Some((end, false));
        }
        if let Some(end) = from_month(next, false)
            && end
                .text()
                .get(next.at()..end.at())
                .is_some_and(|date| date.contains(|digit: char| digit.is_ascii_digit()))
        {
            return Some((end, false));
        }
        if let Some((end, true)) = day(next) {
            return Some((end, false));
        }
    }
    if short {
        return None;
    }
    if let Some(part) = after.gap().and_then(Cursor::word)
        && let Word::DayPart = part.word
        && !part.is_capitalised()
    {
        return Some((part.after, true));
    }
    // Newspapers and shows.
    let title = [
        "Times",
        "Telegraph",
        "Mirror",
        "Mail",
        "Express",
        "Herald",
        "Night",
        "Morning",
        "Post",
        "Star",
        "Business",
    ];
    if let Some(next) = after.next_word()
        && title.contains(&next.text)
    {
        return None;
    }
    Some((after, false))
}

/// Returns the end of a date in figures: "2024-03-01", "12/05/2019", "5.1.2021".
pub(super) fn in_figures(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (first, count, after) = here.digits(4)?;
    let mark = after
        .next_char()
        .filter(|mark| matches!(mark, '-' | '/' | '.'))?;
    let (second, size, next) = after.mark(mark)?.digits(2)?;
    let (third, last, end) = next.mark(mark)?.digits(4)?;
    let fits = if count == 4 && mark != '.' {
        (1000..=2100).contains(&first)
            && (1..=12).contains(&second)
            && (1..=31).contains(&third)
            && last <= 2
    } else {
        let years =
            last == 4 && (1000..=2100).contains(&third) || last == 2 && mark == '/' && size == 2;
        let (low, high) = (first.min(second), first.max(second));
        count <= 2 && years && (1..=12).contains(&low) && high <= 31
    };
    let goes_on = end.mark(mark).is_some_and(|next| next.digits(4).is_some());
    let stamp = end.mark('T').is_some_and(|next| next.digits(2).is_some());
    (fits && !goes_on && (stamp || end.ends_word())).then_some(end)
}
