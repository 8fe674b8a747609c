//! One layer laid over the layers below it.

use super::echo::shortened;
use super::kind::{Kind, found, judge};
use super::refusal::Refusal;
use super::suggest::advice;
use super::tree::{Content, Member, Node, below};

/// Lays `layer` over `merged`. Values that `reference` (the embedded default) does not know, or
/// that are of another kind than there, stay out and are added to `refusals`.
///
/// Sections are merged key by key, lists are replaced whole.
pub(super) fn lay_over(
    reference: &Node,
    merged: &mut Node,
    layer: Node,
    refusals: &mut Vec<Refusal>,
) {
    let mut laying = Laying {
        reference,
        refusals,
    };
    laying.node(reference, merged, layer, "");
}

struct Laying<'a> {
    reference: &'a Node,
    refusals: &'a mut Vec<Refusal>,
}

impl Laying<'_> {
    fn node(&mut self, default: &Node, merged: &mut Node, mut layer: Node, key: &str) {
        let kind = Kind::of(default);
        if !matches!(kind, Kind::Section | Kind::Table) {
            return self.value(&kind, merged, layer, key);
        }
        match &mut layer.content {
            Content::Refused => {}
            // A section whose every key is commented out reads as null.
            Content::Scalar(scalar) if scalar.is_absent() => {}
            Content::Scalar(_) | Content::List(_) => {
                let found = found(key, &layer);
                let wrong = if key.is_empty() {
                    format!("expected keys and values at the top, found {found}")
                } else {
                    format!("expected a section, found {found}")
                };
                let refusal = Refusal::at(&layer.origin, key, wrong, keys_of(default));
                self.refusals.push(refusal);
            }
            Content::Section(members) => {
                for member in members.drain(..) {
                    if kind == Kind::Table {
                        put(merged, member);
                    } else {
                        self.member(default, merged, member, key);
                    }
                }
            }
        }
    }

    fn member(&mut self, default: &Node, merged: &mut Node, member: Member, key: &str) {
        let full = below(key, &member.key);
        match (default.child(&member.key), merged.child_mut(&member.key)) {
            (Some(default), Some(merged)) => self.node(default, merged, member.node, &full),
            (Some(_) | None, _) => {
                let right = advice(self.reference, default, key, &member.key);
                let refusal = Refusal::at(&member.origin, &full, "unknown key", right);
                self.refusals.push(refusal);
            }
        }
    }

    fn value(&mut self, kind: &Kind, merged: &mut Node, mut layer: Node, key: &str) {
        let before = self.refusals.len();
        judge(kind, &mut layer, key, self.refusals);
        if !layer.holds_a_refused() && self.refusals.len() == before {
            *merged = layer;
        }
    }
}

/// Sets one key of a table, whose keys are free.
fn put(table: &mut Node, member: Member) {
    if member.node.holds_a_refused() {
        return;
    }
    if let Some(node) = table.child_mut(&member.key) {
        *node = member.node;
        return;
    }
    match &mut table.content {
        Content::Section(members) => members.push(member),
        Content::Scalar(_) | Content::List(_) | Content::Refused => {}
    }
}

fn keys_of(section: &Node) -> String {
    let keys: Vec<String> = section
        .members()
        .iter()
        .map(|member| format!("`{}`", shortened(&member.key)))
        .collect();
    if keys.is_empty() {
        "write `key: value` below it".to_owned()
    } else {
        format!("its keys are {}", keys.join(", "))
    }
}
