//! Reads texts: words, windows, batches, scores, tags, entities.

use crate::entity::Entity;
use crate::{Reading, Suspicion};

use super::batches;
use super::budget::{self, Budget};
use super::config::Config;
use super::decode;
use super::device::Device;
use super::document::Document;
use super::encoder::Encoder;
use super::labels::{LabelMap, Labels, Tag};
use super::pieces::Pieces;
use super::sentences;
use super::statistics::Statistics;
use super::weights::Weights;
use super::{Error, Files};

/// Pieces in a window where the model does not say: a few sentences.
///
/// On gold names that fared no worse than windows of 192, and the work of attention grows with the window.
const WINDOW: usize = 64;
/// Pieces of a word where the model does not say.
const MOST_PIECES: usize = 16;

/// A model and what is needed to ask it; on one thread.
pub(super) struct Reader {
    encoder: Encoder,
    pieces: Pieces,
    labels: Labels,
    /// Pieces of a window without the special ones.
    capacity: usize,
    budget: Budget,
    has_classes: bool,
    has_typo_head: bool,
    /// What was done since someone took this.
    pub(super) done: Statistics,
}

impl Reader {
    /// The model of these files, on a device.
    ///
    /// # Errors
    /// Where a file is not what this program can read.
    pub(super) fn new<B: AsRef<[u8]>>(
        files: &Files<B>,
        map: &LabelMap,
        device: &Device,
    ) -> Result<Self, Error> {
        let config = Config::parse(files.config.as_ref())?;
        let labels = Labels::new(&config.labels, map)?;
        let weights = Weights::parse(files.weights.as_ref(), &device.candle, device.dtype)?;
        let encoder = Encoder::new(&config, &weights, device.products)?;
        let window = config.scutch.window.unwrap_or(WINDOW);
        let window = window.clamp(Config::MIN_WINDOW, config.positions);
        // A word must leave room for its context.
        let most = config.scutch.max_pieces_per_word.unwrap_or(MOST_PIECES);
        let most = most.clamp(1, (window - 2) / 2);
        let pieces = Pieces::new(files.tokenizer.as_ref(), &config, most, encoder.rows())?;
        let frame = pieces.frame.0.len() + pieces.frame.1.len();
        Ok(Self {
            encoder,
            capacity: window - frame,
            budget: Budget(if device.candle.is_cpu() {
                budget::ON_CPU
            } else {
                budget::ON_CUDA
            }),
            done: Statistics::default(),
            has_classes: !config.scutch.case_classes.is_empty(),
            has_typo_head: config.scutch.heads.typo.is_some(),
            pieces,
            labels,
        })
    }

    /// What each text names, and how suspicious its words are.
    ///
    /// # Errors
    /// Where the device has no memory left.
    pub(super) fn read<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<Vec<Reading>, Error> {
        let mut documents = Vec::with_capacity(texts.len());
        for text in texts {
            let pieces = &mut self.pieces;
            documents.push(Document::new(
                text.as_ref(),
                pieces,
                self.capacity,
                self.has_classes,
            ));
        }
        let scores = self.scores(&documents)?;
        self.done.documents += documents.len() as u64;
        for document in &documents {
            self.done.words += document.words.len() as u64;
            self.done.pieces += document.ids.len() as u64;
            self.done.windows += document.windows.len() as u64;
        }
        let readings = texts.iter().zip(&documents).zip(&scores);
        Ok(readings
            .map(|((text, document), scores)| self.reading(text.as_ref(), document, scores))
            .collect())
    }

    /// The tags' and the misspellings' scores of every word of every document.
    fn scores(&mut self, documents: &[Document]) -> Result<Vec<Scores>, Error> {
        let labels = self.labels.tags.len();
        let mut all: Vec<Scores> = documents
            .iter()
            .map(|document| Scores {
                tags: vec![0.0; document.words.len() * labels],
                misspelt: vec![
                    0.0;
                    if self.has_typo_head {
                        document.words.len()
                    } else {
                        0
                    }
                ],
            })
            .collect();
        let places = batches::places(documents);
        let at_once = self.encoder.at_once();
        let pack = |batch: &&[_]| batches::pack(documents, batch, &self.pieces.frame);
        let halvings = self.budget.spend(&places, at_once, |batches| {
            let found = self.encoder.scores_of(batches, pack)?;
            for (batch, found) in batches.iter().zip(found) {
                let mut rows = found.numbers.chunks_exact(found.width);
                let words = batch
                    .iter()
                    .flat_map(|place| place.window.kept.clone().map(|word| (place.document, word)));
                for ((document, word), row) in words.zip(&mut rows) {
                    let (tags, misspelt) = row.split_at(labels);
                    all[document].tags[word * labels..][..labels].copy_from_slice(tags);
                    all[document].misspelt.get_mut(word..).unwrap_or_default()[..misspelt.len()]
                        .copy_from_slice(misspelt);
                }
            }
            self.done.batches += batches.len() as u64;
            Ok(())
        })?;
        self.done.halvings += halvings;
        Ok(all)
    }

    fn reading(&self, text: &str, document: &Document, scores: &Scores) -> Reading {
        let gap = |word: usize| &text[document.words[word - 1].end..document.words[word].start];
        // A name does not go on behind a blank line.
        let starts = |word: usize| sentences::is_blank_line(gap(word));
        let tags = decode::best(&self.labels, &scores.tags, starts);
        let mut entities: Vec<(Option<_>, std::ops::Range<usize>)> = Vec::new();
        for (tag, range) in tags.iter().zip(&document.words) {
            match tag {
                Tag::Outside => {}
                Tag::Begin(kind) => entities.push((self.labels.kinds[*kind], range.clone())),
                Tag::Inside(_) => {
                    if let Some((_, name)) = entities.last_mut() {
                        name.end = range.end;
                    }
                }
            }
        }
        let entities = entities.into_iter();
        let entities = entities.filter_map(|(kind, range)| kind.map(|kind| Entity { kind, range }));
        let suspicions = scores.misspelt.iter().zip(&document.words);
        let suspicions =
            suspicions.filter(|(_, range)| text[(*range).clone()].contains(char::is_alphabetic));
        Reading {
            pieces: document.ids.len(),
            entities: entities.collect(),
            suspicions: suspicions
                .map(|(logit, range)| Suspicion {
                    range: range.clone(),
                    probability: 1.0 / (1.0 + (-logit).exp()),
                })
                .collect(),
        }
    }
}

/// What the model says of the words of a document.
struct Scores {
    /// As many numbers per word as there are labels.
    tags: Vec<f32>,
    /// One logit per word, or none at all.
    misspelt: Vec<f32>,
}

#[cfg(test)]
mod tests;
