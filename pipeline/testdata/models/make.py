"""Writes the tiny random models of the tests, one per family, in the Hugging Face format, with transformers' logits.

    pip install torch==2.9.1 transformers==4.57.3
    python make.py

Weights are random (seed 7) and of no use but to compare numbers. `reference.json` holds, per text, the piece ids with the
special ones, the token types where a model has more than one, and the logits of every piece.
"""

import json
import pathlib

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForTokenClassification,
    DistilBertConfig,
    DistilBertForTokenClassification,
    RobertaConfig,
    RobertaForTokenClassification,
)

HERE = pathlib.Path(__file__).parent
LABELS = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]
TEXTS = [
    "Maria Keller met the chief of Acme in Paris on Monday",
    "The river rose",
    "Paris , Acme , Maria and the chief met again near the river ; nobody rose",
    "zzz é 北京 unknown",
]
WORDS = "Maria Keller met the chief of Acme in Paris on Monday The river rose and again near nobody".split()
SIZES = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)


def labels():
    return dict(id2label=dict(enumerate(LABELS)), label2id={label: index for index, label in enumerate(LABELS)})


def wordpiece(path, lowercase=False):
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,;'-"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *letters, *("##" + c for c in "abcdefghijklmnopqrstuvwxyz")]
    vocab = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])]
    )
    tokenizer.save(str(path))
    return tokenizer


def byte_level(path):
    vocab = {piece: index for index, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])}
    for symbol in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocab[symbol] = len(vocab)
    merges = []
    for word in ("Ġthe", "Ġmet", "ĠParis", "Maria"):
        left = word[0]
        for symbol in word[1:]:
            if (left, symbol) not in merges:
                merges.append((left, symbol))
            left += symbol
            vocab.setdefault(left, len(vocab))
    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.save(str(path))
    return tokenizer


def write(name, tokenizer, config, kind, half=False):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    tokenizer = tokenizer(folder / "tokenizer.json")
    config.vocab_size = tokenizer.get_vocab_size()
    torch.manual_seed(7)
    model = kind(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.3 + (1.0 if parameter.dim() == 1 else 0.0))
            if half:
                parameter.copy_(parameter.half().float())
    references = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        types = [index % config.type_vocab_size for index in range(len(ids))] if name == "bert" else None
        inputs = {"input_ids": torch.tensor([ids])}
        if types:
            inputs["token_type_ids"] = torch.tensor([types])
        with torch.no_grad():
            logits = model(**inputs).logits[0]
        rounded = [[round(value, 5) for value in row] for row in logits.tolist()]
        references.append({"text": text, "ids": ids, "types": types, "logits": rounded})
    if half:
        model = model.half()
    model.save_pretrained(folder)
    (folder / "reference.json").write_text(json.dumps(references, ensure_ascii=False))


write("bert", wordpiece, BertConfig(**SIZES, **labels(), max_position_embeddings=40), BertForTokenClassification)
write(
    "distilbert",
    wordpiece,
    DistilBertConfig(
        dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=40, **labels()
    ),
    DistilBertForTokenClassification,
    half=True,
)
write(
    "roberta",
    byte_level,
    RobertaConfig(**SIZES, **labels(), max_position_embeddings=120, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5),
    RobertaForTokenClassification,
)


def own():
    """The format of our own models: case classes as token types, a second head."""
    folder = HERE / "scutch"
    folder.mkdir(exist_ok=True)
    tokenizer = wordpiece(folder / "tokenizer.json", lowercase=True)
    config = BertConfig(**SIZES, **labels(), vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=40, type_vocab_size=5)
    torch.manual_seed(7)
    model = BertForTokenClassification(config).eval()
    typo = torch.nn.Linear(config.hidden_size, 1)
    with torch.no_grad():
        for parameter in [*model.parameters(), *typo.parameters()]:
            parameter.copy_(torch.randn(parameter.shape) * 0.3 + (1.0 if parameter.dim() == 1 else 0.0))
    words = [("Maria", 1), ("met", 0), ("the", 0), ("ACME", 2), ("iPad", 3), ("chief", 0), ("on", 0), ("river", 0), (".", 0)]
    ids, classes, firsts = [2], [0], []
    for word, case in words:
        pieces = tokenizer.encode(word, add_special_tokens=False).ids
        firsts.append(len(ids))
        ids += pieces
        classes += [case] * len(pieces)
    with torch.no_grad():
        hidden = model.bert(torch.tensor([[*ids, 3]]), token_type_ids=torch.tensor([[*classes, 0]])).last_hidden_state
        tags, typos = model.classifier(hidden)[0, firsts].tolist(), typo(hidden)[0, firsts, 0].tolist()
    model.save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    tensors |= {"typo_classifier.weight": typo.weight.detach(), "typo_classifier.bias": typo.bias.detach()}
    save_file(tensors, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    config["scutch"] = {
        "format": 1,
        "case_classes": ["lower_or_other", "title", "upper", "mixed", "digit"],
        "word_splitter": "scutch-1",
        "max_pieces_per_word": 16,
        "heads": {"entities": {"tensor": "classifier", "scheme": "BIO"}, "typo": {"tensor": "typo_classifier"}},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    reference = {"text": "Maria met the ACME iPad chief on river.", "tags": tags, "typos": typos}
    (folder / "reference.json").write_text(json.dumps(reference))


own()
