#!/usr/bin/env python3
"""Writes known.fst, frequency.fst, pairs.fst and curated.fst from public word lists.

Run it with Python 3.11 or later in this directory; README.md names the sources and the command.
It needs `apt-get`, `dpkg-deb`, `pip`, `cargo` and the Python package `ducer` (which writes files
of the Rust crate `fst`).
"""

import math
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

import ducer

HERE = Path(__file__).resolve().parent
SYMSPELL = "symspellpy==6.10.1"
TYPOS_DICT = "typos-dict@=0.14.4"
# Word lists of other languages only take entries away; nothing of them is shipped.
FOREIGN = {
    "wfrench": "french",
    "wspanish": "spanish",
    "witalian": "italian",
    "wngerman": "ngerman",
    "wportuguese": "portuguese",
    "wdutch": "dutch",
    "wswedish": "swedish",
}
# Words counted less often are left out of the frequency map.
RARE = 100_000
# So many of the most frequent word pairs are kept.
PAIRS = 100_000
# Stands for a listed misspelling whose correction the words around it must decide.
OPEN = 0xFF
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FOREIGN_ENDINGS = (
    "(iones|ciones|cion|zione|zioni|mente|iendo|isme|ismus|idad|idade|keit|heit|ungen|teit|atie|oso|osos|osas|eux|euse|"
    "icus|ensis|alis|orum|arum|ae|ii)$"
)
PREFIXES = (
    "anti auto bio co counter cyber de dis down eco em en ex extra fore geo hyper in inter intra "
    "macro mega meta micro mid mini mis mono multi nano neo non off out over para photo poly post "
    "pre pro pseudo psycho quasi re self semi sub super tele therm trans ultra un under up"
).split()


def fetch(where):
    """Downloads and unpacks every source below `where`."""
    packages = ["scowl", "wordnet-base", *FOREIGN]
    subprocess.run(["apt-get", "download", *packages], cwd=where, check=True)
    for deb in where.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", deb, where], check=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", where / "pip", SYMSPELL],
        check=True,
    )
    crate = where / "crate"
    subprocess.run(["cargo", "init", "-q", "--lib", "--name", "fetch", crate], check=True)
    subprocess.run(["cargo", "add", "-q", TYPOS_DICT], cwd=crate, check=True)
    subprocess.run(["cargo", "vendor", "-q", "vendor"], cwd=crate, check=True, stdout=subprocess.DEVNULL)


def plain(text):
    """Lower case without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in parts if not unicodedata.combining(c))


def is_word(text):
    return re.fullmatch("[a-z]{2,}", text) is not None


def read_lines(path):
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def read_scowl(where):
    """Returns (common lower-case words, all known, doubtful words, doubtful names, contractions)."""
    common, known, rare, names, contractions = set(), set(), set(), set(), set()
    for path in (where / "usr/share/dict/scowl").iterdir():
        category, size = path.name.rsplit(".", 1)
        found = set()
        for line in read_lines(path):
            word = plain(line).removesuffix("'s")
            if is_word(word):
                found.add(word)
            elif is_word(word.replace("'", "")):
                contractions.add(word.replace("'", ""))
        if int(size) > 80:
            (rare if category.endswith("-words") else names).update(found)
            continue
        known |= found
        # Variants marked 3 are "seldom used and may not even be considered correct" (SCOWL README).
        if int(size) <= 70 and category.endswith("-words") and "variant_3" not in category:
            common |= found
    return common, known, rare - known, names - known, contractions


def read_wordnet(where):
    words = set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in read_lines(where / "usr/share/wordnet" / f"index.{part}"):
            word = line.split(" ")[0]
            if is_word(word):
                words.add(word)
    return words


def read_frequencies(where):
    path = where / "pip/symspellpy/frequency_dictionary_en_82_765.txt"
    result = {}
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        word, count = line.split(" ")
        if re.fullmatch("[a-z]+", word):
            result[word] = int(count)
    return result


def read_pairs(where):
    """The most frequent pairs of words."""
    path = where / "pip/symspellpy/frequency_bigramdictionary_en_243_342.txt"
    counted = []
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        left, right, count = line.split(" ")
        if re.fullmatch("[a-z]+", left + right):
            counted.append((-int(count), f"{left} {right}"))
    return [pair for _, pair in sorted(counted)[:PAIRS]]


def read_typos_dict(where):
    """Maps each misspelling to its list of corrections."""
    source = (where / "crate/vendor/typos-dict/src/word_codegen.rs").read_text(encoding="utf-8")
    pattern = r'InsensitiveStr::Ascii\(\s*"([^"]*)",?\s*\)\s*,\s*&\[(.*?)\]'
    found = re.findall(pattern, source, re.S)
    return {typo: re.findall('"([^"]*)"', listed) for typo, listed in found}


def edits(word):
    """Every string at Damerau distance 1."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    result = {a + b[1:] for a, b in cuts if b}
    result |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    result |= {a + c + b[1:] for a, b in cuts if b for c in LETTERS}
    result |= {a + c + b for a, b in cuts for c in LETTERS}
    return result - {word}


def distance(a, b):
    """Damerau distance (restricted: no edit between transposed letters)."""
    before, row = None, list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                new[j] = min(new[j], before[j - 2] + 1)
        before, row = row, new
    return row[-1]


def is_in_reach(typo, right):
    """True when the search of `candidates.rs` goes from the first word to the second."""
    is_swapped = typo[:2] == right[1::-1] and typo[2:] == right[2:]
    return is_swapped or (typo[0] == right[0] and distance(typo, right) == 1)


def is_derived(word, known):
    """True when the word may be a correct formation: prefix + word, word + word, word + s."""
    for prefix in PREFIXES:
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) >= 4 and rest in known:
            return True
    for cut in range(4, len(word) - 3):
        if word[:cut] in known and word[cut:] in known:
            return True
    stem = word[:-1]
    return word.endswith("s") and stem in known and not re.search("(s|x|z|ch|sh|[^aeiou]y)$", stem)


def refusal(typo, right, lexicon):
    """Why the pair is not to be used, or None."""
    common, known, rare, names, foreign, frequency, ranks = lexicon
    if not re.fullmatch("[a-z]{3,15}", typo) or not is_word(right):
        return "shape"
    if right not in common or right not in frequency:
        return "correction not a common word"
    if typo in known:
        return "known word"
    if typo in names:
        return "name, abbreviation or contraction"
    if typo in foreign or re.search(FOREIGN_ENDINGS, typo):
        return "foreign word"
    if typo.endswith("in") and typo + "g" in known:
        return "spoken form"
    if re.sub("[aeiou]", "", right) == typo:
        return "shorthand"
    if re.search(r"([aeiouhlmrsyz])\1\1", typo):
        return "drawn out"
    far = distance(typo, right)
    if len(typo) <= 4 and (far > 1 or ranks[right] > 1000):
        return "short"
    if typo in rare and (far > 1 or len(typo) < 5 or frequency[right] < 1_000_000):
        return "rare word"
    others = [frequency[w] for w in edits(typo) if w in frequency and w != right]
    if far == 1 and max(others, default=0) > frequency[right]:
        return "ambiguous"
    if far >= 2 and (others or right.startswith(typo) or typo.startswith(right)):
        return "ambiguous"
    if pack(typo, right) >= 1 << 48 or far > 3 or (far == 3 and (len(typo) < 9 or typo[0] != right[0])):
        return "too far"
    if is_derived(typo, known):
        return "may be derived"
    return None


def pack(typo, right):
    """Number from which the correction is rebuilt; the reader is `unpack` in `lexicon.rs`.

    Bits 0-3: letters kept at the start, 4-7: letters kept at the end, then one base-27 digit
    per new letter between them, the first letter lowest.
    """
    head = 0
    while head < min(len(typo), len(right), 15) and typo[head] == right[head]:
        head += 1
    tail = 0
    while tail < min(len(typo), len(right)) - head and typo[-1 - tail] == right[-1 - tail]:
        tail += 1
    tail = min(tail, 15)
    middle = right[head : len(right) - tail]
    number = 0
    for letter in reversed(middle):
        number = number * 27 + 1 + LETTERS.index(letter)
    return head | tail << 4 | number << 8


def write_map(name, pairs):
    ducer.Map.build(str(HERE / name), sorted((k.encode(), v) for k, v in pairs.items()))


def main():
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) if len(sys.argv) < 2 else Path(sys.argv[1])
        where.mkdir(parents=True, exist_ok=True)
        if not (where / "crate").exists():
            fetch(where)
        common, known, rare, names, contractions = read_scowl(where)
        wordnet = read_wordnet(where)
        frequency = read_frequencies(where)
        common_pairs = read_pairs(where)
        pairs = read_typos_dict(where)
        foreign = set()
        for name in FOREIGN.values():
            foreign |= {plain(line) for line in read_lines(where / "usr/share/dict" / name)}

    extra = set(read_lines(HERE / "extra.txt"))
    refused = set(read_lines(HERE / "refused.txt"))
    common -= set(read_lines(HERE / "never.txt"))
    own = dict(line.split() for line in read_lines(HERE / "corrections.txt"))
    listed = set(pairs) | set(own)
    known = (known | wordnet | set(frequency) | extra | contractions) - set(own)

    by_frequency = sorted(frequency, key=frequency.get, reverse=True)
    ranks = {word: rank for rank, word in enumerate(by_frequency)}
    lexicon = (common, known, rare, names | contractions, foreign, frequency, ranks)
    curated, reasons = {}, {}
    for typo, rights in pairs.items():
        if len(rights) != 1:
            reason = "several corrections"
        elif typo in refused:
            reason = "refused by hand"
        else:
            reason = refusal(typo, rights[0], lexicon)
        reasons[reason] = reasons.get(reason, 0) + 1
        if reason is None:
            curated[typo] = pack(typo, rights[0])
        elif reason in ("several corrections", "ambiguous") and typo not in refused:
            # Every right word must be in reach of the search, and nothing else may speak against the entry.
            others = {refusal(typo, right, lexicon) for right in rights}
            if others <= {None, "ambiguous"} and all(is_in_reach(typo, right) for right in rights):
                curated[typo] = OPEN
    for typo, right in own.items():
        assert typo not in extra and right in common, typo
        curated[typo] = pack(typo, right)

    # SCOWL's largest lists hold misspellings too ("wierd"), so its words beyond size 80 count as
    # known only where nobody lists them as a misspelling, and only where the distance search
    # could otherwise take them for one.
    near = {w for w in (rare | names) - listed if 5 <= len(w) <= 15}
    targets = {w for w in common if frequency.get(w, 0) >= 1_000_000}
    near = {w for w in near if any(e in targets for e in edits(w))}
    known |= near
    known -= set(curated)

    # Twice the base-2 logarithm of the count, and whether the word may be a correction.
    values = {
        word: round(2 * math.log2(count / RARE)) << 1 | (word in common)
        for word, count in frequency.items()
        if count >= RARE
    }
    ducer.Set.build(str(HERE / "known.fst"), sorted(w.encode() for w in known))
    write_map("frequency.fst", values)
    write_map("curated.fst", curated)
    ducer.Set.build(str(HERE / "pairs.fst"), sorted(pair.encode() for pair in common_pairs))

    for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
        print(f"{count:7} {reason or 'kept'}")
    print(f"{sum(1 for value in curated.values() if value == OPEN):7} left open")
    print(f"{len(known):7} known words, {len(near)} of them rare, {len(values)} frequencies")


if __name__ == "__main__":
    main()
