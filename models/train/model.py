"""The model: MiniLM with case classes in its token-type embeddings and two heads on the last hidden state."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

from words import CASE_CLASSES, MAX_PIECES_PER_WORD

TYPES = [
    "PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW", "DATE", "TIME", "MONEY", "PERCENT",
]  # fmt: skip
LABELS = ["O"] + [f"{prefix}-{kind}" for kind in TYPES for prefix in "BI"]
LABEL_ID = {label: i for i, label in enumerate(LABELS)}


class Tagger(nn.Module):
    """Tag logits and a misspelling logit for every piece; only the first piece of a word counts.

    With a RoBERTa configuration it is the cased model that ours is compared with; only ours can be exported.
    """

    def __init__(self, config: BertConfig | RobertaConfig):
        super().__init__()
        self.config = config
        # Plain products, and no dropout of attention weights: together a third more pieces per second on a CPU, where the fused attention's
        # backward pass is slow and drawing that many random numbers costs more than the softmax.
        config._attn_implementation = "eager"
        config.attention_probs_dropout_prob = 0.0
        self.sees_case = isinstance(config, RobertaConfig)
        self.bert = (RobertaModel if self.sees_case else BertModel)(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(0.1)
        self.classifier = nn.Linear(config.hidden_size, len(LABELS))
        self.typo_classifier = nn.Linear(config.hidden_size, 1)

    def forward(self, ids, cases, mask):
        types = torch.zeros_like(cases) if self.sees_case else cases
        hidden = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        hidden = self.dropout(hidden)
        return self.classifier(hidden), self.typo_classifier(hidden).squeeze(-1)


def from_base(folder: Path) -> Tagger:
    """The base encoder with a fresh token-type table: every case class starts near the row for "sentence A"."""
    settings = json.loads((folder / "config.json").read_text())
    config = (RobertaConfig if settings.get("model_type") == "roberta" else BertConfig)(**settings)
    tensors = {f"bert.{name}": t for name, t in load_file(folder / "model.safetensors").items() if not name.startswith("pooler.")}
    tensors.pop("bert.embeddings.position_ids", None)
    if not isinstance(config, RobertaConfig):
        config.type_vocab_size = len(CASE_CLASSES)
        types = "bert.embeddings.token_type_embeddings.weight"
        row = tensors[types][0]
        tensors[types] = row + 0.01 * torch.randn(len(CASE_CLASSES), row.numel())
    model = Tagger(config)
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    heads = {"classifier.weight", "classifier.bias", "typo_classifier.weight", "typo_classifier.bias"}
    if set(missing) != heads or unexpected:
        raise SystemExit(f"the base does not fit: missing {set(missing) - heads}, unexpected {unexpected}")
    for head in (model.classifier, model.typo_classifier):
        nn.init.normal_(head.weight, std=config.initializer_range)
        nn.init.zeros_(head.bias)
    return model


def export(model: Tagger, tokenizer_file: Path, out: Path) -> None:
    """Writes `config.json`, `tokenizer.json` and `model.safetensors` (f16) in the Hugging Face layout."""
    out.mkdir(parents=True, exist_ok=True)
    c = model.config
    config = {
        "architectures": ["BertForTokenClassification"],
        "model_type": "bert",
        "hidden_size": c.hidden_size,
        "num_hidden_layers": c.num_hidden_layers,
        "num_attention_heads": c.num_attention_heads,
        "intermediate_size": c.intermediate_size,
        "hidden_act": c.hidden_act,
        "layer_norm_eps": c.layer_norm_eps,
        "max_position_embeddings": c.max_position_embeddings,
        "vocab_size": c.vocab_size,
        "type_vocab_size": c.type_vocab_size,
        "pad_token_id": c.pad_token_id,
        "position_embedding_type": "absolute",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": c.attention_probs_dropout_prob,
        "initializer_range": c.initializer_range,
        "torch_dtype": "float16",
        "id2label": {str(i): label for i, label in enumerate(LABELS)},
        "label2id": LABEL_ID,
        "scutch": {
            "format": 1,
            "case_classes": CASE_CLASSES,
            "case_classes_in": "token_type_ids",
            "word_splitter": "scutch-1",
            "max_pieces_per_word": MAX_PIECES_PER_WORD,
            "word_representation": "first_piece",
            "heads": {
                "entities": {"tensor": "classifier", "scheme": "BIO"},
                "typo": {"tensor": "typo_classifier", "activation": "sigmoid"},
            },
        },
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    tokenizer = json.loads(tokenizer_file.read_text())
    tokenizer["truncation"] = tokenizer["padding"] = None
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False) + "\n")
    tensors = {n: t.detach().to(torch.float16).contiguous() for n, t in model.state_dict().items() if not n.endswith("_ids")}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    (out / "model.safetensors").chmod(0o644)  # safetensors writes for the owner alone


def load(folder: Path) -> Tagger:
    """An exported model, in f32 and evaluation mode."""
    config = BertConfig(**json.loads((folder / "config.json").read_text()))
    model = Tagger(config)
    missing, unexpected = model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    if [n for n in missing if not n.endswith("_ids")] or unexpected:
        raise SystemExit(f"{folder} does not fit: missing {missing}, unexpected {unexpected}")
    return model.float().eval()
