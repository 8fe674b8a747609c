"""Other names in the same sentence: what stands around a name is to tell its type, not the name alone."""

import json
import random
from collections import defaultdict
from pathlib import Path

from words import split

# Types that the corpora hardly hold: half of their names become one of `names.json`, well-known names written down for this.
RARE = ("FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW")
RARE_SHARE = 0.5
# Persons and organisations now and then become another one of the corpora with gold labels.
OPEN = ("PERSON", "ORG")
OPEN_SHARE = 0.1


class Names:
    """Names by type, each as its words."""

    def __init__(self):
        written = json.loads(Path(__file__).with_name("names.json").read_text(encoding="utf-8"))
        self._names = {kind: [[w.text for w in split(name)] for name in names] for kind, names in written.items()}

    def learn(self, found) -> None:
        """Takes names in, given as (type, words), each spelling once."""
        seen = defaultdict(dict)
        for kind, words in found:
            if kind in OPEN and len(words) <= 6:
                seen[kind][tuple(words)] = None
        for kind, names in seen.items():
            self._names[kind] = [list(n) for n in names]

    def other(self, kind: str, rng: random.Random) -> list[str] | None:
        """Another name of this type; None: the name that stands there stays."""
        share = RARE_SHARE if kind in RARE else OPEN_SHARE if kind in OPEN else 0.0
        if kind not in self._names or rng.random() >= share:
            return None
        return rng.choice(self._names[kind])
