"""Two bases after the same training, on the held-out sets: `compare.py LABELS OUT.json NAME=BASE:STATE.pt...`.

`STATE.pt` is a run's `last.pt`; compare states of the same number of pieces under the same schedule.
"""

import json
import sys
from pathlib import Path

import torch

import decode
import evaluate
import model as models
from score import scores
from words import Pieces


def main(labels: Path, out: Path, bases: list[str]) -> None:
    torch.set_num_threads(2)
    rows: dict[str, list] = {}
    for line in open(labels / "test.jsonl", encoding="utf-8"):
        r = json.loads(line)
        if r["corpus"] in evaluate.READ_AS:
            rows.setdefault(r["corpus"], []).append(r)
    result: dict[str, dict] = {}
    for base in bases:
        name, paths = base.split("=", 1)
        folder, path = map(Path, paths.split(":", 1))
        state = torch.load(path, map_location="cpu", weights_only=False)
        model = models.from_base(folder)
        model.load_state_dict(state["average"])
        model.eval()
        pieces = Pieces(str(folder / "tokenizer.json"))
        result[name] = {"pieces": state["at"]["tokens"], "step": state["at"]["step"]}
        for corpus, some in rows.items():
            texts, gold = [r["text"] for r in some], [evaluate.gold_of(r) for r in some]
            found = [evaluate.read_as(corpus, t, spans) for t, (_, spans, _) in zip(texts, decode.run(model, pieces, texts), strict=True)]
            micro = {kind: s["micro"]["f1"] for kind, s in scores(texts, gold, found).items()}
            result[name][corpus] = {**micro, "interval": evaluate.interval(texts, gold, found)}
        print(name, json.dumps(result[name]), flush=True)
    out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
