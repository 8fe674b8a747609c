//! The settings of one run, and where each value came from.

use std::fmt;

use serde_json::Value;

use super::origin::Origin;
use super::refusal::Refusal;
use super::secret::{MASK, masked};
use super::tree::{Content, Node, below};

/// The settings, and every value of the reference with its origin, in the reference's order.
#[derive(Debug)]
pub(crate) struct Loaded<T> {
    pub(crate) settings: T,
    pub(crate) values: Vec<Entry>,
}

/// One value that is in force. `Display` and `Debug` show no secret; `value` itself may be one.
pub(crate) struct Entry {
    /// Dotted: `cleaning.typo.min_word_length`. A list is one value.
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
    shown: String,
}

impl Entry {
    /// The value as JSON in full length, with `***` for every secret in it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}  # {}", self.key, self.shown, self.origin)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Loaded<T> {
    /// A refusal of the value under the dotted `key`, for a check that only the caller can make,
    /// with the place that set it: `refuse("cleaning.threads", "0 threads", "at least 1")`.
    pub(crate) fn refuse(&self, key: &str, reason: &str, right: &str) -> Refusal {
        let entry = self.values.iter().find(|entry| entry.covers(key));
        let safe = |text: &str| match entry {
            Some(entry) if entry.is_told_by(text) => format!("the value {MASK} is refused"),
            Some(_) | None => text.to_owned(),
        };
        match entry {
            Some(entry) => Refusal::at(&entry.origin, key, safe(reason), safe(right)),
            None => Refusal::of("configuration", key, reason, right),
        }
    }
}

impl Entry {
    /// True for the entry's own key and for an item of its list.
    fn covers(&self, key: &str) -> bool {
        key.strip_prefix(self.key.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }

    /// True where `text` repeats a secret value; a secret within a list counts with all its items.
    fn is_told_by(&self, text: &str) -> bool {
        self.shown.contains(MASK) && tells(text, &self.value)
    }
}

fn tells(text: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(secret) => !secret.is_empty() && text.contains(secret.as_str()),
        Value::Bool(_) | Value::Number(_) => text.contains(&value.to_string()),
        Value::Array(items) => items.iter().any(|item| tells(text, item)),
        Value::Object(members) => members.values().any(|item| tells(text, item)),
    }
}

/// Every value of the merged tree, section by section.
pub(super) fn entries(merged: &Node) -> Vec<Entry> {
    let mut entries = Vec::new();
    collect(merged, String::new(), &mut entries);
    entries
}

fn collect(node: &Node, key: String, entries: &mut Vec<Entry>) {
    match &node.content {
        Content::Section(members) if !members.is_empty() => {
            for member in members {
                collect(&member.node, below(&key, &member.key), entries);
            }
        }
        Content::Section(_) | Content::Scalar(_) | Content::List(_) => entries.push(Entry {
            value: node.to_value(),
            origin: node.origin.clone(),
            shown: masked(&key, node).to_string(),
            key,
        }),
        Content::Refused => {}
    }
}
