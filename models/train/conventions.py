"""One span convention for everything the model learns: OntoNotes', as its annotators' guidelines put it.

No title in a person, no possessive ending in a name, "the" where OntoNotes has it ("the White House"), never in a person.
"""

import re

KEPT = {"PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW", "DATE", "TIME", "MONEY", "PERCENT"}
QUANTITIES = {"DATE", "TIME", "MONEY", "PERCENT"}

_OFFICE = (
    "President|Minister|Secretary|Secretary[- ]General|Senator|General|Ambassador|Chancellor|King|Queen|Prince|Princess|Pope|Sheikh|Sheik|"
    "Ayatollah|Colonel|Captain|Judge|Justice|Governor|Mayor|Congressman|Congresswoman|Representative|Director|Chairman|Chairwoman|Premier|"
    "Speaker|Spokesman|Spokeswoman|Admiral|Lieutenant|Major|Sergeant|Professor|Doctor|Bishop|Archbishop|Cardinal|Commissioner|Attorney|"
    "Leader|Chief|Envoy|Coach|Officer|Commander|Rabbi|Reverend|Father|Sister|Lord|Lady|Sir|Dame|Emir|Imam|Mullah|Sultan|Dalai"
)
_TITLE = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Sen|Gen|Gov|Rep|Col|Lt|Prof|Rev|Capt|Sgt|Maj|Adm|Amb|Messrs|Hon)\b\.?|"
    r"(?:(?:Vice|Deputy|Former|Prime|Foreign|Defense|Defence|Interior|Finance|Justice|High|Special|Assistant|Associate|Attorney|Chief|"
    r"Brigadier|Lieutenant|Major|Crown|Grand|Supreme|Acting|U\.S\.|US|British|Israeli|Iraqi|Russian|French|German|Palestinian)[- ])*"
    rf"(?:{_OFFICE})(?:[- ](?:General|Designate|Elect|of (?:State|Defense|Defence|the Treasury)))?)\s+"
)
_POSSESSIVE = re.compile(r"(?<=\S)(?:['’][sS]?|\s['’][sS]?)$")
_BARE = {"Prime", "Vice", "Deputy", "Former", "Foreign", "Secretary of State", "Crown", "Supreme", "Acting", "State"}
THE = re.compile(r"(?:the|The|THE)\s+")


def normal(text: str, start: int, end: int, kind: str) -> tuple[int, int, str]:
    """The span in our convention; it may come back empty (a bare title), callers drop that."""
    while start < end and (text[start].isspace() or text[start] in "\"“”‘«»[("):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in "\"“”«»,;:"):
        end -= 1
    if kind not in QUANTITIES:
        m = _POSSESSIVE.search(text[start:end])
        if m:
            end = start + m.start()
    if kind == "PERSON":
        m = THE.match(text[start:end])
        start += m.end() if m else 0
        while m := _TITLE.match(text[start:end]):
            start += m.end()
        if _TITLE.fullmatch(text[start:end] + " ") or text[start:end] in _BARE:
            start = end
    if kind == "MONEY" and start > 0 and text[start - 1] in "$€£¥":
        start -= 1
    return start, end, kind


def plausible(text: str, start: int, end: int, kind: str) -> bool:
    """Whether a teacher's span can be what it says: no address or tag of the web, no amount without a currency or a percentage."""
    name = text[start:end]
    if start >= end or "://" in name or "@" in name or (kind in QUANTITIES and "#" in name):
        return False
    if kind == "MONEY":
        return any(c in "$€£¥₹" or c.isalpha() for c in name)
    return any(c.isalnum() for c in name)


def core(text: str, span: tuple) -> tuple[int, int]:
    """The extent without a leading article: two spans with one core are the same name."""
    m = THE.match(text[span[0] : span[1]])
    return span[0] + (m.end() if m else 0), span[1]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The extent without edge words that conventions differ on: articles, titles, possessives, punctuation."""
    while True:
        before = (start, end)
        start, end, _ = normal(text, start, end, "PERSON") if normal(text, start, end, "PERSON")[0] < end else (start, end, "")
        m = re.match(r"(?:the|a|an)\s+", text[start:end], re.IGNORECASE)
        start += m.end() if m else 0
        while end > start and not text[end - 1].isalnum() and text[end - 1] not in "%$€£":
            end -= 1
        while start < end and not text[start].isalnum() and text[start] not in "$€£":
            start += 1
        if (start, end) == before:
            return before
