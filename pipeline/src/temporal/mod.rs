//! What day, month or year a date in a text means, seen from the day the article appeared.

mod calendar;
mod count;
mod expression;
mod holiday;
mod meaning;
mod relative;
mod sentence;
mod tense;
mod value;
mod words;

use jiff::civil::Date;

pub use value::Value;

use crate::entity::{Entity, Kind};

/// Returns what a date expression means, or `None` where it names no certain date.
///
/// `sentence` is the sentence it stands in: its verbs decide whether "Friday" is past or to come. Without `reference`, the day
/// the article appeared, only expressions that name their year resolve. Lengths of time and vague words never do.
pub fn resolve(expression: &str, sentence: &str, reference: Option<Date>) -> Option<Value> {
    let parts = expression::read(expression);
    parts.value(|| tense::of(sentence, expression), reference)
}

/// Returns the first day of the first date in the text that resolves.
///
/// `entities` are those of `text`, in order. A TIME that names its day ("Tuesday morning", "last night") counts too.
pub fn first_date(text: &str, entities: &[Entity], reference: Option<Date>) -> Option<Date> {
    entities
        .iter()
        .filter(|entity| matches!(entity.kind, Kind::Date | Kind::Time))
        .find_map(|entity| {
            let expression = text.get(entity.range.clone())?;
            resolve(expression, sentence::around(text, &entity.range), reference)
        })
        .map(|value| value.day())
}

#[cfg(test)]
mod tests;
