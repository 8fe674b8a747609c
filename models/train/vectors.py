"""Writes `words.json`, the test vectors of the word rules: `vectors.py > words.json`."""

import json
import sys

from reference import SENTENCES
from words import case_class, split

MORE = [
    "",
    " \t\n\u00a0\u3000",
    "The U.S. won’t.",
    "AT&T's 3.5%",
    "$2.5bn (London-based)",
    "at 10:30 a.m., he",
    "Jr.'s",
    "a.b.c",
    "U.S.A. U.S.A U.S.-led xU.S. a.m.b",
    "J. K. Rowling",
    "1,200,50 1,a a:1 10:3x ١٠:٣٠",
    "end.The start",
    "''s 's x's X'S s's it’s rock'n'roll workers' o'clock",
    "snake_case __init__ a__b &c R&D&",
    "McDonald iPhone eBay NASA U.S. F-16 3D 4K X Éric ÉRIC ǅ ß",
    "½ cup, ① Ⅳ x²",
    "e\u0301te\u0301 नमस्ते ไทย 한국어",
    "👍🏽👨‍👩‍👧 ok\u200bay",
    "…—–‐-−",
    "\u0000a\u0007",
]
json.dump(
    [{"text": t, "words": [[w.start, w.end, w.text, case_class(w.text)] for w in split(t)]} for t in [*MORE, *SENTENCES]],
    sys.stdout,
    ensure_ascii=True,
    indent=None,
    separators=(",", ":"),
)
print()
