//! The names that each family of models gives its tensors.

use super::config::Family;

/// The names of the parts of one layer, without `.weight` and `.bias`.
pub(super) struct LayerNames {
    pub(super) query: String,
    pub(super) key: String,
    pub(super) value: String,
    pub(super) attention_out: String,
    pub(super) attention_norm: String,
    pub(super) widen: String,
    pub(super) narrow: String,
    pub(super) out_norm: String,
}

impl Family {
    /// What stands before the names of the embeddings: `bert.embeddings` and the like.
    pub(super) fn embeddings(self) -> &'static str {
        match self {
            Self::Bert => "bert.embeddings",
            Self::DistilBert => "distilbert.embeddings",
            Self::Roberta => "roberta.embeddings",
        }
    }

    /// True where a table of token types is added to the embeddings.
    pub(super) fn has_token_types(self) -> bool {
        match self {
            Self::Bert | Self::Roberta => true,
            Self::DistilBert => false,
        }
    }

    /// The names of the parts of layer `index`.
    pub(super) fn layer(self, index: usize) -> LayerNames {
        match self {
            Self::Bert => bert_like("bert", index),
            Self::Roberta => bert_like("roberta", index),
            Self::DistilBert => {
                let at = |part: &str| format!("distilbert.transformer.layer.{index}.{part}");
                LayerNames {
                    query: at("attention.q_lin"),
                    key: at("attention.k_lin"),
                    value: at("attention.v_lin"),
                    attention_out: at("attention.out_lin"),
                    attention_norm: at("sa_layer_norm"),
                    widen: at("ffn.lin1"),
                    narrow: at("ffn.lin2"),
                    out_norm: at("output_layer_norm"),
                }
            }
        }
    }
}

fn bert_like(prefix: &str, index: usize) -> LayerNames {
    let at = |part: &str| format!("{prefix}.encoder.layer.{index}.{part}");
    LayerNames {
        query: at("attention.self.query"),
        key: at("attention.self.key"),
        value: at("attention.self.value"),
        attention_out: at("attention.output.dense"),
        attention_norm: at("attention.output.LayerNorm"),
        widen: at("intermediate.dense"),
        narrow: at("output.dense"),
        out_norm: at("output.LayerNorm"),
    }
}
