//! Lengths of time: "24 hours", "two to three weeks", "14-year-old", "a few days ago", "decades".

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::context;
use super::cursor::Cursor;
use super::kind::Kind;
use super::lexicon::{Unit, Word};
use crate::number::{self, Style};

/// Words before a bare plural ("for months") that make it a length of time.
const BEFORE_BARE: &[&str] = &[
    "for", "in", "over", "within", "after", "of", "since", "during", "through", "by", "two",
    "first", "into", "spanning", "took", "take", "takes", "lasted", "last", "about", "nearly",
    "almost",
];
/// Words before "a year" that make it a length and not a rate ("$5 a year").
const BEFORE_ONE: &[&str] = &[
    "for", "in", "within", "than", "nearly", "about", "almost", "over", "after", "around", "least",
    "just", "only", "roughly", "under", "to", "last", "lasted",
];

/// Returns the end and kind of a length of time.
pub(super) fn find(here: Cursor<'_>) -> Option<(Cursor<'_>, Kind)> {
    if let Some(after) = amount(here) {
        return counted(after.cursor, after.exact);
    }
    let token = here.word()?;
    match token.word {
        Word::Article | Word::Half => one(here),
        Word::Units(unit) => {
            let then = ago(token.after);
            let known = then.is_some() || context::follows(here, BEFORE_BARE);
            let long = !matches!(
                unit,
                Unit::Second | Unit::Minute | Unit::Quarter | Unit::Weekend
            ) || then.is_some();
            (known && long && !token.is_capitalised())
                .then(|| (then.unwrap_or(token.after), kind(unit)))
        }
        _ => None,
    }
}

pub(super) fn kind(unit: Unit) -> Kind {
    if unit.is_clock() {
        Kind::Time
    } else {
        Kind::Date
    }
}

/// A count that was read, and whether it is a number rather than "several".
#[derive(Clone, Copy)]
struct Amount<'a> {
    cursor: Cursor<'a>,
    exact: bool,
}

/// Returns the place after a count: "24", "two to three", "a few", "several", "dozens of".
fn amount(here: Cursor<'_>) -> Option<Amount<'_>> {
    if let Some(after) = count(here) {
        let cursor = second_count(after).unwrap_or(after);
        return Some(Amount {
            cursor,
            exact: true,
        });
    }
    let vague = |cursor| {
        Some(Amount {
            cursor,
            exact: false,
        })
    };
    let token = here.word()?;
    match token.word {
        Word::Few => vague(token.after),
        Word::Heap => heap(token.after).and_then(vague),
        Word::Article => {
            let next = token.after.next_word()?;
            match next.word {
                Word::Few => vague(next.after),
                Word::Heap => heap(next.after).and_then(vague),
                _ => None,
            }
        }
        _ => None,
    }
}

fn heap(after: Cursor<'_>) -> Option<Cursor<'_>> {
    let of = after.next_word()?;
    if of.word != Word::Of {
        return None;
    }
    // "tens of thousands of years"
    let next = of.after.next_word().filter(|next| next.word == Word::Heap);
    let again = next.and_then(|next| next.after.next_word());
    Some(match again {
        Some(again) if again.word == Word::Of => again.after,
        Some(_) | None => of.after,
    })
}

fn count(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (number, after) = here.number()?;
    let sure = match number.style {
        Style::English | Style::Words(_) => true,
        Style::DecimalComma | Style::Continental | Style::Spaced => false,
    };
    // "30+ years", "9.3 million years"
    let after = match number::magnitude(here.text(), after.at(), false) {
        Some((_, end)) => after.to(end),
        None => after
            .mark('+')
            .or_else(|| after.literal("-plus"))
            .unwrap_or(after),
    };
    sure.then_some(after)
}

/// Returns the end of "to three", "or 11", "-15" after a first count.
fn second_count(after: Cursor<'_>) -> Option<Cursor<'_>> {
    if let Some(next) = after.any(&['-', '–'])
        && next.next_char()?.is_ascii_digit()
    {
        return count(next);
    }
    let word = after.next_word()?;
    matches!(word.word, Word::To | Word::Or).then_some(())?;
    count(word.after.space()?)
}

/// Returns the end of a unit after a count, with what belongs to it: "-old", "ago", "and a half".
fn counted(after: Cursor<'_>, exact: bool) -> Option<(Cursor<'_>, Kind)> {
    let mut token = after.gap()?.word()?;
    if token.word == Word::Filler {
        token = token.after.gap()?.word()?;
    }
    let (Word::Unit(unit) | Word::Units(unit)) = token.word else {
        return None;
    };
    if unit == Unit::Quarter
        || token.is_capitalised() && token.text.bytes().any(|byte| byte.is_ascii_lowercase())
    {
        return None;
    }
    // "some day", "many a year"; "one second-half goal"
    if matches!(token.word, Word::Unit(_)) && !exact {
        return None;
    }
    let end = token.after;
    if let Some(old) = end.gap().and_then(Cursor::word)
        && old.word == Word::Old
    {
        return Some((old.after, Kind::Date));
    }
    if token.word == Word::Unit(Unit::Second) && end.gap().is_some_and(|next| next.word().is_some())
    {
        return None;
    }
    if let Some(long) = end.mark('-').and_then(Cursor::word)
        && long.text == "long"
    {
        return Some((long.after, kind(unit)));
    }
    let mut end = half_more(end).unwrap_or(end);
    if unit.is_clock() {
        while let Some(next) = smaller(end) {
            end = next;
        }
    }
    Some((ago(end).unwrap_or(end), kind(unit)))
}

/// Returns the end of " 59 minutes" after "1 hour", perhaps with "and" before.
fn smaller(end: Cursor<'_>) -> Option<Cursor<'_>> {
    let comma = end.mark(',').unwrap_or(end);
    let next = comma.space()?;
    let next = match next.word() {
        Some(and) if and.word == Word::And => and.after.space()?,
        Some(_) | None => next,
    };
    let token = count(next)?.next_word()?;
    match token.word {
        Word::Unit(Unit::Minute | Unit::Second) | Word::Units(Unit::Minute | Unit::Second) => {
            Some(token.after)
        }
        _ => None,
    }
}

/// Returns the end of "and a half".
fn half_more(end: Cursor<'_>) -> Option<Cursor<'_>> {
    let and = end.next_word().filter(|token| token.word == Word::And)?;
    let article = and
        .after
        .next_word()
        .filter(|token| token.word == Word::Article)?;
    let half = article
        .after
        .next_word()
        .filter(|token| token.word == Word::Half)?;
    Some(half.after)
}

/// Returns the end of "ago", "later", "earlier", "from now".
fn ago(end: Cursor<'_>) -> Option<Cursor<'_>> {
    let next = end.next_word()?;
    match next.word {
        Word::Ago | Word::Later | Word::Earlier => Some(next.after),
        _ if next.text == "from" => {
            let now = next.after.next_word()?;
            matches!(now.text, "now" | "today").then_some(now.after)
        }
        _ => None,
    }
}

/// Returns the end of "a year ago", "half an hour", "an hour" where it is a length.
fn one(here: Cursor<'_>) -> Option<(Cursor<'_>, Kind)> {
    let first = here.word()?;
    let (token, half) = match first.word {
        Word::Half => {
            let article = first.after.gap()?.word()?;
            match article.word {
                Word::Article => (article.after.next_word()?, true),
                Word::Unit(_) => (article, true),
                _ => return None,
            }
        }
        _ => {
            let next = first.after.next_word()?;
            match next.word {
                Word::Half => (next.after.gap()?.word()?, true),
                Word::Filler => (next.after.next_word()?, false),
                _ => (next, false),
            }
        }
    };
    let Word::Unit(unit) = token.word else {
        return None;
    };
    if unit == Unit::Quarter || unit == Unit::Second {
        return None;
    }
    let then = ago(token.after);
    if half || then.is_some() {
        return Some((then.unwrap_or(token.after), kind(unit)));
    }
    let bare = context::follows(here, BEFORE_ONE) && token.after.mark('-').is_none();
    bare.then(|| {
        let end = half_more(token.after).unwrap_or(token.after);
        (ago(end).unwrap_or(end), kind(unit))
    })
}
