//! Where a window may end without a harm: behind a sentence.
//!
//! Not a sentence splitter for readers: it need not find every end, and where it is wrong, a window merely ends early.

use std::ops::Range;

/// For each word, whether a sentence or a paragraph surely ends behind it.
pub(super) fn ends(text: &str, words: &[Range<usize>]) -> Vec<bool> {
    (0..words.len())
        .map(|word| is_end(text, words, word))
        .collect()
}

fn is_end(text: &str, words: &[Range<usize>], at: usize) -> bool {
    let word = |at: usize| words.get(at).map_or("", |range| &text[range.clone()]);
    let (Some(this), Some(next)) = (words.get(at), words.get(at + 1)) else {
        return true;
    };
    let gap = &text[this.end..next.start];
    if is_blank_line(gap) {
        return true;
    }
    let opens = |word: &str| {
        word.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || "\"“‘«(".contains(c))
    };
    if gap.is_empty() || !opens(word(at + 1)) {
        return false;
    }
    // A closing mark belongs to the sentence before it.
    let is_closing = matches!(word(at), "\"" | "”" | "’" | "'" | "»" | ")");
    let stop = if is_closing { at.wrapping_sub(1) } else { at };
    match word(stop) {
        "!" | "?" | "…" | "。" => true,
        "." => !may_be_shortened(word(stop.wrapping_sub(1))),
        _ => false,
    }
}

/// True for the white space between two words where a blank line stands in it.
pub(super) fn is_blank_line(gap: &str) -> bool {
    gap.bytes().filter(|&byte| byte == b'\n').count() > 1
}

/// "Dr", "Gov", "Inc": a short word with a capital may go on behind its dot.
fn may_be_shortened(word: &str) -> bool {
    word.len() < 5 && word.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::ends;
    use crate::model::words;

    #[test]
    fn sentences_end_where_nothing_goes_on() {
        let text = "He met Dr. Smith in the U.S. Then he left. “Why?” she asked. “No!” “Oh” A title\n\nNew text, 3 p.m. (or so).\nEnd";
        let words: Vec<_> = words::split(text).collect();
        let ends = ends(text, &words);
        let mut from = 0;
        let mut found = Vec::new();
        for (range, _) in words.iter().zip(ends).filter(|(_, is_end)| *is_end) {
            found.push(text[from..range.end].trim());
            from = range.end;
        }
        let wanted = [
            "He met Dr. Smith in the U.S. Then he left.",
            "“Why?” she asked.",
            "“No!”",
            "“Oh” A title",
            "New text, 3 p.m. (or so).",
            "End",
        ];
        assert_eq!(found, wanted);
    }
}
