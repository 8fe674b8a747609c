//! One amount with its symbol, from its left edge to its right one.

use std::ops::Range;

use super::{Symbol, code, name, symbol};
use crate::number::{self, Number, Style};

/// A place where a symbol stands.
pub(super) struct Found {
    /// The expression, or as much as is passed over.
    pub(super) range: Range<usize>,
    /// What to write instead; `None` leaves it.
    pub(super) amount: Option<String>,
}

/// Words that say which dollar or pound is meant, before or after an amount; then nothing is rewritten.
const COUNTRIES: &[&str] = &[
    "US",
    "USA",
    "AU",
    "AUS",
    "CA",
    "CAN",
    "NZ",
    "HK",
    "SG",
    "NT",
    "American",
    "Australian",
    "Canadian",
    "Singapore",
    "Zealand",
    "Kong",
    "Taiwan",
    "Taiwanese",
    "Mexican",
    "Jamaican",
    "Egyptian",
    "Lebanese",
    "Syrian",
    "Sudanese",
    "Turkish",
    "Fiji",
    "Liberian",
    "Zimbabwean",
    "Zimbabwe",
    "Namibian",
    "Bermuda",
    "Barbados",
    "Trinidad",
    "Argentine",
    "Chilean",
    "Colombian",
    "A",
    "C",
    "S",
    "R",
    "MX",
    "Z",
    "U",
];

/// Returns the first symbol with an amount at or after byte `from`.
pub(super) fn next(text: &str, from: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let tail = bytes.get(at..)?;
        // The lead bytes of every symbol with a code.
        at += memchr::memchr3(b'$', 0xc2, 0xe2, tail)?;
        let Some(symbol) = text.get(at..).and_then(symbol) else {
            at += 1;
            continue;
        };
        return Some(expression(text, from, at, symbol));
    }
}

fn expression(text: &str, from: usize, at: usize, symbol: Symbol) -> Found {
    let (start, symbol) = with_letters(text, from, at, symbol);
    let after = at + symbol.length - (at - start);
    let leave = |end| Found {
        range: start..end,
        amount: None,
    };
    match text.as_bytes().get(after) {
        Some(b'0'..=b'9') => {
            let Some(found) = leading(text, start, after, symbol) else {
                return leave(range_end(text, after));
            };
            found
        }
        _ => trailing(text, from, start, after, symbol).unwrap_or_else(|| leave(after)),
    }
}

/// Returns the symbol together with the letters before a `$`: `HK$`.
fn with_letters(text: &str, from: usize, at: usize, symbol: Symbol) -> (usize, Symbol) {
    let before = text.get(from..at).unwrap_or_default();
    let letters = before
        .bytes()
        .rev()
        .take(3)
        .take_while(u8::is_ascii_uppercase)
        .count();
    let start = at - letters;
    match text.get(start..).and_then(super::symbol) {
        Some(longer) if start + longer.length == at + symbol.length => (start, longer),
        Some(_) | None => (at, symbol),
    }
}

/// Reads a symbol with its amount after it.
fn leading(text: &str, start: usize, after: usize, symbol: Symbol) -> Option<Found> {
    let code = symbol.code?;
    let number = number::scan(text, after)?;
    let (magnitude, end) = match number::magnitude(text, number.range.end, true) {
        // "a $20-million deal" is one word.
        Some(_) if text.as_bytes().get(number.range.end) == Some(&b'-') => return None,
        Some((magnitude, end)) => (Some(magnitude), end),
        None => (None, number.range.end),
    };
    let written = figures(text, &number)?;
    if !opens(text, start)
        || ends_range(text, start)
        || !closes(text, end)
        || names_country(text, start, end)
    {
        return None;
    }
    Some(Found {
        range: start..end,
        amount: Some(match magnitude {
            Some(magnitude) => format!("{code} {written} {}", magnitude.word()),
            None => format!("{code} {written}"),
        }),
    })
}

/// Reads a symbol with its amount before it: `20.50€`, `3 million €`.
fn trailing(
    text: &str,
    from: usize,
    symbol_at: usize,
    after: usize,
    symbol: Symbol,
) -> Option<Found> {
    let code = symbol.code.filter(|_| symbol.may_follow)?;
    let before = text.get(from..symbol_at)?;
    let start = from + amount_start(before)?;
    let number = number::scan(text, start)?;
    let (magnitude, end) = match number::magnitude(text, number.range.end, true) {
        Some((magnitude, end)) => (Some(magnitude), end),
        None => (None, number.range.end),
    };
    let gap = text.get(end..symbol_at)?;
    let written = figures(text, &number)?;
    // "from 5 10 €": which digits belong together is not sure.
    let lone = !text
        .get(from..start)?
        .trim_end_matches([' ', '\u{a0}', '\u{202f}', '\u{2009}'])
        .ends_with(|last: char| last.is_ascii_digit());
    // "1.200 €" may be twelve hundred.
    let sure = number.style != Style::English || !has_three_decimals(written.as_str());
    let joined = matches!(gap, "" | " " | "\u{a0}" | "\u{202f}");
    if !joined
        || !lone
        || !sure
        || !opens(text, start)
        || !closes(text, after)
        || names_country(text, start, after)
    {
        return None;
    }
    Some(Found {
        range: start..after,
        amount: Some(match magnitude {
            Some(magnitude) => format!("{code} {written} {}", magnitude.word()),
            None => format!("{code} {written}"),
        }),
    })
}

/// Returns where the number that ends `before`, perhaps with a magnitude, starts.
fn amount_start(before: &str) -> Option<usize> {
    /// A number, a blank, `trillion`, a blank.
    const LONGEST: usize = 48;
    let is_blank = |mark: char| matches!(mark, ' ' | '\u{a0}' | '\u{202f}');
    let trimmed = before.strip_suffix(is_blank).unwrap_or(before);
    let letters = trimmed
        .bytes()
        .rev()
        .take(9)
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let digits_end = trimmed.get(..trimmed.len() - letters)?;
    let digits_end = if letters > 0 {
        digits_end.strip_suffix(is_blank).unwrap_or(digits_end)
    } else {
        digits_end
    };
    let figures = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',');
    let length = digits_end
        .bytes()
        .rev()
        .take(LONGEST)
        .take_while(|byte| figures(byte))
        .count();
    let start = digits_end.len() - length;
    // A mark before the first digit belongs to what is before.
    let lead = digits_end
        .bytes()
        .skip(start)
        .take_while(|byte| !byte.is_ascii_digit())
        .count();
    (length > lead && lead == 0 && length < LONGEST).then_some(start)
}

/// Returns the number as written, a decimal comma turned into a point; `None` when its value is not sure.
fn figures(text: &str, number: &Number) -> Option<String> {
    let written = text.get(number.range.clone())?;
    match number.style {
        Style::English => Some(written.to_owned()),
        Style::DecimalComma => Some(written.replace(',', ".")),
        Style::Continental => Some(written.replace('.', "").replace(',', ".")),
        Style::Spaced => {
            let joined = written.replace(['\u{a0}', '\u{202f}', '\u{2009}'], "");
            Some(joined.replace(',', "."))
        }
        Style::Words(_) => None,
    }
}

fn has_three_decimals(written: &str) -> bool {
    written
        .split_once('.')
        .is_some_and(|(whole, decimals)| decimals.len() == 3 && whole.len() <= 3 && whole != "0")
}

/// Returns whether an amount may start at `start`: nothing is glued to it from the left.
fn opens(text: &str, start: usize) -> bool {
    match text
        .get(..start)
        .and_then(|before| before.chars().next_back())
    {
        None => true,
        Some(before) => {
            before.is_whitespace()
                || matches!(
                    before,
                    '(' | '['
                        | '{'
                        | '"'
                        | '\''
                        | '“'
                        | '‘'
                        | '«'
                        | '~'
                        | '≈'
                        | '<'
                        | '>'
                        | '—'
                        | ';'
                        | ':'
                )
        }
    }
}

/// Returns whether an amount may end at `end`: no digits, letters or ranges go on.
fn closes(text: &str, end: usize) -> bool {
    let mut rest = text.get(end..).unwrap_or_default().chars();
    match rest.next() {
        None => true,
        Some('.' | ',' | ':' | '\'' | '’') => {
            !rest.next().is_some_and(|next| next.is_ascii_digit())
        }
        Some(next) => {
            let mark = matches!(
                next,
                ';' | '!' | '?' | ')' | ']' | '}' | '"' | '”' | '»' | '…' | '—'
            );
            next.is_whitespace() && !range_follows(rest.as_str()) || mark
        }
    }
}

/// Returns whether a range goes on after a blank: `$5 - $10`.
fn range_follows(rest: &str) -> bool {
    let mut rest = rest.trim_start_matches(' ').chars();
    matches!(rest.next(), Some('-' | '–'))
        && rest
            .as_str()
            .trim_start_matches(' ')
            .starts_with(|next: char| {
                next.is_ascii_digit() || !next.is_ascii() && !next.is_alphanumeric() || next == '$'
            })
}

/// Returns whether a number and a dash stand before a blank: the second half of `$5 - $10`.
fn ends_range(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let trimmed = before.trim_end_matches(' ');
    let Some(before) = trimmed.strip_suffix(['-', '–']) else {
        return false;
    };
    let mut word = before.trim_end_matches(' ').bytes().rev().take(32);
    word.by_ref()
        .take_while(|byte| *byte != b' ')
        .any(|byte| byte.is_ascii_digit())
}

/// Returns whether the words around an amount say which country's money it is, or name the currency again.
fn names_country(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let before = before.strip_suffix([' ', '\u{a0}']).unwrap_or(before);
    let length = before
        .bytes()
        .rev()
        .take(12)
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let word = before.get(before.len() - length..).unwrap_or_default();
    let initials = before.ends_with("U.S.") || before.ends_with("U.S");
    let after = text.get(end..).unwrap_or_default();
    let after = after.trim_start_matches([' ', '\u{a0}', '(']);
    let length = after
        .bytes()
        .take(12)
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let next = match after.get(length..) {
        // "$5 A$6": the letters belong to the next symbol.
        Some(rest) if rest.starts_with('$') => "",
        Some(_) | None => after.get(..length).unwrap_or_default(),
    };
    let is_code = |word: &str| word.len() == 3 && code(word).is_some();
    let country =
        COUNTRIES.contains(&word) && word.len() > 1 || COUNTRIES.contains(&next) && next.len() > 1;
    country
        || initials
        || after.starts_with("U.S.")
        || is_code(word)
        || is_code(next)
        || name(next).is_some()
}

/// Returns where a range that starts at `after` ends, so that its second half is not read alone: `$5-$10`.
fn range_end(text: &str, after: usize) -> usize {
    let tail = text.get(after..).unwrap_or_default();
    let length = tail
        .find(|mark: char| {
            !(mark.is_alphanumeric() || matches!(mark, '.' | ',' | '-' | '–' | '$' | '£' | '€'))
        })
        .unwrap_or(tail.len());
    after + length
}
