#!/usr/bin/env python3
"""Prints so many of a file's articles, over and over, each under an id of its own.

usage: articles.py COUNT FILE.jsonl
"""

import json
import sys

with open(sys.argv[2]) as file:
    originals = [json.loads(line) for line in file]
for number in range(int(sys.argv[1])):
    article = originals[number % len(originals)]
    print(json.dumps({**article, "document_id": f"{number}-{article['document_id']}"}))
