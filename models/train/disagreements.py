"""Names of the held-out sets on which gold and the model differ, drawn at random, to be read: `disagreements.py EXPORT LABELS [HOW_MANY]`."""

import json
import random
import sys
from pathlib import Path

import torch

import decode
import evaluate
import model as models
from conventions import trimmed
from words import Pieces


def main(export: Path, labels: Path, many: int) -> None:
    torch.set_num_threads(2)
    model, pieces = models.load(export), Pieces(str(export / "tokenizer.json"))
    rows = [json.loads(line) for line in open(labels / "test.jsonl", encoding="utf-8")]
    rows = [r for r in rows if r["corpus"] in evaluate.READ_AS and r["corpus"] != "wnut17"]
    random.Random(7).shuffle(rows)
    shown = 0
    for at in range(0, len(rows), 64):
        some = rows[at : at + 64]
        for row, (_, spans, _) in zip(some, decode.run(model, pieces, [r["text"] for r in some]), strict=True):
            text = row["text"]
            gold = {(*trimmed(text, s, e), k) for s, e, k in evaluate.gold_of(row)}
            ours = {(*trimmed(text, s, e), k) for s, e, k in evaluate.read_as(row["corpus"], text, spans)}
            for s, e, k in sorted(gold ^ ours):
                if shown == many:
                    return
                shown += 1
                whose = "gold" if (s, e, k) in gold else "ours"
                print(f"{shown:3} {row['corpus']:8} only {whose}: {k:6} …{text[max(0, s - 50) : s]}[{text[s:e]}]{text[e : e + 40]}…")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100)
