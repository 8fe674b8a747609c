"""Silver and gold become one set of labels: `labels.py SILVER_DIR OUT_DIR`.

What gold and teachers dispute is decided by the rules in `reconcile`, and what no rule can decide is masked: the loss skips it.
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from conventions import KEPT, QUANTITIES, core, normal, plausible

PLACE = {"GPE", "LOC", "FAC"}
# What the corpus's own type may be in ours. The first is taken where no teacher helps; None: masked there.
GOLD = {
    "gmb": {"per": ["PERSON"], "org": ["ORG"], "geo": ["GPE", "LOC", "FAC"], "gpe": ["NORP", "GPE"], "eve": ["EVENT"],
            "art": [None, "WORK_OF_ART", "PRODUCT", "LAW"], "nat": [None], "tim": [None, "DATE", "TIME"]},
    "wikigold": {"PER": ["PERSON"], "ORG": ["ORG"], "LOC": ["GPE", "LOC", "FAC"],
                 "MISC": [None, "NORP", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW"]},
    "wnut17": {"person": ["PERSON"], "location": ["GPE", "LOC", "FAC"], "corporation": ["ORG"], "group": ["ORG", "NORP"],
               "product": ["PRODUCT"], "creative-work": ["WORK_OF_ART"]},
    "btc": {"PER": ["PERSON"], "ORG": ["ORG"], "LOC": ["GPE", "LOC", "FAC"]},
    "re3d": {"Person": ["PERSON"], "Organisation": ["ORG", "NORP"], "Location": ["GPE", "LOC", "FAC"]},
}  # fmt: skip
# Types whose absence in the corpus means "none here"; a teacher's span of any other type is believed or masked.
COMPLETE = {
    "wikigold": {"PERSON", "ORG", "GPE", "LOC", "FAC"},
    "wnut17": {"PERSON", "ORG", "GPE", "LOC", "FAC", "PRODUCT", "WORK_OF_ART"},
    "btc": {"PERSON", "ORG", "GPE", "LOC"},
    "gmb": set(),
    "re3d": set(),
}
BELIEVED = {
    "gmb": {"NORP", "FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW"} | QUANTITIES,
    "wikigold": {"NORP", "LAW"} | QUANTITIES,
    "re3d": {"NORP", "FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW"} | QUANTITIES,
    "wnut17": QUANTITIES,
    "btc": QUANTITIES,
}
# Types that both teachers seldom get alike, and that would be masked nearly always.
RARE = {"FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW"}
# Names that the teachers type wrongly because of their spelling or place; None is no name ("WN" marks the interviewer in Wikinews).
KNOWN = {"Taleban": "ORG", "the Taleban": "ORG", "Taliban": "ORG", "the Taliban": "ORG", "WN": None}
PRONOUNS = {"We", "They", "He", "She", "It", "Our", "Their", "I", "You", "His", "Her", "Its", "The", "These", "Those", "This"}


def is_name(text: str) -> bool:
    """Whether a gold span is a name at all: re3d also marks "partners" and "We", GMB some lower-case words."""
    words = text.split()
    last = words[-1] if words else ""
    return bool(last[:1].isupper() or any(c.isdigit() or c.isupper() for c in last)) and not (len(words) == 1 and last in PRONOUNS)


def overlap(a, b) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def outermost(spans: list) -> list:
    """Without the spans that lie inside others: OntoNotes names do not nest."""
    kept = []
    for s in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if not any(overlap(s, k) for k in kept):
            kept.append(s)
    return sorted(kept)


def key(name: str) -> str:
    return name.removeprefix("the ").removeprefix("The ")


class Votes:
    """How a name is typed over all corpora: every gold span and every span of the teacher is one vote."""

    def __init__(self, rows):
        self._teacher = defaultdict(Counter)
        self._classes = defaultdict(Counter)
        for row in rows:
            text, table = row["text"], GOLD.get(row["corpus"], {})
            for s, e, kind in row["teacher"]:
                self._teacher[key(text[s:e])][kind] += 1
                self._classes[key(text[s:e])]["PLACE" if kind in PLACE else kind] += 1
            for s, e, kind in row["gold"]:
                first = table.get(kind, [None])[0]
                if first and row["split"] == "train":
                    s, e, _ = normal(text, s, e, "PERSON" if first == "PERSON" else "")
                    self._classes[key(text[s:e])]["PLACE" if first in PLACE else first] += 1

    def best(self, name: str, allowed: list):
        """The type among `allowed` that the teacher gives this name most often, if ever."""
        counts = [(self._teacher[key(name)][k], k) for k in allowed if k and key(name) in self._teacher and self._teacher[key(name)][k] > 0]
        return max(counts)[1] if counts else None

    def winner(self, name: str):
        """The class that has at least 65 % of at least 6 votes, and its commonest type."""
        votes = self._classes.get(key(name), Counter())
        if votes.total() < 6:
            return None
        kind, n = votes.most_common(1)[0]
        if n < 0.65 * votes.total():
            return None
        return (self.best(name, ["GPE", "LOC", "FAC"]) or "GPE") if kind == "PLACE" else kind


def plain_organisation(name: str) -> bool:
    """An acronym or several capitalised words: the shape of an organisation that a place or person rarely has."""
    return (len(name) > 1 and name.isupper() and "." not in name) or sum(w[:1].isupper() for w in key(name).split()) >= 3


def reconcile(row: dict, votes: Votes, disputes: Counter) -> tuple[list, list]:
    """Spans and masked extents of a sentence with gold.

    1. Same extent (but for "the"): gold's class wins, the teacher's finer type within it, the teacher's extent. GMB is
       semi-automatic: there the class that the name has elsewhere wins, and without a clear one the name is masked.
    2. Same class, other extent: gold's for persons and organisations, the teacher's for places; a teacher's name that
       covers two gold ones is the outermost name and wins.
    3. Other class and other extent: masked.
    4. Gold alone is believed. The teacher alone: believed for types gold does not know, none for types gold marks
       completely, masked otherwise.
    """
    text, corpus = row["text"], row["corpus"]
    table = GOLD[corpus]
    gold = outermost([normal(text, s, e, "PERSON" if table[t] == ["PERSON"] else "") [:2] + (t,) for s, e, t in row["gold"] if t in table])
    gold = [g for g in gold if g[0] < g[1] and (table[g[2]][0] is None or is_name(text[g[0] : g[1]]))]
    spans, masked, used = [], [], set()
    for g in gold:
        allowed = table[g[2]]
        near = [t for t in row["teacher"] if overlap(t, g)]
        same = [t for t in near if core(text, t) == core(text, g)]
        if same:
            t = same[0]
            used.add(t)
            start = g[0] if allowed == ["PERSON"] else t[0]
            if t[2] in allowed:
                spans.append((start, t[1], t[2]))
            elif corpus == "gmb" and g[2] in ("org", "geo") and t[2] in ("FAC", "EVENT", "WORK_OF_ART", "LAW", "NORP", "PRODUCT"):
                spans.append((t[0], t[1], t[2]))  # GMB has no such class, so its own says nothing against it
                disputes[f"{corpus} {g[2]} finer {t[2]}"] += 1
            else:
                name = text[g[0] : g[1]]
                kind = votes.best(name, allowed) or allowed[0]
                if corpus == "gmb":  # half of what it disputes is its own slip
                    kind = votes.winner(name) or (kind if allowed == ["ORG"] and plain_organisation(name) else None)
                disputes[f"{corpus} {g[2]} against {t[2]}: {'masked' if kind is None else 'gold' if kind in allowed else 'vote'}"] += 1
                (spans.append((g[0] if kind == "PERSON" else t[0], t[1], kind)) if kind else masked.append(t[:2]))
            continue
        used.update(near)
        agreeing = [t for t in near if t[2] in allowed]
        if agreeing and len(near) == 1:
            t = agreeing[0]
            covered = sum(overlap(t, other) for other in gold)
            if covered > 1 or set(allowed) & PLACE or allowed[0] is None:
                spans.append(t)
            else:
                spans.append((g[0], g[1], t[2]))
            disputes[f"{corpus} {g[2]} extent"] += 1
        elif near:
            masked += [g[:2], *(t[:2] for t in near)]
            disputes[f"{corpus} {g[2]} masked"] += 1
        else:
            name = text[g[0] : g[1]]
            kind = votes.best(name, allowed) or allowed[0]
            if corpus == "gmb":
                kind = None if text[: g[0]].endswith("Secretary of ") else votes.winner(name) or kind
            disputes[f"{corpus} {g[2]} gold alone"] += 1
            (spans.append((g[0], g[1], kind)) if kind else masked.append(g[:2]))
    for t in row["teacher"]:
        if t in used or any(overlap(t, s) for s in spans):
            continue
        if t[2] in BELIEVED[corpus]:
            spans.append(t)
        elif t[2] not in COMPLETE[corpus]:
            masked.append(t[:2])
            disputes[f"{corpus} teacher alone masked {t[2]}"] += 1
    return outermost(spans), masked


def agreed(row: dict, disputes: Counter) -> tuple[list, list]:
    """Spans of a sentence without gold: what both teachers say; where they differ the loss is masked.

    A rare type of the better teacher counts when the other one sees a name of the same extent, of whatever type.
    """
    text, second = row["text"], {core(row["text"], s) for s in row["second"]}
    both = set(row["teacher"]) & set(row["second"]) | {s for s in row["teacher"] if s[2] in RARE and core(text, s) in second}
    disputed = {s for s in (set(row["teacher"]) | set(row["second"])) - both if not any(core(text, s) == core(text, b) for b in both)}
    disputes[f"{row['corpus']} agreed"] += len(both)
    disputes[f"{row['corpus']} masked"] += len(disputed)
    return outermost(sorted(both)), [s[:2] for s in disputed]


def normal_spans(text: str, spans: list) -> list:
    found = [normal(text, s, e, k) for s, e, k in spans if k in KEPT]
    found = [(s, e, KNOWN.get(text[s:e], k)) for s, e, k in found]
    return [s for s in found if s[2] and plausible(text, *s)]


def read(silver: Path) -> list[dict]:
    """The teachers' files, joined."""
    rows, second = [], {}
    for path in sorted(silver.glob("sm-*.jsonl")):
        for line in open(path, encoding="utf-8"):
            r = json.loads(line)
            second[r["corpus"], r["text"]] = normal_spans(r["text"], r["sm"])
    for path in sorted(silver.glob("md-*.jsonl")):
        for line in open(path, encoding="utf-8"):
            r = json.loads(line)
            r["teacher"] = normal_spans(r["text"], r.pop("md"))
            r["second"] = second.get((r["corpus"], r["text"]))
            rows.append(r)
    return rows


def main(silver: Path, out: Path) -> None:
    """Writes `train.jsonl`, `dev.jsonl`, `test.jsonl` and the count of each kind of dispute."""
    rows = read(silver)
    votes, disputes = Votes(rows), Counter()
    out.mkdir(parents=True, exist_ok=True)
    files = {name: open(out / f"{name}.jsonl", "w", encoding="utf-8") for name in ("train", "dev", "test")}
    for r in rows:
        if r["corpus"] in GOLD:
            spans, masked = reconcile(r, votes, disputes)
        else:
            spans, masked = agreed(r, disputes)
        row = {"corpus": r["corpus"], "document": r["document"], "text": r["text"], "spans": spans, "masked": masked}
        if r["split"] == "test":
            row["gold"] = r["gold"]
        files[r["split"]].write(json.dumps(row, ensure_ascii=False) + "\n")
    for file in files.values():
        file.close()
    (out / "disputes.json").write_text(json.dumps(dict(sorted(disputes.items())), indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
