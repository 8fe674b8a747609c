"""Trains the model; a cut run goes on where its last checkpoint was: `train.py BASE LABELS TYPOS_SOURCE OUT [options]`."""

import argparse
import csv
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F

import dataset
import decode
import model as models
import typos
from names import Names
from words import Pieces

TYPO_WEIGHT = 0.5
# The averaged weights are what is evaluated and exported; every fourth step is enough and saves a pass over memory.
EMA, EMA_EVERY = 0.998, 4
# Corpora whose names other names are exchanged for: GMB's own labels are too noisy.
NAMES_FROM = {"wikigold", "re3d", "wnut17", "btc", "wikinews", "masc"}
COLUMNS = ["seconds", "step", "epoch", "pieces", "lr", "tag_loss", "typo_loss", "pieces_per_second", "dev_f1"]


def arguments() -> argparse.Namespace:
    a = argparse.ArgumentParser()
    a.add_argument("base", type=Path)
    a.add_argument("labels", type=Path)
    a.add_argument("typos_source", type=Path)
    a.add_argument("out", type=Path)
    a.add_argument("--tokens", type=float, default=15e6, help="how many pieces the learning-rate schedule spans")
    a.add_argument("--minutes", type=float, default=math.inf, help="the schedule also ends after so many minutes of training, all runs together")
    a.add_argument("--lr", type=float, default=3e-4)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--batch-tokens", type=int, default=2048)
    a.add_argument("--checkpoint-seconds", type=float, default=180)
    a.add_argument("--patience", type=int, default=12, help="stop after so many checkpoints without a better dev score")
    return a.parse_args()


def learning_rate(done: float) -> float:
    """Share of the peak: 5 % warm-up, then half a cosine to 2 %."""
    return done / 0.05 if done < 0.05 else 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, (done - 0.05) / 0.95)))


def dev_score(model, pieces, rows) -> float:
    """Micro F1 on the dev labels; spans that touch a masked extent do not count."""
    right = said = there = 0
    with torch.autocast(next(model.parameters()).device.type, dtype=torch.bfloat16):
        out = decode.run(model, pieces, [r["text"] for r in rows])
    for row, (_, found, _) in zip(rows, out, strict=True):
        gold = {tuple(s) for s in row["spans"]}
        found = {s for s in found if not any(s[0] < e and b < s[1] for b, e in row["masked"])}
        right, said, there = right + len(gold & found), said + len(found), there + len(gold)
    return 2 * right / max(1, said + there)


def save(state: dict, path: Path) -> None:
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in open(path, encoding="utf-8")]


class Examples:
    """The training data and what varies it from epoch to epoch."""

    def __init__(self, a: argparse.Namespace):
        self.pieces = Pieces(str(a.base / "tokenizer.json"))
        self._data = dataset.read(a.labels / "train.jsonl")
        self._names = Names()
        self._names.learn(dataset.names_in(self._data, NAMES_FROM))
        real = typos.real_misspellings(a.typos_source)
        known = typos.known_words((row["text"] for row in rows_of(a.labels / "train.jsonl")), real)
        self._speller = typos.Misspeller(known, real)
        self._seed, self._tokens = a.seed, a.batch_tokens
        words = sum(len(s.words) for s in self._data)
        print(f"{len(self._data)} sentences, {words} words, {len(real)} words with real misspellings, {len(known)} known words", flush=True)

    def epoch(self, number: int) -> dataset.Epoch:
        return dataset.Epoch(self._data, self.pieces, self._speller, self._names, dataset.seed_of(self._seed, number), self._tokens)


class Run:
    """The model, its average, the optimizer, and how far they are."""

    def __init__(self, a: argparse.Namespace):
        self._a = a
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._examples = Examples(a)
        self._dev = rows_of(a.labels / "dev.jsonl")
        self._model = models.from_base(a.base).to(self._device).train()
        self._average = models.from_base(a.base).to(self._device).eval()
        self._average.load_state_dict(self._model.state_dict())
        self._params, self._means = list(self._model.parameters()), list(self._average.parameters())
        groups = [
            {"params": [p for p in self._params if p.dim() > 1], "weight_decay": 0.01},
            {"params": [p for p in self._params if p.dim() <= 1], "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=a.lr, fused=True)
        self._at = {"epoch": 0, "batch": 0, "step": 0, "tokens": 0, "seconds": 0.0, "best": 0.0, "since_best": 0}
        self._last = a.out / "last.pt"
        goes_on = self._last.exists()
        if goes_on:
            self._restore()
        self._curve = open(a.out / "curve.csv", "a", newline="")
        self._table = csv.writer(self._curve)
        if not goes_on:
            self._table.writerow(COLUMNS)
        self._losses: list[float] = []

    def _restore(self) -> None:
        state = torch.load(self._last, map_location=self._device, weights_only=False)
        self._model.load_state_dict(state["model"])
        self._average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        self._at = state["at"]
        print(f"goes on at {self._at}", flush=True)

    def train(self) -> None:
        """Until the schedule ends or the dev score has stopped rising."""
        at, a = self._at, self._a
        began, saved = time.time() - at["seconds"], time.time()
        window, window_began = 0, time.time()
        finished = False
        while not finished:
            epoch = self._examples.epoch(at["epoch"])
            if at["batch"] == 0:
                print(f"epoch {at['epoch']}: {len(epoch.batches)} batches, {sum(len(e[0]) for b in epoch.batches for e in b)} pieces", flush=True)
            while at["batch"] < len(epoch.batches) and not finished:
                done = max(max(at["tokens"], 1) / a.tokens, (time.time() - began) / 60 / a.minutes)
                rate = a.lr * learning_rate(done)
                window += self._step(epoch.batches[at["batch"]], rate)
                finished = done >= 1
                due = finished or time.time() - saved >= a.checkpoint_seconds
                if not due and at["step"] % 50:
                    continue
                at["seconds"] = time.time() - began
                speed = window / (time.time() - window_began)
                score = self._checkpoint() if due else None
                finished = finished or at["since_best"] >= a.patience
                self._report(rate, speed, score)
                window, window_began = 0, time.time()
                saved = time.time() if due else saved
            if at["batch"] >= len(epoch.batches):
                at["epoch"], at["batch"] = at["epoch"] + 1, 0

    def _step(self, batch: list, rate: float) -> int:
        """One batch; returns how many pieces it held."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        ids, cases, mask, tags, wrong = (t.to(self._device) for t in dataset.collate(batch, self._examples.pieces.pad))
        with torch.autocast(self._device, dtype=torch.bfloat16):
            tag_logits, typo_logits = self._model(ids, cases, mask)
        tag_loss = F.cross_entropy(tag_logits.float().view(-1, len(models.LABELS)), tags.view(-1), ignore_index=dataset.IGNORED)
        some = wrong != dataset.IGNORED
        typo_loss = F.binary_cross_entropy_with_logits(typo_logits.float()[some], wrong[some].float()) if some.any() else tag_logits.sum() * 0
        self._optimizer.zero_grad(set_to_none=True)
        (tag_loss + TYPO_WEIGHT * typo_loss).backward()
        torch.nn.utils.clip_grad_norm_(self._params, 1.0)
        self._optimizer.step()
        at = self._at
        if at["step"] % EMA_EVERY == 0:
            with torch.no_grad():
                torch._foreach_lerp_(self._means, self._params, 1 - min(EMA**EMA_EVERY, (at["step"] + 1) / (at["step"] + 10)))
        n = int(mask.sum())
        at["step"], at["batch"], at["tokens"] = at["step"] + 1, at["batch"] + 1, at["tokens"] + n
        losses = [tag_loss.item(), typo_loss.item()]
        self._losses = [0.97 * old + 0.03 * new for old, new in zip(self._losses or losses, losses, strict=True)]
        return n

    def _checkpoint(self) -> float:
        """Saves all that a cut run needs, and the averaged weights where they are the best so far; returns their dev score."""
        at = self._at
        score = dev_score(self._average, self._examples.pieces, self._dev)
        at["since_best"] = 0 if score > at["best"] else at["since_best"] + 1
        if score > at["best"]:
            at["best"] = score
            save(self._average.state_dict(), self._a.out / "best.pt")
        states = {"model": self._model.state_dict(), "average": self._average.state_dict(), "optimizer": self._optimizer.state_dict()}
        save({**states, "rng": torch.get_rng_state(), "at": at}, self._last)
        return score

    def _report(self, rate: float, speed: float, score: float | None) -> None:
        at = self._at
        row = [round(at["seconds"]), at["step"], at["epoch"], at["tokens"], f"{rate:.2e}", *(f"{x:.4f}" for x in self._losses), round(speed)]
        row.append("" if score is None else round(score, 4))
        self._table.writerow(row)
        self._curve.flush()
        print(*row, flush=True)


def main() -> None:
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    a.out.mkdir(parents=True, exist_ok=True)
    Run(a).train()
    (a.out / "finished").touch()


if __name__ == "__main__":
    main()
