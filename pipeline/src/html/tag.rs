//! Reads one tag, and tells a tag from a `<` that is text.

use super::elements::{Layout, is_boolean_attribute, layout};

/// A tag that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// The element's name as written.
    pub(super) name: &'a str,
    pub(super) layout: Layout,
    pub(super) role: Role,
    /// Bytes of the whole tag, from `<` to `>`.
    pub(super) length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Opens,
    Closes,
}

/// How an attribute was written.
enum Attribute {
    WithValue { is_quoted: bool },
    Bare { is_known: bool },
}

/// The tag at the start of `text`, which starts with `<`; `None` where that `<` is text (`x < 5`, `<NYSE: T>`, `<b and c>`).
///
/// Follows the tokenizer of the HTML standard (<https://html.spec.whatwg.org/multipage/parsing.html#tag-open-state>) for
/// what it takes, and refuses what no writer of HTML would mean: unknown names, and bare words as attributes.
pub(super) fn read(text: &str) -> Option<Tag<'_>> {
    let bytes = text.as_bytes();
    let (role, name_start) = match bytes.get(1)? {
        b'/' => (Role::Closes, 2),
        _ => (Role::Opens, 1),
    };
    if !bytes.get(name_start)?.is_ascii_alphabetic() {
        return None;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':');
    // No element has a longer name; the bound also bounds the work on "<aaaa…".
    let name_length = bytes[name_start..]
        .iter()
        .take(64)
        .take_while(|b| is_name(b))
        .count();
    let name = &text[name_start..name_start + name_length];
    let layout = if name.bytes().any(|b| b.is_ascii_uppercase()) {
        layout(&name.to_ascii_lowercase())?
    } else {
        layout(name)?
    };

    let mut at = name_start + name_length;
    let mut has_values = false;
    let mut has_strange_words = false;
    let mut is_behind_quote = false;
    loop {
        let gap = skip_space(bytes, at);
        match bytes.get(gap)? {
            b'>' => {
                let is_markup = has_values || !has_strange_words;
                return is_markup.then_some(Tag {
                    name,
                    layout,
                    role,
                    length: gap + 1,
                });
            }
            b'/' => (at, is_behind_quote) = (gap + 1, true),
            // Only behind a quote or a slash may the next attribute follow without a space: `a="1"b="2"`.
            _ if gap == at && !is_behind_quote => return None,
            _ => {
                let (attribute, end) = read_attribute(text, gap)?;
                at = end;
                match attribute {
                    Attribute::WithValue { is_quoted } => {
                        (has_values, is_behind_quote) = (true, is_quoted)
                    }
                    Attribute::Bare { is_known } => {
                        has_strange_words |= !is_known;
                        is_behind_quote = false;
                    }
                }
            }
        }
    }
}

/// The attribute that starts at `start`, and where it ends.
fn read_attribute(text: &str, start: usize) -> Option<(Attribute, usize)> {
    let bytes = text.as_bytes();
    let ends_name =
        |b: &u8| b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'/' | b'<' | b'"' | b'\'');
    let name_end = start + bytes[start..].iter().position(ends_name)?;
    if name_end == start {
        return None;
    }
    let equals = skip_space(bytes, name_end);
    if bytes.get(equals) != Some(&b'=') {
        // A name that runs into `<` or a quote is no attribute: the tag was text, or a new one begins.
        if matches!(bytes.get(name_end), Some(b'<' | b'"' | b'\'')) {
            return None;
        }
        let is_known = is_boolean_attribute(&text[start..name_end]);
        return Some((Attribute::Bare { is_known }, name_end));
    }
    let value = skip_space(bytes, equals + 1);
    match bytes.get(value)? {
        quote @ (b'"' | b'\'') => {
            let end = value + 1 + memchr::memchr(*quote, &bytes[value + 1..])? + 1;
            Some((Attribute::WithValue { is_quoted: true }, end))
        }
        _ => {
            let ends_value = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'<');
            let end = value + bytes[value..].iter().position(ends_value)?;
            Some((Attribute::WithValue { is_quoted: false }, end))
        }
    }
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..]
        .iter()
        .take_while(|b| b.is_ascii_whitespace())
        .count()
}
