"""Words, case classes and pieces: what the model sees of a text.

A Rust program repeats this file exactly; `words.json` holds test vectors and README.md the rules in prose.
"""

from dataclasses import dataclass
from functools import lru_cache

import regex
from tokenizers import Tokenizer

MAX_PIECES_PER_WORD = 16
LOWER, TITLE, UPPER, MIXED, DIGIT = range(5)
CASE_CLASSES = ["lower_or_other", "title", "upper", "mixed", "digit"]

# A letter, number or mark of any script. Marks keep a decomposed "é" in one word.
_W = r"[\p{Alphabetic}\p{N}\p{M}]"
_WORD = regex.compile(
    r"(?P<dotted>(?<!{w})(?:\p{{L}}\.){{2,}}(?!{w}))"
    r"|(?P<word>{w}+(?:(?:[.&_'’](?={w})|(?<=\p{{Nd}})[,:](?=\p{{Nd}})){w}+)*)"
    r"|(?P<other>[^\p{{White_Space}}])".format(w=_W),
)
_POSSESSIVE = regex.compile(r"['’][sS]$")


@dataclass(frozen=True)
class Word:
    """One word: `text[start:end]`, in code points."""

    start: int
    end: int
    text: str


def split(text: str) -> list[Word]:
    """The words of `text` in order; together they hold every character that is not white space."""
    words = []
    for m in _WORD.finditer(text):
        start, end = m.span()
        possessive = _POSSESSIVE.search(m.group()) if m.lastgroup == "word" else None
        if possessive and possessive.start() > 0:
            cut = start + possessive.start()
            words.append(Word(start, cut, text[start:cut]))
            words.append(Word(cut, end, text[cut:end]))
        else:
            words.append(Word(start, end, m.group()))
    return words


_UPPERCASE = regex.compile(r"\p{Uppercase}")
_LOWERCASE = regex.compile(r"\p{Lowercase}")
_STARTS_WITH_NUMBER = regex.compile(r"\p{N}")


@lru_cache(maxsize=1 << 18)
def case_class(word: str) -> int:
    """The case class of a word, 0..4."""
    if _STARTS_WITH_NUMBER.match(word):
        return DIGIT
    upper = len(_UPPERCASE.findall(word))
    if upper == 0:
        return LOWER
    if upper >= 2 and not _LOWERCASE.search(word):
        return UPPER
    if upper == 1 and _UPPERCASE.match(word):
        return TITLE
    return MIXED


class Pieces:
    """Word to piece ids, each word by itself, so that a word's pieces never depend on its neighbours."""

    def __init__(self, tokenizer_file: str):
        self._tokenizer = Tokenizer.from_file(tokenizer_file)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # The cased base that ours is compared with has RoBERTa's pieces, which hold the space before a word.
        is_bert = self._tokenizer.token_to_id("[CLS]") is not None
        names = ("[CLS]", "[SEP]", "[PAD]", "[UNK]") if is_bert else ("<s>", "</s>", "<pad>", "<unk>")
        self.cls, self.sep, self.pad, self._unk = (self._tokenizer.token_to_id(name) for name in names)
        self._before = "" if is_bert else " "
        self._cache: dict[str, tuple[int, ...]] = {}

    def of(self, word: str) -> tuple[int, ...]:
        """At least one piece and at most MAX_PIECES_PER_WORD; a word that vanishes in normalisation is [UNK]."""
        ids = self._cache.get(word)
        if ids is None:
            ids = tuple(self._tokenizer.encode(self._before + word, add_special_tokens=False).ids[:MAX_PIECES_PER_WORD]) or (self._unk,)
            if len(self._cache) < 1 << 20:
                self._cache[word] = ids
        return ids

    def sequence(self, words: list[str]) -> tuple[list[int], list[int], list[int]]:
        """Piece ids with [CLS] and [SEP], the case class of each, and the index of each word's first piece."""
        ids, cases, firsts = [self.cls], [LOWER], []
        for word in words:
            pieces = self.of(word)
            firsts.append(len(ids))
            ids += pieces
            cases += [case_class(word)] * len(pieces)
        return [*ids, self.sep], [*cases, LOWER], firsts
