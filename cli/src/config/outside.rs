//! Values from outside YAML: environment variables, secret files and command-line flags.
//!
//! Each becomes a small tree with one value, so that it is laid over the others like a file.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Flag;
use super::kind::Kind;
use super::origin::{Mark, Origin};
use super::read_text::read_text;
use super::refusal::Refusal;
use super::tree::{Content, Member, Node, Scalar, Writing};
use super::yaml;

/// What the names of all variables of ours begin with, in any case.
const PREFIX: &str = "SCUTCH__";

/// One value per variable `SCUTCH__SECTION__KEY` and `SCUTCH__SECTION__KEY_FILE`, in the order of
/// their names. Keys are written as in `reference` whatever their case in the name.
pub(super) fn environment_layers(
    reference: &Node,
    environment: &[(String, String)],
    refusals: &mut Vec<Refusal>,
) -> Vec<Node> {
    let mut variables: Vec<_> = environment
        .iter()
        .filter_map(|(name, value)| Some((path_of(reference, name)?, name, value)))
        .collect();
    variables.sort_by_key(|(_, name, _)| *name);
    let mut taken: HashMap<Vec<String>, &str> = HashMap::new();
    let mut layers = Vec::new();
    for (path, name, value) in variables {
        let Path { keys, is_file } = path;
        if let Some(first) = taken.get(&keys) {
            let variable = name.clone();
            let origin = Origin::Environment { variable };
            let wrong = format!("the same key is set by {first}");
            let refusal = Refusal::at(&origin, &keys.join("."), wrong, "unset one of the two");
            refusals.push(refusal);
            continue;
        }
        let layer = if is_file {
            secret_file(reference, &keys, name, value, refusals)
        } else {
            let variable = name.clone();
            let origin = Origin::Environment { variable };
            Some(layer(reference, &keys, value, &origin, refusals))
        };
        layers.extend(layer);
        taken.insert(keys, name);
    }
    layers
}

/// One value per flag, in the order of the command line.
pub(super) fn flag_layers(
    reference: &Node,
    flags: &[Flag],
    refusals: &mut Vec<Refusal>,
) -> Vec<Node> {
    let mut layers = Vec::new();
    for Flag { key, value, name } in flags {
        let keys: Vec<String> = key.split('.').map(str::to_owned).collect();
        let origin = Origin::Flag { name: name.clone() };
        layers.push(layer(reference, &keys, value, &origin, refusals));
    }
    layers
}

struct Path {
    keys: Vec<String>,
    /// The variable names a file that holds the value.
    is_file: bool,
}

/// The keys that a variable names, `None` where it is not one of ours.
fn path_of(reference: &Node, name: &str) -> Option<Path> {
    let (prefix, rest) = name.split_at_checked(PREFIX.len())?;
    if !prefix.eq_ignore_ascii_case(PREFIX) {
        return None;
    }
    let keys = spelled_as_in(reference, rest);
    // A legal key that itself ends in `_file` is that key.
    if find(reference, &keys).is_none()
        && let Some(at) = rest.len().checked_sub("_FILE".len())
        && let Some((stem, ending)) = rest.split_at_checked(at)
        && ending.eq_ignore_ascii_case("_FILE")
    {
        let keys = spelled_as_in(reference, stem);
        if find(reference, &keys).is_some() {
            return Some(Path {
                keys,
                is_file: true,
            });
        }
    }
    Some(Path {
        keys,
        is_file: false,
    })
}

/// The parts of a variable's name in the spelling of the reference, unknown ones in lower case.
fn spelled_as_in(reference: &Node, name: &str) -> Vec<String> {
    let mut section = Some(reference);
    let mut keys = Vec::new();
    for part in name.split("__") {
        let known = section.and_then(|section| {
            let mut members = section.members().iter();
            members.find(|member| member.key.eq_ignore_ascii_case(part))
        });
        keys.push(known.map_or_else(|| part.to_ascii_lowercase(), |member| member.key.clone()));
        section = known.map(|member| &member.node);
    }
    keys
}

fn find<'a>(reference: &'a Node, keys: &[String]) -> Option<&'a Node> {
    keys.iter().try_fold(reference, |node, key| node.child(key))
}

fn secret_file(
    reference: &Node,
    keys: &[String],
    variable: &str,
    path: &str,
    refusals: &mut Vec<Refusal>,
) -> Option<Node> {
    let origin = Origin::SecretFile {
        variable: variable.to_owned(),
        path: PathBuf::from(path),
    };
    match read_text(path.as_ref()) {
        Ok(text) => {
            let value = text.strip_suffix('\n').unwrap_or(&text);
            let value = value.strip_suffix('\r').unwrap_or(value);
            Some(layer(reference, keys, value, &origin, refusals))
        }
        Err(error) => {
            let wrong = format!("the file {error}");
            let right = "name a readable file that holds the value";
            refusals.push(Refusal::at(&origin, &keys.join("."), wrong, right));
            None
        }
    }
}

fn layer(
    reference: &Node,
    keys: &[String],
    text: &str,
    origin: &Origin,
    refusals: &mut Vec<Refusal>,
) -> Node {
    let is_list = find(reference, keys).is_some_and(|node| matches!(Kind::of(node), Kind::List(_)));
    let content = if is_list {
        list(keys, text, origin, refusals)
    } else {
        scalar(text, origin)
    };
    let value = Node {
        origin: origin.clone(),
        content,
    };
    keys.iter().rev().fold(value, |node, key| Node {
        origin: origin.clone(),
        content: Content::Section(vec![Member {
            key: key.clone(),
            origin: origin.clone(),
            node,
        }]),
    })
}

fn scalar(text: &str, origin: &Origin) -> Content {
    let mut scalar = Scalar::new(text.to_owned(), Writing::Outside);
    scalar.hidden = matches!(origin, Origin::SecretFile { .. });
    Content::Scalar(scalar)
}

/// `a, b` is a list of two; so is `[a, "b"]`, which is YAML and may hold commas in quotes.
fn list(keys: &[String], text: &str, origin: &Origin, refusals: &mut Vec<Refusal>) -> Content {
    let text = text.trim();
    if text.is_empty() {
        return Content::List(Vec::new());
    }
    if !text.starts_with('[') {
        let item = |item: &str| Node {
            origin: origin.clone(),
            content: scalar(item.trim(), origin),
        };
        return Content::List(text.split(',').map(item).collect());
    }
    let place = |_: Mark| origin.clone();
    let mut mistakes = Vec::new();
    let parsed = yaml::parse(text, &place, &mut mistakes);
    if mistakes.is_empty() {
        return parsed.map_or(Content::Refused, |node| node.content);
    }
    // Line and column of a variable would point nowhere, so the list is refused as one.
    let right = "write `a,b` or `[a, b]`, with quotes around what holds a comma";
    let refusal = Refusal::at(origin, &keys.join("."), "broken list", right);
    refusals.push(refusal);
    Content::Refused
}
