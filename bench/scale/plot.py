#!/usr/bin/env python3
"""Draws the plots of docs/benchmarks.md from the results of bench/scale/run.sh.

usage: plot.py FOLDER [FORMAT]     FOLDER holds PART.jsonl and gets the plots; FORMAT is svg (default) or png
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

FOLDER = Path(sys.argv[1])
FORMAT = sys.argv[2] if len(sys.argv) > 2 else "svg"
# The same bytes for the same results, and text as text.
plt.rcParams.update({"svg.hashsalt": "scutch", "svg.fonttype": "none", "axes.spines.top": False, "axes.spines.right": False,
                     "axes.grid": True, "grid.alpha": 0.3, "legend.frameon": False, "figure.constrained_layout.use": True,
                     "font.size": 9})
USERS = ["worker", "producer", "scheduler", "postgres", "rabbitmq", "redis", "client", "others"]
COLOURS = dict(zip(USERS, ["#1b6ca8", "#7fb3d5", "#2a9d8f", "#e07a3f", "#f2b880", "#b5838d", "#9a9a9a", "#d8d8d8"]))


def results(part):
    """The lines of a part; none where it did not run."""
    path = FOLDER / f"{part}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def save(figure, name):
    figure.savefig(FOLDER / f"{name}.{FORMAT}", metadata={"Date": None} if FORMAT == "svg" else None, dpi=110)
    plt.close(figure)


def by_workers(lines):
    """For each number of workers the best of its runs."""
    best = {}
    for line in lines:
        if line["documents_per_s"] > best.get(line["workers"], {"documents_per_s": 0})["documents_per_s"]:
            best[line["workers"]] = line
    return [best[number] for number in sorted(best)]


def cores(axes, lines, labels):
    """Bars of who used the cores, one a run."""
    bottoms = [0.0] * len(lines)
    for user in USERS:
        used = [max(0.0, line["cores"].get(user, 0.0)) for line in lines]
        axes.bar(labels, used, bottom=bottoms, label=user, color=COLOURS[user], width=0.6)
        bottoms = [sum(pair) for pair in zip(bottoms, used)]
    axes.set_ylabel("cores in use (mean)")
    axes.grid(axis="x", visible=False)


def throughput():
    """Documents a second against workers, and who used the two cores meanwhile."""
    articles, noop = results("articles") + results("wide"), results("workers")
    parts = [part for part in (articles, noop) if part]
    if not parts:
        return
    figure, axes = plt.subplots(2, len(parts), figsize=(4.5 * len(parts), 6.4), squeeze=False)
    for part, (above, below) in zip(parts, axes.T):
        if part is articles:
            lines = by_workers(line for line in articles if line["label"] == "a core each")
            for label, marker in (("a core each", "o"), ("all cores each", "s")):
                some = by_workers(line for line in articles if line["label"] == label)
                above.plot([l["workers"] for l in some], [l["documents_per_s"] for l in some], marker=marker, label=f"workers with {label}")
            above.set_title(f"{articles[0]['documents']:,} articles as one job, with the model")
        else:
            one = [line for line in noop if line["label"] == "one job"]
            many = [line for line in noop if line["label"] == "eight jobs"]
            lines = by_workers(one)
            above.plot([l["workers"] for l in one], [l["documents_per_s"] for l in one], "o", alpha=0.35, color="#1b6ca8")
            above.plot([l["workers"] for l in lines], [l["documents_per_s"] for l in lines], label="one job (two runs, the better joined)", color="#1b6ca8")
            above.plot([l["workers"] for l in many], [l["documents_per_s"] for l in many], "^", label="eight jobs at once", color="#e07a3f")
            above.set_title(f"{noop[0]['documents']:,} documents, no pipeline")
        above.set_ylim(0, above.get_ylim()[1] * 1.1)
        above.set_xticks([1, 2, 4, 8])
        above.set_ylabel("documents/s")
        above.legend(loc="lower right")
        cores(below, lines, [str(l["workers"]) for l in lines])
        below.axhline(2, color="black", linewidth=0.8, linestyle=":")
        for one_of in (above, below):
            one_of.set_xlabel("workers")
    handles, labels = axes[1][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(USERS) // (3 - len(parts)))
    save(figure, "throughput")


def percentile_bars(axes, lines, labels, key, goal=None):
    """p50, p95 and p99 beside one another, on a logarithmic scale."""
    for shift, (percent, colour) in enumerate(((50, "#7fb3d5"), (95, "#1b6ca8"), (99, "#0b3c5d"))):
        heights = [line[key][f"p{percent}_ms"] for line in lines]
        bars = axes.bar([at + (shift - 1) * 0.27 for at in range(len(lines))], heights, 0.25, label=f"p{percent}", color=colour)
        axes.bar_label(bars, [f"{height:.0f}" if height >= 10 else f"{height:.1f}" for height in heights], fontsize=6.5)
    axes.set_xticks(range(len(lines)), labels)
    axes.set_yscale("log")
    axes.set_ylabel("ms")
    axes.grid(axis="x", visible=False)
    if goal:
        axes.axhline(goal[0], color="#c1121f", linewidth=1, linestyle="--", label=goal[1])
    axes.legend(loc="upper left", fontsize=7.5, ncols=2)
    axes.set_ylim(top=axes.get_ylim()[1] * 3)


def latency():
    """How long answers take: single articles, status during a long job, submissions at once."""
    single, long_job, at_once = results("preprocess"), results("million"), results("submissions")
    if not (single and long_job):
        return
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9, 7))
    names = [f"{l['clients']} client{'s' * (l['clients'] > 1)}\n{l['requests_per_s']:.0f}/s" for l in single]
    percentile_bars(top, single, names, "latency", (250, "claim of the old service, one by one: 250 ms"))
    top.set_title("POST /v1/preprocess: an article cleaned with the model while one waits")
    lines = [{"ms": long_job[-1]["status"]}, {"ms": long_job[-1]["newest"]}, *({"ms": l["latency"]} for l in at_once)]
    beside = f"beside {long_job[-1]['documents']:,} documents"
    names = [f"GET /v1/jobs/{{id}}\n{beside}", f"GET /v1/jobs\n{beside}",
             *(f"{l['jobs']:,} submissions\nat once, {l['label']}" for l in at_once)]
    percentile_bars(bottom, lines, names, "ms", (20, "goal for the status: 20 ms at p99"))
    bottom.set_title("the service's own answers under load")
    save(figure, "latency")


def listing():
    """How long pages of the list of jobs take with a million jobs in the table."""
    lines = results("listing")
    if not lines:
        return
    figure, axes = plt.subplots(figsize=(9, 4.6))
    names = [line["page"] for line in lines][::-1]
    for shift, (percent, colour) in enumerate(((99, "#0b3c5d"), (50, "#7fb3d5"))):
        widths = [line["latency"][f"p{percent}_ms"] for line in lines][::-1]
        bars = axes.barh([at + (shift - 0.5) * 0.4 for at in range(len(lines))], widths, 0.38, label=f"p{percent}", color=colour)
        axes.bar_label(bars, [f" {width:.0f}" if width >= 10 else f" {width:.1f}" for width in widths], fontsize=7)
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.set_xlabel("ms")
    axes.grid(axis="y", visible=False)
    axes.set_title(f"GET /v1/jobs with {lines[0]['found']:,} jobs in the table")
    axes.legend(loc="lower right")
    save(figure, "listing")


def memory():
    """Memory of each role and server through a job of a million documents."""
    lines = results("million")
    if not lines:
        return
    series = lines[-1]["series"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    for axes, users in ((left, ("worker", "producer", "scheduler")), (right, ("postgres", "rabbitmq", "redis"))):
        for user in users:
            points = [point for point in series if user in point]
            axes.plot([p["s"] for p in points], [p[user] for p in points], label=user, color=COLOURS[user])
        axes.set_xlabel("s since the file began to be uploaded")
        axes.set_ylabel("resident MiB")
        axes.set_ylim(bottom=0)
        axes.axvline(lines[-1]["taken_in_s"], color="black", linewidth=0.8, linestyle=":")
        axes.legend(loc="best")
    left.set_title(f"{lines[-1]['documents']:,} documents: the roles ({lines[-1]['workers']} workers together)")
    right.set_title("the servers")
    save(figure, "memory")


def roles():
    """Who used what in the whole service, held to cores and memory."""
    lines = [line for line in results("limits") if not line.get("failed")]
    if not lines:
        return
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6))
    names = [f"{l['label'].replace('cores 0,1', '2 cores').replace('cores 0', '1 core')}\n{l['documents_per_s']:.0f}/s" for l in lines]
    cores(left, lines, names)
    bottoms = [0.0] * len(lines)
    for user in USERS[:-1]:
        used = [line["pss_mib"].get(user, 0.0) for line in lines]
        right.bar(names, used, bottom=bottoms, color=COLOURS[user], width=0.6, label=user)
        bottoms = [sum(pair) for pair in zip(bottoms, used)]
    right.set_ylabel("highest MiB of each (PSS)")
    right.grid(axis="x", visible=False)
    for axes in (left, right):
        axes.tick_params(axis="x", labelsize=7.5)
    left.set_title("cores")
    right.set_title("memory")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(USERS))
    save(figure, "roles")


for draw in (throughput, latency, listing, memory, roles):
    draw()
