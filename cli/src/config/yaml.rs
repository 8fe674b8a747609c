//! YAML text into a [`Node`] tree with exact places.
//!
//! Only what a configuration needs is taken: one document, one mapping, text keys. Anchors,
//! aliases, merge keys and tags are refused, because a value that stands elsewhere than its key
//! could not be pointed at.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::echo::printable;
use super::origin::{Mark, Origin};
use super::refusal::Refusal;
use super::secret::{MASK, is_secret_name};
use super::tree::{Content, Member, Node, Scalar, Writing, below};

/// Sections and lists within each other; more is a mistake or an attack on the stack.
const DEEPEST: usize = 32;

/// The tree of `text`, or `None` where it holds no document or cannot be read on.
///
/// `origin` names a place of this text. Every mistake is added to `refusals`.
pub(super) fn parse(
    text: &str,
    origin: &dyn Fn(Mark) -> Origin,
    refusals: &mut Vec<Refusal>,
) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(refusal) = unprintable(text, origin) {
        refusals.push(refusal);
        return None;
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        origin,
        refusals,
    };
    match reader.document() {
        Ok(node) => node,
        Err(refusal) => {
            refusals.push(*refusal);
            None
        }
    }
}

/// The first character that YAML forbids, <https://yaml.org/spec/1.2.2/#51-character-set>. The
/// parser takes U+0000 for the end of the text and would drop what follows.
fn unprintable(text: &str, origin: &dyn Fn(Mark) -> Origin) -> Option<Refusal> {
    let forbidden = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    let at = text.find(forbidden)?;
    let (before, after) = text.split_at(at);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    let character = after.chars().next().unwrap_or_default();
    let wrong = format!(
        "the character {} is not allowed in YAML",
        character.escape_unicode()
    );
    let right = "remove it, or write it as an escape between double quotes";
    Some(Refusal::at(
        &origin(Mark { line, column }),
        "",
        wrong,
        right,
    ))
}

/// A refusal after which the rest of the text cannot be read. Boxed to keep results small.
type Fatal = Box<Refusal>;

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    origin: &'t dyn Fn(Mark) -> Origin,
    refusals: &'t mut Vec<Refusal>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Option<Node>, Fatal> {
        let mut root = None;
        let mut documents = 0;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let wrong = "a second document begins here";
                        return Err(self.fatal(span, "", wrong, "keep one document, remove `---`"));
                    }
                }
                Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => root = Some(self.node(event, span, "", 0)?),
            }
        }
        Ok(root)
    }

    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, Fatal> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(error)) => {
                let at = Span::empty(*error.marker());
                let wrong = format!("broken YAML: {}", printable(error.info()));
                Err(self.fatal(
                    at,
                    "",
                    &wrong,
                    "check the indentation, colons and quotes there",
                ))
            }
        }
    }

    /// The next event inside a list or section, where the text may not end.
    fn inner(&mut self, key: &str, open: Span) -> Result<(Event<'t>, Span), Fatal> {
        match self.next()? {
            Some(event) => Ok(event),
            None => Err(self.fatal(open, key, "this is never closed", "close it")),
        }
    }

    fn node(
        &mut self,
        event: Event<'t>,
        span: Span,
        key: &str,
        depth: usize,
    ) -> Result<Node, Fatal> {
        if depth > DEEPEST {
            let wrong = format!("nested more than {DEEPEST} levels deep");
            return Err(self.fatal(span, key, &wrong, "no setting is that deep"));
        }
        let content = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_yaml_only(span, key, anchor, tag.is_some());
                let writing = match style {
                    ScalarStyle::Plain => Writing::Plain,
                    ScalarStyle::SingleQuoted
                    | ScalarStyle::DoubleQuoted
                    | ScalarStyle::Literal
                    | ScalarStyle::Folded => Writing::Quoted,
                };
                Content::Scalar(Scalar::new(text.into_owned(), writing))
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain_yaml_only(span, key, anchor, tag.is_some());
                Content::List(self.items(span, key, depth)?)
            }
            Event::MappingStart(anchor, tag) => {
                self.plain_yaml_only(span, key, anchor, tag.is_some());
                Content::Section(self.section(span, key, depth)?)
            }
            Event::Alias(_) => {
                self.refuse(span, key, "aliases (`*name`) are not supported", WRITE_OUT);
                Content::Refused
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(self.fatal(span, key, "broken YAML: a value is missing", "add it"));
            }
        };
        Ok(Node {
            origin: (self.origin)(mark(span)),
            content,
        })
    }

    fn items(&mut self, open: Span, key: &str, depth: usize) -> Result<Vec<Node>, Fatal> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.inner(key, open)?;
            if event == Event::SequenceEnd {
                return Ok(items);
            }
            let item = format!("{key}[{}]", items.len());
            items.push(self.node(event, span, &item, depth + 1)?);
        }
    }

    fn section(&mut self, open: Span, key: &str, depth: usize) -> Result<Vec<Member>, Fatal> {
        let mut members: Vec<Member> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, at) = self.inner(key, open)?;
            if event == Event::MappingEnd {
                return Ok(members);
            }
            let name = self.name(event, at, key, depth)?;
            let full = below_shown(key, name.as_deref().unwrap_or("?"));
            let (event, span) = self.inner(&full, at)?;
            let before = self.refusals.len();
            let mut node = self.node(event, span, &full, depth + 1)?;
            let Some(name) = name else {
                // The key is refused already; what stands behind it would only repeat that.
                self.refusals.truncate(before);
                continue;
            };
            let origin = (self.origin)(mark(at));
            if is_better_found_at_its_key(&node) {
                node.origin = origin.clone();
            }
            if let Some(line) = lines.get(&name) {
                let wrong = format!("duplicate key, already set on line {line}");
                self.refuse(at, &full, &wrong, "keep one of the two");
                continue;
            }
            lines.insert(name.clone(), mark(at).line);
            members.push(Member {
                key: name,
                origin,
                node,
            });
        }
    }

    /// The text of a key, `None` where the key was refused.
    fn name(
        &mut self,
        event: Event<'t>,
        at: Span,
        key: &str,
        depth: usize,
    ) -> Result<Option<String>, Fatal> {
        if let Event::Scalar(text, style, anchor, tag) = event {
            if style == ScalarStyle::Plain && text == "<<" {
                self.refuse(
                    at,
                    &below_shown(key, &text),
                    "merge keys are not supported",
                    WRITE_OUT,
                );
                return Ok(None);
            }
            self.plain_yaml_only(at, &below_shown(key, &text), anchor, tag.is_some());
            return Ok(Some(text.into_owned()));
        }
        self.node(event, at, key, depth + 1)?;
        self.refuse(at, key, "a key must be a single word", "write `key: value`");
        Ok(None)
    }

    fn plain_yaml_only(&mut self, span: Span, key: &str, anchor: usize, tagged: bool) {
        if anchor > 0 {
            self.refuse(span, key, "anchors (`&name`) are not supported", WRITE_OUT);
        }
        if tagged {
            let right = "remove it; quotes make a value a string";
            self.refuse(span, key, "tags (`!name`) are not supported", right);
        }
    }

    fn refuse(&mut self, span: Span, key: &str, wrong: &str, right: &str) {
        let refusal = *self.fatal(span, key, wrong, right);
        self.refusals.push(refusal);
    }

    fn fatal(&self, span: Span, key: &str, wrong: &str, right: &str) -> Fatal {
        Box::new(Refusal::at(&(self.origin)(mark(span)), key, wrong, right))
    }
}

const WRITE_OUT: &str = "write the value out in each place";

fn mark(span: Span) -> Mark {
    Mark {
        line: span.start.line(),
        column: span.start.col() + 1, // the parser counts columns from 0
    }
}

/// The key as messages show it. What stands like a key behind a secret one may be the secret
/// itself, which YAML took for a section: `password: {a1b2: c3}`.
fn below_shown(parent: &str, child: &str) -> String {
    below(parent, if is_secret_name(parent) { MASK } else { child })
}

/// A list or section begins on its own line or on the next, and a value left empty has no place:
/// in both cases a reader looks for the key.
fn is_better_found_at_its_key(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(scalar) => scalar.value.is_null(),
        Content::List(_) | Content::Section(_) | Content::Refused => true,
    }
}
