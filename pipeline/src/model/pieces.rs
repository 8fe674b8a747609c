//! From a word to the numbers of its pieces.

use std::collections::HashMap;

use tokenizers::Tokenizer;

use super::Error;
use super::config::{Config, Family};

/// Of a longer word only so many bytes are cut into pieces: the first pieces are all that is read.
const LONGEST_WORD: usize = 4096;

/// Words that are remembered, and how long they may be: news repeats itself, and cutting costs more than looking up.
const REMEMBERED: usize = 1 << 16;
const LONGEST_REMEMBERED: usize = 64;

/// A tokenizer that is asked word by word, so that a word's pieces never depend on its neighbours.
pub(super) struct Pieces {
    tokenizer: Tokenizer,
    /// The special pieces at the start and at the end of a window.
    pub(super) frame: (Vec<u32>, Vec<u32>),
    unknown: u32,
    /// A byte-level tokenizer sees the blank before a word.
    sees_blanks: bool,
    most: usize,
    remembered: HashMap<String, Box<[u32]>>,
    input: String,
}

impl Pieces {
    /// A tokenizer from the bytes of a `tokenizer.json`; words have at most `most` pieces.
    ///
    /// # Errors
    /// Where it cannot be read, has no piece for what is unknown, or numbers that the table of `rows` words does not have.
    pub(super) fn new(
        json: &[u8],
        config: &Config,
        most: usize,
        rows: usize,
    ) -> Result<Self, Error> {
        let fail = |error: tokenizers::Error| Error::Tokenizer(error.to_string());
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(fail)?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(fail)?;
        let size = tokenizer.get_vocab_size(true);
        if size > rows {
            return Err(Error::Tokenizer(format!(
                "it has {size} pieces, the model {rows}"
            )));
        }
        let unknown = ["[UNK]", "<unk>"]
            .iter()
            .find_map(|name| tokenizer.token_to_id(name))
            .ok_or_else(|| Error::Tokenizer("it has neither [UNK] nor <unk>".to_owned()))?;
        let mut start = tokenizer
            .encode_fast("", true)
            .map_err(fail)?
            .get_ids()
            .to_vec();
        let end = start.split_off(start.len() / 2);
        Ok(Self {
            tokenizer,
            frame: (start, end),
            unknown,
            sees_blanks: config.family == Family::Roberta,
            most,
            remembered: HashMap::new(),
            input: String::new(),
        })
    }

    /// Appends the pieces of a word: one at least.
    pub(super) fn push(&mut self, word: &str, is_after_blank: bool, ids: &mut Vec<u32>) {
        self.input.clear();
        if self.sees_blanks && is_after_blank {
            self.input.push(' ');
        }
        self.input
            .push_str(&word[..word.floor_char_boundary(LONGEST_WORD)]);
        if let Some(known) = self.remembered.get(&self.input) {
            ids.extend_from_slice(known);
            return;
        }
        let from = ids.len();
        // A tokenizer that fails on a word does not know it.
        if let Ok(found) = self.tokenizer.encode_fast(self.input.as_str(), false) {
            ids.extend(found.get_ids().iter().take(self.most));
        }
        // What vanishes in normalisation (a stray accent, a control character) is a word all the same.
        if ids.len() == from {
            ids.push(self.unknown);
        }
        if self.input.len() <= LONGEST_REMEMBERED {
            if self.remembered.len() >= REMEMBERED {
                self.remembered.clear();
            }
            self.remembered
                .insert(self.input.clone(), ids[from..].into());
        }
    }
}
