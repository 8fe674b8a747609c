//! HTML to text, in one pass.
//!
//! Tags go, block elements and `<br>` become line breaks, what readers never see (scripts, styles, comments) goes with its
//! content, character references are decoded once, after the tags. A `<` that no writer of HTML would mean as markup is text.

mod elements;
mod tag;

use std::borrow::Cow;

use elements::Layout;
use memchr::memmem;
use tag::{Role, Tag};

/// The text of an HTML fragment or page; text without markup and without character references comes back as it is.
///
/// Newlines outside paragraphs are kept (plain text with a few tags keeps its paragraphs); inside `<p>`, `<li>`, headings
/// and cells a single one is a space, as a browser shows it. Text that spelt out markup (`&lt;b&gt;`) becomes that markup as
/// text (`<b>`), so the result must not be treated as HTML again.
pub(crate) fn to_text(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'<', b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let body = unwrap_cdata(text);
    let mut writer = Writer::new(body.len());
    let mut reader = Reader::new(body);
    let mut has_markup = body.len() != text.len();
    while let Some(token) = reader.next_token() {
        has_markup |= !matches!(token, Token::Text(_));
        match token {
            Token::Text(raw) => writer.text(raw),
            Token::Tag(tag) => writer.tag(tag),
            Token::Nothing => {}
        }
    }
    if has_markup {
        Cow::Owned(writer.out)
    } else {
        // Only `&` or a `<` that is text: whitespace is not ours to touch then.
        htmlize::unescape_attribute(text)
    }
}

/// The content of a text that is one single CDATA section, as some feeds wrap their articles.
fn unwrap_cdata(text: &str) -> &str {
    text.trim()
        .strip_prefix("<![CDATA[")
        .and_then(|rest| rest.strip_suffix("]]>"))
        .filter(|content| !content.contains("]]>"))
        .unwrap_or(text)
}

enum Token<'a> {
    /// Text whose character references are not yet decoded.
    Text(&'a str),
    Tag(Tag<'a>),
    /// A comment, a declaration, an element that readers never see.
    Nothing,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Markup that was read behind a stretch of text, which goes first.
    pending: Option<Token<'a>>,
    /// What was looked for from some place on and is not there: looked for once only, so that the work stays linear.
    absent: Vec<String>,
    last_close: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let last_close = memchr::memrchr(b'>', text.as_bytes());
        Self {
            text,
            at: 0,
            pending: None,
            absent: Vec::new(),
            last_close,
        }
    }

    fn next_token(&mut self) -> Option<Token<'a>> {
        if let Some(token) = self.pending.take() {
            return Some(token);
        }
        let start = self.at;
        let mut look_from = start;
        while let Some(found) = memchr::memchr(b'<', &self.text.as_bytes()[look_from..]) {
            let open = look_from + found;
            if Some(open) > self.last_close {
                break;
            }
            if let Some((token, length)) = self.markup(open) {
                self.at = open + length;
                if open == start {
                    return Some(token);
                }
                self.pending = Some(token);
                return Some(Token::Text(&self.text[start..open]));
            }
            look_from = open + 1;
        }
        self.at = self.text.len();
        (start < self.text.len()).then(|| Token::Text(&self.text[start..]))
    }

    /// The markup that starts at `open`, and its length in bytes.
    fn markup(&mut self, open: usize) -> Option<(Token<'a>, usize)> {
        let rest = &self.text[open..];
        if rest.starts_with("<!--") {
            return self.through(open, 4, "-->");
        }
        if rest.starts_with("<![CDATA[") {
            return self.through(open, 9, "]]>");
        }
        if starts_with_ignoring_case(rest, "<!doctype") || rest.starts_with("<![") {
            return self.through(open, 2, ">");
        }
        if rest.starts_with("<?") && rest.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) {
            return self.through(open, 2, ">");
        }
        let tag = tag::read(rest)?;
        if tag.layout == Layout::Hidden {
            let length = self.hidden_length(open, &tag).unwrap_or(tag.length);
            return Some((Token::Nothing, length));
        }
        Some((Token::Tag(tag), tag.length))
    }

    fn through(&mut self, open: usize, skip: usize, end: &str) -> Option<(Token<'a>, usize)> {
        let found = self.find(open + skip, end)?;
        Some((Token::Nothing, found + end.len() - open))
    }

    /// Bytes from `open` through the closing tag of a hidden element; `None` where it is never closed, and then
    /// its content stays: losing the rest of an article is worse than a line of script.
    fn hidden_length(&mut self, open: usize, tag: &Tag<'_>) -> Option<usize> {
        let is_empty = self.text[open..open + tag.length].ends_with("/>");
        if tag.role == Role::Closes || is_empty {
            return None;
        }
        let closing = format!("</{}", tag.name.to_ascii_lowercase());
        let close = self.find(open + tag.length, &closing)?;
        let end = self.find(close, ">")?;
        Some(end + 1 - open)
    }

    /// Where `needle` (in lower case) is next, letters compared without case.
    fn find(&mut self, from: usize, needle: &str) -> Option<usize> {
        if self.absent.iter().any(|absent| absent == needle) {
            return None;
        }
        let haystack = &self.text.as_bytes()[from..];
        let found = if needle.bytes().any(|b| b.is_ascii_alphabetic()) {
            memmem::find_iter(haystack, &needle.as_bytes()[..2]).find(|&at| {
                haystack
                    .get(at..at + needle.len())
                    .is_some_and(|there| there.eq_ignore_ascii_case(needle.as_bytes()))
            })
        } else {
            memmem::find(haystack, needle.as_bytes())
        };
        if found.is_none() {
            self.absent.push(needle.to_owned());
        }
        found.map(|at| from + at)
    }
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Builds the text: a line break that is due waits until the next visible character.
struct Writer {
    out: String,
    breaks_due: usize,
    cell_due: bool,
    in_paragraph: bool,
}

impl Writer {
    fn new(capacity: usize) -> Self {
        Self {
            out: String::with_capacity(capacity),
            breaks_due: 0,
            cell_due: false,
            in_paragraph: false,
        }
    }

    fn tag(&mut self, tag: Tag<'_>) {
        match tag.layout {
            Layout::Inline | Layout::Hidden => {}
            // Two in a row are a blank line; more say no more.
            Layout::Break => self.breaks_due = (self.breaks_due + 1).min(2),
            Layout::Block | Layout::Paragraph => {
                self.breaks_due = self.breaks_due.max(1);
                self.in_paragraph = tag.layout == Layout::Paragraph && tag.role == Role::Opens;
            }
            Layout::Cell => {
                self.cell_due = true;
                self.in_paragraph = tag.role == Role::Opens;
            }
        }
    }

    fn text(&mut self, raw: &str) {
        let decoded = htmlize::unescape_attribute(raw);
        let mut text = decoded.as_ref();
        if self.breaks_due > 0 || self.cell_due {
            // White space at a block's edge is layout, not text.
            text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
            if text.is_empty() {
                return;
            }
            self.begin_line();
        }
        if self.in_paragraph {
            self.flow(text);
        } else {
            self.out.push_str(text);
        }
    }

    fn begin_line(&mut self) {
        let kept = self
            .out
            .trim_end_matches([' ', '\t', '\n', '\r', '\x0c'])
            .len();
        self.out.truncate(kept);
        if !self.out.is_empty() {
            if self.breaks_due > 0 {
                self.out.extend(std::iter::repeat_n('\n', self.breaks_due));
            } else {
                self.out.push(' ');
            }
        }
        self.breaks_due = 0;
        self.cell_due = false;
    }

    /// Text inside a paragraph: one newline of the source is a space, a blank line stays.
    fn flow(&mut self, text: &str) {
        let mut rest = text;
        while let Some(newline) = memchr::memchr2(b'\n', b'\r', rest.as_bytes()) {
            self.out
                .push_str(rest[..newline].trim_end_matches([' ', '\t']));
            let after = rest[newline..].trim_start_matches([' ', '\t', '\n', '\r']);
            let gap = &rest[newline..rest.len() - after.len()];
            let lines = gap.matches('\n').count().max(gap.matches('\r').count());
            self.out.push_str(if lines > 1 { "\n\n" } else { " " });
            rest = after;
        }
        self.out.push_str(rest);
    }
}

#[cfg(test)]
mod tests;
