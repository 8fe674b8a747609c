//! Shouted punctuation: `!!!!` and `????` become one mark.

use std::borrow::Cow;

/// Marks of which one is enough, ASCII and full width.
const SHOUTED: [char; 8] = ['!', '?', ',', ';', '¡', '¿', '！', '？'];

/// The text with runs of `!`, `?`, `,` and `;` cut to one of each mark, in order ("?!?!" -> "?!").
///
/// "..." and "--" mean something and stay; five full stops or more are an ellipsis. Runs inside web addresses stay.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(is_candidate) {
        let start = at + found;
        let length = run_length(&text[start..]);
        let run = &text[start..start + length];
        at = start + length;
        if let Some(short) = shortened(run)
            && !is_in_address(text, start)
        {
            out.push_str(&text[copied..start]);
            out.push_str(&short);
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn is_candidate(c: char) -> bool {
    c == '.' || SHOUTED.contains(&c)
}

/// Bytes of the run at the start: full stops alone, or any mixture of shouted marks.
fn run_length(text: &str) -> usize {
    let is_dots = text.starts_with('.');
    text.find(|c: char| {
        if is_dots {
            c != '.'
        } else {
            !SHOUTED.contains(&c)
        }
    })
    .unwrap_or(text.len())
}

fn shortened(run: &str) -> Option<String> {
    if run.starts_with('.') {
        return (run.len() > 4).then(|| "...".to_owned());
    }
    let mut kept = String::new();
    for c in run.chars() {
        if !kept.contains(c) {
            kept.push(c);
        }
    }
    (kept.len() < run.len()).then_some(kept)
}

/// Whether the word that holds byte `at` is a web address.
///
/// Looks back a bounded way only: a longer word is no address that anybody reads.
fn is_in_address(text: &str, at: usize) -> bool {
    let near = &text[text.ceil_char_boundary(at.saturating_sub(2048))..at];
    let word = near.rsplit(char::is_whitespace).next().unwrap_or_default();
    word.contains("://") || word.starts_with("www.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::cut;

    #[test]
    fn one_mark_is_enough() {
        for (raw, clean) in [
            ("Wow!!!! Really????", "Wow! Really?"),
            ("What?!?!?!", "What?!"),
            ("so,,, then;;", "so, then;"),
            ("¡¡¡Gol!!! 好！！！", "¡Gol! 好！"),
            ("wait.......", "wait..."),
        ] {
            assert_eq!(cut(raw), clean);
        }
    }

    #[test]
    fn marks_that_mean_something_stay() {
        for text in [
            "well... no",
            "over....",
            "the bill -- which failed --",
            "***",
            "a, b; c! d?",
            "http://a.b/?x=1,,2??",
            "U.S.",
            "$$$",
        ] {
            assert_eq!(cut(text), text);
        }
    }

    proptest! {
        #[test]
        fn cutting_twice_changes_nothing_more(text in "[!?,;. a/:w]*|.*") {
            let once = cut(&text).into_owned();
            prop_assert_eq!(cut(&once), once.as_str());
        }
    }
}
