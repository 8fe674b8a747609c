//! Pairs and short runs of characters that occur in mojibake and hardly anywhere else.
//!
//! The rules are those of ftfy 6.3.1's `BADNESS_RE` (`badness.py`; see `NOTICE.md`), and three more. Each has one character
//! that is never ASCII; the rule is tried where that character stands, so that ASCII is only skipped.

use super::ascii;
use super::kinds::{
    BAD, BOX, C1, COMMON, CURRENCY, END_PUNCTUATION, KAOMOJI, LAW, LOWER_ACCENTED, LOWER_COMMON,
    NUMERIC, START_PUNCTUATION, UPPER_ACCENTED, UPPER_COMMON,
};
use super::table::traits;

const ACCENTED: u32 = LOWER_ACCENTED | UPPER_ACCENTED;
const PUNCTUATION: u32 = START_PUNCTUATION | END_PUNCTUATION;
const SIGN: u32 = BOX | PUNCTUATION | CURRENCY | NUMERIC | LAW;

/// Kinds of which the second character of every rule is, but for three rules.
const TELLING: u32 = C1 | COMMON | BAD | ACCENTED | SIGN | KAOMOJI;

/// Kinds of which the second must not follow the first.
const BAD_PAIRS: [(u32, u32); 10] = [
    (BAD | ACCENTED | SIGN, BAD),
    (BAD, ACCENTED | SIGN),
    (
        LOWER_ACCENTED | LOWER_COMMON | BOX | END_PUNCTUATION | CURRENCY | NUMERIC,
        UPPER_ACCENTED,
    ),
    (BOX | END_PUNCTUATION | CURRENCY | NUMERIC, LOWER_ACCENTED),
    (LOWER_ACCENTED | BOX | END_PUNCTUATION, CURRENCY),
    (UPPER_ACCENTED | BOX, NUMERIC | LAW),
    (CURRENCY | NUMERIC | BOX, START_PUNCTUATION),
    (BOX, KAOMOJI),
    (ACCENTED | CURRENCY | NUMERIC | PUNCTUATION | LAW, BOX),
    (BOX, END_PUNCTUATION),
];

/// Whether some part of the segment looks like mojibake.
pub(super) fn is_bad(segment: &str) -> bool {
    let mut at = 0;
    while let Some((place, c)) = next_non_ascii(segment, at) {
        at = place + c.len_utf8();
        if is_bad_at(segment, place, c) {
            return true;
        }
    }
    false
}

/// The next non-ASCII character at or after `from`, which must be a character boundary, with its offset.
pub(super) fn next_non_ascii(text: &str, from: usize) -> Option<(usize, char)> {
    let at = ascii::skip(text.as_bytes(), from);
    Some((at, text.get(at..)?.chars().next()?))
}

/// Whether a rule holds whose leading non-ASCII character is this one.
///
/// `text` may be longer than the line of the character: the start of a line counts as the start of the text.
pub(super) fn is_bad_at(text: &str, at: usize, c: char) -> bool {
    let kind = traits(c);
    if kind == 0 {
        return false;
    }
    let after = text.get(at + c.len_utf8()..).unwrap_or_default();
    let mut following = after.chars();
    let Some(next) = following.next() else {
        return kind & C1 != 0;
    };
    let before = || text.get(..at).unwrap_or_default();
    if next.is_ascii() {
        return kind & C1 != 0 || is_bad_before_ascii(before, c, next);
    }
    if kind & C1 != 0 {
        return true;
    }
    let next_kind = traits(next);
    if next_kind & TELLING == 0 {
        return matches!(c, 'Œ' | 'œ')
            || c == 'в' && next == 'Ђ'
            || c == 'Г' && is_twice_latin(after);
    }
    let third = following.next();
    BAD_PAIRS
        .iter()
        .any(|(first, second)| kind & first != 0 && next_kind & second != 0)
        || is_bad_with_neighbours(before, kind, next_kind, third)
        || is_bad_by_name(after, c, next, third)
}

/// The few rules that hold before an ASCII character.
fn is_bad_before_ascii<'a>(before: impl Fn() -> &'a str, c: char, next: char) -> bool {
    match c {
        'Œ' | 'œ' => !next.is_ascii_alphabetic(),
        'Ã' | 'Â' if next == ' ' => {
            let mut preceding = before().chars().rev();
            let Some(last) = preceding.next() else {
                return true;
            };
            let after_word = last.is_ascii_lowercase()
                || is_space(last) && preceding.next().is_some_and(|p| p.is_ascii_lowercase());
            last == '\n' || after_word || c == 'Â' && may_end_sentence(last)
        }
        _ => false,
    }
}

/// The rules over kinds that look at a third character, or at the one before.
fn is_bad_with_neighbours<'a>(
    before: impl Fn() -> &'a str,
    kind: u32,
    next: u32,
    third: Option<char>,
) -> bool {
    let third_is = |kinds: u32| third.is_some_and(|third| traits(third) & kinds != 0);
    let last_is = |test: fn(char) -> bool| before().chars().next_back().is_some_and(test);
    let opens = ACCENTED | BOX | CURRENCY;

    kind & (opens | END_PUNCTUATION) != 0 && next & START_PUNCTUATION != 0 && third_is(NUMERIC)
        || kind & (opens | NUMERIC | LAW) != 0
            && next & END_PUNCTUATION != 0
            && third_is(START_PUNCTUATION)
        || kind & ACCENTED != 0 && next & PUNCTUATION != 0 && third.is_some_and(is_word)
        || kind & (LOWER_COMMON | UPPER_COMMON) != 0
            && next & BAD != 0
            && last_is(|last| last.is_ascii_alphabetic())
        || kind & UPPER_ACCENTED != 0
            && (next & CURRENCY != 0 && last_is(is_space)
                || next & (START_PUNCTUATION | CURRENCY) != 0
                    && last_is(|last| last.is_ascii_lowercase()))
}

/// The rules that name characters, `next` not being ASCII.
fn is_bad_by_name(after: &str, c: char, next: char, third: Option<char>) -> bool {
    let next_kind = traits(next);
    // A lead byte of Windows-1251 or Windows-1253 on both sides of what a continuation byte looks like.
    let flanked = |more: &[char], leads: &[char]| {
        (next_kind & (C1 | BAD | PUNCTUATION | CURRENCY) != 0 || more.contains(&next))
            && third.is_some_and(|third| leads.contains(&third))
    };
    let named = match c {
        'Œ' | 'œ' => true,
        // Two characters in Windows-1252 that the kinds do not cover.
        'Â' | 'Ã' | 'Î' | 'Ð' => {
            next_kind & PUNCTUATION != 0
                || matches!(next, '€' | 'œ' | 'Š' | 'š' | '¢' | '£' | 'Ÿ' | 'ž')
                || matches!(next, '\u{a0}' | '\u{ad}' | '°' | '·' | '–' | '—' | '´')
        }
        '×' => matches!(next, '²' | '³'),
        'à' => matches!(next, '²' | 'µ' | '¹' | '¼' | '½' | '¾'),
        // Arabic in Windows-1252. The second characters are common, so two pairs are asked for.
        'Ø' | 'Ù' => is_arabic_pair(after),
        // Not in ftfy: the Turkish letters ğ and ş, and the trade mark sign. No language writes their misread forms.
        'Ä' | 'Å' => next == 'Ÿ',
        'â' => next == '„' && third == Some('¢'),
        // MacRoman.
        '√' => matches!(
            next,
            '±' | '∂' | '†' | '≠' | '®' | '™' | '´' | '≤' | '≥' | '¥' | 'µ' | 'ø'
        ),
        '≈' => matches!(next, '°' | '¢'),
        '‚' => third.is_some_and(|third| match next {
            'Ä' => "ìîïòôúùû†°¢π".contains(third),
            'â' | 'ó' => "àä°ê".contains(third),
            _ => false,
        }),
        // Windows-1251: Latin-1 and Cyrillic.
        'В' | 'Г' | 'Р' | 'С' => flanked(&['°', 'µ'], &['В', 'Г', 'Р', 'С']),
        // Windows-1253: U+2000 and after, then Latin-1 and Greek.
        'β' => next == '€' && third.is_some_and(|third| "™\u{a0}Ά\u{ad}®°".contains(third)),
        'Β' | 'Γ' | 'Ξ' | 'Ο' => flanked(&['°'], &['Β', 'Γ', 'Ξ', 'Ο']),
        _ => false,
    };
    // Degree signs after capital letters.
    named || next == '°' && traits(c) & UPPER_ACCENTED != 0
}

/// Whether the rest after `Ø` or `Ù` completes two Arabic letters misread in Windows-1252.
fn is_arabic_pair(after: &str) -> bool {
    let is_second = |c: Option<char>| {
        c.is_some_and(|c| {
            traits(c) & (COMMON | CURRENCY | BAD | NUMERIC | START_PUNCTUATION) != 0
                || matches!(c, 'Ÿ' | 'Š' | '®' | '°' | '»')
        })
    };
    let mut following = after.chars();
    is_second(following.next())
        && matches!(following.next(), Some('Ø' | 'Ù'))
        && is_second(following.next())
}

/// Whether the rest after `Г` completes a Windows-1252 character misread in Latin-1 and again in Windows-1251.
fn is_twice_latin(after: &str) -> bool {
    after.strip_prefix("ўВЂВ").is_some_and(|rest| {
        let mut following = rest.chars();
        following.next().is_some_and(|c| c != '\n')
            && following
                .next()
                .is_some_and(|c| c.is_ascii_alphabetic() || c == ' ')
    })
}

fn may_end_sentence(c: char) -> bool {
    c.is_ascii_lowercase()
        || matches!(c, '.' | ',' | '?' | '!')
        || !c.is_ascii() && traits(c) & END_PUNCTUATION != 0
}

/// White space as Python counts it: the information separators too.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Letters, numbers and the low line, as `\w` in Python: no marks.
fn is_word(c: char) -> bool {
    let is_circled_letter = matches!(c, 'Ⓐ'..='ⓩ' | '🄰'..='🆉');
    c == '_'
        || c.is_alphanumeric()
            && !is_circled_letter
            && !unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::is_bad;
    use serde_json::Value;

    #[test]
    fn every_rule_of_ftfy_holds_where_it_should_and_nowhere_else() {
        let cases: Value = serde_json::from_str(include_str!("badness_cases.json")).unwrap();
        for (list, expected) in [("bad", true), ("good", false)] {
            for case in cases[list].as_array().unwrap() {
                let text = case.as_str().unwrap();
                assert_eq!(is_bad(text), expected, "{text:?}");
            }
        }
    }

    #[test]
    fn a_line_starts_after_a_line_feed_as_a_text_does() {
        assert!(is_bad("Ã x"));
        assert!(is_bad("x\nÃ x"));
        assert!(!is_bad("X Ã x"));
    }
}
