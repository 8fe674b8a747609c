//! Mojibake inside of text that is otherwise right, as when parts of a page come from different sources.
//!
//! After ftfy 6.3.1's `decode_inconsistent_utf8` (`chardata.py`, `fixes.py`; see `NOTICE.md`).

use super::badness::{is_bad, next_non_ascii};
use super::effort::{Effort, TooHard};
use super::kinds::{CONTINUATION_LOOSE, CONTINUATION_STRICT, FIRST_OF_2, FIRST_OF_3, FIRST_OF_4};
use super::repair;
use super::table::traits;

/// The text with its runs of bad UTF-8 look-alikes repaired one by one, or nothing if that changes nothing.
///
/// # Errors
/// [`TooHard`] when the effort is spent.
pub(super) fn fix(text: &str, effort: &mut Effort) -> Result<Option<String>, TooHard> {
    let mut fixed = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some((start, end)) = next_run(text, at) {
        at = end;
        let run = text.get(start..end).unwrap_or_default();
        // A run that is the whole text was tried already; trying again would never end.
        if run.len() == text.len() || !is_bad(run) {
            continue;
        }
        if let Some(better) = repair::fix(run, effort)? {
            fixed.push_str(text.get(done..start).unwrap_or_default());
            fixed.push_str(&better);
            done = end;
        }
    }
    if done == 0 {
        return Ok(None);
    }
    fixed.push_str(text.get(done..).unwrap_or_default());
    Ok(Some(fixed))
}

/// The byte range of the next run of characters that look like UTF-8 sequences.
///
/// A run never begins after what looks like a continuation byte: repairing a few characters of a long garble would
/// only make it worse.
fn next_run(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let (start, c) = next_non_ascii(text, at)?;
        at = start + c.len_utf8();
        let last = text.get(..start).unwrap_or_default().chars().next_back();
        if last.is_some_and(|last| traits(last) & CONTINUATION_STRICT != 0) {
            continue;
        }
        let mut end = start;
        while let Some(length) = sequence_length(text.get(end..).unwrap_or_default()) {
            end += length;
        }
        if end > start {
            return Some((start, end));
        }
    }
}

/// The length in bytes of the look-alike of one UTF-8 sequence that the text begins with.
fn sequence_length(text: &str) -> Option<usize> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let continuations = match traits(first) {
        kind if kind & FIRST_OF_2 != 0 => 1,
        kind if kind & FIRST_OF_3 != 0 => 2,
        kind if kind & FIRST_OF_4 != 0 => 3,
        _ => return None,
    };
    let mut length = first.len_utf8();
    for _ in 0..continuations {
        let c = characters.next()?;
        // A space may have been a no-break space.
        if c != ' ' && traits(c) & (CONTINUATION_STRICT | CONTINUATION_LOOSE) == 0 {
            return None;
        }
        length += c.len_utf8();
    }
    Some(length)
}
