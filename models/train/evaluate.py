"""Scores on held-out text beside spaCy md and sm: `evaluate.py EXPORT SILVER TYPOS_SOURCE LABELS OUT.json [MOST]`.

MOST caps the sentences of each corpus, for a quick look.
"""

import json
import random
import sys
import time
from pathlib import Path

import torch

import dataset
import decode
import model as models
import typos
from conventions import normal
from labels import GOLD, is_name, outermost
from score import scores
from words import Pieces

# How a system's type is read where gold is coarser; a type that is absent is not annotated there and does not count.
READ_AS = {
    "gmb": {"PERSON": "PERSON", "ORG": "ORG", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE"},
    "wikigold": {"PERSON": "PERSON", "ORG": "ORG", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE"},
    "re3d": {"PERSON": "PERSON", "ORG": "ORG", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE"},
    "wnut17": {"PERSON": "PERSON", "ORG": "ORG", "GPE": "PLACE", "LOC": "PLACE", "FAC": "PLACE", "PRODUCT": "PRODUCT", "WORK_OF_ART": "WORK_OF_ART"},
}


def gold_of(row: dict) -> list:
    """Gold spans in the coarse types; mentions that are no names and bare titles do not count for anyone."""
    read, table, text = READ_AS[row["corpus"]], GOLD[row["corpus"]], row["text"]
    spans = []
    for s, e, kind in row["gold"]:
        first = table.get(kind, [None])[0]
        if first and first in read:
            s, e, _ = normal(text, s, e, first)
            if s < e and is_name(text[s:e]):
                spans.append((s, e, read[first]))
    return outermost(spans)


def read_as(corpus: str, text: str, spans: list) -> list:
    """A system's spans in the coarse types, every system's brought to the convention alike."""
    read = READ_AS[corpus]
    found = [normal(text, s, e, k) for s, e, k in spans if k in read]
    return [(s, e, read[k]) for s, e, k in found if s < e]


def interval(texts, gold, found, kind="trimmed", times=300) -> list[float]:
    """95 % interval of micro F1 by resampling sentences."""
    rng = random.Random(1)
    per = [scores([t], [g], [f])[kind]["micro"] for t, g, f in zip(texts, gold, found, strict=True)]
    counts = [(round(s["p"] * s["found"]), s["found"], s["gold"]) for s in per]
    values = []
    for _ in range(times):
        some = rng.choices(counts, k=len(counts))
        right, said, there = (sum(c[i] for c in some) for i in range(3))
        values.append(2 * right / max(1, said + there))
    values.sort()
    return [round(values[int(0.025 * times)], 4), round(values[int(0.975 * times)], 4)]


def entities(ours, pieces, rows: dict, teachers: dict) -> dict:
    """Per corpus and system: scores per type, exact and trimmed, with the interval of the micro score."""
    out = {}
    for corpus, some in rows.items():
        if corpus not in READ_AS:
            continue
        texts, gold = [r["text"] for r in some], [gold_of(r) for r in some]
        started = time.time()
        systems = {"scutch": [spans for _, spans, _ in decode.run(ours, pieces, texts)]}
        seconds = time.time() - started
        for name, spans in teachers.items():
            if all((corpus, t) in spans for t in texts):
                systems[name] = [spans[corpus, t] for t in texts]
        out[corpus] = {"sentences": len(texts), "words_per_second": round(sum(len(t.split()) for t in texts) / seconds)}
        for name, found in systems.items():
            found = [read_as(corpus, t, f) for t, f in zip(texts, found, strict=True)]
            out[corpus][name] = {**scores(texts, gold, found), "trimmed_micro_interval": interval(texts, gold, found)}
        out[corpus]["confusion"] = confusion(texts, gold, [read_as(corpus, t, f) for t, f in zip(texts, systems["scutch"], strict=True)])
    return out


def confusion(texts: list, gold: list, found: list) -> dict:
    """How gold spans of each type are tagged: by the overlapping span of ours that is longest, or "nothing"; and what is spurious."""
    table: dict[str, dict[str, int]] = {}
    for g, f in zip(gold, found, strict=True):
        for s, e, k in g:
            over = [x for x in f if x[0] < e and s < x[1]]
            said = max(over, key=lambda x: x[1] - x[0])[2] if over else "nothing"
            table.setdefault(k, {}).setdefault(said, 0)
            table[k][said] += 1
        for s, e, k in f:
            if not any(x[0] < e and s < x[1] for x in g):
                table.setdefault("nothing", {}).setdefault(k, 0)
                table["nothing"][k] += 1
    return table


def agreement(ours, pieces, rows: list, teachers: dict) -> dict:
    """On Wikinews, where nobody marked gold: ours against md (all 14 types), and sm against md as the yardstick."""
    texts = [r["text"] for r in rows]
    md = [[s for s in (normal(t, *x) for x in teachers["md"]["wikinews", t]) if s[2] in models.TYPES and s[0] < s[1]] for t in texts]
    sm = [[s for s in (normal(t, *x) for x in teachers["sm"]["wikinews", t]) if s[2] in models.TYPES and s[0] < s[1]] for t in texts]
    found = [spans for _, spans, _ in decode.run(ours, pieces, texts)]
    return {"scutch_against_md": scores(texts, md, found)["trimmed"], "sm_against_md": scores(texts, md, sm)["trimmed"]}


def misspellings(ours, pieces, rows: list, speller: typos.Misspeller) -> dict:
    """Detection per kind of error, about 1 word in 25, on held-out news; false alarms per 1,000 words of the clean text."""
    clean = [r["text"] for r in rows]
    alarms, examples, words = dict.fromkeys((0.5, 0.7, 0.9, 0.97), 0), [], 0
    for text, (its, _, typo) in zip(clean, decode.run(ours, pieces, clean), strict=True):
        words += len(its)
        for w, p in zip(its, typo, strict=True):
            for t in alarms:
                alarms[t] += p >= t
            if p >= 0.9:
                examples.append([w.text, round(p, 3), text[max(0, w.start - 30) : w.end + 20]])
    out = {"clean_words": words, "false_alarms_per_1000": {str(t): round(1000 * n / words, 3) for t, n in alarms.items()}, "alarms": examples[:120]}
    for kind in (*typos.TRAINED, *typos.HELD_OUT):
        rng = random.Random(dataset.seed_of("typos", kind))
        share = 0.06 if "real_word" not in kind else 0.25
        texts, wrong = [], []
        for r in rows:
            made_text, places = typos.misspelt(r, lambda word, rng, kind=kind: speller.spell(word, kind, rng), share, rng)
            if places:
                texts.append(made_text)
                wrong.append(places)
        result = {}
        run = decode.run(ours, pieces, texts)
        for t in alarms:
            right = sum(p >= t for (its, _, typo), places in zip(run, wrong, strict=True) for w, p in zip(its, typo, strict=True) if w.start in places)
            said = sum(p >= t for _, _, typo in run for p in typo)
            there = sum(len(places) for places in wrong)
            result[str(t)] = {"p": round(right / max(1, said), 4), "r": round(right / max(1, there), 4), "errors": there}
        out[kind] = {"trained": kind in typos.TRAINED, **result}
    return out


def main(export: Path, silver: Path, source: Path, labels: Path, out: Path, most: int) -> None:
    torch.set_num_threads(2)
    ours, pieces = models.load(export), Pieces(str(export / "tokenizer.json"))
    rows: dict[str, list] = {}
    for line in open(labels / "test.jsonl", encoding="utf-8"):
        r = json.loads(line)
        some = rows.setdefault(r["corpus"], [])
        if len(some) < most:
            some.append(r)
    teachers: dict[str, dict] = {}
    for name in ("md", "sm"):
        teachers[name] = {}
        for path in silver.glob(f"{name}-*.jsonl"):
            for line in open(path, encoding="utf-8"):
                r = json.loads(line)
                teachers[name][r["corpus"], r["text"]] = [tuple(s) for s in r[name]]
    real = typos.real_misspellings(source)
    known = typos.known_words((json.loads(line)["text"] for line in open(labels / "train.jsonl", encoding="utf-8")), real)
    result = {
        "entities": entities(ours, pieces, rows, teachers),
        "wikinews_agreement": agreement(ours, pieces, rows["wikinews"], teachers),
        "typos": misspellings(ours, pieces, rows["wikinews"][:800] + rows["gmb"][:400], typos.Misspeller(known, real)),
    }
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    for corpus, r in result["entities"].items():
        for name in ("scutch", "md", "sm"):
            if name in r:
                e, t = r[name]["exact"], r[name]["trimmed"]
                print(f"{corpus:9} {name:7} micro {e['micro']['f1']:.3f}/{t['micro']['f1']:.3f} {r[name]['trimmed_micro_interval']}", end=" ")
                print(*(f"{k} {e[k]['f1']:.3f}/{t[k]['f1']:.3f}" for k in t if k != "micro"))
    t = result["typos"]
    print("false alarms per 1,000 clean words", t["false_alarms_per_1000"])
    for kind in (*typos.TRAINED, *typos.HELD_OUT):
        print(f"{kind:14} {t[kind]}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:6]), int(sys.argv[6]) if len(sys.argv) > 6 else 1 << 30)
