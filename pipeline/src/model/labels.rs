//! What a model's labels mean: BIO tags of its types, and the kinds of entities that those stand for.

use std::collections::HashMap;

use crate::entity::Kind;

use super::Error;

/// Which kinds the types of a foreign model stand for, by the type's name (`"PER"`), for those that are not obvious.
///
/// `None` drops a type on purpose. What is not in the map goes by our own names, or by those of the CoNLL tasks
/// (PER, LOC, ORG); everything else (MISC) is dropped.
pub type LabelMap = HashMap<String, Option<Kind>>;

/// A label of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Outside,
    /// The first word of a name of this type.
    Begin(usize),
    /// A further word.
    Inside(usize),
}

/// The labels of a model.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    /// By the number of the label.
    pub(super) tags: Vec<Tag>,
    /// By the number of the type; `None` where it stands for none of our kinds.
    pub(super) kinds: Vec<Option<Kind>>,
}

impl Labels {
    /// The meaning of the labels "O", "B-X" and "I-X".
    ///
    /// # Errors
    /// Where a label has another form, "O" or a "B-" is missing, or no type stands for any kind.
    pub(super) fn new(names: &[String], map: &LabelMap) -> Result<Self, Error> {
        let mut types: Vec<&str> = Vec::new();
        let mut tags = Vec::with_capacity(names.len());
        for name in names {
            let tag = if name == "O" {
                Tag::Outside
            } else {
                let (prefix, kind) = name.split_at_checked(2).unwrap_or(("", name));
                let number = types
                    .iter()
                    .position(|known| *known == kind)
                    .unwrap_or(types.len());
                if number == types.len() {
                    types.push(kind);
                }
                match prefix {
                    "B-" => Tag::Begin(number),
                    "I-" => Tag::Inside(number),
                    _ => return Err(unsupported(name, "labels are O, B-X and I-X")),
                }
            };
            tags.push(tag);
        }
        if !tags.contains(&Tag::Outside) {
            return Err(unsupported("without O", "labels are O, B-X and I-X"));
        }
        if let Some(number) = (0..types.len()).find(|number| !tags.contains(&Tag::Begin(*number))) {
            return Err(unsupported(types[number], "each type has a label B-"));
        }
        let kinds: Vec<Option<Kind>> = types.iter().map(|name| kind(name, map)).collect();
        if kinds.iter().all(Option::is_none) {
            return Err(unsupported(
                &types.join(", "),
                "no type stands for any of ours: give a label map",
            ));
        }
        Ok(Self { tags, kinds })
    }
}

fn kind(name: &str, map: &LabelMap) -> Option<Kind> {
    if let Some(kind) = map.get(name) {
        return *kind;
    }
    match name {
        "PER" => Some(Kind::Person),
        other => other.parse().ok(),
    }
}

fn unsupported(found: &str, wanted: &'static str) -> Error {
    Error::Unsupported {
        key: "id2label",
        found: found.to_owned(),
        wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str], map: &LabelMap) -> Result<Labels, Error> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Labels::new(&names, map)
    }

    #[test]
    fn a_map_goes_before_the_names_and_can_drop_a_type() {
        let names = ["O", "B-PER", "I-PER", "B-LOC", "B-MISC"];
        let found = labels(&names, &LabelMap::new()).unwrap();
        assert_eq!(found.kinds, [Some(Kind::Person), Some(Kind::Loc), None]);
        let map = LabelMap::from([
            ("LOC".to_owned(), Some(Kind::Gpe)),
            ("PER".to_owned(), None),
        ]);
        assert_eq!(
            labels(&names, &map).unwrap().kinds,
            [None, Some(Kind::Gpe), None]
        );
    }

    #[test]
    fn labels_that_cannot_be_decoded_are_refused() {
        for names in [
            &["O", "PER"][..],
            &["B-PER", "I-PER"],
            &["O", "I-PER"],
            &["O", "B-X"],
            &["O"],
            &["O", "é"],
        ] {
            assert!(labels(names, &LabelMap::new()).is_err(), "{names:?}");
        }
    }
}
