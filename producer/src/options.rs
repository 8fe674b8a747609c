//! What a submission asks for beside its documents, from JSON members or from texts.

use jiff::Timestamp;
use serde_json::Value;
use shared::http::ErrorEntry;
use shared::job::{Backend, CleaningConfig, Metadata, Options, Priority};

use crate::refusal::{about, printable};

/// The names of all options.
pub(crate) const NAMES: [&str; 7] = [
    "batch_id",
    "checkpoint_interval",
    "persist_to_backends",
    "cleaning_config",
    "metadata",
    "priority",
    "run_at",
];

/// Those that the earlier API had for articles.
pub(crate) const ARTICLE_NAMES: [&str; 2] = ["persist_to_backends", "cleaning_config"];

/// Longest `batch_id`, in characters.
const MAX_BATCH_ID_CHARS: usize = 255;
/// Longest `metadata`, in bytes of JSON: it is kept with the job and comes with every answer about it.
const MAX_METADATA_BYTES: usize = 64 * 1024;
/// Longest word of the caller that is repeated to him.
const MAX_WORD_CHARS: usize = 60;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Requested {
    pub(crate) batch_id: Option<String>,
    pub(crate) priority: Priority,
    pub(crate) run_at: Option<Timestamp>,
    /// Backends as they were named; none: not said.
    pub(crate) backends: Vec<Backend>,
    pub(crate) cleaning: CleaningConfig,
    pub(crate) checkpoint_interval: Option<u32>,
    pub(crate) metadata: Metadata,
}

impl Default for Requested {
    fn default() -> Self {
        Self {
            batch_id: None,
            priority: Priority::Normal,
            run_at: None,
            backends: Vec::new(),
            cleaning: CleaningConfig::default(),
            checkpoint_interval: None,
            metadata: Metadata::new(),
        }
    }
}

impl Requested {
    /// The job's options, with what was not said as it is by default.
    pub(crate) fn options(&self) -> Options {
        let default = Options::default();
        Options {
            cleaning: self.cleaning.clone(),
            backends: if self.backends.is_empty() {
                default.backends
            } else {
                self.backends.clone()
            },
            checkpoint_interval: self
                .checkpoint_interval
                .unwrap_or(default.checkpoint_interval),
        }
    }

    /// Sets an option from its JSON value; null is as if it were absent.
    pub(crate) fn set(&mut self, name: &str, value: Value) -> Result<(), Box<ErrorEntry>> {
        if value.is_null() {
            return Ok(());
        }
        match name {
            "batch_id" => self.batch_id = Some(batch_id(&value)?),
            "checkpoint_interval" => self.checkpoint_interval = Some(interval(&value)?),
            "persist_to_backends" => self.backends = backends(&value)?,
            "cleaning_config" => self.cleaning = cleaning(value)?,
            "metadata" => self.metadata = metadata(value)?,
            "priority" => self.priority = priority(&value)?,
            "run_at" => self.run_at = Some(run_at(&value)?),
            _ => return Err(unknown(name, &NAMES)),
        }
        Ok(())
    }

    /// Sets an option from a text, as query parameters and form parts have it.
    pub(crate) fn set_text(&mut self, name: &str, text: &str) -> Result<(), Box<ErrorEntry>> {
        let value = match name {
            "checkpoint_interval" => text
                .trim()
                .parse::<u64>()
                .map_or_else(|_| Value::from(text), Value::from),
            "persist_to_backends" => {
                let words = text.split(',').map(str::trim);
                words.filter(|word| !word.is_empty()).collect()
            }
            "cleaning_config" | "metadata" => serde_json::from_str(text).map_err(|error| {
                let reason = format!("not JSON at column {}", error.column());
                about(name, "invalid_json", reason)
            })?,
            _ => Value::from(text),
        };
        self.set(name, value)
    }
}

/// A field that is none of `known`.
pub(crate) fn unknown(name: &str, known: &[&str]) -> Box<ErrorEntry> {
    about(
        name,
        "unknown_field",
        format!("unknown; known are {}", known.join(", ")),
    )
}

fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, Box<ErrorEntry>> {
    value
        .as_str()
        .ok_or_else(|| about(name, "wrong_type", "expected a string or null"))
}

fn invalid(name: &str, reason: impl Into<String>) -> Box<ErrorEntry> {
    about(name, "invalid_value", reason)
}

fn batch_id(value: &Value) -> Result<String, Box<ErrorEntry>> {
    let id = text("batch_id", value)?;
    let length = id.chars().count();
    if !(1..=MAX_BATCH_ID_CHARS).contains(&length) {
        let reason = format!("has {length} characters; 1 to {MAX_BATCH_ID_CHARS} are allowed");
        return Err(invalid("batch_id", reason));
    }
    if id.chars().any(char::is_control) {
        return Err(invalid("batch_id", "holds a control character"));
    }
    Ok(id.to_owned())
}

fn interval(value: &Value) -> Result<u32, Box<ErrorEntry>> {
    value
        .as_u64()
        .and_then(|interval| u32::try_from(interval).ok())
        .filter(|interval| (1..=1_000).contains(interval))
        .ok_or_else(|| {
            invalid(
                "checkpoint_interval",
                "expected a whole number from 1 to 1000",
            )
        })
}

fn backends(value: &Value) -> Result<Vec<Backend>, Box<ErrorEntry>> {
    let name = "persist_to_backends";
    let wrong = || about(name, "wrong_type", "expected a list of strings or null");
    let mut backends = Vec::new();
    for word in value.as_array().ok_or_else(wrong)? {
        let word = word.as_str().ok_or_else(wrong)?;
        let known: Vec<&str> = Backend::ALL.iter().map(|known| known.as_str()).collect();
        let backend = word.parse().map_err(|_| {
            let word = printable(word, MAX_WORD_CHARS);
            invalid(
                name,
                format!(
                    "there is no backend {word:?}; there is {}",
                    known.join(", ")
                ),
            )
        })?;
        if !backends.contains(&backend) {
            backends.push(backend);
        }
    }
    Ok(backends)
}

fn priority(value: &Value) -> Result<Priority, Box<ErrorEntry>> {
    let word = text("priority", value)?;
    word.parse()
        .map_err(|_| invalid("priority", "expected high, normal or low"))
}

fn run_at(value: &Value) -> Result<Timestamp, Box<ErrorEntry>> {
    let time = text("run_at", value)?;
    time.parse().map_err(|_| {
        invalid(
            "run_at",
            "not an RFC 3339 time with its offset, as in 2026-01-31T06:00:00Z",
        )
    })
}

fn metadata(value: Value) -> Result<Metadata, Box<ErrorEntry>> {
    let name = "metadata";
    // PostgreSQL's jsonb cannot hold it: https://www.postgresql.org/docs/current/datatype-json.html
    if has_nul(&value) {
        return Err(invalid(
            name,
            "holds the character U+0000, which cannot be kept",
        ));
    }
    if value.to_string().len() > MAX_METADATA_BYTES {
        return Err(invalid(
            name,
            format!("longer than {MAX_METADATA_BYTES} bytes"),
        ));
    }
    if let Value::Object(metadata) = value {
        Ok(metadata)
    } else {
        Err(about(name, "wrong_type", "expected an object or null"))
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
    }
}

fn cleaning(value: Value) -> Result<CleaningConfig, Box<ErrorEntry>> {
    let name = "cleaning_config";
    if !value.is_object() {
        return Err(about(name, "wrong_type", "expected an object or null"));
    }
    let config: CleaningConfig = serde_path_to_error::deserialize(value).map_err(|error| {
        let message = error.inner().to_string();
        // What stands before it may quote the value.
        let (before, expected) = message
            .rsplit_once("expected ")
            .unwrap_or(("", "another value"));
        if let Some(unknown) = before.strip_prefix("unknown field `") {
            let member = unknown.trim_end_matches(", ").trim_end_matches('`');
            let reason = format!("unknown; expected {expected}");
            return about(&format!("{name}.{member}"), "unknown_field", reason);
        }
        let field = format!("{name}.{}", error.path());
        about(&field, "wrong_type", format!("expected {expected}"))
    })?;
    let wrong = |member: &str, reason: &str| Err(invalid(&format!("{name}.{member}"), reason));
    if config
        .typo_confidence
        .is_some_and(|sure| !(0.0..=1.0).contains(&sure))
    {
        return wrong("typo_confidence", "expected a number from 0 to 1");
    }
    let lengths = (config.typo_min_length, config.typo_max_length);
    if lengths.0 == Some(0) {
        return wrong("typo_min_length", "expected 1 or more");
    }
    if lengths.1 == Some(0) {
        return wrong("typo_max_length", "expected 1 or more");
    }
    if matches!(lengths, (Some(min), Some(max)) if min > max) {
        return wrong("typo_max_length", "less than typo_min_length");
    }
    Ok(config)
}

#[cfg(test)]
mod tests;
