//! One list of entities out of what the grammars and the model found.

use super::Entity;

/// The entities of both, in order, not overlapping.
///
/// The rule: what a grammar found stands, for its dates and amounts were right in 98 to 99 of 100 cases read; the model gives
/// everything else, its own dates and amounts too where no grammar found one in that place.
pub(crate) fn merge(grammar: Vec<Entity>, model: Vec<Entity>) -> Vec<Entity> {
    let mut merged = Vec::with_capacity(grammar.len() + model.len());
    let mut found = grammar.into_iter().peekable();
    for entity in model {
        while let Some(earlier) = found.next_if(|earlier| earlier.range.end <= entity.range.start) {
            merged.push(earlier);
        }
        let is_free = found
            .peek()
            .is_none_or(|next| next.range.start >= entity.range.end);
        if is_free {
            merged.push(entity);
        }
    }
    merged.extend(found);
    merged
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::entity::{Entity, Kind};

    fn entity(kind: Kind, start: usize, end: usize) -> Entity {
        Entity {
            kind,
            range: start..end,
        }
    }

    #[test]
    fn the_grammar_stands_and_the_model_fills_the_rest() {
        let grammar = vec![entity(Kind::Date, 10, 16), entity(Kind::Money, 30, 35)];
        let model = vec![
            entity(Kind::Person, 0, 5),
            entity(Kind::Date, 8, 16),
            entity(Kind::Org, 16, 20),
            entity(Kind::Event, 22, 31),
            entity(Kind::Gpe, 40, 44),
        ];
        let kinds: Vec<_> = merge(grammar, model)
            .into_iter()
            .map(|entity| (entity.kind, entity.range))
            .collect();
        assert_eq!(
            kinds,
            [
                (Kind::Person, 0..5),
                (Kind::Date, 10..16),
                (Kind::Org, 16..20),
                (Kind::Money, 30..35),
                (Kind::Gpe, 40..44),
            ]
        );
    }

    #[test]
    fn either_may_be_empty() {
        let one = vec![entity(Kind::Date, 0, 4)];
        assert_eq!(merge(one.clone(), Vec::new()), one);
        assert_eq!(merge(Vec::new(), one.clone()), one);
    }
}
