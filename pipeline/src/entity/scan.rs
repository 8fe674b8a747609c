//! The walk over a text that tries the grammars where one could begin.

use super::Entity;
use super::cursor::{Cursor, is_word_char};
use super::kind::Kind;
use super::lexicon;
use super::{choice, date, money};
use crate::currency;

/// Returns the dates, times, amounts of money and percentages of a text, in order and without overlaps.
///
/// Grammar only: names of people, places and the rest need a model. Linear in the length of the text.
pub fn find(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(step) = step(text, at, &found) {
        at = match step {
            Step::Entity(entity) => {
                let end = entity.range.end;
                found.push(entity);
                end
            }
            Step::Skip(next) => next,
        };
    }
    found
}

enum Step {
    Entity(Entity),
    /// Nothing starts before this byte.
    Skip(usize),
}

fn step(text: &str, at: usize, found: &[Entity]) -> Option<Step> {
    let bytes = text.as_bytes();
    let mut at = at;
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {
                let end = at + letters(bytes, at);
                match bytes.get(end) {
                    Some(b'0'..=b'9' | b'_' | b'@' | 0x80..) => return Some(mixed(text, at, end)),
                    Some(b':') if bytes.get(end..end + 3) == Some(b"://") => {
                        return Some(Step::Skip(blank(bytes, end)));
                    }
                    Some(b'.') if text.get(at..end) == Some("www") => {
                        return Some(Step::Skip(blank(bytes, end)));
                    }
                    _ => {}
                }
                let word = bytes.get(at..end).unwrap_or_default();
                if lexicon::may_start(word) || is_code_start(word) {
                    let here = Cursor::new(text, at);
                    if let Some(entity) = from_word(here, is_after_date(text, found, at)) {
                        return Some(Step::Entity(entity));
                    }
                    if bytes.get(end) == Some(&b'$')
                        && let Some(symbol) = currency::symbol(here.rest())
                        && let Some(end) = money::from_symbol(here)
                        && symbol.length > word.len()
                    {
                        return Some(entity(here, end, Kind::Money));
                    }
                }
                at = end;
            }
            b'0'..=b'9' => return Some(from_digit(text, at, found)),
            b'$' | 0x80.. => return Some(from_mark(text, at)),
            b'#' | b'@' => at = word_end(text, at + 1),
            b'\'' => {
                if let Some(end) = super::year::decade(Cursor::new(text, at)) {
                    return Some(entity(Cursor::new(text, at), end, Kind::Date));
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn entity(here: Cursor<'_>, end: Cursor<'_>, kind: Kind) -> Step {
    Step::Entity(Entity {
        kind,
        range: here.at()..end.at(),
    })
}

fn letters(bytes: &[u8], at: usize) -> usize {
    bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count()
}

fn blank(bytes: &[u8], at: usize) -> usize {
    let length = bytes
        .iter()
        .skip(at)
        .take_while(|byte| !byte.is_ascii_whitespace())
        .count();
    at + length
}

/// Returns the end of the run of word characters that goes on at `at`.
fn word_end(text: &str, at: usize) -> usize {
    let tail = text.get(at..).unwrap_or_default();
    let rest = tail.trim_start_matches(|next: char| is_word_char(next) || next == '@');
    text.len() - rest.len()
}

/// Returns whether an upper-case word could be a currency's code or the letters of "US$".
fn is_code_start(word: &[u8]) -> bool {
    match word {
        [b'R', b's'] => true,
        [first, ..] if word.len() <= 3 => {
            first.is_ascii_uppercase() && word.iter().all(u8::is_ascii_uppercase)
        }
        _ => false,
    }
}

/// Reads a word in which letters meet digits, marks of other scripts, or `@`.
fn mixed(text: &str, at: usize, letters_end: usize) -> Step {
    let here = Cursor::new(text, at);
    if let Some(end) = date::from_mixed(here) {
        return entity(here, end, Kind::Date);
    }
    if let Some(end) = money::from_code(here) {
        return entity(here, end, Kind::Money);
    }
    if let Some(symbol) = currency::symbol(here.rest())
        && at + symbol.length > letters_end
        && let Some(end) = money::from_symbol(here)
    {
        return entity(here, end, Kind::Money);
    }
    let next = text.get(letters_end..).and_then(|tail| tail.chars().next());
    match next {
        Some(next) if is_word_char(next) || next == '@' => Step::Skip(word_end(text, letters_end)),
        // A dash or a quotation mark: the word is whole after all.
        Some(_) | None => match from_word(here, false) {
            Some(entity) => Step::Entity(entity),
            None => Step::Skip(letters_end),
        },
    }
}

fn from_word(here: Cursor<'_>, after_date: bool) -> Option<Entity> {
    if here.previous_char() == Some('-') && !is_prefixed(here) {
        return None;
    }
    let (end, kind) = choice::from_word(here, after_date)?;
    is_clean(end).then(|| Entity {
        kind,
        range: here.at()..end.at(),
    })
}

/// Returns whether the hyphen before is one of a prefix that dates take: "pre-Christmas", "post-2016".
fn is_prefixed(here: Cursor<'_>) -> bool {
    let hyphen = here.to(here.at() - 1);
    ["pre", "post", "mid", "non"].iter().any(|prefix| {
        hyphen
            .text()
            .get(..hyphen.at())
            .is_some_and(|before| before.ends_with(prefix))
    }) || !hyphen.previous_char().is_some_and(is_word_char)
}

/// Returns whether the entity ends where a word ends, and not inside an address or a file name.
fn is_clean(end: Cursor<'_>) -> bool {
    let inside = |mark: char| {
        end.mark(mark)
            .and_then(Cursor::next_char)
            .is_some_and(is_word_char)
    };
    let word = end.previous_char().is_some_and(is_word_char);
    !(end.mark('@').is_some()
        || word && !end.ends_word()
        || word
            && inside('.')
            && !end
                .mark('.')
                .and_then(Cursor::next_char)
                .is_some_and(char::is_uppercase))
        || end.rest().starts_with('T')
}

fn from_digit(text: &str, at: usize, found: &[Entity]) -> Step {
    let here = Cursor::new(text, at);
    let after_date = is_after_date(text, found, at);
    let free = match here.previous_char() {
        // "COVID-19", "10.5", "A_7"; a minus or a dash before an amount is free.
        Some('-') => is_prefixed(here),
        Some('.' | ',' | ':' | '/' | '_' | '=' | '&' | '+' | '#' | '$') => false,
        Some(_) | None => true,
    };
    if free
        && let Some((end, kind)) = choice::from_digit(here, after_date)
        && is_clean(end)
    {
        return entity(here, end, kind);
    }
    Step::Skip(figures_end(text, at))
}

/// Returns the end of a run of digits and of the marks and digits joined to it.
fn figures_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at;
    while let Some(byte) = bytes.get(end) {
        let joined = matches!(byte, b'.' | b',' | b':' | b'/')
            && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !byte.is_ascii_digit() && !joined {
            break;
        }
        end += 1;
    }
    word_end(text, end).max(at + 1)
}

fn from_mark(text: &str, at: usize) -> Step {
    let here = Cursor::new(text, at);
    let Some(mark) = here.next_char() else {
        return Step::Skip(at + 1);
    };
    let glued = here.previous_char().is_some_and(is_word_char);
    if !glued && let Some(end) = money::from_symbol(here) {
        return entity(here, end, Kind::Money);
    }
    if matches!(mark, '’' | '‘')
        && !glued
        && let Some(end) = super::year::decade(here)
    {
        return entity(here, end, Kind::Date);
    }
    if is_word_char(mark) {
        return Step::Skip(word_end(text, at));
    }
    Step::Skip(at + mark.len_utf8())
}

/// Returns whether a date ended just before, with only "and", "to", "or", a comma or a dash between.
fn is_after_date(text: &str, found: &[Entity], at: usize) -> bool {
    let Some(last) = found.last().filter(|last| last.kind == Kind::Date) else {
        return false;
    };
    match text.get(last.range.end..at) {
        Some(between) if between.len() <= 12 => {
            matches!(
                between.trim(),
                "and"
                    | "to"
                    | "or"
                    | ","
                    | "–"
                    | "-"
                    | "/"
                    | "through"
                    | "until"
                    | "in"
                    | ", and"
                    | "till"
            )
        }
        Some(_) | None => false,
    }
}
