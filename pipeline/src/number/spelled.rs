//! Numbers written in words.

use super::{Number, Style};

/// The longest numeral read; `nine hundred and ninety-nine thousand nine hundred and ninety-nine` has eleven words.
const MOST_WORDS: usize = 14;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    One(u64),
    Teen(u64),
    Tens(u64),
    Scale(u64),
    And,
    Article,
    Half,
}

fn part(word: &[u8]) -> Option<Part> {
    let mut lower = [0; 9];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"a" => Part::Article,
        b"and" => Part::And,
        b"half" => Part::Half,
        b"zero" => Part::One(0),
        b"one" => Part::One(1),
        b"two" => Part::One(2),
        b"three" => Part::One(3),
        b"four" => Part::One(4),
        b"five" => Part::One(5),
        b"six" => Part::One(6),
        b"seven" => Part::One(7),
        b"eight" => Part::One(8),
        b"nine" => Part::One(9),
        b"ten" => Part::Teen(10),
        b"eleven" => Part::Teen(11),
        b"twelve" => Part::Teen(12),
        b"thirteen" => Part::Teen(13),
        b"fourteen" => Part::Teen(14),
        b"fifteen" => Part::Teen(15),
        b"sixteen" => Part::Teen(16),
        b"seventeen" => Part::Teen(17),
        b"eighteen" => Part::Teen(18),
        b"nineteen" => Part::Teen(19),
        b"twenty" => Part::Tens(20),
        b"thirty" => Part::Tens(30),
        b"forty" => Part::Tens(40),
        b"fifty" => Part::Tens(50),
        b"sixty" => Part::Tens(60),
        b"seventy" => Part::Tens(70),
        b"eighty" => Part::Tens(80),
        b"ninety" => Part::Tens(90),
        b"dozen" => Part::Scale(12),
        b"hundred" => Part::Scale(100),
        b"thousand" => Part::Scale(1_000),
        b"lakh" => Part::Scale(100_000),
        b"million" => Part::Scale(1_000_000),
        b"crore" => Part::Scale(10_000_000),
        b"billion" => Part::Scale(1_000_000_000),
        b"trillion" => Part::Scale(1_000_000_000_000),
        _ => return None,
    })
}

/// Returns whether the word, in any case, can be the first of a spelled number (`a` and `half` are not counted).
pub(crate) fn is_number_word(word: &str) -> bool {
    match part(word.as_bytes()) {
        Some(Part::One(_) | Part::Teen(_) | Part::Tens(_)) => true,
        Some(Part::Scale(_) | Part::And | Part::Article | Part::Half) | None => false,
    }
}

/// Returns the spelled number that starts at byte `at`, taking as many words as make one numeral.
pub(super) fn scan(text: &str, at: usize) -> Option<Number> {
    let bytes = text.as_bytes();
    let mut total: u64 = 0; // closed by a scale
    let mut group: u64 = 0; // below the next scale
    let mut ceiling = u64::MAX; // scales must fall: "two thousand million" is not read as one
    let mut last: Option<Part> = None;
    let mut good = None;
    let mut from = at;
    for _ in 0..MOST_WORDS {
        let Some((word, end)) = word(text, from) else {
            break;
        };
        let Some(next) = part(word) else { break };
        match (last, next) {
            (None, Part::Article | Part::Half) => {}
            (Some(Part::Half), Part::Article) => {
                // Half stays the last part, so that the scale after the article is halved.
                match separator(bytes, end) {
                    Some(length) => from = end + length,
                    None => break,
                }
                continue;
            }
            (Some(Part::Half), Part::Scale(scale @ 1_000..)) => {
                group = scale / 2;
                good = Some((end, group));
                break;
            }
            (Some(Part::Article), Part::Scale(scale)) if total == 0 && group == 0 => {
                if scale >= 1_000 {
                    (total, ceiling) = (scale, scale);
                } else {
                    group = scale;
                }
                good = Some((end, total + group));
            }
            (None, Part::One(value) | Part::Teen(value) | Part::Tens(value)) => {
                group = value;
                good = Some((end, group));
            }
            (Some(Part::Tens(_)), Part::One(value)) => {
                group += value;
                good = Some((end, total + group));
            }
            (Some(Part::One(_)), Part::Scale(scale @ (12 | 100))) if group < 10 => {
                group *= scale;
                good = Some((end, total + group));
            }
            (
                Some(Part::One(_) | Part::Teen(_) | Part::Tens(_) | Part::Scale(100)),
                Part::Scale(scale @ 1_000..),
            ) if scale < ceiling => {
                let Some(sum) = group
                    .checked_mul(scale)
                    .and_then(|value| total.checked_add(value))
                else {
                    break;
                };
                (total, group, ceiling) = (sum, 0, scale);
                good = Some((end, total));
            }
            (Some(Part::Scale(100 | 1_000..)), Part::And) => {}
            (
                Some(Part::Scale(100 | 1_000..) | Part::And),
                Part::One(value) | Part::Teen(value) | Part::Tens(value),
            ) if group.is_multiple_of(100) => {
                group += value;
                good = Some((end, total + group));
            }
            _ => break,
        }
        last = Some(next);
        match separator(bytes, end) {
            Some(length) => from = end + length,
            None => break,
        }
    }
    good.map(|(end, value)| Number {
        range: at..end,
        style: Style::Words(value),
    })
}

/// Returns the run of letters at `at` and its end, unless it is part of a longer word.
fn word(text: &str, at: usize) -> Option<(&[u8], usize)> {
    let tail = text.as_bytes().get(at..)?;
    let length = tail
        .iter()
        .take(10)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let end = at + length;
    let next = text.get(end..)?.chars().next();
    let whole = !next.is_some_and(|next| next.is_alphanumeric() || next == '_');
    (length > 0 && whole).then_some((tail.get(..length)?, end))
}

fn separator(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b' ' | b'-' => Some(1),
        0xc2 if bytes.get(at + 1) == Some(&0xa0) => Some(2),
        _ => None,
    }
}
