//! The space that is missing between two sentences or behind a comma ("day.The", "stopped,but").

use std::borrow::Cow;

/// What may follow a dot in a name of the net or of a file: "Booking.Com", "Node.Js" and "Report.Pdf" are one word.
const ENDINGS: [&str; 34] = [
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "ai", "co", "tv", "uk",
    "us", "eu", "de", "fr", "js", "ts", "py", "rs", "md", "pdf", "doc", "docx", "txt", "csv",
    "xls", "xlsx", "html", "htm", "jpg", "png",
];

/// The text with a space put in where a sentence or a clause runs into the next word.
///
/// Only a lower-case letter, then `.`, `!` or `?`, then a capitalised word; or a comma between two lower-case words. Never
/// inside addresses, file names, numbers, abbreviations or code: where in doubt, the text stays.
pub(crate) fn open_up(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (mark, c) in text.match_indices([',', '.', '!', '?']) {
        let behind = mark + c.len();
        if is_missing_space(text, mark, behind) {
            out.push_str(&text[copied..behind]);
            out.push(' ');
            copied = behind;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn is_missing_space(text: &str, mark: usize, behind: usize) -> bool {
    let (before, after) = (&text[..mark], &text[behind..]);
    // The cheap look first: nearly every mark is followed by a space.
    let Some(next) = after.chars().next().filter(|c| c.is_alphabetic()) else {
        return false;
    };
    if !before.chars().next_back().is_some_and(char::is_lowercase) {
        return false;
    }
    let left = last_letters(before);
    let right = first_letters(after);
    let looks_right = if text[mark..].starts_with(',') {
        next.is_lowercase() && has_letters(left, 2) && has_letters(right, 2)
    } else {
        let mut letters = right.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_some_and(char::is_lowercase)
            // "Ph.Ds", "St.Kitts": a short capitalised word with a dot is an abbreviation.
            && (has_letters(left, 3) || left.chars().all(char::is_lowercase) && has_letters(left, 2))
            && !ENDINGS.iter().any(|ending| right.eq_ignore_ascii_case(ending))
    };
    looks_right && is_prose(before, after)
}

/// Whether the marks and letters around are prose: no address, path, code or dotted name.
fn is_prose(before: &str, after: &str) -> bool {
    let is_code = |c: char| {
        matches!(
            c,
            '@' | '/' | '\\' | '_' | '=' | '#' | '<' | '>' | '{' | '}' | '[' | ']' | '|' | '&'
        )
    };
    let head = last_word(before);
    let tail = first_word(after);
    let starts_clean = !head.contains(is_code) && !head.contains("://") && !head.contains("www.");
    // "System.Out.Print": another dot inside the same unspaced word.
    let is_dotted_name = head.contains('.')
        || tail
            .trim_end_matches(['.', ',', '!', '?', ')', '"', '\'', '”', '’'])
            .contains('.');
    starts_clean && !tail.contains(is_code) && !is_dotted_name
}

/// The longest stretch of a word that is looked at, in bytes: keeps the work linear on a text that is one long word.
const REACH: usize = 128;

fn last_word(before: &str) -> &str {
    let near = &before[before.ceil_char_boundary(before.len().saturating_sub(REACH))..];
    near.rsplit(char::is_whitespace).next().unwrap_or_default()
}

fn first_word(after: &str) -> &str {
    let near = &after[..after.floor_char_boundary(REACH)];
    near.split(char::is_whitespace).next().unwrap_or_default()
}

fn last_letters(before: &str) -> &str {
    let word = last_word(before);
    word.rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default()
}

fn first_letters(after: &str) -> &str {
    let word = first_word(after);
    word.split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default()
}

fn has_letters(word: &str, count: usize) -> bool {
    word.chars().nth(count - 1).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::open_up;

    #[test]
    fn sentences_and_clauses_come_apart() {
        for (raw, clean) in [
            (
                "It rained all day.The game stopped,but nobody left.",
                "It rained all day. The game stopped, but nobody left.",
            ),
            ("Really?Yes!Then go.", "Really? Yes! Then go."),
            ("au café.Éric est là", "au café. Éric est là"),
            ("He left.\"Why?\"", "He left.\"Why?\""),
        ] {
            assert_eq!(open_up(raw), clean);
        }
    }

    #[test]
    fn what_belongs_together_stays_together() {
        for text in [
            "Inflation eased to 3.5 percent, from 10.25 percent.",
            "Version 2.0.1 fixes CVE-2024-3094; the server is at 10.0.0.1.",
            "The U.S. and the U.K. signed it at 5 p.m. on Friday.",
            "Read more at https://www.bbc.co.uk/news/world-12345?page=2.",
            "Booking.Com and Node.Js and Report.Pdf and example.com",
            "call System.Out.Print or foo.Bar_baz or Math.Floor(x).Abs",
            "jane.Doe@example.org or /etc/conf.Dir",
            "two Ph.Ds in e.g.Rome",
            "a,b,c and 1,200 and x,y",
            "Wait...What",
        ] {
            assert_eq!(open_up(text), text);
        }
    }

    proptest! {
        #[test]
        fn opening_twice_changes_nothing_more(text in "[a-cA-Cé.,!? @/]*|.*") {
            let once = open_up(&text).into_owned();
            prop_assert_eq!(open_up(&once), once.as_str());
            prop_assert_eq!(once.replace(' ', ""), text.replace(' ', ""));
        }
    }
}
