//! Parts of the day: "tonight", "this morning", "Monday night" is with the weekdays, "the early hours".

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::context;
use super::cursor::Cursor;
use super::lexicon::{Unit, Word};

/// Returns the end of a part of a day that needs no number.
pub(super) fn part_of_day(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let token = here.word()?;
    match token.word {
        Word::Tonight | Word::Overnight => Some(token.after),
        Word::Clock => Some(token.after),
        Word::This | Word::Last | Word::Yesterday | Word::Tomorrow | Word::That | Word::Next => {
            let part = token.after.next_word()?;
            match part.word {
                Word::DayPart if !part.is_capitalised() => Some(part.after),
                Word::Part => day_part(part.after.next_word()?.after, part.after),
                _ => None,
            }
        }
        Word::The => {
            let next = token.after.next_word()?;
            match next.word {
                Word::Part => {
                    let last = next.after.next_word()?;
                    match last.word {
                        Word::DayPart | Word::Units(Unit::Hour) => Some(last.after),
                        _ => None,
                    }
                }
                Word::DayPart
                    if !next.is_capitalised()
                        && context::follows(
                            here,
                            &["in", "during", "throughout", "later", "earlier"],
                        ) =>
                {
                    Some(next.after)
                }
                Word::Following | Word::Next | Word::Last | Word::That => {
                    let last = next.after.next_word()?;
                    (last.word == Word::DayPart).then_some(last.after)
                }
                _ => None,
            }
        }
        Word::Part => {
            let last = token.after.gap()?.word()?;
            let known = context::follows(here, &["in", "on", "since", "until", "by"]);
            (last.word == Word::DayPart && known).then_some(last.after)
        }
        _ => None,
    }
}

/// Returns `end` when the word before it is a part of the day.
fn day_part<'a>(end: Cursor<'a>, before: Cursor<'a>) -> Option<Cursor<'a>> {
    let word = before.next_word()?;
    (word.word == Word::DayPart).then_some(end)
}
