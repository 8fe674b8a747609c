"""Misspellings: made by rule, or real ones from the crate typos-dict."""

import random
import re
from collections import Counter
from pathlib import Path

ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"]
NEAR: dict[str, str] = {}
for _y, _row in enumerate(ROWS):
    for _x, _c in enumerate(_row):
        _around = [(_x - 1, _y), (_x + 1, _y), (_x, _y - 1), (_x + 1, _y - 1), (_x, _y + 1), (_x - 1, _y + 1)]
        NEAR[_c] = "".join(ROWS[b][a] for a, b in _around if 0 <= b < 3 and 0 <= a < len(ROWS[b]))

PHONETIC = [
    ("ph", "f"), ("f", "ph"), ("ie", "ei"), ("ei", "ie"), ("ance", "ence"), ("ence", "ance"), ("ant", "ent"), ("ent", "ant"), ("able", "ible"),
    ("ible", "able"), ("tion", "sion"), ("sion", "tion"), ("c", "s"), ("s", "c"), ("c", "k"), ("k", "c"), ("ck", "k"), ("qu", "kw"), ("x", "ks"),
    ("gh", "g"), ("y", "i"), ("i", "y"), ("ea", "ee"), ("ee", "ea"), ("ai", "ay"), ("ou", "ow"), ("oo", "u"), ("e", "a"), ("a", "e"), ("er", "or"),
    ("or", "er"), ("ary", "ery"), ("ly", "lly"), ("full", "ful"), ("wh", "w"), ("kn", "n"), ("sc", "s"), ("z", "s"), ("j", "g"), ("au", "o"), ("eau", "o"),
]  # fmt: skip
OCR = [("rn", "m"), ("m", "rn"), ("l", "1"), ("o", "0"), ("cl", "d"), ("d", "cl"), ("li", "h"), ("h", "li"), ("vv", "w"), ("w", "vv"), ("e", "c"), ("i", "l"), ("u", "ii")]
CONFUSED = [
    ("their", "there"), ("there", "their"), ("then", "than"), ("than", "then"), ("lose", "loose"), ("its", "it’s"), ("your", "you’re"),
    ("were", "where"), ("where", "were"), ("affect", "effect"), ("effect", "affect"), ("quite", "quiet"), ("quiet", "quite"), ("form", "from"),
    ("from", "form"), ("trial", "trail"), ("trail", "trial"), ("through", "though"), ("though", "through"), ("to", "too"), ("too", "to"),
    ("of", "off"), ("off", "of"), ("principal", "principle"), ("weather", "whether"), ("whether", "weather"), ("passed", "past"), ("past", "passed"),
    ("led", "lead"), ("board", "bored"), ("peace", "piece"), ("piece", "peace"), ("personal", "personnel"), ("public", "pubic"), ("united", "untied"),
]  # fmt: skip
TRAINED = ("keyboard", "transposition", "omission", "doubling", "phonetic", "real")
HELD_OUT = ("ocr", "insertion", "real_word")


def _replace(word: str, pairs: list, rng: random.Random) -> str | None:
    fits = [(i, a, b) for a, b in pairs for i in range(len(word)) if word.startswith(a, i)]
    if not fits:
        return None
    i, a, b = rng.choice(fits)
    return word[:i] + b + word[i + len(a) :]


class Misspeller:
    """Misspells lower-case words; a result that is itself a known word is refused, except of the kind `real_word`."""

    def __init__(self, known: set[str], real: dict[str, list[str]]):
        self._known = known
        self._real = real

    def spell(self, word: str, kind: str, rng: random.Random) -> str | None:
        """The word misspelt in the way of `kind`, or None where that cannot be."""
        if kind == "real_word":
            choices = [b for a, b in CONFUSED if a == word]
            return rng.choice(choices) if choices else None
        if not (word.isascii() and word.isalpha() and word.islower() and 4 <= len(word) <= 20):
            return None
        if kind == "real":
            made = rng.choice(self._real[word]) if word in self._real else None
        else:
            made = self._make(word, kind, rng)
        return made if made and made != word and made not in self._known else None

    def _make(self, word: str, kind: str, rng: random.Random) -> str | None:
        # People seldom miss a word's first letter.
        i = rng.randrange(1, len(word)) if rng.random() < 0.93 else 0
        if kind == "keyboard":
            return word[:i] + rng.choice(NEAR[word[i]]) + word[i + 1 :]
        if kind == "transposition":
            i = min(i, len(word) - 2)
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        if kind == "omission":
            return word[:i] + word[i + 1 :]
        if kind == "doubling":
            double = [k for k in range(1, len(word)) if word[k] == word[k - 1]]
            if double and rng.random() < 0.6:
                k = rng.choice(double)
                return word[:k] + word[k + 1 :]
            return word[:i] + word[i] + word[i:]
        if kind == "insertion":
            return word[:i] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[i:]
        if kind == "phonetic":
            return _replace(word, PHONETIC, rng)
        return _replace(word, OCR, rng)

    def any(self, word: str, rng: random.Random) -> str | None:
        """The word misspelt in one of the trained ways; real misspellings first where there are some."""
        if word in self._real and rng.random() < 0.4:
            return self.spell(word, "real", rng)
        return self.spell(word, rng.choice(TRAINED[:-1]), rng)


def real_misspellings(source: Path) -> dict[str, list[str]]:
    """Correct word to its misspellings, from the crate's generated table; entries with several corrections are left out."""
    found: dict[str, list[str]] = {}
    text = source.read_text(encoding="utf-8")
    for wrong, rights in re.findall(r'InsensitiveStr::Ascii\("([a-z]+)"\),\s*&\[([^\]]*)\]', text):
        right = re.findall(r'"([a-z]+)"', rights)
        if len(right) == 1:
            found.setdefault(right[0], []).append(wrong)
    return found


def known_words(texts, real: dict[str, list[str]]) -> set[str]:
    """Words that stand at least twice in the corpora, and every correction of the table; no misspelling of the table."""
    counts = Counter(w for t in texts for w in re.findall(r"[^\W\d_]+", t.lower()))
    wrong = {w for ws in real.values() for w in ws}
    return ({w for w, n in counts.items() if n >= 2} | set(real)) - wrong
