//! The optional step that writes percentages, "m" for million and a few units out in words.

use std::borrow::Cow;

use crate::number::{self, Style};

/// What is counted in millions; after a number and "m" these make it one.
const COUNTED: &[&str] = &[
    "people",
    "shares",
    "votes",
    "viewers",
    "users",
    "customers",
    "passengers",
    "tonnes",
    "tons",
    "barrels",
    "homes",
    "households",
    "jobs",
    "copies",
    "units",
    "subscribers",
    "followers",
    "fans",
    "visitors",
    "tourists",
    "refugees",
    "children",
    "workers",
    "voters",
    "residents",
    "inhabitants",
    "downloads",
    "views",
    "streams",
    "vehicles",
    "cars",
    "doses",
    "tests",
    "cases",
    "deaths",
    "members",
    "patients",
    "students",
    "pupils",
    "families",
    "animals",
    "trees",
    "acres",
    "hectares",
    "records",
    "accounts",
    "tickets",
    "listeners",
    "readers",
    "migrants",
    "employees",
    "women",
    "men",
    "adults",
    "pensioners",
    "citizens",
    "consumers",
    "drivers",
    "travellers",
    "travelers",
    "smokers",
    "hits",
    "pages",
    "documents",
    "bottles",
    "dollars",
    "euros",
    "pounds",
    "rubles",
    "roubles",
    "rupees",
    "yen",
    "pesos",
];
/// May stand between the million and what is counted.
const ADJECTIVES: &[&str] = &[
    "more",
    "new",
    "other",
    "young",
    "additional",
    "extra",
    "older",
    "elderly",
    "registered",
    "active",
];
/// After these a number and "m", "km" is a measure and not part of a noun.
const AFTER_LENGTH: &[&str] = &[
    "high",
    "tall",
    "wide",
    "deep",
    "long",
    "thick",
    "above",
    "below",
    "away",
    "apart",
    "underwater",
    "underground",
    "upstream",
    "downstream",
    "inland",
    "offshore",
];
/// Words after which a unit ends its phrase, so that the plural is right ("5 km from the city", but "a 5 km run").
const AFTER_MEASURE: &[&str] = &[
    "of",
    "from",
    "to",
    "in",
    "on",
    "at",
    "and",
    "or",
    "north",
    "south",
    "east",
    "west",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
    "off",
    "out",
    "into",
    "before",
    "after",
    "along",
    "down",
    "up",
    "for",
    "over",
    "under",
    "behind",
    "by",
    "than",
    "per",
    "with",
    "outside",
    "inside",
    "beyond",
    "across",
    "but",
    "is",
    "was",
    "were",
    "are",
    "when",
    "while",
    "which",
];

/// Returns the text with whole, unambiguous measures in words: `3.5%` becomes `3.5 percent`, `12.5 m shares` becomes
/// `12.5 million shares`, `3 g of` becomes `3 grams of`.
///
/// A letter alone is never taken for a unit without the words around it: `5 G`, `4 g phones` and `100m` stay. A second run
/// changes nothing.
pub(crate) fn standardize(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut output = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if !byte.is_ascii_digit() {
            at += 1;
            continue;
        }
        let Some(number) = number::scan(text, at) else {
            at = figures_end(bytes, at);
            continue;
        };
        let end = number.range.end;
        let sure = matches!(
            number.style,
            Style::English | Style::DecimalComma | Style::Spaced
        );
        if sure
            && opens(text, at)
            && let Some((words, after)) = unit(text, at..end)
        {
            output.push_str(text.get(copied..end).unwrap_or_default());
            output.push(' ');
            output.push_str(words);
            copied = after;
        }
        at = figures_end(bytes, at).max(end);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(output)
}

/// Returns the end of a run of digits and of the marks and digits joined to it.
fn figures_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(byte) = bytes.get(end) {
        let joined =
            matches!(byte, b'.' | b',') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !byte.is_ascii_digit() && !joined {
            break;
        }
        end += 1;
    }
    end
}

/// Returns whether the number stands alone on its left, and is not an amount of money.
fn opens(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    match before.chars().next_back() {
        None => true,
        Some(' ' | '\u{a0}') => !is_money(before.trim_end_matches([' ', '\u{a0}'])),
        Some(mark) => {
            mark.is_whitespace()
                || matches!(
                    mark,
                    '(' | '['
                        | '"'
                        | '\''
                        | '“'
                        | '‘'
                        | '<'
                        | '>'
                        | '~'
                        | '≈'
                        | '≥'
                        | '≤'
                        | '+'
                        | '—'
                        | ';'
                )
        }
    }
}

/// Returns whether a currency's code or symbol ends the text.
fn is_money(before: &str) -> bool {
    let code = before
        .len()
        .checked_sub(3)
        .and_then(|start| before.get(start..))
        .is_some_and(|word| crate::currency::code(word) == Some(3));
    code || before.ends_with(['$', '£', '€', '¥', '₹'])
}

/// Returns the words for the unit after a number, and where the unit ends.
fn unit(text: &str, number: std::ops::Range<usize>) -> Option<(&'static str, usize)> {
    let end = number.end;
    let tail = text.get(end..)?;
    let gap = match tail.chars().next()? {
        blank @ (' ' | '\u{a0}' | '\u{202f}') => blank.len_utf8(),
        _ => 0,
    };
    let start = end + gap;
    let rest = text.get(start..)?;
    if let Some(after) = rest.strip_prefix('%') {
        return closes(after).then_some(("percent", start + 1));
    }
    let length = rest
        .bytes()
        .take(6)
        .take_while(u8::is_ascii_alphabetic)
        .count();
    let after = rest.get(length..)?;
    let after_unit = start + length;
    let one = text.get(number) == Some("1");
    let words = match rest.get(..length)? {
        "m" if counts(after) => "million",
        "m" if is_length(after) => plural(one, "meter", "meters"),
        "g" if before(after, &["of"]) => plural(one, "gram", "grams"),
        "mg" if measures(after) => plural(one, "milligram", "milligrams"),
        "kg" if measures(after) => plural(one, "kilogram", "kilograms"),
        "km" if measures(after) => plural(one, "kilometer", "kilometers"),
        "cm" if measures(after) => plural(one, "centimeter", "centimeters"),
        "ft" if is_length(after) => plural(one, "foot", "feet"),
        "mph" if measures(after) => "miles per hour",
        _ => return None,
    };
    Some((words, after_unit))
}

fn plural(one: bool, singular: &'static str, plural: &'static str) -> &'static str {
    if one { singular } else { plural }
}

/// Returns whether an expression may end before `after`: no digit, letter or range goes on.
fn closes(after: &str) -> bool {
    let mut rest = after.chars();
    match rest.next() {
        None => true,
        Some('.' | ',' | ':') => !rest.next().is_some_and(char::is_alphanumeric),
        Some(mark) => {
            mark.is_whitespace()
                || matches!(
                    mark,
                    ';' | '!' | '?' | ')' | ']' | '"' | '\'' | '’' | '”' | '…' | '—'
                )
        }
    }
}

/// Returns the lower-case word after one blank.
fn word_after(after: &str) -> Option<(&str, &str)> {
    let rest = after.strip_prefix([' ', '\u{a0}'])?;
    let length = rest
        .bytes()
        .take(16)
        .take_while(u8::is_ascii_lowercase)
        .count();
    let word = rest.get(..length).filter(|word| !word.is_empty())?;
    let rest = rest.get(length..)?;
    let whole =
        !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-' || next == '_');
    whole.then_some((word, rest))
}

fn before(after: &str, words: &[&str]) -> bool {
    word_after(after).is_some_and(|(word, _)| words.contains(&word))
}

/// Returns whether "high", "away" or the like follows and ends the phrase: "5 m high", but not "a 5 m high wall".
fn is_length(after: &str) -> bool {
    word_after(after).is_some_and(|(word, rest)| {
        let ends = !rest.starts_with(char::is_whitespace) && closes(rest);
        AFTER_LENGTH.contains(&word) && (ends || before(rest, AFTER_MEASURE))
    })
}

fn counts(after: &str) -> bool {
    match word_after(after) {
        Some((word, rest)) if ADJECTIVES.contains(&word) => before(rest, COUNTED),
        Some((word, _)) => COUNTED.contains(&word),
        None => false,
    }
}

/// Returns whether the unit ends its phrase.
fn measures(after: &str) -> bool {
    if before(after, AFTER_MEASURE) || is_length(after) {
        return true;
    }
    !after.starts_with(char::is_whitespace) && closes(after) && !after.starts_with(['\'', '’'])
}

#[cfg(test)]
mod tests;
