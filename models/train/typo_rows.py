"""Misspellings in held-out news as rows for `scutch eval typos`: `typo_rows.py LABELS TYPOS_SOURCE OUT [PAIRS.tab]`.

Writes `fit-KIND.tsv` and `test-KIND.tsv` (every other document each): the text as written, a tab, the text as meant, up to eight sentences a row.
Only words outside entities and masked spans are misspelt. `PAIRS.tab` holds further misspellings: one, a tab, the word meant.
"""

import json
import random
import sys
from pathlib import Path

import dataset
import typos

KINDS = ("keyboard", "transposition", "omission", "real", "insertion", "ocr", "real_word")
SENTENCES = 8
# The share of words that are tried; few words can be mistaken for a listed one, so there more are.
SHARE = dict.fromkeys(KINDS, 0.03) | {"real_word": 0.1, "pairs": 0.08}


def pairs_of(path: Path) -> dict[str, list[str]]:
    """Right word to its misspellings, of words in lower case and of more than three letters."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        wrong, _, right = line.partition("\t")
        if all(word.isalpha() and word.islower() for word in (wrong, right)) and len(right) > 3:
            found.setdefault(right, []).append(wrong)
    return found


def main(labels: Path, source: Path, out: Path, extra: Path | None) -> None:
    real = typos.real_misspellings(source)
    known = typos.known_words((json.loads(line)["text"] for line in open(labels / "train.jsonl", encoding="utf-8")), real)
    speller = typos.Misspeller(known, real)
    documents: dict[tuple, list] = {}
    for line in open(labels / "test.jsonl", encoding="utf-8"):
        row = json.loads(line)
        if row["corpus"] in ("wikinews", "gmb"):
            row["text"] = row["text"].replace("\t", " ").replace("\n", " ")
            documents.setdefault((row["corpus"], row["document"]), []).append(row)
    makers = {kind: lambda word, rng, kind=kind: speller.spell(word, kind, rng) for kind in KINDS}
    makers["clean"] = lambda word, rng: None
    if extra:
        pairs = pairs_of(extra)
        makers["pairs"] = lambda word, rng: rng.choice(pairs[word]) if word in pairs else None
    out.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(("fit", "test")):
        for kind, make in makers.items():
            rng = random.Random(dataset.seed_of(kind, part))
            with open(out / f"{part}-{kind}.tsv", "w", encoding="utf-8") as file:
                for rows in [rows for _, rows in sorted(documents.items())][number::2]:
                    for at in range(0, len(rows), SENTENCES):
                        some = rows[at : at + SENTENCES]
                        written = " ".join(typos.misspelt(row, make, SHARE.get(kind, 0.0), rng)[0] for row in some)
                        file.write(f"{written}\t{' '.join(row['text'] for row in some)}\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), Path(sys.argv[4]) if len(sys.argv) > 4 else None)
