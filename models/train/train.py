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
from words import Pieces

TYPO_WEIGHT = 0.5
# The averaged weights are what is evaluated and exported; every fourth step is enough and saves a pass over memory.
EMA, EMA_EVERY = 0.998, 4


def arguments() -> argparse.Namespace:
    a = argparse.ArgumentParser()
    a.add_argument("base", type=Path)
    a.add_argument("labels", type=Path)
    a.add_argument("typos_source", type=Path)
    a.add_argument("out", type=Path)
    a.add_argument("--tokens", type=float, default=30e6, help="how many pieces the learning-rate schedule spans")
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


def main() -> None:
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    a.out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    pieces = Pieces(str(a.base / "tokenizer.json"))
    data = dataset.read(a.labels / "train.jsonl")
    dev = [json.loads(line) for line in open(a.labels / "dev.jsonl", encoding="utf-8")]
    real = typos.real_misspellings(a.typos_source)
    known = typos.known_words((json.loads(line)["text"] for line in open(a.labels / "train.jsonl", encoding="utf-8")), real)
    speller = typos.Misspeller(known, real)
    print(f"{len(data)} sentences, {sum(len(s.words) for s in data)} words, {len(real)} words with real misspellings, {len(known)} known words", flush=True)

    model = models.from_base(a.base).to(device).train()
    average = models.from_base(a.base).to(device).eval()
    average.load_state_dict(model.state_dict())
    params, means = list(model.parameters()), list(average.parameters())
    decay = [p for p in params if p.dim() > 1]
    plain = [p for p in params if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}], lr=a.lr, fused=True)
    at = {"epoch": 0, "batch": 0, "step": 0, "tokens": 0, "seconds": 0.0, "best": 0.0, "since_best": 0}
    last = a.out / "last.pt"
    if last.exists():
        state = torch.load(last, map_location=device, weights_only=False)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["rng"])
        at = state["at"]
        print(f"goes on at {at}", flush=True)
    curve = open(a.out / "curve.csv", "a", newline="")
    table = csv.writer(curve)
    if not last.exists():
        table.writerow(["seconds", "step", "epoch", "pieces", "lr", "tag_loss", "typo_loss", "pieces_per_second", "dev_f1"])

    started, saved, tag_mean, typo_mean = time.time() - at["seconds"], time.time(), None, None
    window_tokens, window_start = 0, time.time()
    finished = False
    while not finished:
        epoch = dataset.Epoch(data, pieces, speller, dataset.seed_of(a.seed, at["epoch"]), a.batch_tokens)
        if at["batch"] == 0:
            print(f"epoch {at['epoch']}: {len(epoch.batches)} batches, {sum(len(e[0]) for b in epoch.batches for e in b)} pieces", flush=True)
        while at["batch"] < len(epoch.batches) and not finished:
            ids, cases, mask, tags, wrong = (t.to(device) for t in dataset.collate(epoch.batches[at["batch"]], pieces.pad))
            done = max(max(at["tokens"], 1) / a.tokens, (time.time() - started) / 60 / a.minutes)
            lr = a.lr * learning_rate(done)
            for group in optimizer.param_groups:
                group["lr"] = lr
            with torch.autocast(device, dtype=torch.bfloat16):
                tag_logits, typo_logits = model(ids, cases, mask)
            tag_loss = F.cross_entropy(tag_logits.float().view(-1, len(models.LABELS)), tags.view(-1), ignore_index=dataset.IGNORED)
            some = wrong != dataset.IGNORED
            typo_loss = F.binary_cross_entropy_with_logits(typo_logits.float()[some], wrong[some].float()) if some.any() else tag_logits.sum() * 0
            loss = tag_loss + TYPO_WEIGHT * typo_loss
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(params, 1.0)
            optimizer.step()
            if at["step"] % EMA_EVERY == 0:
                with torch.no_grad():
                    torch._foreach_lerp_(means, params, 1 - min(EMA**EMA_EVERY, (at["step"] + 1) / (at["step"] + 10)))
            n = int(mask.sum())
            at["step"], at["batch"], at["tokens"] = at["step"] + 1, at["batch"] + 1, at["tokens"] + n
            window_tokens += n
            tag_mean = tag_loss.item() if tag_mean is None else 0.97 * tag_mean + 0.03 * tag_loss.item()
            typo_mean = typo_loss.item() if typo_mean is None else 0.97 * typo_mean + 0.03 * typo_loss.item()
            finished = done >= 1
            due = time.time() - saved >= a.checkpoint_seconds or finished
            if at["step"] % 50 == 0 or due:
                at["seconds"] = time.time() - started
                speed = window_tokens / (time.time() - window_start)
                dev_f1 = ""
                if due:
                    dev_f1 = dev_score(average, pieces, dev)
                    better = dev_f1 > at["best"]
                    at["since_best"] = 0 if better else at["since_best"] + 1
                    if better:
                        at["best"] = dev_f1
                        save(average.state_dict(), a.out / "best.pt")
                    states = {"model": model.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
                    save({**states, "rng": torch.get_rng_state(), "at": at}, last)
                    finished = finished or at["since_best"] >= a.patience
                    saved = time.time()
                    dev_f1 = round(dev_f1, 4)
                row = [round(at["seconds"]), at["step"], at["epoch"], at["tokens"], f"{lr:.2e}", f"{tag_mean:.4f}", f"{typo_mean:.4f}", round(speed), dev_f1]
                table.writerow(row)
                curve.flush()
                print(*row, flush=True)
                window_tokens, window_start = 0, time.time()
        if at["batch"] >= len(epoch.batches):
            at["epoch"], at["batch"] = at["epoch"] + 1, 0
    (a.out / "finished").touch()


if __name__ == "__main__":
    main()
