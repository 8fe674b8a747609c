"""Span scores, exact and with trimmed edges; a copy of the rule that every system is measured by."""

from collections import Counter

from conventions import trimmed


def scores(texts: list[str], gold: list[list], found: list[list]) -> dict:
    """Precision, recall and F1 per type and over all ("micro"), `exact` and `trimmed`."""
    out = {}
    for name in ("exact", "trimmed"):
        right, there, said = Counter(), Counter(), Counter()
        for text, g, f in zip(texts, gold, found, strict=True):
            if name == "trimmed":
                g = [(*trimmed(text, s, e), k) for s, e, k in g]
                f = [(*trimmed(text, s, e), k) for s, e, k in f]
            g, f = {tuple(x) for x in g}, {tuple(x) for x in f}
            there.update(k for _, _, k in g)
            said.update(k for _, _, k in f)
            right.update(k for _, _, k in g & f)
        kinds = sorted(there | said)
        table = {k: _prf(right[k], said[k], there[k]) for k in kinds}
        table["micro"] = _prf(right.total(), said.total(), there.total())
        out[name] = table
    return out


def _prf(right: int, said: int, there: int) -> dict:
    p = right / said if said else 0.0
    r = right / there if there else 0.0
    return {"p": round(p, 4), "r": round(r, 4), "f1": round(2 * p * r / (p + r), 4) if p + r else 0.0, "gold": there, "found": said}
