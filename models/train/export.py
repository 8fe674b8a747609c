"""Exports a trained state: `export.py BASE STATE.pt OUT`."""

import sys
from pathlib import Path

import torch

import model as models


def main(base: Path, state: Path, out: Path) -> None:
    """`STATE.pt` is `best.pt` of a run, or its `last.pt`, of which the averaged weights are taken."""
    weights = torch.load(state, map_location="cpu", weights_only=False)
    model = models.from_base(base)
    model.load_state_dict(weights.get("average", weights))
    models.export(model, base / "tokenizer.json", out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
