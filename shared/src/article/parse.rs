//! From JSON text to [`Article`], with every problem named.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, error::Category};

use super::{Article, Day, MAX_DOCUMENT_ID_CHARS, Problem, ProblemKind, Refused};

/// The article in one JSON text.
pub(super) fn article(line: &[u8]) -> Result<Article, Box<Refused>> {
    let text = str::from_utf8(line).map_err(|error| {
        let reason = format!(
            "byte {} of the line is not UTF-8; convert the file to UTF-8",
            error.valid_up_to() + 1
        );
        refuse(ProblemKind::InvalidUtf8, reason)
    })?;
    let object: Object = serde_json::from_str(text).map_err(|error| json_refusal(&error))?;
    Fields::new(object).article()
}

fn refuse(kind: ProblemKind, reason: String) -> Box<Refused> {
    let first = Problem {
        kind,
        field: None,
        reason,
    };
    Box::new(Refused {
        document_id: None,
        first,
        others: Vec::new(),
    })
}

/// What is wrong with the JSON, by column: serde's own words may quote the content, so they are not repeated.
fn json_refusal(error: &serde_json::Error) -> Box<Refused> {
    let at = format!("at column {}", error.column());
    let reason = match error.classify() {
        Category::Data => {
            "expected a JSON object, as in {\"document_id\": \"…\", \"text\": \"…\"}".to_owned()
        }
        Category::Eof => format!("the JSON ends too early, {at}: is the line cut off?"),
        Category::Syntax => {
            // "expected value at line 1 column 5": serde_json's syntax messages quote no content.
            let message = error.to_string();
            let what = message.split(" at line ").next().unwrap_or_default();
            format!("not JSON {at}: {what}")
        }
        Category::Io => format!("cannot be read {at}"),
    };
    refuse(ProblemKind::InvalidJson, reason)
}

/// Names given twice that are told of one object.
const MAX_REPEATED: usize = 20;

/// The members of a JSON object in order, and the first of the names that came twice.
struct Object {
    members: Map<String, Value>,
    repeated: Vec<String>,
    has_more_repeated: bool,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Object, A::Error> {
                let mut object = Object {
                    members: Map::new(),
                    repeated: Vec::new(),
                    has_more_repeated: false,
                };
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if !object.members.contains_key(&name) {
                        object.members.insert(name, value);
                    } else if object.repeated.len() < MAX_REPEATED {
                        object.repeated.push(name);
                    } else {
                        object.has_more_repeated = true;
                    }
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Takes field after field out of an object and collects what is wrong.
struct Fields {
    members: Map<String, Value>,
    problems: Vec<Problem>,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other type of JSON value is equally wrong"
)]
impl Fields {
    fn new(object: Object) -> Self {
        let repeated = |field, reason: &str| Problem {
            kind: ProblemKind::RepeatedField,
            field,
            reason: reason.to_owned(),
        };
        let names = object.repeated.into_iter();
        let mut problems: Vec<Problem> = names
            .map(|name| repeated(Some(name), "given twice in this object; which one counts?"))
            .collect();
        if object.has_more_repeated {
            problems.push(repeated(None, "and more fields are given twice"));
        }
        Self {
            members: object.members,
            problems,
        }
    }

    fn article(mut self) -> Result<Article, Box<Refused>> {
        let document_id = self.document_id();
        let text = self.required_string("text");
        let article = Article {
            document_id: document_id.clone().unwrap_or_default(),
            text: text.unwrap_or_default(),
            title: self.string("title"),
            excerpt: self.string("excerpt"),
            author: self.string("author"),
            publisher: self.string("publisher"),
            sentiment: self.string("sentiment"),
            publication_date: self.day("publication_date"),
            revision_date: self.day("revision_date"),
            embargo_date: self.day("embargo_date"),
            source_url: self.url("source_url"),
            categories: self.strings("categories"),
            tags: self.strings("tags"),
            media_asset_urls: self.urls("media_asset_urls"),
            geographical_data: self.object("geographical_data"),
            additional_metadata: self.object("additional_metadata"),
            word_count: self.count("word_count"),
            unknown: self.members,
        };
        let mut problems = self.problems.into_iter();
        match problems.next() {
            None => Ok(article),
            Some(first) => Err(Box::new(Refused {
                document_id,
                first,
                others: problems.collect(),
            })),
        }
    }

    fn document_id(&mut self) -> Option<String> {
        let id = self.required_string("document_id")?;
        let length = id.chars().count();
        if length == 0 || length > MAX_DOCUMENT_ID_CHARS {
            let reason =
                format!("has {length} characters; 1 to {MAX_DOCUMENT_ID_CHARS} are allowed");
            self.invalid("document_id", reason);
            return None;
        }
        if id.chars().any(char::is_control) {
            self.invalid("document_id", "holds a control character".to_owned());
            return None;
        }
        Some(id)
    }

    fn required_string(&mut self, field: &str) -> Option<String> {
        match self.members.shift_remove(field) {
            Some(Value::String(text)) => Some(text),
            Some(other) => self.wrong_type(field.to_owned(), "a string", &other),
            None => {
                self.problem(
                    ProblemKind::MissingField,
                    field,
                    "required, and not there".to_owned(),
                );
                None
            }
        }
    }

    fn string(&mut self, field: &str) -> Option<String> {
        match self.present(field)? {
            Value::String(text) => Some(text),
            other => self.wrong_type(field.to_owned(), "a string or null", &other),
        }
    }

    fn day(&mut self, field: &str) -> Option<Day> {
        match self.string(field)?.parse() {
            Ok(day) => Some(day),
            Err(error) => {
                self.invalid(field, error.to_string());
                None
            }
        }
    }

    fn url(&mut self, field: &str) -> Option<String> {
        let url = self.string(field)?;
        self.check_url(field, url)
    }

    fn check_url(&mut self, field: &str, url: String) -> Option<String> {
        if is_absolute_url(&url) {
            return Some(url);
        }
        self.invalid(
            field,
            "not an absolute URL, as in https://example.org/news/1".to_owned(),
        );
        None
    }

    fn strings(&mut self, field: &str) -> Option<Vec<String>> {
        let items = match self.present(field)? {
            Value::Array(items) => items,
            other => return self.wrong_type(field.to_owned(), "a list of strings or null", &other),
        };
        let mut strings = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => strings.push(text),
                other => return self.wrong_type(format!("{field}[{index}]"), "a string", &other),
            }
        }
        Some(strings)
    }

    fn urls(&mut self, field: &str) -> Option<Vec<String>> {
        let strings = self.strings(field)?;
        let mut urls = Vec::with_capacity(strings.len());
        for (index, url) in strings.into_iter().enumerate() {
            urls.push(self.check_url(&format!("{field}[{index}]"), url)?);
        }
        Some(urls)
    }

    fn object(&mut self, field: &str) -> Option<Map<String, Value>> {
        match self.present(field)? {
            Value::Object(object) => Some(object),
            other => self.wrong_type(field.to_owned(), "an object or null", &other),
        }
    }

    fn count(&mut self, field: &str) -> Option<u64> {
        let value = self.present(field)?;
        let Value::Number(number) = &value else {
            return self.wrong_type(field.to_owned(), "a whole number or null", &value);
        };
        let count = number.as_u64();
        if count.is_none() {
            self.invalid(field, "not a whole number from 0 on".to_owned());
        }
        count
    }

    /// The field's value unless it is absent or null.
    fn present(&mut self, field: &str) -> Option<Value> {
        self.members
            .shift_remove(field)
            .filter(|value| !value.is_null())
    }

    fn wrong_type<T>(&mut self, field: String, expected: &str, found: &Value) -> Option<T> {
        let reason = format!("expected {expected}, found {}", type_name(found));
        self.problems.push(Problem {
            kind: ProblemKind::WrongType,
            field: Some(field),
            reason,
        });
        None
    }

    fn invalid(&mut self, field: &str, reason: String) {
        self.problem(ProblemKind::InvalidValue, field, reason);
    }

    fn problem(&mut self, kind: ProblemKind, field: &str, reason: String) {
        self.problems.push(Problem {
            kind,
            field: Some(field.to_owned()),
            reason,
        });
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether `url` has a scheme (RFC 3986 section 3.1), no white space or control characters, and a host where its
/// scheme needs one. Letters of any script may stand in it (an IRI, RFC 3987): feeds carry them.
fn is_absolute_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    let mut bytes = scheme.bytes();
    let scheme_is_good = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b));
    let needs_host = ["http", "https", "ftp", "ws", "wss"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    let rest_is_good = if needs_host {
        rest.strip_prefix("//").is_some_and(|host| {
            host.chars()
                .next()
                .is_some_and(|c| !matches!(c, '/' | '?' | '#' | ':'))
        })
    } else {
        !rest.is_empty()
    };
    scheme_is_good && rest_is_good && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}
