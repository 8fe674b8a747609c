//! The merged tree into the settings type, with every refusal led back to its place.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::echo::{printable, shortened};
use super::kind::found;
use super::refusal::Refusal;
use super::secret::is_told_by;
use super::suggest::nearest;
use super::tree::{Content, Node, Writing, below};

/// The settings, or `None` after adding what the type refuses to `refusals`.
///
/// A refused value is put back to its default and the rest is tried again, so that several
/// mistakes are found in one go.
pub(super) fn settle<T: DeserializeOwned>(
    reference: &Node,
    merged: &mut Node,
    refusals: &mut Vec<Refusal>,
) -> Option<T> {
    loop {
        let mistake = match deserialize::<T>(merged) {
            Ok(settings) => return Some(settings),
            Err(mistake) => mistake,
        };
        if let Some(other) = with_text_kept(merged, &mistake) {
            let again = deserialize::<T>(&other);
            if again
                .as_ref()
                .err()
                .is_none_or(|new| new.steps != mistake.steps)
            {
                *merged = other;
                continue;
            }
        }
        refusals.push(refusal(merged, &mistake));
        if !put_back(reference, merged, &mistake.steps) {
            return None;
        }
    }
}

/// Where the settings type refused a value, and what it said.
struct Mistake {
    steps: Vec<Step>,
    message: String,
}

#[derive(PartialEq)]
enum Step {
    Key(String),
    Item(usize),
}

fn deserialize<T: DeserializeOwned>(merged: &Node) -> Result<T, Mistake> {
    serde_path_to_error::deserialize(merged.to_value()).map_err(|error| Mistake {
        steps: steps(error.path()),
        message: error.inner().to_string(),
    })
}

fn steps(path: &Path) -> Vec<Step> {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Seq { index } => Some(Step::Item(*index)),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// The deepest node on the way that exists, and its dotted key.
fn reach<'a>(root: &'a Node, steps: &[Step]) -> (&'a Node, String) {
    let mut node = root;
    let mut key = String::new();
    for step in steps {
        let next = match (step, &node.content) {
            (Step::Key(name), Content::Section(_)) => node.child(name),
            (Step::Item(index), Content::List(items)) => items.get(*index),
            (Step::Key(_) | Step::Item(_), _) => None,
        };
        let Some(next) = next else { break };
        key = match step {
            Step::Key(name) => below(&key, name),
            Step::Item(index) => format!("{key}[{index}]"),
        };
        node = next;
    }
    (node, key)
}

/// The tree with the refused value read as the string it was written as: `12345` in a variable may
/// be a password as well as a number. `None` where there is no second reading.
///
/// In a list all items are read again, as one type will not take both readings.
fn with_text_kept(merged: &Node, mistake: &Mistake) -> Option<Node> {
    if !mistake.message.starts_with("invalid type: ") {
        return None;
    }
    let (last, way) = mistake.steps.split_last()?;
    let mut other = merged.clone();
    let parent = way.iter().try_fold(&mut other, descend)?;
    let changed = match (last, &mut parent.content) {
        (Step::Item(_), Content::List(items)) => {
            let kept = items.iter_mut().map(keep_text);
            kept.fold(false, |any, kept| any | kept)
        }
        (Step::Item(_) | Step::Key(_), _) => descend(parent, last).is_some_and(keep_text),
    };
    changed.then_some(other)
}

fn descend<'a>(node: &'a mut Node, step: &Step) -> Option<&'a mut Node> {
    match step {
        Step::Key(name) => node.child_mut(name),
        Step::Item(index) => match &mut node.content {
            Content::List(items) => items.get_mut(*index),
            Content::Scalar(_) | Content::Section(_) | Content::Refused => None,
        },
    }
}

fn keep_text(node: &mut Node) -> bool {
    match &mut node.content {
        Content::Scalar(scalar)
            if scalar.writing == Writing::Outside && !scalar.value.is_string() =>
        {
            scalar.keep_as_string();
            true
        }
        Content::Scalar(_) | Content::List(_) | Content::Section(_) | Content::Refused => false,
    }
}

/// Puts the key that holds the mistake back to its default; false where it is there already.
fn put_back(reference: &Node, merged: &mut Node, steps: &[Step]) -> bool {
    let mut default = reference;
    let mut node = merged;
    for step in steps {
        // A list or a table is put back whole: what it holds is not in the reference.
        let Step::Key(name) = step else { break };
        let Some(known) = default.child(name) else {
            break;
        };
        let Some(next) = node.child_mut(name) else {
            return false;
        };
        (default, node) = (known, next);
    }
    if node.is_untouched() {
        return false;
    }
    *node = default.clone();
    true
}

fn refusal(merged: &Node, mistake: &Mistake) -> Refusal {
    let (node, key) = reach(merged, &mistake.steps);
    let (wrong, right) = explained(&mistake.message, &key, node);
    Refusal::at(&node.origin, &key, wrong, right)
}

/// serde's message in our words, without secrets and without long values: what is wrong, and what
/// would be right.
fn explained(message: &str, key: &str, node: &Node) -> (String, String) {
    let is_safe = |text: &str| !is_told_by(text, key, node);
    if (message.starts_with("invalid type: ") || message.starts_with("invalid value: "))
        && let Some((_, expected)) = message.rsplit_once(", expected ")
        && is_safe(expected)
    {
        let expected = plain_words(expected);
        let wrong = format!(
            "expected {}, found {}",
            printable(expected),
            found(key, node)
        );
        let right = if expected == "a string" {
            "put it in quotes"
        } else {
            ""
        };
        return (wrong, right.to_owned());
    }
    if !is_safe(message) {
        return (
            "the value is not accepted; it is secret and not shown".to_owned(),
            String::new(),
        );
    }
    for (start, wrong) in [
        ("unknown variant `", "unknown word"),
        ("unknown field `", "unknown key"),
    ] {
        if let Some(rest) = message.strip_prefix(start)
            && let Some((word, expected)) = rest.rsplit_once("`, expected ")
        {
            let words: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
            let wrong = format!("{wrong} `{}`", shortened(word));
            let right = match nearest(word, &words) {
                Some(similar) => format!("did you mean `{similar}`? Expected {expected}"),
                None => format!("expected {expected}"),
            };
            return (wrong, right);
        }
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return (format!("the key {name} is missing"), String::new());
    }
    (
        printable(&with_values_shortened(message, node)),
        String::new(),
    )
}

/// The names of Rust's types in words that a reader of YAML knows.
fn plain_words(expected: &str) -> &str {
    match expected {
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "u64" | "u128" | "usize" => "an integer of at least 0",
        "i8" => "an integer from -128 to 127",
        "i16" => "an integer from -32768 to 32767",
        "i32" => "an integer from -2147483648 to 2147483647",
        "i64" | "i128" | "isize" => "an integer",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a section",
        _ => {
            if expected.starts_with("a nonzero u") {
                "an integer of at least 1"
            } else if expected.starts_with("struct ") {
                "a section"
            } else {
                expected
            }
        }
    }
}

/// A custom message may repeat the value; a long one is cut there as everywhere.
fn with_values_shortened(message: &str, node: &Node) -> String {
    let mut message = message.to_owned();
    node.each_scalar("", &mut |_, scalar| {
        let short = shortened(&scalar.text);
        if short != scalar.text {
            message = message.replace(&scalar.text, &short);
            message = message.replace(&scalar.text.escape_debug().to_string(), &short);
        }
    });
    message
}
