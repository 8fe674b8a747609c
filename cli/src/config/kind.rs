//! What a key expects, told by its default, and whether a value fits.

use serde_json::Value;

use super::echo::shortened;
use super::refusal::Refusal;
use super::secret::{MASK, is_hidden};
use super::tree::{Content, Node, Scalar, Writing};

/// The type of a default, and so of every value that may stand in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A default of `true` or `false`.
    Switch,
    Integer,
    /// A default with a decimal point; integers fit too.
    Number,
    Text,
    /// A default of null: any single value, or none.
    Nullable,
    /// A list; items of one type in the default ask for that type.
    List(Box<Kind>),
    /// Keys that are all known.
    Section,
    /// `{}` in the default: keys of the user's choice, judged by the settings type alone.
    Table,
    /// Items of a list whose default is empty or mixed: judged by the settings type alone.
    Anything,
}

impl Kind {
    /// The kind of a default.
    pub(super) fn of(default: &Node) -> Kind {
        match &default.content {
            Content::Scalar(scalar) => match &scalar.value {
                Value::Null => Kind::Nullable,
                Value::Bool(_) => Kind::Switch,
                Value::Number(number) if number.is_f64() => Kind::Number,
                Value::Number(_) => Kind::Integer,
                Value::String(_) => Kind::Text,
                Value::Array(_) | Value::Object(_) => Kind::Anything,
            },
            Content::List(items) => {
                let shared = items.iter().map(Kind::of_item).reduce(Kind::covering_both);
                Kind::List(Box::new(shared.unwrap_or(Kind::Anything)))
            }
            Content::Section(members) if members.is_empty() => Kind::Table,
            Content::Section(_) => Kind::Section,
            Content::Refused => Kind::Anything,
        }
    }

    fn of_item(item: &Node) -> Kind {
        match &item.content {
            Content::Scalar(_) => Kind::of(item),
            // Items that are lists or sections differ in shape from one to the next.
            Content::List(_) | Content::Section(_) | Content::Refused => Kind::Anything,
        }
    }

    fn covering_both(self, other: Kind) -> Kind {
        let numeric = |kind: &Kind| matches!(kind, Kind::Integer | Kind::Number);
        if self == other {
            self
        } else if numeric(&self) && numeric(&other) {
            Kind::Number
        } else {
            Kind::Anything
        }
    }

    fn expected(&self) -> &'static str {
        match self {
            Kind::Switch => "true or false",
            Kind::Integer => "an integer",
            Kind::Number => "a number",
            Kind::Text => "a string",
            Kind::Nullable => "a single value or null",
            Kind::List(_) => "a list",
            Kind::Section | Kind::Table => "a section",
            Kind::Anything => "a value",
        }
    }
}

/// Types `node` as `kind` asks, and adds what does not fit to `refusals`.
///
/// A scalar from outside YAML becomes a string where one is expected; one written in YAML is taken
/// as it is written there.
pub(super) fn judge(kind: &Kind, node: &mut Node, key: &str, refusals: &mut Vec<Refusal>) {
    let fits = match &mut node.content {
        Content::Refused => true,
        Content::Scalar(scalar) => scalar_fits(kind, scalar),
        Content::List(items) => {
            if let Kind::List(item_kind) = kind {
                for (index, item) in items.iter_mut().enumerate() {
                    judge(item_kind, item, &format!("{key}[{index}]"), refusals);
                }
            }
            matches!(kind, Kind::List(_) | Kind::Anything)
        }
        Content::Section(_) => matches!(kind, Kind::Section | Kind::Table | Kind::Anything),
    };
    if !fits {
        refusals.push(misfit(kind, node, key));
    }
}

fn scalar_fits(kind: &Kind, scalar: &mut Scalar) -> bool {
    match kind {
        Kind::Switch => scalar.value.is_boolean(),
        Kind::Integer => scalar.value.is_i64() || scalar.value.is_u64(),
        Kind::Number => scalar.value.is_number(),
        Kind::Text => {
            if scalar.writing == Writing::Outside {
                scalar.keep_as_string();
            }
            scalar.value.is_string()
        }
        Kind::Nullable | Kind::Anything => true,
        Kind::List(_) | Kind::Section | Kind::Table => false,
    }
}

/// The refusal of a value of another kind than its key expects.
fn misfit(kind: &Kind, node: &Node, key: &str) -> Refusal {
    let wrong = format!("expected {}, found {}", kind.expected(), found(key, node));
    Refusal::at(&node.origin, key, wrong, hint(kind, node))
}

/// What would be right, where the expectation alone does not say it.
fn hint(kind: &Kind, node: &Node) -> &'static str {
    let Content::Scalar(scalar) = &node.content else {
        return "";
    };
    match kind {
        Kind::Text if scalar.value.is_null() => "write \"\" for an empty string",
        Kind::Text => "put it in quotes",
        Kind::Switch | Kind::Integer | Kind::Number if scalar.writing == Writing::Quoted => {
            let mut unquoted = Scalar::new(scalar.text.clone(), Writing::Plain);
            let meant = scalar_fits(kind, &mut unquoted);
            if meant { "remove the quotes" } else { "" }
        }
        Kind::List(_) => "write `[a, b]`",
        Kind::Switch
        | Kind::Integer
        | Kind::Number
        | Kind::Nullable
        | Kind::Section
        | Kind::Table
        | Kind::Anything => "",
    }
}

/// The value in words, shortened and without secrets: `the string "maybe"`, `a list`.
pub(super) fn found(key: &str, node: &Node) -> String {
    let scalar = match &node.content {
        Content::Scalar(scalar) => scalar,
        Content::List(_) => return "a list".to_owned(),
        Content::Section(_) => return "a section".to_owned(),
        Content::Refused => return "nothing".to_owned(),
    };
    let hidden = is_hidden(key, scalar);
    let text = if hidden {
        MASK.to_owned()
    } else {
        shortened(&scalar.text)
    };
    match &scalar.value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) if !hidden => text,
        Value::Bool(_) => "a secret".to_owned(),
        Value::Number(number) if number.is_f64() => format!("the number {text}"),
        Value::Number(_) => format!("the integer {text}"),
        Value::String(_) => format!("the string \"{text}\""),
        Value::Array(_) | Value::Object(_) => "a value".to_owned(),
    }
}
