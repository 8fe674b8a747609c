#!/usr/bin/env python3
"""Prints so many of a file's articles, over and over, each under an id of its own; where CHARACTERS is given, a piece of each, another
one each time.

usage: articles.py COUNT FILE.jsonl [CHARACTERS]
"""

import json
import sys

count, piece = int(sys.argv[1]), int(sys.argv[3]) if len(sys.argv) > 3 else None
with open(sys.argv[2]) as file:
    originals = [json.loads(line) for line in file]
for number in range(count):
    article = originals[number % len(originals)]
    name = f"{number}-{article['document_id']}"
    if piece:
        text = article["text"]
        # A step that has nothing in common with most lengths, so that the pieces differ.
        start = number // len(originals) * 37 % max(1, len(text) - piece)
        article = {"text": text[start : start + piece]}
    print(json.dumps({**article, "document_id": name}))
