#!/usr/bin/env python3
"""The old service's text path, reconstructed, to measure Scutch against.

This is NOT the old service's source. It is a reconstruction on the same libraries, inferred from
real outputs of the old service (`--check` compares with them), from what is on record about its
steps and settings, and from the milliseconds each step took there. Each function says what it was
inferred from; what no output confirms is marked "assumed".

Without spaCy: the old service ran its entity recogniser twice a document, and words inside an
entity were spared by the typo step. So the rates here are of the CPU text path with recognition
off, and the damage is that of unprotected text. Metadata fields are not cleaned either.

Usage:
  old_service.py INPUT.jsonl [--documents N] [--min-words N] [--max-words N] [--json]
  old_service.py --check CORRUPTIONS.jsonl
"""

import argparse
import json
import re
import sys
import time
from datetime import datetime
from functools import lru_cache

import dateparser
import ftfy
import langdetect
from spellchecker import SpellChecker

SPELL = SpellChecker(language="en")  # edit distance 2, the library's default
langdetect.DetectorFactory.seed = 0  # its answers differ from run to run otherwise


def remove_html(text):
    """On record. Eats 'Profits <5% and costs >10%' up to the '>', and leaves scripts' text in."""
    return re.sub("<.*?>", " ", text)


def fix_encoding(text):
    """On record: ftfy with its defaults. As no '<' is left by now it also unescapes entities ('AT&amp;T')."""
    return ftfy.fix_text(text)


def normalize_whitespace(text):
    """On record: every run of white space, paragraph breaks too, becomes one blank."""
    return re.sub(r"\s+", " ", text).strip()


DASHES = re.compile("[‐‑‒–—―]")
SINGLE_QUOTES = re.compile("[‘’‚‛]")
DOUBLE_QUOTES = re.compile("[“”„‟]")
REPEATED = re.compile(r"([!?.,;:-])\1+")
UNSPACED = re.compile(r"([.,!?])(?=\w)")


def normalize_punctuation(text):
    """Folds dashes, quotes and repeats, then puts a blank after . , ! ?

    Seen: 'war—the' -> 'war-the'; ' -- ' -> ' - '; '...' -> '.'; '3.5' -> '3. 5'; 'www.bbc' -> 'www. bbc';
    '12345?page' -> '12345? page'; 'https://' and ');' untouched, so '/' is not folded and ':' ';' not spaced.
    """
    text = DASHES.sub("-", text)
    text = SINGLE_QUOTES.sub("'", text)
    text = DOUBLE_QUOTES.sub('"', text)
    text = REPEATED.sub(r"\1", text)
    return UNSPACED.sub(r"\1 ", text)


# 'm', 'g' and '%' were seen; a capital 'G' was left alone. 'km' and 'kg' are assumed.
UNITS = [
    (re.compile(rf"(\d+(?:\.\d+)?)\s*{short}(?!\w)"), rf"\1 {long}")
    for short, long in [
        ("km", "kilometers"), ("m", "meters"), ("kg", "kilograms"), ("g", "grams"), ("%", "percent"),
    ]
]


def standardize_units(text):
    """Seen: '300m' -> '300 meters' (dollars too), '5 m people' -> '5 meters people', '41%' -> '41 percent'."""
    for pattern, replacement in UNITS:
        text = pattern.sub(replacement, text)
    return text


CURRENCIES = [
    (re.compile(r"\$\s*(\d)"), r"USD \1"),
    (re.compile(r"£\s*(\d)"), r"GBP \1"),
    (re.compile(r"(\d)\s*€"), r"\1 EUR"),
]


def standardize_currency(text):
    """Seen: '$1,200' -> 'USD 1, 200', '£1.5m' -> 'GBP 1. 5 meters', '20.50€' -> '20. 50 EUR'; '€20', '¥', '₹' missed."""
    for pattern, replacement in CURRENCIES:
        text = pattern.sub(replacement, text)
    return text


def remove_non_printable(text):
    """Deletes all that is not printable ASCII, after currency and before typos.

    Seen: 'Café' -> 'Caf' (then 'Can'), '习近平 ' -> '', '¥10' -> '10'. The blanks left behind were collapsed.
    """
    return normalize_whitespace(re.sub(r"[^\x20-\x7e]", "", text))


@lru_cache(maxsize=None)
def correct_word(word):
    """The word, or pyspellchecker's best guess for it, in the word's case.

    Seen: only bare words are tried ('goverment,' and 'a=1;' stay), 2..15 letters long as configured;
    'iPhone' -> 'phone'; 'USD' and 'GBP' stay. Capitalised ones of five letters too ('Biden' -> 'Widen'), but
    'Brexit', 'Beyonc', 'Ukraine' stay: every capitalised word on record as changed has at most five.
    """
    if not (2 <= len(word) <= 15) or not word.isalpha() or word.isupper():
        return word
    if word[0].isupper() and len(word) > 5:
        return word
    if not SPELL.unknown([word]):
        return word
    guess = SPELL.correction(word)
    if guess is None or guess == word.lower():
        return word
    return guess.capitalize() if word[0].isupper() else guess


def correct_typos(text):
    """Corrects every blank-separated word on its own; each spelling is looked up once a run.

    The cache is inferred: with 5 to 8 words changed in a document, 172 ms a document on record are too
    few for looking each of them up. So the rate depends a little on the number of documents.
    """
    return " ".join(correct_word(word) for word in text.split(" "))


TEXT_STEPS = [
    ("html", remove_html),
    ("ftfy", fix_encoding),
    ("whitespace", normalize_whitespace),
    ("punctuation", normalize_punctuation),
    ("units", standardize_units),
    ("currency", standardize_currency),
    ("non-printable", remove_non_printable),
    ("typos", correct_typos),
]


def clean(text):
    for _, step in TEXT_STEPS:
        text = step(text)
    return text


def detect_language(text):
    try:
        return langdetect.detect(text)
    except langdetect.LangDetectException:  # no letters in it
        return None


def first_date(text, published):
    """On record: STRICT_PARSING, and the whole article when recognition found no date, which gives none.

    English only is inferred from the 12 ms on record: with every language it takes half a second.
    """
    settings = {"STRICT_PARSING": True}
    if published:
        settings["RELATIVE_BASE"] = datetime.fromisoformat(published[:10])
    found = dateparser.parse(text, languages=["en"], settings=settings)
    return found and found.date().isoformat()


def measure(documents):
    """CPU seconds of each step, over the documents."""
    seconds = dict.fromkeys([name for name, _ in TEXT_STEPS] + ["langdetect", "dateparser"], 0.0)

    def timed(name, function, *arguments):
        start = time.process_time()
        result = function(*arguments)
        seconds[name] += time.process_time() - start
        return result

    shown = time.monotonic()
    for done, document in enumerate(documents):
        if time.monotonic() - shown > 5:
            shown = time.monotonic()
            print(f"{done} of {len(documents)} documents", file=sys.stderr, flush=True)
        text = document["text"]
        for name, step in TEXT_STEPS:
            text = timed(name, step, text)
        timed("langdetect", detect_language, text)
        timed("dateparser", first_date, text, document.get("publication_date"))
    return seconds


def report(documents, seconds, as_json):
    """Documents per second of CPU time: of the text path as the old service was measured, so without dateparser."""
    count = len(documents)
    path = sum(spent for name, spent in seconds.items() if name != "dateparser")
    summary = {
        "documents": count,
        "words": sum(len(document["text"].split()) for document in documents),
        "cpu_seconds": round(path, 3),
        "documents_per_second": round(count / path, 3),
        "documents_per_second_with_dateparser": round(count / (path + seconds["dateparser"]), 3),
        "ms_per_document": {name: round(1000 * spent / count, 3) for name, spent in seconds.items()},
    }
    if as_json:
        print(json.dumps(summary))
        return
    for name in ["documents", "words", "cpu_seconds", "documents_per_second", "documents_per_second_with_dateparser"]:
        print(f"{name.replace('_', ' '):38} {summary[name]:>10}")
    print("ms per document:")
    for name, spent in summary["ms_per_document"].items():
        print(f"  {name:36} {spent:>10}")


def check(cases):
    """Prints where the reconstruction differs from the old service's real outputs; returns how many cases agree."""
    agree = 0
    for case in cases:
        output = clean(case["input"])
        if output == case["original_output"]:
            agree += 1
        else:
            print(f"{case['id']}\n  old service    {case['original_output']}\n  reconstruction {output}")
    return agree


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def main():
    parser = argparse.ArgumentParser(description="The old service's text path, reconstructed (see the head of the file).")
    parser.add_argument("input", nargs="?", help="documents, one JSON object a line")
    parser.add_argument("--documents", type=int, help="only the first N")
    parser.add_argument("--min-words", type=int, default=0, help="leave out shorter documents")
    parser.add_argument("--max-words", type=int, default=sys.maxsize, help="leave out longer documents")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", metavar="FILE", help="compare with outputs of the old service")
    arguments = parser.parse_args()
    if arguments.check:
        cases = read(arguments.check)
        print(f"{check(cases)} of {len(cases)} outputs reproduced exactly")
    if arguments.input:
        documents = [
            document for document in read(arguments.input)
            if arguments.min_words <= len(document["text"].split()) <= arguments.max_words
        ][: arguments.documents]
        if not documents:
            parser.error("no document to measure")
        measure([{"text": "The goverment met on 5 May 2020.", "publication_date": "2020-05-06"}])  # loads dictionaries
        report(documents, measure(documents), arguments.json)
    elif not arguments.check:
        parser.error("name a file of documents, or --check FILE")


if __name__ == "__main__":
    main()
