"""The tables of the model card, from what was measured: `card.py EVALUATION.json COMPARISON.json CURVE.csv` prints Markdown."""

import csv
import json
import sys
from pathlib import Path

SYSTEMS = {"scutch": "ours", "md": "spaCy md", "sm": "spaCy sm"}


def table(head: list[str], rows: list[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def pair(exact: dict, trimmed: dict) -> str:
    return f"{exact['f1']:.3f} / {trimmed['f1']:.3f}"


def entities(found: dict) -> str:
    rows = []
    for corpus, r in found.items():
        for kind in ["micro", *sorted(k for k in r["scutch"]["trimmed"] if k != "micro")]:
            cells = [pair(r[s]["exact"].get(kind, {"f1": 0.0}), r[s]["trimmed"].get(kind, {"f1": 0.0})) if s in r else "-" for s in SYSTEMS]
            where = f"**{corpus}** ({r['sentences']} sentences)" if kind == "micro" else ""
            what = f"all {r['scutch']['trimmed_micro_interval']}" if kind == "micro" else kind
            rows.append([where, what, r["scutch"]["trimmed"].get(kind, {"gold": 0})["gold"], *cells])
    return table(["held out", "type [95 % interval of ours, trimmed]", "gold spans", *SYSTEMS.values()], rows)


def confusion(found: dict) -> str:
    parts = []
    for corpus, r in found.items():
        said = sorted({k for row in r["confusion"].values() for k in row}, key=lambda k: (k == "nothing", k))
        rows = [[gold, *(row.get(k, 0) for k in said)] for gold, row in sorted(r["confusion"].items(), key=lambda x: (x[0] == "nothing", x[0]))]
        parts.append(table([f"{corpus}: gold, tagged as", *said], rows))
    return "\n\n".join(parts)


def agreement(found: dict) -> str:
    ours, sm = found["scutch_against_md"], found["sm_against_md"]
    rows = [[k, ours[k]["gold"], f"{ours[k]['f1']:.3f}", f"{sm.get(k, {'f1': 0.0})['f1']:.3f}"] for k in sorted(ours, key=lambda k: (k == "micro", k))]
    return table(["type", "md's spans", "ours against md", "sm against md"], rows)


def misspellings(found: dict) -> str:
    kinds = {k: v for k, v in found.items() if isinstance(v, dict) and "trained" in v}
    steps = [k for k in next(iter(kinds.values())) if k != "trained"]
    rows = [[k, "yes" if v["trained"] else "no", v[steps[0]]["errors"], *(f"{v[s]['p']:.3f} / {v[s]['r']:.3f}" for s in steps)] for k, v in kinds.items()]
    alarms = [f"{found['false_alarms_per_1000'][s]:.2f}" for s in steps]
    rows.append(["**false alarms per 1,000 clean words**", "", found["clean_words"], *alarms])
    return table(["kind of error", "trained on", "errors", *(f"at {s}" for s in steps)], rows)


def curve(path: Path) -> str:
    points = [r for r in csv.DictReader(path.open()) if r["dev_f1"]]
    step = max(1, len(points) // 12)
    some = points[::step] + ([points[-1]] if (len(points) - 1) % step else [])
    rows = [[f"{int(r['pieces']) / 1e6:.2f} M", f"{int(r['seconds']) // 60} min", r["epoch"], r["tag_loss"], r["typo_loss"], r["dev_f1"]] for r in some]
    return table(["pieces", "time", "epoch", "tag loss", "typo loss", "dev F1"], rows)


def bases(found: dict) -> str:
    corpora = [k for k in next(iter(found.values())) if k not in ("pieces", "step")]
    rows = [[name, f"{r['pieces'] / 1e6:.2f} M", *(f"{r[c]['exact']:.3f} / {r[c]['trimmed']:.3f} {r[c]['interval']}" for c in corpora)] for name, r in found.items()]
    return table(["base", "pieces", *corpora], rows)


def main(evaluation: Path, comparison: Path, points: Path) -> None:
    found = json.loads(evaluation.read_text())
    parts = {
        "Entities: micro F1, exact / trimmed": entities(found["entities"]),
        "Agreement with md on held-out Wikinews": agreement(found["wikinews_agreement"]),
        "Misspellings: precision / recall": misspellings(found["typos"]),
        "Confusion": confusion(found["entities"]),
        "Learning curve": curve(points),
    }
    if comparison.exists():
        parts["Bases: micro F1, exact / trimmed [95 % interval]"] = bases(json.loads(comparison.read_text()))
    for title, part in parts.items():
        sys.stdout.write(f"### {title}\n\n{part}\n\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
