//! Punctuation marks of typesetters: optional folding of dashes and quotes, and no space before a comma or full stop.

use std::borrow::Cow;

/// The text without the space before a comma or full stop that ends a word ("word , next" -> "word, next").
///
/// Only these two marks, before white space or the end, and a comma also before a word ("word ,next"): French sets a space
/// before `?`, `!`, `:` and `;`, and ".NET", ".5" or " ..." must stay.
pub(crate) fn close_up(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    for mark in memchr::memchr2_iter(b',', b'.', bytes) {
        let is_apart = mark > 1 && bytes[mark - 1] == b' ' && closes_word(&text[..mark - 1]);
        if is_apart && ends_here(bytes[mark], &text[mark + 1..]) {
            out.push_str(&text[copied..mark - 1]);
            copied = mark;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn ends_here(mark: u8, after: &str) -> bool {
    after
        .chars()
        .next()
        .is_none_or(|next| next.is_ascii_whitespace() || (mark == b',' && next.is_lowercase()))
}

fn closes_word(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_some_and(|c| c.is_alphanumeric() || matches!(c, ')' | '"' | '\'' | '”' | '’' | '%'))
}

/// The text with typographic dashes as `-`: an em dash gets a space on both sides, an en dash keeps those it has.
pub(crate) fn fold_dashes(text: &str) -> Cow<'_, str> {
    const DASHES: [char; 7] = [
        '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2212}',
    ];
    if !text.contains(DASHES) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(DASHES) {
        out.push_str(&rest[..at]);
        let dashes = &rest[at..];
        rest = dashes.trim_start_matches(DASHES);
        let run = &dashes[..dashes.len() - rest.len()];
        if run.contains(['\u{2014}', '\u{2015}']) {
            // "decades—ended" must not become "decades-ended", which is one word.
            if out.ends_with(|c: char| !c.is_whitespace()) {
                out.push(' ');
            }
            out.push('-');
            if rest.starts_with(|c: char| !c.is_whitespace()) {
                out.push(' ');
            }
        } else {
            out.extend(run.chars().map(|_| '-'));
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The text with curly quotation marks and apostrophes as `"` and `'`. Guillemets and primes stay: they are other marks.
pub(crate) fn fold_quotes(text: &str) -> Cow<'_, str> {
    const SINGLE: [char; 4] = ['\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
    const DOUBLE: [char; 4] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}'];
    if !text.contains(SINGLE) && !text.contains(DOUBLE) {
        return Cow::Borrowed(text);
    }
    let folded = text.chars().map(|c| match c {
        _ if SINGLE.contains(&c) => '\'',
        _ if DOUBLE.contains(&c) => '"',
        _ => c,
    });
    Cow::Owned(folded.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{close_up, fold_dashes, fold_quotes};

    #[test]
    fn a_comma_stands_at_its_word() {
        assert_eq!(
            close_up("He said , and \"left\" . Then ,so (later) ,"),
            "He said, and \"left\". Then,so (later),"
        );
        for text in [
            "use .NET",
            "about .5 of it",
            "wait ... what",
            "a , b".trim_end_matches('b'),
            "Quoi ? Oui !",
            ", x",
            " . ",
        ] {
            let expected = text.replace("a , ", "a, ");
            assert_eq!(close_up(text), expected, "{text}");
        }
    }

    #[test]
    fn an_em_dash_never_joins_two_words() {
        for (raw, clean) in [
            (
                "The war—the longest in decades—ended.",
                "The war - the longest in decades - ended.",
            ),
            ("The war — it — ended", "The war - it - ended"),
            (
                "pages 3–5, Paris–Roubaix, 2019 – 2020",
                "pages 3-5, Paris-Roubaix, 2019 - 2020",
            ),
            ("—Who?\n—Me.——", "- Who?\n- Me. -"),
            ("−5 °C, co‑operate", "-5 °C, co-operate"),
        ] {
            assert_eq!(fold_dashes(raw), clean);
        }
    }

    #[test]
    fn quotes_fold_and_guillemets_stay() {
        assert_eq!(
            fold_quotes("“It’s” «so» 5′ „x‟ ‚y‛"),
            "\"It's\" «so» 5′ \"x\" 'y'"
        );
    }

    proptest! {
        #[test]
        fn each_is_idempotent(text in "[ ,.\\-–—―‑“”‘’a-c1\\n)]*|.*") {
            for step in [close_up, fold_dashes, fold_quotes] {
                let once = step(&text).into_owned();
                prop_assert_eq!(step(&once), once.as_str());
            }
        }
    }
}
