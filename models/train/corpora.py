"""Readers of the corpora: every one becomes sentences of plain text with gold spans in code points."""

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

NO_SPACE_BEFORE = set(".,;:?!)]}%’”…") | {"'s", "'S", "’s", "n't", "n’t", "'re", "'ve", "'ll", "'d", "'m", "''", "..."}
NO_SPACE_AFTER = set("([{$£€“‘") | {"``", "US$", "C$", "A$"}


@dataclass
class Sentence:
    """A sentence of one document; spans are `(start, end, the corpus's own type)`."""

    corpus: str
    document: str
    split: str
    text: str
    spans: list = field(default_factory=list)


def split_of(corpus: str, document: str, test: int, dev: int) -> str:
    """`test`, `dev` or `train`, by a hash of the document: of 100 documents, `test` and `dev` go to these two."""
    n = int.from_bytes(hashlib.sha256(f"{corpus}/{document}".encode()).digest()[:4], "big") % 100
    return "test" if n < test else "dev" if n < test + dev else "train"


def detokenise(tokens: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """Text as a newspaper prints it, and where each token lies in it."""
    text, places, glue, open_quote = "", [], True, False
    for token in tokens:
        shown = '"' if token in ("``", "''") else token
        before = not glue
        if token in NO_SPACE_BEFORE or (token.startswith("'") and len(token) < 4 and token[1:2].isalpha()):
            before = False
        if shown == '"':
            before = not open_quote and not glue
            open_quote = not open_quote
        if before:
            text += " "
        places.append((len(text), len(text) + len(shown)))
        text += shown
        glue = token in NO_SPACE_AFTER or (shown == '"' and open_quote)
    return text, places


def spans_of(tags: list[str], places: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """Spans of BIO or IO tags."""
    spans, before = [], "O"
    for tag, (start, end) in zip(tags, places, strict=True):
        kind = tag[2:]
        if tag == "O":
            pass
        elif tag[0] == "B" or before == "O" or before[2:] != kind:
            spans.append([start, end, kind])
        else:
            spans[-1][1] = end
        before = tag
    return [tuple(s) for s in spans]


def _blocks(corpus: str, sentences: list, size: int, test: int, dev: int) -> Iterator[Sentence]:
    """Sentences without document ids: a run of `size` neighbours counts as a document."""
    for i, pairs in enumerate(sentences):
        text, places = detokenise([w for w, _ in pairs])
        document = str(i // size)
        yield Sentence(corpus, document, split_of(corpus, document, test, dev), text, spans_of([t for _, t in pairs], places))


def gmb(data: Path) -> Iterator[Sentence]:
    """GMB has no document ids and its documents lie one after the other: 50 neighbours are a block. Duplicates are dropped."""
    sentences, current = [], []
    with open(data / "ner/gmb.csv", encoding="cp1252", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for number, word, _pos, tag in rows:
            if number and current:
                sentences.append(current)
                current = []
            if word.strip():
                current.append((word.strip(), tag))
        sentences.append(current)
    seen = set()
    for sentence in _blocks("gmb", sentences, 50, 10, 2):
        if sentence.text not in seen and 3 <= len(sentence.text.split()) <= 120:
            seen.add(sentence.text)
            yield sentence


def _conll(path: Path) -> Iterator[list[list[tuple[str, str]]]]:
    """Documents (split at -DOCSTART- where there is one) of sentences of (word, tag)."""
    documents, sentences, current = [], [], []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        parts = line.split()
        if parts and parts[0] == "-DOCSTART-":
            documents.append(sentences)
            sentences = []
        elif len(parts) >= 2:
            current.append((parts[0], parts[-1]))
        elif current:
            sentences.append(current)
            current = []
    return [d for d in [*documents, sentences] if d]


def wikigold(data: Path) -> Iterator[Sentence]:
    """Wikipedia; sentences come without document marks here, 12 neighbours count as a document; 35 in 100 are test."""
    sentences = [s for d in _conll(data / "ner/wikigold_part1.conll") for s in d]
    yield from _blocks("wikigold", sentences, 12, 35, 8)


def wnut17(data: Path) -> Iterator[Sentence]:
    """Social media; the corpus's own split."""
    for name in ("train", "dev", "test"):
        sentences = [s for d in _conll(data / f"ner/wnut17/{name}.conll") for s in d]
        for s in _blocks("wnut17", sentences, 1, 0, 0):
            s.split, s.document = name if name != "dev" else "train", f"{name}-{s.document}"
            yield s


def btc(data: Path) -> Iterator[Sentence]:
    """Tweets; training only."""
    for path in sorted((data / "ner/btc").glob("*.conll")):
        for s in _blocks("btc", [s for d in _conll(path) for s in d], 1, 0, 0):
            s.document = f"{path.stem}-{s.document}"
            yield s


SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”’')]))\s+(?=[\"“‘'(\[]?[A-Z0-9])|\n+")


def sentences_in(text: str) -> Iterator[tuple[int, int]]:
    """Sentences of running text: rough, and never ended by a lone initial or a title."""
    start = 0
    for m in [*SENTENCE_END.finditer(text), None]:
        end = m.start() if m else len(text)
        if m and "\n" not in m.group() and re.search(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Sen|Gen|Gov|Rep|St|Col|Lt|Prof|Jr|Sr|No|vs)\.$", text[start:end]):
            continue
        if text[start:end].strip():
            lead = len(text[start:end]) - len(text[start:end].lstrip())
            yield start + lead, start + len(text[start:end].rstrip())
        start = m.end() if m else end


def re3d(data: Path) -> Iterator[Sentence]:
    """Defence and foreign policy; by document, 35 in 100 are test."""
    for folder in sorted(p for p in (data / "ner/re3d").iterdir() if p.is_dir()):
        gold: dict[str, list] = {}
        for line in (folder / "entities.json").read_text(encoding="utf-8-sig").splitlines():
            if line.strip():
                e = json.loads(line)
                gold.setdefault(e["documentId"], []).append((e["begin"], e["end"], e["type"]))
        for line in (folder / "documents.json").read_text(encoding="utf-8-sig").splitlines():
            if not line.strip():
                continue
            d = json.loads(line)
            for start, end in sentences_in(d["text"]):
                spans = sorted((a - start, b - start, t) for a, b, t in gold.get(d["_id"], []) if start <= a and b <= end)
                yield Sentence("re3d", d["_id"], split_of("re3d", d["_id"], 35, 5), d["text"][start:end], spans)


def wikinews(data: Path) -> Iterator[Sentence]:
    """Real news without gold; 8 articles in 100 are held out for the typo head and for agreement with the teacher."""
    for line in (data / "text/wikinews.jsonl").read_text(encoding="utf-8").splitlines():
        d = json.loads(line)
        split = split_of("wikinews", d["document_id"], 8, 0)
        for text in (d.get("title") or "", d["text"].replace("\xa0", " ")):
            for start, end in sentences_in(text):
                if 2 <= len(text[start:end].split()) <= 120:
                    yield Sentence("wikinews", d["document_id"], split, text[start:end])


# News and what is near to it; spam, jokes and email bodies are full of headers and are not what we clean.
MASC_KINDS = {"newspaper", "blog", "essays", "govt-docs", "journal", "letters", "non-fiction", "technical", "travel-guides", "email", "fiction"}


def masc(data: Path) -> Iterator[Sentence]:
    """Written genres without gold; training only."""
    root = data / "text/masc_tagged"
    for line in (root / "categories.txt").read_text().splitlines():
        name, kind = line.split()
        if not name.startswith("written/") or kind not in MASC_KINDS:
            continue
        for row in (root / name).read_text(encoding="utf-8", errors="replace").splitlines():
            tokens = [t.rsplit("_", 1)[0] for t in row.split()]
            if 4 <= len(tokens) <= 100:
                yield Sentence("masc", name, "train", detokenise(tokens)[0])


ALL = [gmb, wikigold, wnut17, btc, re3d, wikinews, masc]
