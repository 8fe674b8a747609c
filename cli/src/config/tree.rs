//! A configuration as a tree that remembers the place of every value.
//!
//! It does not implement `Debug`, as it holds secrets.

use serde_json::Value;

use super::origin::Origin;

/// A value, a list or a section, and where it stands.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) content: Content,
}

/// What a node holds.
#[derive(Clone)]
pub(super) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the text; keys are unique.
    Section(Vec<Member>),
    /// Was refused while it was read: later steps pass over it in silence.
    Refused,
}

/// One `key: value` of a section.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) key: String,
    /// The place of the key itself.
    pub(super) origin: Origin,
    pub(super) node: Node,
}

/// A single value: the text as it was written, and what it means.
#[derive(Clone)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) writing: Writing,
    pub(super) value: Value,
    /// Never to be shown, whatever its key is called.
    pub(super) hidden: bool,
}

/// How a scalar was written, which decides how far its type may be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// Unquoted YAML: typed by the YAML 1.2 core schema.
    Plain,
    /// Quoted YAML or a block: always a string.
    Quoted,
    /// From a variable, a secret file or a flag, which have no quotes: typed by what its key expects.
    Outside,
}

impl Scalar {
    /// A scalar typed by the way it is written.
    pub(super) fn new(text: String, writing: Writing) -> Scalar {
        let value = match writing {
            Writing::Plain | Writing::Outside => super::core_schema::value_of(&text),
            Writing::Quoted => Value::String(text.clone()),
        };
        Scalar {
            text,
            writing,
            value,
            hidden: false,
        }
    }

    /// True for a key with nothing behind it, or with an unquoted null.
    pub(super) fn is_absent(&self) -> bool {
        self.value.is_null() && self.writing == Writing::Plain
    }

    /// Turns the scalar into the string it was written as.
    pub(super) fn keep_as_string(&mut self) {
        self.value = Value::String(self.text.clone());
    }
}

impl Node {
    /// The plain value, without places.
    pub(super) fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(scalar) => scalar.value.clone(),
            Content::List(items) => items.iter().map(Node::to_value).collect(),
            Content::Section(members) => members
                .iter()
                .map(|member| (member.key.clone(), member.node.to_value()))
                .collect(),
            Content::Refused => Value::Null,
        }
    }

    /// The members of a section, none for anything else.
    pub(super) fn members(&self) -> &[Member] {
        match &self.content {
            Content::Section(members) => members,
            Content::Scalar(_) | Content::List(_) | Content::Refused => &[],
        }
    }

    /// The value under `key` of a section.
    pub(super) fn child(&self, key: &str) -> Option<&Node> {
        let member = self.members().iter().find(|member| member.key == key)?;
        Some(&member.node)
    }

    /// As [`Node::child`], to be changed.
    pub(super) fn child_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.content {
            Content::Section(members) => {
                let member = members.iter_mut().find(|member| member.key == key)?;
                Some(&mut member.node)
            }
            Content::Scalar(_) | Content::List(_) | Content::Refused => None,
        }
    }

    /// Calls `visit` with every scalar at or below this node and its key, this node's being `key`.
    pub(super) fn each_scalar(&self, key: &str, visit: &mut impl FnMut(&str, &Scalar)) {
        match &self.content {
            Content::Scalar(scalar) => visit(key, scalar),
            Content::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.each_scalar(&format!("{key}[{index}]"), visit);
                }
            }
            Content::Section(members) => {
                for member in members {
                    member.node.each_scalar(&below(key, &member.key), visit);
                }
            }
            Content::Refused => {}
        }
    }

    /// True when something at or below this node was refused: put into force, the rest of it would
    /// be refused a second time for what is missing.
    pub(super) fn holds_a_refused(&self) -> bool {
        match &self.content {
            Content::Scalar(_) => false,
            Content::List(items) => items.iter().any(Node::holds_a_refused),
            Content::Section(members) => {
                let mut nodes = members.iter().map(|member| &member.node);
                nodes.any(Node::holds_a_refused)
            }
            Content::Refused => true,
        }
    }

    /// True when nothing at or below this node was set by a layer above the default.
    pub(super) fn is_untouched(&self) -> bool {
        match &self.content {
            Content::Section(members) if !members.is_empty() => {
                members.iter().all(|member| member.node.is_untouched())
            }
            Content::Section(_) | Content::Scalar(_) | Content::List(_) | Content::Refused => {
                self.origin.is_default()
            }
        }
    }
}

/// The dotted key of `child` within the section `parent`; the root's is empty.
pub(super) fn below(parent: &str, child: &str) -> String {
    if parent.is_empty() {
        child.to_owned()
    } else {
        format!("{parent}.{child}")
    }
}
