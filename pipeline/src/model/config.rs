//! What `config.json` says of a model.
//!
//! Keys as `transformers` writes them
//! (<https://huggingface.co/docs/transformers/main_classes/configuration>), and a section `scutch` of our own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Error;
use super::case_class::CaseClass;

/// Which of the three layouts of tensors and settings a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Bert,
    DistilBert,
    Roberta,
}

/// The activation between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// With the error function, not its tanh approximation.
    Gelu,
    Relu,
}

/// What the encoder, the tokenizer and the decoder must know.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) family: Family,
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) eps: f32,
    pub(super) activation: Activation,
    /// The position of the first piece: RoBERTa counts from behind its padding id.
    pub(super) first_position: usize,
    /// The most pieces that one window may hold, special ones included.
    pub(super) positions: usize,
    /// The names of the labels, by number.
    pub(super) labels: Vec<String>,
    /// What only our own models have.
    pub(super) scutch: Scutch,
}

/// Section `scutch` of `config.json`; a model without it has neither case classes nor a head for misspellings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Scutch {
    /// The names of the case classes in the order of the token-type rows; empty: token types are all 0.
    pub(super) case_classes: Vec<String>,
    /// How the words were cut that the model was trained on.
    word_splitter: Option<String>,
    /// Of a longer word only the first pieces are read.
    pub(super) max_pieces_per_word: Option<usize>,
    /// The most pieces of a window, special ones included.
    pub(super) window: Option<usize>,
    pub(super) heads: Heads,
}

/// The heads beside the usual one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Heads {
    /// One number per word: the logit of its being misspelt.
    pub(super) typo: Option<Head>,
}

/// Where a head is in the file of weights.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Head {
    /// The prefix of its tensors.
    pub(super) tensor: String,
}

/// The keys of the three families: DistilBERT calls everything differently.
#[derive(Deserialize)]
struct Raw {
    model_type: String,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    max_position_embeddings: usize,
    #[serde(alias = "activation")]
    hidden_act: String,
    #[serde(default = "bert_eps")]
    layer_norm_eps: f32,
    #[serde(default)]
    pad_token_id: usize,
    id2label: BTreeMap<usize, String>,
    position_embedding_type: Option<String>,
    #[serde(default)]
    scutch: Scutch,
}

/// DistilBERT does not say: its code has it.
fn bert_eps() -> f32 {
    1e-12
}

impl Config {
    /// A window must hold two special pieces, a word and a context for it.
    pub(super) const MIN_WINDOW: usize = 16;

    /// The settings of a `config.json`.
    ///
    /// # Errors
    /// Where it is no JSON, lacks a key, or asks for what is not built in.
    pub(super) fn parse(json: &[u8]) -> Result<Self, Error> {
        let raw: Raw = serde_json::from_slice(json).map_err(Error::Config)?;
        let family = match raw.model_type.as_str() {
            "bert" => Family::Bert,
            "distilbert" => Family::DistilBert,
            "roberta" => Family::Roberta,
            other => {
                return Err(unsupported(
                    "model_type",
                    other,
                    "bert, distilbert and roberta are known",
                ));
            }
        };
        let activation = match raw.hidden_act.as_str() {
            "gelu" => Activation::Gelu,
            "relu" => Activation::Relu,
            other => return Err(unsupported("hidden_act", other, "gelu and relu are known")),
        };
        if let Some(kind) = raw
            .position_embedding_type
            .filter(|kind| kind != "absolute")
        {
            return Err(unsupported(
                "position_embedding_type",
                &kind,
                "only absolute is known",
            ));
        }
        if raw.num_attention_heads == 0 || !raw.hidden_size.is_multiple_of(raw.num_attention_heads)
        {
            let heads = raw.num_attention_heads.to_string();
            return Err(unsupported(
                "num_attention_heads",
                &heads,
                "it must divide the hidden size",
            ));
        }
        let first_position = match family {
            Family::Roberta => raw.pad_token_id + 1,
            Family::Bert | Family::DistilBert => 0,
        };
        let positions = raw.max_position_embeddings.saturating_sub(first_position);
        if positions < Self::MIN_WINDOW {
            let found = raw.max_position_embeddings.to_string();
            return Err(unsupported(
                "max_position_embeddings",
                &found,
                "too few for any text",
            ));
        }
        raw.scutch.check()?;
        if !raw.id2label.keys().copied().eq(0..raw.id2label.len()) {
            return Err(unsupported(
                "id2label",
                "not numbered 0, 1, 2, …",
                "a label is missing",
            ));
        }
        Ok(Self {
            family,
            hidden: raw.hidden_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            eps: raw.layer_norm_eps,
            activation,
            first_position,
            positions,
            labels: raw.id2label.into_values().collect(),
            scutch: raw.scutch,
        })
    }
}

impl Scutch {
    fn check(&self) -> Result<(), Error> {
        if !self.case_classes.is_empty() && self.case_classes != CaseClass::NAMES {
            let found = self.case_classes.join(", ");
            return Err(unsupported(
                "scutch.case_classes",
                &found,
                "other classes are known",
            ));
        }
        match self.word_splitter.as_deref() {
            None | Some("scutch-1") => Ok(()),
            Some(other) => Err(unsupported(
                "scutch.word_splitter",
                other,
                "scutch-1 is known",
            )),
        }
    }
}

fn unsupported(key: &'static str, found: &str, wanted: &'static str) -> Error {
    Error::Unsupported {
        key,
        found: found.to_owned(),
        wanted,
    }
}
