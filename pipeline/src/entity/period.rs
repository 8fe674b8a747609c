//! Periods named from here or from an order: "last Friday", "the third quarter of 2024", "early 2023", "the 1990s".

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::calendar;
use super::context;
use super::cursor::{Cursor, Token};
use super::duration;
use super::holiday;
use super::kind::Kind;
use super::lexicon::{Unit, Word};
use super::part_of_year;
use super::year;

/// What a period's grammar returns: its end and kind.
pub(super) type Found<'a> = Option<(Cursor<'a>, Kind)>;

/// How deep "the end of the first half of early 2023" may nest.
const DEEPEST: u8 = 4;

/// Returns the end and kind of a period that starts with a word.
pub(super) fn find(here: Cursor<'_>) -> Found<'_> {
    nested(here, DEEPEST)
}

fn nested(here: Cursor<'_>, depth: u8) -> Found<'_> {
    let depth = depth.checked_sub(1)?;
    let token = here.word()?;
    match token.word {
        Word::The => the(here, token, depth),
        Word::Last | Word::Past | Word::Next | Word::Following | Word::This | Word::Current => {
            relative(token, depth)
        }
        Word::That | Word::Recent => vague(token),
        Word::Each => {
            let next = token.after.next_word()?;
            let unit =
                matches!(next.word, Word::Unit(unit) if !unit.is_clock() && unit != Unit::Quarter);
            (unit || matches!(next.word, Word::Weekday(_))).then_some((next.after, Kind::Date))
        }
        Word::Earlier | Word::Later => {
            let next = token.after.next_word()?;
            match next.word {
                Word::This | Word::That => relative(next, depth),
                Word::Today => Some((next.after, Kind::Date)),
                Word::In => {
                    let the = next.after.next_word().filter(|the| the.word == Word::The)?;
                    let unit = the.after.next_word()?;
                    matches!(unit.word, Word::Unit(unit) if !unit.is_clock() && unit != Unit::Quarter)
                        .then_some((unit.after, Kind::Date))
                }
                _ => None,
            }
        }
        Word::Part => part(token, depth),
        Word::Edge => edge(here, token, depth),
        Word::Ordinal(_) | Word::Unit(Unit::Second) => part_of_year::ordinal(token.after, depth),
        Word::Season(_) => part_of_year::season(here, token),
        Word::Fiscal => part_of_year::fiscal(token),
        _ => None,
    }
}

/// Returns what follows "the".
fn the<'a>(here: Cursor<'a>, token: Token<'a>, depth: u8) -> Found<'a> {
    let next = token.after.space()?;
    if let Some((end, true)) = calendar::day(next) {
        return calendar::from_day(next)
            .map(|end| (end, Kind::Date))
            .or_else(|| part_of_year::ordinal(end, depth))
            .or_else(|| {
                context::follows(here, &["on"])
                    .then_some((end, Kind::Date))
                    .filter(|_| !context::noun_follows(end))
            });
    }
    if let Some(end) = year::decade(next) {
        return Some((end, Kind::Date));
    }
    if let Some((_, 1..=2, end)) = next.digits(2)
        && let Some((end, true)) = calendar::day(next).or(Some((end, false)))
    {
        return part_of_year::ordinal(end, depth);
    }
    let word = next.word()?;
    match word.word {
        Word::Last | Word::Past | Word::Next | Word::Following | Word::Current => {
            relative(word, depth)
        }
        Word::That | Word::Recent => vague(word),
        Word::Part => part(word, depth),
        Word::Edge => edge(next, word, depth),
        Word::Ordinal(_) | Word::Unit(Unit::Second) => part_of_year::ordinal(word.after, depth),
        Word::Season(_) => part_of_year::season(here, word),
        Word::Fiscal => part_of_year::fiscal(word),
        Word::Unit(Unit::Weekend) => Some((word.after, Kind::Date)),
        Word::Unit(Unit::Day) => the_day(here, word),
        Word::Unit(unit @ (Unit::Week | Unit::Month | Unit::Year | Unit::Decade)) => {
            if let Some(end) = word.after.space().and_then(calendar::year)
                && unit == Unit::Year
            {
                return Some((end, Kind::Date));
            }
            if unit == Unit::Week
                && let Some(of) = word.after.next_word()
                && of.word == Word::Of
                && let Some(end) = of
                    .after
                    .space()
                    .and_then(|next| calendar::from_month(next, true))
            {
                return Some((end, Kind::Date));
            }
            let known = ["of", "during", "in", "throughout"];
            let outer = context::follows(here, &known) && !context::noun_follows(word.after);
            let then = word
                .after
                .next_word()
                .is_some_and(|then| matches!(then.word, Word::Before | Word::After));
            let inside = depth < DEEPEST - 1;
            (outer && (inside || !context::follows(here, &["of"])) || then && !inside)
                .then_some((word.after, Kind::Date))
        }
        _ => None,
    }
}

/// Returns the end of "the day before yesterday", "the day after", "the day".
fn the_day<'a>(here: Cursor<'a>, day: Token<'a>) -> Found<'a> {
    let date = |end| Some((end, Kind::Date));
    if let Some(next) = day.after.next_word()
        && matches!(next.word, Word::Before | Word::After)
    {
        return match next.after.next_word() {
            Some(last) if matches!(last.word, Word::Yesterday | Word::Tomorrow) => date(last.after),
            // "the day before the vote" is a day, but its name goes on.
            Some(_) => date(day.after),
            None => date(next.after),
        };
    }
    let known = context::follows(
        here,
        &["later", "earlier", "during", "throughout", "of", "in"],
    );
    if known && !context::noun_follows(day.after) {
        date(day.after)
    } else {
        None
    }
}

/// Returns the end of what "last", "next", "this" stands before.
fn relative<'a>(token: Token<'a>, depth: u8) -> Found<'a> {
    let next = token.after.space()?;
    let date = |end| Some((end, Kind::Date));
    if let Some(end) = holiday::name(next) {
        return date(end);
    }
    let word = match next.word() {
        Some(word) => word,
        None => return lengths(next),
    };
    match word.word {
        Word::Weekday(_) => {
            let (end, time) = calendar::from_weekday(next)?;
            Some((end, if time { Kind::Time } else { Kind::Date }))
        }
        Word::Month(_) | Word::MonthShort(_) => calendar::from_month(next, true).and_then(date),
        Word::Season(_) => date(word.after),
        Word::Fiscal | Word::Part | Word::Edge if word.word != Word::Edge => {
            // "this early", "last fiscal year", "this coming week"
            let unit = word.after.next_word()?;
            match unit.word {
                Word::Unit(_) if word.word == Word::Fiscal => date(unit.after),
                Word::Month(_) if unit.is_capitalised() => date(unit.after),
                _ => None,
            }
        }
        Word::Unit(Unit::Second | Unit::Minute) => None,
        Word::Unit(Unit::Hour) => Some((word.after, Kind::Time)),
        Word::Unit(unit) => {
            // "last month" and not "this day in history", "next week's" and not "this quarter-final"
            if word.after.mark('-').is_some() {
                return None;
            }
            let name =
                word.is_capitalised() && word.text.bytes().any(|byte| byte.is_ascii_lowercase());
            (!name).then(|| {
                let end = part_of_year::of_period(word.after, depth).unwrap_or(word.after);
                (end, duration::kind(unit))
            })
        }
        Word::DayPart => None,
        Word::Ordinal(_) => part_of_year::ordinal(word.after, depth),
        Word::Last | Word::Past | Word::Next if token.word == Word::This => relative(word, depth),
        _ => lengths(next),
    }
}

/// Returns the end of "24 hours", "few weeks", "several years", "weeks" after "the past".
fn lengths(next: Cursor<'_>) -> Found<'_> {
    if let Some(found) = duration::find(next) {
        return Some(found);
    }
    let word = next.word()?;
    match word.word {
        Word::Units(unit) if !word.is_capitalised() => Some((word.after, duration::kind(unit))),
        _ => None,
    }
}

/// Returns the end of "that day", "the same year", "those days", "recent weeks".
fn vague(token: Token<'_>) -> Found<'_> {
    let mut word = token.after.next_word()?;
    if word.word == Word::That && token.word == Word::That {
        word = word.after.next_word()?;
    }
    match (token.word, word.word) {
        (Word::That, Word::Unit(unit))
            if !matches!(unit, Unit::Second | Unit::Minute | Unit::Quarter) =>
        {
            (token.text.eq_ignore_ascii_case("same")
                || !context::noun_follows(word.after)
                || unit == Unit::Day)
                .then_some((word.after, duration::kind(unit)))
        }
        (Word::That, Word::Season(_) | Word::Weekday(_)) => Some((word.after, Kind::Date)),
        (Word::That, Word::Month(_)) if word.is_capitalised() => Some((word.after, Kind::Date)),
        (Word::Recent, Word::Units(unit)) => Some((word.after, duration::kind(unit))),
        _ => None,
    }
}

/// Returns the end of "early 2023", "late January", "mid-March", "late last year", "the early 1990s".
fn part(token: Token<'_>, depth: u8) -> Found<'_> {
    let mut next = token.after.gap()?;
    if let Some(hyphen) = next.word()
        && token.word == Word::Part
        && hyphen.word == Word::To
    {
        // "mid to late 2019"
        let late = hyphen
            .after
            .gap()?
            .word()
            .filter(|late| late.word == Word::Part)?;
        next = late.after.gap()?;
    }
    let date = |end| Some((end, Kind::Date));
    if let Some(end) = year::decade(next)
        .or_else(|| calendar::year(next).filter(|end| !context::is_counting(*end)))
    {
        return date(end);
    }
    if let Some(end) = calendar::from_month(next, true) {
        return date(end);
    }
    if calendar::day(next).is_some() {
        // "the late 19th century"
        let (end, _) = calendar::day(next).filter(|(_, ordinal)| *ordinal)?;
        return part_of_year::ordinal(end, depth);
    }
    let word = next.word()?;
    match word.word {
        Word::Weekday(_) => {
            let (end, time) = calendar::from_weekday(next)?;
            Some((end, if time { Kind::Time } else { Kind::Date }))
        }
        Word::Last | Word::Next | Word::This => relative(word, depth),
        Word::Season(_) => part_of_year::season(token.after, word).or_else(|| date(word.after)),
        Word::Ordinal(_) => part_of_year::ordinal(word.after, depth),
        _ => None,
    }
}

/// Returns the end of "the end of the year", "the start of 2020", "the rest of this week".
fn edge<'a>(here: Cursor<'a>, token: Token<'a>, depth: u8) -> Found<'a> {
    let of = token.after.next_word()?;
    let next = match of.word {
        Word::Of => of.after.space()?,
        _ => return None,
    };
    if !here
        .previous_word()
        .is_some_and(|(word, _)| word.eq_ignore_ascii_case("the"))
        && !context::follows(here, &["at", "by", "until"])
    {
        // "(the) end of May" after "at" or "by"; elsewhere the article comes first.
        if here.previous_word().is_some() {
            return None;
        }
    }
    inner(next, depth)
}

/// Returns the end of the period inside "the end of ...".
pub(super) fn inner(next: Cursor<'_>, depth: u8) -> Found<'_> {
    let date = |end| Some((end, Kind::Date));
    if let Some(end) = calendar::year(next) {
        return date(end);
    }
    if let Some(end) = calendar::from_month(next, true) {
        return date(end);
    }
    if let Some(the) = next.word()
        && the.word == Word::The
        && let Some(unit) = the.after.next_word()
        && let Word::Unit(
            kind @ (Unit::Day
            | Unit::Week
            | Unit::Month
            | Unit::Quarter
            | Unit::Year
            | Unit::Decade
            | Unit::Century),
        ) = unit.word
    {
        return (!unit.is_capitalised()).then(|| (unit.after, duration::kind(kind)));
    }
    nested(next, depth)
}
