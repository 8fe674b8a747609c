//! The grammar of dates, as a choice of the smaller ones.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::calendar;
use super::cursor::Cursor;
use super::duration;
use super::holiday;
use super::kind::Kind;
use super::lexicon::Word;
use super::period;
use super::year;

/// Returns the end of the date or length of time that starts with a word, and its kind.
///
/// `after_date` says that a date ended just before, with nothing but "and", "to" or a mark between.
pub(super) fn from_word(here: Cursor<'_>, after_date: bool) -> Option<(Cursor<'_>, Kind)> {
    let token = here.word()?;
    let date = |end| (end, Kind::Date);
    match token.word {
        Word::Month(_) | Word::MonthShort(_) => calendar::from_month(here, after_date).map(date),
        Word::Weekday(_) | Word::WeekdayShort(_) | Word::Weekdays => calendar::from_weekday(here)
            .map(|(end, time)| (end, if time { Kind::Time } else { Kind::Date })),
        Word::Feast => holiday::name(here).map(|end| date(year_after(end))),
        Word::Today | Word::Yesterday | Word::Tomorrow => {
            (!is_title(here, token.is_capitalised())).then_some(date(token.after))
        }
        Word::Few | Word::Units(_) => duration::find(here),
        _ => period::find(here),
    }
}

/// Returns the end of the date or length of time that starts with a digit.
pub(super) fn from_digit(here: Cursor<'_>, after_date: bool) -> Option<(Cursor<'_>, Kind)> {
    let date = |end| (end, Kind::Date);
    if let Some(end) = calendar::in_figures(here).or_else(|| calendar::from_day(here)) {
        return Some(date(end));
    }
    if let Some(found) = duration::find(here) {
        return Some(found);
    }
    if let Some((end, true)) = calendar::day(here)
        && let Some(found) = end.gap().and_then(|next| ordinal_unit(here, next))
    {
        return Some(found);
    }
    year::decade(here)
        .or_else(|| year::bare(here, after_date))
        .map(date)
}

/// Returns the end of the unit after an ordinal in figures: "19th century", "89th minute".
fn ordinal_unit<'a>(_here: Cursor<'a>, next: Cursor<'a>) -> Option<(Cursor<'a>, Kind)> {
    let word = next.word()?;
    match word.word {
        Word::Unit(unit) if !word.is_capitalised() => Some((word.after, duration::kind(unit))),
        _ => None,
    }
}

/// Returns the end of the date that starts with letters and digits together: "Q3 2024", "FY22", "H1 2020".
pub(super) fn from_mixed(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let rest = here.rest();
    if let Some(figures) = rest.strip_prefix("FY") {
        let after = here.to(here.at() + 2);
        let (_, count, end) = after.digits(4)?;
        return (matches!(count, 2 | 4) && end.ends_word() && !figures.is_empty()).then_some(end);
    }
    let first = rest.chars().next()?;
    let most = match first {
        'Q' => 4,
        'H' => 2,
        _ => return None,
    };
    let (value, 1, end) = here.to(here.at() + 1).digits(1)? else {
        return None;
    };
    if !(1..=most).contains(&value) || !end.ends_word() {
        return None;
    }
    let of = end
        .next_word()
        .filter(|of| of.word == Word::Of)
        .map_or(end, |of| of.after);
    let year = of.space().and_then(calendar::year);
    match year {
        Some(last) => Some(last),
        None => (first == 'Q').then_some(end),
    }
}

/// Returns the end of a year after a holiday ("Christmas 2019", "New Year's Day, 2020"), or the same place.
fn year_after(end: Cursor<'_>) -> Cursor<'_> {
    let comma = end.mark(',').unwrap_or(end);
    comma.space().and_then(calendar::year).unwrap_or(end)
}

/// Returns whether "Today" is a newspaper or a show: a capital in the middle of a sentence after a capitalised word.
fn is_title(here: Cursor<'_>, capitalised: bool) -> bool {
    capitalised
        && here.previous_word().is_some_and(|(word, before)| {
            let name = word.starts_with(|first: char| first.is_ascii_uppercase());
            name && before.previous_char().is_some() || word.eq_ignore_ascii_case("the")
        })
}
