#!/usr/bin/env python3
"""Fills the tables of docs/benchmarks.md from the results of bench/scale/run.sh: what stands between `<!-- NAME -->` and `<!-- / -->`.

usage: tables.py FOLDER [PAGE.md]     FOLDER holds PART.jsonl
"""

import json
import re
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
PAGE = Path(sys.argv[2] if len(sys.argv) > 2 else "docs/benchmarks.md")


def results(part):
    path = FOLDER / f"{part}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def table(heads, rows):
    if not rows:
        return "Not measured yet."
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def number(value):
    """As one reads it: 12,345, 123, 12.3, 0.12."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def ms(latency):
    return [number(latency[f"p{percent}_ms"]) for percent in (50, 95, 99)]


def cores(line, *users):
    return [f"{line['cores'].get(user, 0):.2f}" for user in users]


def preprocess():
    heads = ["clients", "requests/s", "a minute", "p50 ms", "p95 ms", "p99 ms", "503 on the way", "cores of the worker", "of the rest of ours", "of other programs"]
    rows = []
    for line in results("preprocess"):
        ours = sum(used for name, used in line["cores"].items() if name not in ("worker", "others"))
        rows.append([line["clients"], number(line["requests_per_s"]), number(line["requests_per_s"] * 60), *ms(line["latency"]),
                     line["refused_503"], *cores(line, "worker"), f"{ours:.2f}", *cores(line, "others")])
    return table(heads, rows)


def jobs(lines):
    users = ["worker", "postgres", "rabbitmq", "redis", "scheduler", "producer", "client", "others"]
    heads = ["workers", "with", "s", "documents/s", *(f"{user}" for user in users), "connections to PostgreSQL"]
    return table(heads, [[line["workers"], line["label"], number(line["seconds"]), f"**{number(line['documents_per_s'])}**",
                          *cores(line, *users), line["connections"]] for line in lines])


def submissions():
    heads = ["jobs at once", "pipeline", "all answered, s", "all completed, s", "jobs/s", "p50 ms", "p95 ms", "p99 ms", "503 on the way", "connections broken"]
    return table(heads, [[line["jobs"], line["label"], number(line["all_answered_s"]), number(line["all_completed_s"]), number(line["jobs_per_s"]),
                          *ms(line["latency"]), line["refused_503"], line["broken"]] for line in results("submissions")])


def listing():
    before = {line["page"]: line for line in results("listing-before")}
    heads = ["page", "jobs that match", "p50 ms", "p99 ms", "p50 ms before", "p99 ms before"]
    rows = []
    for line in results("listing"):
        old = before.get(line["page"])
        old = [number(old["latency"][key]) for key in ("p50_ms", "p99_ms")] if old else ["", ""]
        rows.append([line["page"], f"{line['found']:,}", number(line["latency"]["p50_ms"]), number(line["latency"]["p99_ms"]), *old])
    return table(heads, rows)


def million():
    heads = ["", "first quarter, MiB (mean)", "second", "third", "last", "highest", "cores"]
    rows = []
    for line in results("million"):
        series = line["series"]
        quarters = [series[len(series) * part // 4 : len(series) * (part + 1) // 4] for part in range(4)]
        for name in ("worker", "producer", "scheduler", "postgres", "rabbitmq", "redis"):
            means = [number(sum(point[name] for point in part) / max(1, len(part))) for part in quarters]
            rows.append([name, *means, number(max(point[name] for point in series)), *cores(line, name)])
    return table(heads, rows)


def status():
    rows = [[path, line[key]["n"], *ms(line[key])] for line in results("million")
            for path, key in (("`GET /v1/jobs/{id}`", "status"), ("`GET /v1/jobs`", "newest"))]
    return table(["", "asked", "p50 ms", "p95 ms", "p99 ms"], rows)


def roles():
    users = ["worker", "producer", "scheduler", "postgres", "rabbitmq", "redis"]
    heads = ["held to", "documents/s", *(f"{user}: cores, MiB" for user in users), "sum, MiB"]
    rows = []
    for line in results("limits"):
        if line.get("failed"):
            rows.append([line["label"], "**failed**", *[""] * (len(users) + 1)])
            continue
        each = [f"{line['cores'][user]:.2f}, {line['pss_mib'][user]:.0f}" for user in users]
        rows.append([line["label"], number(line["documents_per_s"]), *each, f"{sum(line['pss_mib'][user] for user in users):.0f}"])
    return table(heads, rows)


def queues():
    heads = ["queue", "confirm p50 ms", "p99 ms", "taken/s", "CPU ms a message, all nodes", "KB written a message, all nodes"]
    return table(heads, [[line["label"], number(line["confirm"]["p50_ms"]), number(line["confirm"]["p99_ms"]), f"{line['taken_per_s']:,}",
                          number(line["cpu_ms_per_message"]), number(line["written_per_message"] / 1000)] for line in results("queues")])


def costs():
    """What went on for each chunk of 64 documents."""
    rows = {}
    for line in results("costs"):
        chunks, used, cpu = line["chunks"] - 1, line["used"], line["cores"]
        column = {
            "documents": f"{line['documents']:,}", "bytes of a document, as JSON": number(line["bytes"] / line["documents"]),
            "documents/s": number(line["documents_per_s"] if "documents_per_s" in line else line["documents"] / line["seconds"]),
            "chunks": f"{chunks:,}", "commits a chunk": number(used["commits"] / chunks),
            "WAL bytes a chunk": number(used["wal"] / chunks), "syncs of the WAL a chunk": number(used["syncs"] / chunks),
            "ms a sync": number(used["sync_ms"] / max(1, used["syncs"])),
            "bytes into RabbitMQ a chunk": number(used["rabbitmq_in"] / chunks), "bytes out of it": number(used["rabbitmq_out"] / chunks),
        }
        for name in ("worker", "postgres", "rabbitmq", "redis", "scheduler", "producer"):
            column[f"CPU ms a chunk: {name}"] = number(cpu[name] * line["seconds"] / chunks * 1000)
        for name, value in column.items():
            rows.setdefault(name, []).append(value)
    return table(["", *(line["label"] for line in results("costs"))], [[name, *values] for name, values in rows.items()])


def when():
    """When each part was measured, how loaded the machine was before, and what other programs used of its cores meanwhile."""
    rows = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        lines = results(path.stem)
        foreign = [line["cores"]["others"] for line in lines if "cores" in line]
        rows.append([path.stem, lines[0].get("at", "").replace("T", " ") if lines else "", lines[0].get("load", ""),
                     f"{min(foreign):.2f} to {max(foreign):.2f}" if foreign else ""])
    return table(["part", "began", "load before", "cores of other programs"], rows)


TABLES = {"preprocess": preprocess, "articles": lambda: jobs(results("articles") + results("wide")), "workers": lambda: jobs(results("workers")),
          "submissions": submissions, "listing": listing, "million": million, "status": status, "roles": roles, "queues": queues,
          "costs": costs, "when": when}


def main():
    page = PAGE.read_text()
    fill = lambda found: f"<!-- {found[1]} -->\n{TABLES[found[1]]()}\n<!-- / -->"
    PAGE.write_text(re.sub(r"<!-- (\w+) -->\n.*?<!-- / -->", fill, page, flags=re.DOTALL))


if __name__ == "__main__":
    main()
