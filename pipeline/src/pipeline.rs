//! One article's way: prepare its text, read it, finish it.

use std::ops::Range;

use jiff::civil::Date;

use crate::entity::{self, Entity};
use crate::model::{self, Model};
use crate::{Options, language, steps, temporal, typo};

/// The pipeline with its options; cheap to share between threads, holds no state of a document.
#[derive(Debug, Clone)]
pub struct Pipeline {
    options: Options,
    model: Option<Model>,
}

/// What was read in a prepared text: byte ranges of it, in order, not overlapping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The entities of all types that can be read.
    pub entities: Vec<Entity>,
    /// How suspicious each word is, where a model says so; words without a letter are left out.
    pub suspicions: Vec<Suspicion>,
    /// How many pieces the model read for it, 0 without one: a document's share of the model's time goes by them.
    pub pieces: usize,
}

/// How likely it is that a word is misspelt.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    /// Where the word stands, in bytes of the text.
    pub range: Range<usize>,
    /// 0 to 1, by a model.
    pub probability: f32,
}

/// A cleaned text and what was found in it. Ranges are byte ranges of `text`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// The clean text.
    pub text: String,
    /// The entities of the wanted types, in order, not overlapping.
    pub entities: Vec<Entity>,
    /// The corrected words, in order.
    pub corrections: Vec<Correction>,
    /// ISO 639-1 code, [`language::UNDETERMINED`], or `None` where detection is off.
    pub language: Option<&'static str>,
    /// The first date that the text speaks of.
    pub first_date: Option<Date>,
}

/// A word that was replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Where the replacement stands in [`Cleaned::text`].
    pub range: Range<usize>,
    /// The word as it stood.
    pub original: String,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
}

impl Pipeline {
    /// A pipeline that does what `options` say and reads by grammar alone.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            model: None,
        }
    }

    /// The same with a model that reads names too.
    pub fn with_model(options: Options, model: Model) -> Self {
        Self {
            options,
            model: Some(model),
        }
    }

    /// The same, with the same model, doing what other `options` say; as cheap as a clone.
    pub fn with_options(&self, options: Options) -> Self {
        Self {
            options,
            model: self.model.clone(),
        }
    }

    /// What it does and what it leaves alone.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What reads names beside the grammars, if anything does.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// The cleaned body of an article; relative dates are resolved against `published`.
    ///
    /// # Errors
    /// When the model fails; without one it cannot.
    pub fn clean(&self, raw: &str, published: Option<Date>) -> Result<Cleaned, model::Error> {
        let prepared = self.prepare(raw);
        let reading = self.read(&[&prepared])?.pop().unwrap_or_default();
        Ok(self.finish(prepared, reading, published))
    }

    /// A clean title or excerpt, on one line. No word of it is corrected: a correction is only made where it is recorded.
    pub fn clean_title(&self, raw: &str) -> String {
        steps::title(raw, &self.options)
    }

    /// A clean name: an author, a publisher, a keyword. Only markup, encoding and white space are touched.
    pub fn clean_name(&self, raw: &str) -> String {
        steps::name(raw, &self.options)
    }

    /// The text after all steps that need no understanding of it.
    pub fn prepare(&self, raw: &str) -> String {
        steps::body(raw, &self.options)
    }

    /// The readings of prepared texts, one each: the model reads them together, which is faster than one by one.
    ///
    /// # Errors
    /// When the model fails; without one it cannot.
    pub fn read(&self, prepared: &[&str]) -> Result<Vec<Reading>, model::Error> {
        let by_grammar = prepared.iter().map(|text| entity::find(text));
        let Some(model) = &self.model else {
            let reading = |entities| Reading {
                entities,
                ..Reading::default()
            };
            return Ok(by_grammar.map(reading).collect());
        };
        let by_model = model.read(prepared)?;
        let readings = by_grammar.zip(by_model).map(|(grammar, reading)| Reading {
            entities: entity::merge(grammar, reading.entities),
            ..reading
        });
        Ok(readings.collect())
    }

    /// Corrects the words of a prepared text, keeping off what its reading names, and draws up what was found.
    pub fn finish(&self, prepared: String, reading: Reading, published: Option<Date>) -> Cleaned {
        let language = language::detect(&prepared);
        let replacements = self.replacements(&prepared, &reading, language);
        let (text, corrections, mut entities) = if replacements.is_empty() {
            (prepared, Vec::new(), reading.entities)
        } else {
            let replaced: Vec<_> = replacements.iter().map(|word| word.range.clone()).collect();
            let (text, corrections) = replace(&prepared, replacements);
            let moved = moved(reading.entities, &replaced, &corrections);
            // A corrected word can complete an amount or a date.
            let entities = entity::merge(entity::find(&text), moved);
            (text, corrections, entities)
        };
        let first_date = if self.options.find_first_date {
            temporal::first_date(&text, &entities, published)
        } else {
            None
        };
        entities.retain(|entity| self.options.entity_types.contains(&entity.kind));
        let language = self.options.detect_language.then_some(language);
        Cleaned {
            text,
            entities,
            corrections,
            language,
            first_date,
        }
    }

    fn replacements(&self, text: &str, reading: &Reading, language: &str) -> Vec<typo::Correction> {
        let is_english = matches!(language, "en" | language::UNDETERMINED);
        if !self.options.enable_typo_correction || !is_english {
            return Vec::new();
        }
        let protected: Vec<Range<usize>> = if self.options.typo.use_ner_entities {
            reading
                .entities
                .iter()
                .map(|entity| entity.range.clone())
                .collect()
        } else {
            Vec::new()
        };
        typo::find(text, &protected, &reading.suspicions, &self.options.typo)
    }
}

/// The text with every replacement made, and where each stands now.
fn replace(text: &str, replacements: Vec<typo::Correction>) -> (String, Vec<Correction>) {
    let mut out = String::with_capacity(text.len());
    let mut corrections = Vec::with_capacity(replacements.len());
    let mut copied = 0;
    for typo::Correction {
        range,
        replacement,
        confidence,
    } in replacements
    {
        out.push_str(&text[copied..range.start]);
        let start = out.len();
        out.push_str(&replacement);
        corrections.push(Correction {
            range: start..out.len(),
            original: text[range.clone()].to_owned(),
            confidence,
        });
        copied = range.end;
    }
    out.push_str(&text[copied..]);
    (out, corrections)
}

/// The entities at their places in the text in which the words at `replaced` became `corrections`.
fn moved(
    entities: Vec<Entity>,
    replaced: &[Range<usize>],
    corrections: &[Correction],
) -> Vec<Entity> {
    let place = |byte: usize, is_end: bool| {
        let behind = replaced.partition_point(|word| word.start < byte);
        let last = behind
            .checked_sub(1)
            .and_then(|index| replaced.get(index).zip(corrections.get(index)));
        match last {
            None => byte,
            Some((old, new)) if byte >= old.end => byte - old.end + new.range.end,
            Some((_, new)) if is_end => new.range.end,
            Some((_, new)) => new.range.start,
        }
    };
    let here = |entity: Entity| Entity {
        range: place(entity.range.start, false)..place(entity.range.end, true),
        kind: entity.kind,
    };
    entities.into_iter().map(here).collect()
}

impl Cleaned {
    /// Words of the text: stretches between white space.
    pub fn word_count(&self) -> usize {
        self.text.split_whitespace().count()
    }

    /// Minutes to read the text at 200 words a minute, rounded, at least 1.
    pub fn reading_minutes(&self) -> usize {
        ((self.word_count() + 100) / 200).max(1)
    }
}

#[cfg(test)]
mod tests;
