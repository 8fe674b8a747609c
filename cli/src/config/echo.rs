//! Pieces of a person's text inside our messages: short, on one line, harmless to a terminal.

/// The most code points of a value or key that a message repeats.
const LIMIT: usize = 40;

/// The first 40 code points of `text`, with control and direction characters escaped.
pub(super) fn shortened(text: &str) -> String {
    let mut short = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LIMIT {
            short.push('…');
            break;
        }
        if is_unsafe_to_print(character) {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    short
}

/// `text` without the control characters a terminal would obey, at its full length.
pub(super) fn printable(text: &str) -> String {
    text.replace(is_unsafe_to_print, " ")
}

/// A dotted key as messages show it: each part shortened.
pub(super) fn dotted(key: &str) -> String {
    if key.len() <= LIMIT && !key.contains(is_unsafe_to_print) {
        return key.to_owned();
    }
    let parts: Vec<String> = key.split('.').take(MOST_PARTS).map(shortened).collect();
    parts.join(".")
}

/// Deeper keys do not exist: files that nest further are refused while they are read.
const MOST_PARTS: usize = 32;

fn is_unsafe_to_print(character: char) -> bool {
    // Marks that turn the direction of the text hide what a terminal shows, see CVE-2021-42574.
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
