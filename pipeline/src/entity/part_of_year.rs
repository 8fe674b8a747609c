//! Parts of a year: "third quarter of 2024", "first half of the year", "summer 2019", "fiscal 2022", "21st century".

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::calendar;
use super::context;
use super::cursor::{Cursor, Token};
use super::duration;
use super::kind::Kind;
use super::lexicon::{Unit, Word};
use super::period;

/// Returns the end of "third quarter of 2024", "21st century", "first half of the year", from after the ordinal.
pub(super) fn ordinal(after: Cursor<'_>, depth: u8) -> period::Found<'_> {
    let word = after.gap()?.word()?;
    match word.word {
        Word::Unit(Unit::Quarter) => {
            let end = of_period(word.after, depth).unwrap_or(word.after);
            let compound = word.after.mark('-').and_then(Cursor::word).is_some();
            (!compound).then_some((end, Kind::Date))
        }
        Word::Half => of_period(word.after, depth).map(|end| (end, Kind::Date)),
        Word::Unit(unit @ (Unit::Minute | Unit::Hour)) => {
            after.space()?;
            Some((word.after, duration::kind(unit)))
        }
        Word::Unit(Unit::Second | Unit::Decade | Unit::Fortnight) => None,
        Word::Unit(Unit::Century) => Some((word.after, Kind::Date)),
        Word::Unit(_) => {
            let consecutive = after.mark('-').is_some();
            let end = of_period(word.after, depth).unwrap_or(word.after);
            (!consecutive && !(word.is_capitalised())).then_some((end, Kind::Date))
        }
        Word::Fiscal => {
            let unit = word.after.next_word()?;
            matches!(unit.word, Word::Unit(Unit::Quarter | Unit::Year))
                .then_some((unit.after, Kind::Date))
        }
        Word::Units(_) => None,
        _ => {
            // "the first three months of 2024"
            let (end, kind) = duration::find(after.space()?)?;
            Some((of_period(end, depth).unwrap_or(end), kind))
        }
    }
}

/// Returns the end of " of 2024", " of the year", " 2024" after a part of a year.
pub(super) fn of_period(end: Cursor<'_>, depth: u8) -> Option<Cursor<'_>> {
    let next = end.space()?;
    if let Some(end) = calendar::years(next).filter(|end| !context::is_counting(*end)) {
        return Some(end);
    }
    let of = next
        .word()
        .filter(|of| matches!(of.word, Word::Of | Word::In))?;
    let next = of.after.space()?;
    if of.word == Word::In {
        return calendar::year(next).filter(|end| !context::is_counting(*end));
    }
    period::inner(next, depth).map(|(end, _)| end)
}

/// Returns the end of "the summer of 2017", "summer 2019", "the spring" in a place that speaks of dates.
pub(super) fn season<'a>(here: Cursor<'a>, token: Token<'a>) -> period::Found<'a> {
    let end = token.after;
    let next = end
        .next_word()
        .filter(|of| of.word == Word::Of)
        .map_or(end, |of| of.after);
    if let Some(last) = next
        .space()
        .and_then(calendar::year)
        .filter(|end| !context::is_counting(*end))
    {
        return Some((last, Kind::Date));
    }
    let known = context::follows(
        here,
        &[
            "in",
            "during",
            "since",
            "until",
            "throughout",
            "every",
            "by",
        ],
    );
    let fall = token.text.eq_ignore_ascii_case("fall")
        && here.word().is_none_or(|the| the.word != Word::The);
    (known && !fall && !context::noun_follows(end) && end.mark('-').is_none())
        .then_some((end, Kind::Date))
}

/// Returns the end of "fiscal 2022", "fiscal year 2022".
pub(super) fn fiscal(token: Token<'_>) -> period::Found<'_> {
    let next = token
        .after
        .next_word()
        .filter(|next| next.word == Word::Unit(Unit::Year));
    let end = calendar::year(next.map_or(token.after, |next| next.after).space()?);
    end.map(|end| (end, Kind::Date))
}
