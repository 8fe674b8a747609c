"""Labelled sentences become training examples: pieces, case classes, a tag and a misspelling label per word."""

import json
import random
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch

from model import LABEL_ID, LABELS
from names import RARE, Names
from typos import Misspeller
from words import Pieces, split

IGNORED = -100
MAX_PIECES = 192
# How often a passage of each corpus is seen per epoch: small sets of real gold count more, and so does one with a rare type.
REPEATS = {"wikigold": 4, "re3d": 3}
RARE_REPEATS = 3
# Tweets hold real misspellings that nobody marked: their words teach the typo head nothing.
NO_TYPO_LABELS = {"wnut17", "btc"}


@dataclass
class Labelled:
    """A sentence's words with tags; `IGNORED` where the truth is not known."""

    corpus: str
    document: str
    words: list[str]
    tags: list[int]


def label(row: dict) -> Labelled:
    """A word belongs to the span that holds its first character."""
    words = split(row["text"])
    tags = [0] * len(words)
    for start, end in row["masked"]:
        for i, w in enumerate(words):
            if start < w.end and w.start < end:
                tags[i] = IGNORED
    for start, end, kind in row["spans"]:
        inside = False
        for i, w in enumerate(words):
            if start <= w.start < end:
                tags[i] = LABEL_ID[("I-" if inside else "B-") + kind]
                inside = True
    return Labelled(row["corpus"], row["document"], [w.text for w in words], tags)


def read(path: Path) -> list[Labelled]:
    with open(path, encoding="utf-8") as file:
        return [label(json.loads(line)) for line in file]


def names_in(data: list[Labelled], corpora: set[str]):
    """(type, words) of every entity of these corpora."""
    for s in data:
        if s.corpus in corpora:
            for start, end, kind in entities(s.tags):
                yield kind, s.words[start:end]


def entities(tags: list[int]) -> list[tuple[int, int, str]]:
    """First word, end and type of every entity."""
    found = []
    for i, tag in enumerate(tags):
        label = LABELS[tag] if tag > 0 else "O"
        if label[0] == "B":
            found.append([i, i + 1, label[2:]])
        elif label[0] == "I" and found and found[-1][1] == i:
            found[-1][1] = i + 1
    return [tuple(f) for f in found]


def rename(s: Labelled, names: Names, rng: random.Random) -> Labelled:
    """The sentence with some of its names exchanged."""
    words, tags, at = [], [], 0
    for start, end, kind in entities(s.tags):
        words += s.words[at:start]
        tags += s.tags[at:start]
        name = names.other(kind, rng) or s.words[start:end]
        words += name
        tags += [LABEL_ID[f"B-{kind}"]] + [LABEL_ID[f"I-{kind}"]] * (len(name) - 1)
        at = end
    return Labelled(s.corpus, s.document, words + s.words[at:], tags + s.tags[at:])


def recase(words: list[str], rng: random.Random) -> list[str]:
    """Headlines and careless writers: now and then all upper case, all lower case, or Every Word Capitalised."""
    dice = rng.random()
    if dice < 0.02:
        return [w.upper() for w in words]
    if dice < 0.035:
        return [w.lower() for w in words]
    if dice < 0.055:
        return [w[:1].upper() + w[1:] for w in words]
    return words


def misspell(words: list[str], tags: list[int], speller: Misspeller, rng: random.Random) -> tuple[list[str], list[int]]:
    """About one word in 25 misspelt, never inside an entity; with the labels of the typo head."""
    out, wrong = [], []
    for word, tag in zip(words, tags, strict=True):
        made = speller.any(word, rng) if tag == 0 and rng.random() < 0.06 else None
        out.append(made or word)
        wrong.append(int(made is not None))
    return out, wrong


class Epoch:
    """The batches of one epoch, the same for the same seed."""

    def __init__(self, data: list[Labelled], pieces: Pieces, speller: Misspeller, names: Names, seed: int, tokens_per_batch: int):
        rng = random.Random(seed)
        passages = self._passages(data, rng)
        examples = []
        for sentences in passages:
            examples.append(self._example([rename(s, names, rng) for s in sentences], pieces, speller, rng))
        rng.shuffle(examples)
        self.batches = []
        # Sorted by length within big random pools: batches stay mixed, padding stays rare.
        for at in range(0, len(examples), 4096):
            pool = sorted(examples[at : at + 4096], key=lambda e: len(e[0]))
            batch, longest = [], 0
            for e in pool:
                longest = max(longest, len(e[0]))
                if batch and longest * (len(batch) + 1) > tokens_per_batch:
                    self.batches.append(batch)
                    batch, longest = [], len(e[0])
                batch.append(e)
            self.batches.append(batch)
        rng.shuffle(self.batches)

    @staticmethod
    def _passages(data: list[Labelled], rng: random.Random) -> list[list[Labelled]]:
        """Neighbours of one document are joined, up to four at a time: the model reads windows, not only sentences."""
        passages, i = [], 0
        while i < len(data):
            n = rng.choice((1, 1, 2, 3, 4)) if data[i].corpus not in NO_TYPO_LABELS else 1
            run = [data[i]]
            while len(run) < n and i + len(run) < len(data) and data[i + len(run)].document == data[i].document:
                if sum(len(s.words) for s in run) + len(data[i + len(run)].words) > 120:
                    break
                run.append(data[i + len(run)])
            i += len(run)
            repeats = REPEATS.get(run[0].corpus, 1)
            if any(kind in RARE for s in run for _, _, kind in entities(s.tags)):
                repeats = max(repeats, RARE_REPEATS)
            passages += [run] * repeats
        return passages

    @staticmethod
    def _example(sentences: list[Labelled], pieces: Pieces, speller: Misspeller, rng: random.Random):
        words, tags, wrong = [], [], []
        for s in sentences:
            its_words, its_wrong = list(s.words), [0] * len(s.words)
            if s.corpus in NO_TYPO_LABELS:
                its_wrong = [IGNORED] * len(s.words)
            elif rng.random() < 0.5:
                its_words, its_wrong = misspell(its_words, s.tags, speller, rng)
            words += recase(its_words, rng)
            tags += s.tags
            wrong += its_wrong
        ids, cases, firsts = pieces.sequence(words)
        row_tags, row_wrong = [IGNORED] * len(ids), [IGNORED] * len(ids)
        for at, tag, bad in zip(firsts, tags, wrong, strict=True):
            row_tags[at], row_wrong[at] = tag, bad
        return ids[:MAX_PIECES], cases[:MAX_PIECES], row_tags[:MAX_PIECES], row_wrong[:MAX_PIECES]


def collate(batch: list, pad: int) -> tuple[torch.Tensor, ...]:
    """ids, cases, mask, tags, wrong: padded to the longest."""
    longest = max(len(e[0]) for e in batch)
    fill = (pad, 0, IGNORED, IGNORED)
    ids, cases, tags, wrong = (torch.tensor([e[k] + [fill[k]] * (longest - len(e[k])) for e in batch]) for k in range(4))
    mask = torch.tensor([[1] * len(e[0]) + [0] * (longest - len(e[0])) for e in batch])
    return ids, cases, mask, tags, wrong


def seed_of(*parts) -> int:
    return zlib.crc32("/".join(map(str, parts)).encode())
