//! Repair of text that was decoded in the wrong encoding ("mojibake"), in the manner of ftfy 6.3.1.
//!
//! [`fix`] finds characters whose neighbourhood is typical of UTF-8 misread in another code page, and reads them again.
//! It also takes Latin ligatures apart (`ﬁ` to `fi`) and puts text into Unicode normalisation form C. It leaves curly
//! quotes, full-width forms, HTML entities and line breaks as they are. Method and tables are Robyn Speer's; see
//! `NOTICE.md` beside this file.
//!
//! Where it departs from ftfy:
//! - The bytes C0 80 are not read as U+0000: no article holds one, and a letter would be lost.
//! - `ÄŸ`, `ÅŸ` and `â„¢` count as mojibake by themselves: "Erdoğan" is in the news, and no language writes these.
//! - A line that takes more than thirty times its length in work stays as it is, so that time is linear in the input.

mod ascii;
mod badness;
mod c1;
mod cesu8;
mod code_pages;
mod effort;
mod embedded;
mod kinds;
mod ligatures;
mod lossy;
mod normal_form;
mod repair;
mod settle;
mod spaces;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use effort::{Effort, TooHard};
use kinds::LIGATURE;
use normal_form::QUICK_LOOK;

pub(crate) use settle::settle;

/// The text with its mojibake repaired, its ligatures taken apart, in normalisation form C; borrowed if unchanged.
///
/// Each line is judged by itself. `fix(&fix(text)) == fix(text)` for every text, and time is linear in its length.
#[must_use]
pub(crate) fn fix(text: &str) -> Cow<'_, str> {
    let mut fixed = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some(suspect) = next_suspect(text, at) {
        let (start, end) = line_around(text, suspect);
        at = end;
        let line = text.get(start..end).unwrap_or_default();
        let Ok(Some(better)) = fix_line(line) else {
            continue;
        };
        if fixed.is_empty() {
            fixed.reserve(text.len());
        }
        fixed.push_str(text.get(done..start).unwrap_or_default());
        fixed.push_str(&better);
        done = end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    fixed.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(fixed)
}

/// The offset of the first character at or after `from` that may need a repair: no line without one is changed.
fn next_suspect(text: &str, from: usize) -> Option<usize> {
    let look = &*QUICK_LOOK;
    let mut at = from;
    loop {
        let (place, c) = badness::next_non_ascii(text, at)?;
        at = place + c.len_utf8();
        if badness::is_bad_at(text, place, c) || table::traits(c) & LIGATURE != 0 {
            return Some(place);
        }
        if look.is_doubtful(c, text.get(..place).unwrap_or_default()) {
            let cluster = look.cluster(text, place);
            // Nothing in it but marks and the like: they are never mojibake.
            at = cluster.end;
            if !normal_form::is_composed(text.get(cluster).unwrap_or_default()) {
                return Some(place);
            }
        }
    }
}

/// The byte range of the line that holds this place, with its line feed.
fn line_around(text: &str, place: usize) -> (usize, usize) {
    let (before, after) = text.split_at_checked(place).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |line_feed| line_feed + 1);
    let end = after
        .find('\n')
        .map_or(text.len(), |line_feed| place + line_feed + 1);
    (start, end)
}

/// The line after as many rounds of repairs as change something, or nothing if none does.
fn fix_line(line: &str) -> Result<Option<String>, TooHard> {
    let mut effort = Effort::for_line(line);
    let mut fixed: Option<String> = None;
    loop {
        let text = fixed.as_deref().unwrap_or(line);
        effort.spend(text)?;
        let Some(next) = fix_once(text, &mut effort)? else {
            return Ok(fixed);
        };
        fixed = Some(next);
    }
}

fn fix_once(text: &str, effort: &mut Effort) -> Result<Option<String>, TooHard> {
    let mut fixed = repair::fix(text, effort)?;
    for step in [c1::as_windows_1252, ligatures::split, normal_form::compose] {
        let next = step(fixed.as_deref().unwrap_or(text));
        fixed = next.or(fixed);
    }
    Ok(fixed.filter(|fixed| fixed != text))
}
