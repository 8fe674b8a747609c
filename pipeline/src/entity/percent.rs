//! Percentages: "3.5%", "41 percent", "8 per cent", "10 to 15 percent", "two percentage points".

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar names the words it takes; every other word ends it"
)]

use super::cursor::Cursor;
use super::lexicon::Word;

/// Returns the end of a percentage.
pub(super) fn find(here: Cursor<'_>) -> Option<Cursor<'_>> {
    let (_, first) = amount(here)?;
    if let Some(end) = sign(first) {
        // "10%-15%" is one; "from 10% to 15%" are two.
        let range = end.any(&['-', '–']).and(second(end)).and_then(sign);
        return Some(range.unwrap_or(end));
    }
    second(first).and_then(sign)
}

fn amount(here: Cursor<'_>) -> Option<((), Cursor<'_>)> {
    if let Some((_, after)) = here.number() {
        return Some(((), after));
    }
    let half = here.word().filter(|half| half.word == Word::Half)?;
    let article = half
        .after
        .next_word()
        .filter(|article| article.word == Word::Article)?;
    Some(((), article.after))
}

/// Returns the end of the second number of a range.
fn second(first: Cursor<'_>) -> Option<Cursor<'_>> {
    if let Some(next) = first.any(&['-', '–']) {
        let (_, after) = next
            .next_char()?
            .is_ascii_digit()
            .then(|| next.number())??;
        return Some(after);
    }
    let word = first.next_word()?;
    matches!(word.word, Word::To | Word::Or).then_some(())?;
    let (_, after) = word.after.space()?.number()?;
    Some(after)
}

/// Returns the end of "%", "percent", "per cent", "percentage points".
fn sign(after: Cursor<'_>) -> Option<Cursor<'_>> {
    let next = after.space().unwrap_or(after);
    if let Some(end) = next.any(&['%', '٪', '％']) {
        return end.ends_word().then_some(end);
    }
    let word = after.gap()?.word()?;
    match word.word {
        Word::Percent => Some(word.after),
        Word::Per => {
            let cent = word.after.next_word()?;
            matches!(cent.text, "cent" | "cents").then_some(cent.after)
        }
        Word::Percentage => {
            let point = word.after.gap()?.word()?;
            matches!(point.text, "point" | "points").then_some(point.after)
        }
        _ => None,
    }
}
