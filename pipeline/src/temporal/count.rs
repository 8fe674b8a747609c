//! Counts of units: "two weeks ago", "a decade ago", "in three months", and lengths that name no date.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use crate::entity::cursor::Cursor;
use crate::entity::lexicon::{Unit, Word};

use super::expression::Parts;

/// No expression of a date has more words.
const MOST_WORDS: usize = 24;

/// Reads a counted unit of the expression into `parts`: with "ago" it is a date, without it a length and vague.
pub(super) fn read(expression: &str, parts: &mut Parts) {
    let mut here = Cursor::new(expression, 0);
    for _ in 0..MOST_WORDS {
        if let Some((count, unit, after)) = counted(here) {
            return decide(count, unit, after, parts);
        }
        let Some(next) = here.next_char() else { return };
        here = match here.word() {
            Some(token) => token.after,
            None => here.to(here.at() + next.len_utf8()),
        };
        while let Some(after) = here.space() {
            here = after;
        }
    }
}

fn decide(count: i64, unit: Unit, after: Cursor<'_>, parts: &mut Parts) {
    let next = after.next_word();
    match next.map(|next| (next.word, next.text)) {
        Some((Word::Ago, _)) => parts.ago = Some((-count, unit)),
        // "a year earlier" in business news is one year before; other anaphors have no date of their own.
        Some((Word::Earlier, _)) if count == 1 && unit == Unit::Year => {
            parts.ago = Some((-1, unit))
        }
        Some((_, "from")) => parts.ago = Some((count, unit)),
        _ => parts.vague = true,
    }
}

/// Returns a count, its unit and the place after it.
fn counted(here: Cursor<'_>) -> Option<(i64, Unit, Cursor<'_>)> {
    let (count, after) = match here.word() {
        Some(token) if token.word == Word::Article => (1, token.after),
        _ => {
            let (number, after) = here.number()?;
            (i64::try_from(number.whole(here.text())?).ok()?, after)
        }
    };
    let mut token = after.gap()?.word()?;
    if token.word == Word::Filler {
        token = token.after.gap()?.word()?;
    }
    match token.word {
        Word::Unit(unit) | Word::Units(unit) => Some((count, unit, token.after)),
        _ => None,
    }
}
