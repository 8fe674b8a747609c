"""Misspellings: made by rule, or real ones from the crate typos-dict."""

import random
import re
from collections import Counter
from pathlib import Path

from words import split

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
# A real word in the place of another. The first list is trained, the second is held out for the test.
CONFUSED = [
    ("their", "there"), ("there", "their"), ("then", "than"), ("than", "then"), ("lose", "loose"), ("loose", "lose"), ("its", "it’s"), ("its", "it's"),
    ("were", "where"), ("where", "were"), ("affect", "effect"), ("effect", "affect"), ("effects", "affects"), ("form", "from"), ("from", "form"),
    ("through", "though"), ("though", "through"), ("to", "too"), ("too", "to"), ("of", "off"), ("off", "of"), ("passed", "past"), ("past", "passed"),
    ("principal", "principle"), ("principle", "principal"), ("peace", "piece"), ("piece", "peace"), ("public", "pubic"), ("united", "untied"),
    ("accept", "except"), ("except", "accept"), ("advice", "advise"), ("advise", "advice"), ("site", "sight"), ("sight", "site"), ("cite", "site"),
    ("aloud", "allowed"), ("allowed", "aloud"), ("brake", "break"), ("break", "brake"), ("threw", "through"), ("whose", "who's"), ("role", "roll"),
    ("council", "counsel"), ("counsel", "council"), ("bare", "bear"), ("bear", "bare"), ("hear", "here"), ("here", "hear"), ("wear", "where"),
    ("fourth", "forth"), ("forth", "fourth"), ("desert", "dessert"), ("complement", "compliment"), ("moral", "morale"), ("martial", "marital"),
    ("casual", "causal"), ("angle", "angel"), ("angel", "angle"), ("diary", "dairy"), ("dairy", "diary"), ("county", "country"), ("country", "county"),
    ("later", "latter"), ("latter", "later"), ("prosecute", "persecute"), ("statue", "statute"), ("statute", "statue"), ("sever", "severe"),
    ("severe", "sever"), ("and", "an"), ("an", "and"), ("the", "they"), ("they", "the"), ("for", "fro"), ("with", "wit"), ("have", "half"), ("had", "hand"),
    ("been", "bean"), ("by", "buy"), ("buy", "by"), ("in", "inn"), ("for", "four"), ("four", "for"), ("one", "won"), ("won", "one"), ("would", "wood"),
    ("which", "witch"), ("new", "knew"), ("knew", "new"), ("know", "now"), ("now", "know"), ("right", "write"), ("write", "right"), ("week", "weak"),
]  # fmt: skip
CONFUSED_HELD_OUT = [
    ("your", "you’re"), ("quite", "quiet"), ("quiet", "quite"), ("trial", "trail"), ("trail", "trial"), ("weather", "whether"), ("whether", "weather"),
    ("led", "lead"), ("board", "bored"), ("personal", "personnel"), ("plane", "plain"), ("plain", "plane"), ("steel", "steal"), ("steal", "steel"),
    ("waste", "waist"), ("sale", "sail"), ("course", "coarse"), ("death", "dearth"), ("breath", "breathe"), ("choose", "chose"), ("ensure", "unsure"),
    ("border", "boarder"), ("vote", "veto"), ("war", "was"), ("police", "polite"), ("party", "part"), ("army", "arm"), ("money", "honey"), ("power", "tower"),
    ("leader", "ladder"), ("state", "skate"), ("said", "sad"), ("after", "alter"), ("against", "again"), ("could", "cold"), ("people", "purple"),
]  # fmt: skip
TRAINED_WORDS = {a for a, _ in CONFUSED}
TRAINED = ("keyboard", "transposition", "omission", "doubling", "phonetic", "real", "real_word")
MADE = TRAINED[:5]
HELD_OUT = ("ocr", "insertion", "other_real_word")


def _replace(word: str, pairs: list, rng: random.Random) -> str | None:
    fits = [(i, a, b) for a, b in pairs for i in range(len(word)) if word.startswith(a, i)]
    if not fits:
        return None
    i, a, b = rng.choice(fits)
    return word[:i] + b + word[i + len(a) :]


class Misspeller:
    """Misspells lower-case words; a result that is itself a known word is refused, except of the kinds of real words."""

    def __init__(self, known: set[str], real: dict[str, list[str]]):
        self._known = known
        self._real = real

    def spell(self, word: str, kind: str, rng: random.Random) -> str | None:
        """The word misspelt in the way of `kind`, or None where that cannot be."""
        if kind in ("real_word", "other_real_word"):
            choices = [b for a, b in (CONFUSED if kind == "real_word" else CONFUSED_HELD_OUT) if a == word]
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
        if word in TRAINED_WORDS and rng.random() < 0.3:
            return self.spell(word, "real_word", rng)
        return self.spell(word, rng.choice(MADE), rng)


def misspelt(row: dict, make, share: float, rng: random.Random) -> tuple[str, set[int]]:
    """The sentence with about this share of its words outside entities misspelt by `make(word, rng)`, which may refuse one; where they stand."""
    text, places, shift = row["text"], set(), 0
    for word in split(row["text"]):
        if any(s < word.end and word.start < e for s, e, *_ in [*row["spans"], *row["masked"]]):
            continue
        made = make(word.text, rng) if rng.random() < share else None
        if made:
            start = word.start + shift
            text = text[:start] + made + text[word.end + shift :]
            places.add(start)
            shift += len(made) - len(word.text)
    return text, places


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
