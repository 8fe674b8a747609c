//! `${VAR}` and `${VAR:-default}` inside scalar values.
//!
//! It works on the tree, after the YAML was parsed, so that no variable can bring in a key, a
//! list or a comment. What a variable holds is not looked at again.

use super::echo::shortened;
use super::refusal::Refusal;
use super::secret::is_secret_name;
use super::tree::{Content, Node, Scalar, Writing, below};

/// Replaces every reference at and below `node`, whose dotted key is `key`.
///
/// An unquoted scalar with a reference is typed afterwards, by what its key expects; a quoted one
/// stays a string. A reference that cannot be followed is refused.
pub(super) fn substitute(
    node: &mut Node,
    key: &str,
    environment: &[(String, String)],
    refusals: &mut Vec<Refusal>,
) {
    match &mut node.content {
        Content::Scalar(scalar) => match expand(&scalar.text, environment) {
            Ok(None) => {}
            Ok(Some(expanded)) => {
                let writing = match scalar.writing {
                    Writing::Plain | Writing::Outside => expanded.writing,
                    Writing::Quoted => Writing::Quoted,
                };
                *scalar = Scalar::new(expanded.text, writing);
                scalar.hidden = expanded.hidden;
            }
            Err(mistake) => {
                let Mistake { wrong, right } = if may_be_repeated(key, &scalar.text) {
                    mistake
                } else {
                    Mistake::unseen()
                };
                refusals.push(Refusal::at(&node.origin, key, wrong, right));
                node.content = Content::Refused;
            }
        },
        Content::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                substitute(item, &format!("{key}[{index}]"), environment, refusals);
            }
        }
        Content::Section(members) => {
            for member in members {
                let key = below(key, &member.key);
                substitute(&mut member.node, &key, environment, refusals);
            }
        }
        Content::Refused => {}
    }
}

struct Expanded {
    text: String,
    /// `Outside` once a variable or its default was put in, `Plain` for an escape alone.
    writing: Writing,
    hidden: bool,
}

struct Mistake {
    wrong: String,
    right: String,
}

impl Mistake {
    /// For a text that may not be repeated.
    fn unseen() -> Mistake {
        Mistake {
            wrong: "it holds a `${` that names no variable that is set".to_owned(),
            right: LITERAL.to_owned(),
        }
    }
}

/// False for a secret that happens to hold `${`: what stands between the braces may be part of it.
/// A value that is one reference and nothing else is none.
fn may_be_repeated(key: &str, text: &str) -> bool {
    let reference = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    let (name, _) = reference.map_or(("", None), split_default);
    !is_secret_name(key) || is_variable_name(name)
}

/// `text` with its references replaced, `None` where it has none.
fn expand(text: &str, environment: &[(String, String)]) -> Result<Option<Expanded>, Mistake> {
    if !text.contains("${") {
        return Ok(None);
    }
    let mut expanded = Expanded {
        text: String::new(),
        writing: Writing::Plain,
        hidden: false,
    };
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, reference) = rest.split_at(at);
        let inside = reference.strip_prefix("${").unwrap_or(reference);
        if let Some(before) = before.strip_suffix('$') {
            expanded.text.push_str(before);
            expanded.text.push_str("${");
            rest = inside;
            continue;
        }
        expanded.text.push_str(before);
        let Some((reference, after)) = inside.split_once('}') else {
            return Err(Mistake {
                wrong: "`${` without its `}`".to_owned(),
                right: LITERAL.to_owned(),
            });
        };
        let (name, default) = parts(reference)?;
        expanded.text.push_str(lookup(name, default, environment)?);
        expanded.writing = Writing::Outside;
        expanded.hidden |= is_secret_name(name);
        rest = after;
    }
    expanded.text.push_str(rest);
    Ok(Some(expanded))
}

const LITERAL: &str = "write `$${` for a literal `${`";

/// The name and the default of `VAR` or `VAR:-default`.
fn parts(reference: &str) -> Result<(&str, Option<&str>), Mistake> {
    let (name, default) = split_default(reference);
    if !is_variable_name(name) {
        return Err(Mistake {
            wrong: format!("`${{{}}}` names no variable", shortened(reference)),
            right: format!("write `${{VAR}}` or `${{VAR:-default}}`; {LITERAL}"),
        });
    }
    if default.is_some_and(|default| default.contains("${")) {
        return Err(Mistake {
            wrong: format!(
                "the default of `${{{}}}` holds another `${{`",
                shortened(name)
            ),
            right: "a default is plain text without `}`".to_owned(),
        });
    }
    Ok((name, default))
}

fn split_default(reference: &str) -> (&str, Option<&str>) {
    match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    }
}

fn is_variable_name(name: &str) -> bool {
    let mut letters = name.chars();
    let starts = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    starts && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The value of a variable. As in a shell, `:-` also steps in for a variable that is empty.
fn lookup<'a>(
    name: &str,
    default: Option<&'a str>,
    environment: &'a [(String, String)],
) -> Result<&'a str, Mistake> {
    let set = environment.iter().find(|(variable, _)| variable == name);
    match (set, default) {
        (Some((_, value)), None) => Ok(value),
        (Some((_, value)), Some(_)) if !value.is_empty() => Ok(value),
        (Some(_) | None, Some(default)) => Ok(default),
        (None, None) => {
            let name = shortened(name);
            Err(Mistake {
                wrong: format!("the variable `{name}` is not set"),
                right: format!("set it, or write `${{{name}:-default}}`"),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::expand;

    fn expanded(text: &str) -> String {
        let environment = [
            ("HOST".to_owned(), "db".to_owned()),
            ("EMPTY".to_owned(), String::new()),
            ("TRICK".to_owned(), "${HOST}".to_owned()),
        ];
        match expand(text, &environment) {
            Ok(None) => text.to_owned(),
            Ok(Some(expanded)) => expanded.text,
            Err(mistake) => format!("refused: {}; {}", mistake.wrong, mistake.right),
        }
    }

    #[test]
    fn references_are_replaced_and_escapes_are_kept() {
        let cases = [
            ("http://${HOST}:${PORT:-80}/", "http://db:80/"),
            ("${EMPTY}", ""),
            ("${EMPTY:-x}", "x"),
            ("${HOST:-x}", "db"),
            ("${NONE:-}", ""),
            ("${NONE:-a:-b}", "a:-b"),
            ("${TRICK}", "${HOST}"),
            ("$${HOST}", "${HOST}"),
            ("$$${HOST}", "$${HOST}"),
            ("$HOST costs 5$", "$HOST costs 5$"),
            ("a $$ b", "a $$ b"),
            (
                "${NONE}",
                "refused: the variable `NONE` is not set; set it, or write `${NONE:-default}`",
            ),
            (
                "${HOST",
                "refused: `${` without its `}`; write `$${` for a literal `${`",
            ),
            (
                "${HOST?oops}",
                "refused: `${HOST?oops}` names no variable; \
                 write `${VAR}` or `${VAR:-default}`; write `$${` for a literal `${`",
            ),
            (
                "${NONE:-${HOST}}",
                "refused: the default of `${NONE}` holds another `${`; a default is plain text without `}`",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_mix_of_dollars_and_braces_is_taken_or_refused(text in "[${}:A-C_é -]{0,40}") {
            expanded(&text);
        }
    }
}
