//! One scanner for written numbers: `1,200.50`, `19,99`, `1.5`, `1 200`, `three hundred`, and the magnitudes after them.
//!
//! Values are exact decimals in text; nothing here goes through a float.

mod spelled;

use std::ops::Range;

pub(crate) use spelled::is_number_word;

/// More digits than any amount in the news; longer runs are identifiers.
const MOST_DIGITS: usize = 24;
/// More groups than `MOST_DIGITS` can fill.
const MOST_GROUPS: usize = 8;

/// How a number is written, which decides how sure its value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Digits with at most a decimal point, or grouped by commas: `12`, `1.5`, `1,200.50`, `1,00,000`.
    English,
    /// A decimal comma: `19,99`.
    DecimalComma,
    /// Groups by points, perhaps with a decimal comma: `1.200.000`, `1.200,50`.
    Continental,
    /// Groups by no-break or thin spaces: `10 000`.
    Spaced,
    /// Words, with this value: `three hundred`.
    Words(u64),
}

/// A power of ten written after a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Magnitude {
    /// `hundred`
    Hundred,
    /// `thousand`, `k`
    Thousand,
    /// `lakh`, 10^5
    Lakh,
    /// `million`, `m`, `mn`
    Million,
    /// `crore`, 10^7
    Crore,
    /// `billion`, `bn`, `b`
    Billion,
    /// `trillion`, `tn`
    Trillion,
}

impl Magnitude {
    /// Returns the power of ten.
    pub(crate) fn exponent(self) -> usize {
        match self {
            Self::Hundred => 2,
            Self::Thousand => 3,
            Self::Lakh => 5,
            Self::Million => 6,
            Self::Crore => 7,
            Self::Billion => 9,
            Self::Trillion => 12,
        }
    }

    /// Returns the English word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Hundred => "hundred",
            Self::Thousand => "thousand",
            Self::Lakh => "lakh",
            Self::Million => "million",
            Self::Crore => "crore",
            Self::Billion => "billion",
            Self::Trillion => "trillion",
        }
    }
}

/// A written number found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    /// Byte range of the number without its magnitude (a spelled number holds its magnitudes).
    pub(crate) range: Range<usize>,
    /// How it is written.
    pub(crate) style: Style,
}

impl Number {
    /// Returns the exact value as a plain decimal (`1200.5`), or `None` when `text` is not the text it was found in.
    ///
    /// `magnitude` is applied by moving the decimal point: `2.5` and `Billion` give `2500000000`.
    pub(crate) fn decimal(&self, text: &str, magnitude: Option<Magnitude>) -> Option<String> {
        let point = match self.style {
            Style::Words(value) => return Some(shift(&value.to_string(), "", magnitude)),
            Style::English | Style::Spaced => '.',
            Style::DecimalComma | Style::Continental => ',',
        };
        let written = text.get(self.range.clone())?;
        let (whole, fraction) = written.split_once(point).unwrap_or((written, ""));
        let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
        Some(shift(&whole, fraction, magnitude))
    }

    /// Returns the value when it is a whole number written without decimals.
    pub(crate) fn whole(&self, text: &str) -> Option<u64> {
        self.decimal(text, None)?.parse().ok()
    }
}

fn shift(whole: &str, fraction: &str, magnitude: Option<Magnitude>) -> String {
    let places = magnitude.map_or(0, Magnitude::exponent);
    let (moved, rest) = fraction.split_at(places.min(fraction.len()));
    let zeros = "0".repeat(places - moved.len());
    let joined = format!("{whole}{moved}{zeros}");
    let whole = match joined.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    match rest.trim_end_matches('0') {
        "" => whole.to_owned(),
        rest => format!("{whole}.{rest}"),
    }
}

/// Returns the number that starts exactly at byte `at`, in digits or in words.
///
/// The caller sees to it that `at` is not inside a word or a longer number. Versions and addresses (`2.0.1`) are no numbers.
pub(crate) fn scan(text: &str, at: usize) -> Option<Number> {
    match text.as_bytes().get(at)? {
        b'0'..=b'9' => digits(text, at),
        b'a'..=b'z' | b'A'..=b'Z' => spelled::scan(text, at),
        _ => None,
    }
}

fn digits(text: &str, at: usize) -> Option<Number> {
    let bytes = text.as_bytes();
    let lead = run(bytes, at);
    if lead > MOST_DIGITS {
        return None;
    }
    let number = |end: usize, style| {
        Some(Number {
            range: at..end,
            style,
        })
    };
    let after = at + lead;
    if let Some(end) = groups(bytes, at, lead, b',') {
        return match fraction(bytes, end, b'.') {
            Some(end) if fraction(bytes, end, b'.').is_some() => None,
            Some(end) => number(end, Style::English),
            None => number(end, Style::English),
        };
    }
    if let Some(end) = spaced(text, at, lead) {
        return number(fraction(bytes, end, b',').unwrap_or(end), Style::Spaced);
    }
    if let Some(end) = fraction(bytes, after, b'.') {
        let continental = groups(bytes, at, lead, b'.');
        return match (continental, fraction(bytes, end, b'.')) {
            (Some(last), Some(_)) if fraction(bytes, last, b'.').is_none() => number(
                fraction(bytes, last, b',').unwrap_or(last),
                Style::Continental,
            ),
            (_, Some(_)) => None,
            (Some(last), None) => match fraction(bytes, last, b',') {
                Some(end) if end - last == 3 => number(end, Style::Continental),
                Some(_) | None => number(end, Style::English),
            },
            (None, None) => number(end, Style::English),
        };
    }
    match fraction(bytes, after, b',') {
        Some(end) if end - after <= 3 && fraction(bytes, end, b',').is_none() => {
            number(end, Style::DecimalComma)
        }
        Some(_) | None => number(after, Style::English),
    }
}

/// Returns how many ASCII digits stand at `at`, counting no further than one past `MOST_DIGITS`.
fn run(bytes: &[u8], at: usize) -> usize {
    let tail = bytes.get(at..).unwrap_or_default();
    tail.iter()
        .take(MOST_DIGITS + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

/// Returns the end of `mark` and the digits after it.
fn fraction(bytes: &[u8], at: usize, mark: u8) -> Option<usize> {
    if bytes.get(at) != Some(&mark) {
        return None;
    }
    match run(bytes, at + 1) {
        0 => None,
        digits => Some(at + 1 + digits),
    }
}

/// Returns the end of a grouped number: groups of three, or Indian groups of two before the last three.
fn groups(bytes: &[u8], at: usize, lead: usize, mark: u8) -> Option<usize> {
    if lead > 3 || bytes.get(at) == Some(&b'0') {
        return None;
    }
    let mut end = at + lead;
    let mut western = true;
    let mut indian = lead <= 2 && mark == b',';
    let mut closed = false;
    for _ in 0..MOST_GROUPS {
        let Some(next) = fraction(bytes, end, mark) else {
            return closed.then_some(end);
        };
        let size = next - end - 1;
        indian &= size == 2 || size == 3 && !closed;
        western &= size == 3;
        if !western && !indian {
            // `1,200,5`: the whole groups before still read as a number only when nothing else does.
            return None;
        }
        closed = size == 3;
        end = next;
    }
    None
}

fn spaced(text: &str, at: usize, lead: usize) -> Option<usize> {
    if lead > 3 || text.as_bytes().get(at) == Some(&b'0') {
        return None;
    }
    let mut end = at + lead;
    let mut found = None;
    for _ in 0..MOST_GROUPS {
        let mark = text
            .get(end..)
            .and_then(|tail| tail.chars().next())
            .filter(|mark| matches!(mark, '\u{a0}' | '\u{202f}' | '\u{2009}'));
        let Some(mark) = mark else { break };
        let next = end + mark.len_utf8();
        if run(text.as_bytes(), next) != 3 {
            break;
        }
        end = next + 3;
        found = Some(end);
    }
    found
}

/// Returns the magnitude that follows a number ending at byte `at`, and its end.
///
/// Short letters (`m`, `b`, `k`) stand for magnitudes only where an amount is sure, so they are taken only when `short` is
/// true; `bn`, `mn`, `tn` and the words always are. A word or `m` may stand one space or hyphen away, `k` and `b` may not.
pub(crate) fn magnitude(text: &str, at: usize, short: bool) -> Option<(Magnitude, usize)> {
    let tail = text.get(at..)?;
    let gap = match tail.chars().next()? {
        space @ (' ' | '\u{a0}' | '\u{202f}' | '-') => space.len_utf8(),
        _ => 0,
    };
    let start = at + gap;
    let bytes = text.as_bytes();
    let length = bytes
        .get(start..)?
        .iter()
        .take(10)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let end = start + length;
    let follows = text.get(end..)?.chars().next();
    if follows.is_some_and(|next| next.is_alphanumeric() || next == '_') {
        return None;
    }
    let mut word = [0; 10];
    let word = word.get_mut(..length)?;
    word.copy_from_slice(bytes.get(start..end)?);
    word.make_ascii_lowercase();
    let hyphen = tail.starts_with('-');
    let found = match &*word {
        b"hundred" => Magnitude::Hundred,
        b"thousand" => Magnitude::Thousand,
        b"million" => Magnitude::Million,
        b"billion" => Magnitude::Billion,
        b"trillion" => Magnitude::Trillion,
        b"lakh" => Magnitude::Lakh,
        b"crore" => Magnitude::Crore,
        b"bn" if !hyphen => Magnitude::Billion,
        b"mn" | b"mln" if !hyphen => Magnitude::Million,
        b"tn" | b"trn" if !hyphen => Magnitude::Trillion,
        b"m" if short && !hyphen => Magnitude::Million,
        b"b" if short && gap == 0 => Magnitude::Billion,
        b"k" if short && gap == 0 => Magnitude::Thousand,
        _ => return None,
    };
    Some((found, end))
}

#[cfg(test)]
mod tests;
