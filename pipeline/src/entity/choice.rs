//! Which grammars can begin where, and the choice of the longest that does.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::cursor::{Cursor, Token};
use super::kind::Kind;
use super::lexicon::Word;
use super::{date, duration, money, percent, time};

type Found<'a> = Option<(Cursor<'a>, Kind)>;

/// Returns the end and kind of the longest entity that starts with the word here.
pub(super) fn from_word(here: Cursor<'_>, after_date: bool) -> Found<'_> {
    let token = here.word()?;
    match token.word {
        Word::Unknown => money(money::from_code(here)),
        Word::Number => longest([
            money(money::from_number(here)),
            percent(here),
            time(here),
            duration::find(here),
        ]),
        Word::Article => {
            let next = token.after.next_word()?;
            match next.word {
                Word::Scale | Word::Half => {
                    longest([money(money::from_number(here)), duration::find(here)])
                }
                Word::Unit(_) | Word::Few | Word::Heap | Word::Filler => duration::find(here),
                _ => None,
            }
        }
        Word::Half => longest([
            money(money::from_number(here)),
            percent(here),
            duration::find(here),
        ]),
        Word::Heap => longest([money(money::from_heap(here)), duration::find(here)]),
        Word::Tonight | Word::Overnight | Word::Clock => time(here),
        Word::The | Word::This | Word::That | Word::Last | Word::Next | Word::Part => {
            if !leads(token) {
                return None;
            }
            longest([time(here), date::from_word(here, after_date)])
        }
        Word::Yesterday | Word::Tomorrow => {
            longest([time(here), date::from_word(here, after_date)])
        }
        Word::Past | Word::Current | Word::Recent | Word::Each | Word::Ordinal(_) => {
            leads(token).then(|| date::from_word(here, after_date))?
        }
        _ => date::from_word(here, after_date),
    }
}

/// Returns the end and kind of the longest entity that starts with the digit here.
pub(super) fn from_digit(here: Cursor<'_>, after_date: bool) -> Found<'_> {
    longest([
        money(money::from_number(here)),
        percent(here),
        time(here),
        date::from_digit(here, after_date),
    ])
}

/// Returns whether what follows could be of a date at all: most words after "the" are not.
fn leads(token: Token<'_>) -> bool {
    let Some(next) = token.after.gap() else {
        return false;
    };
    match next.word() {
        Some(word) => word.word != Word::Unknown,
        None => !next.next_char().is_some_and(char::is_alphabetic),
    }
}

fn longest<'a, const N: usize>(found: [Found<'a>; N]) -> Found<'a> {
    let mut best: Found<'a> = None;
    for candidate in found.into_iter().flatten() {
        if best.is_none_or(|(end, _)| candidate.0.at() > end.at()) {
            best = Some(candidate);
        }
    }
    best
}

fn money(end: Option<Cursor<'_>>) -> Found<'_> {
    end.map(|end| (end, Kind::Money))
}

fn percent(here: Cursor<'_>) -> Found<'_> {
    percent::find(here).map(|end| (end, Kind::Percent))
}

fn time(here: Cursor<'_>) -> Found<'_> {
    time::find(here).map(|end| (end, Kind::Time))
}
