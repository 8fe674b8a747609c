#!/usr/bin/env python3
"""Measures the service that bench/scale/run.sh has started, one thing a command; each adds a line of JSON to the file $RESULTS.

The environment says where everything is: SCUTCH, PRODUCER, SCHEDULER, PROCESSES (lines of `NAME PID`) and SERVERS, the folder of
tools/servers.sh.
"""

import argparse
import datetime
import json
import os
import subprocess
import threading
import time

from ask import Server, came, in_threads, percentiles, submit, wait_for
from watch import Watch

PRODUCER, SCHEDULER = os.environ["PRODUCER"], os.environ["SCHEDULER"]


def record(what, **results):
    """Adds a line to the results and says it."""
    when = datetime.datetime.now().isoformat(timespec="seconds")
    line = json.dumps({"what": what, "at": when, "load": os.environ.get("LOAD"), **results})
    with open(os.environ["RESULTS"], "a") as file:
        file.write(line + "\n")
    print(line, flush=True)


def count_lines(path):
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def watch():
    return Watch(os.environ["PROCESSES"])


def sql(statement):
    """What PostgreSQL answers, as text."""
    command = ["tools/servers.sh", "sql", os.environ["SERVERS"], "-qAt", "-F", "\t", "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def connections():
    """Connections that PostgreSQL has, but for the one that asks."""
    return int(sql("SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"))


# ---- jobs


def job(args):
    """Documents a second of a file submitted as one job, or as several at once, from the first submission to the last end."""
    documents = count_lines(args.file)
    with watch() as seen:
        begun = time.time()
        jobs = [submit(os.environ["SCUTCH"], PRODUCER, args.file) for _ in range(args.jobs)]
        taken = time.time()
        for one in jobs:
            wait_for(SCHEDULER, one, documents)
        ended = time.time()
    record(
        "job",
        label=args.label,
        workers=args.workers,
        jobs=args.jobs,
        documents=documents * args.jobs,
        taken_in_s=round(taken - begun, 2),
        seconds=round(ended - begun, 2),
        documents_per_s=round(documents * args.jobs / (ended - begun), 1),
        connections=connections(),
        **seen.summary(),
    )


def long_job(args):
    """One long job, while somebody asks for its status all the time: how long the answers take, and memory over time."""
    documents = count_lines(args.file)
    status, newest = [], []
    ended = threading.Event()

    def list_jobs():
        server = Server(SCHEDULER)
        while not ended.wait(0.1):
            newest.append(server.get("/v1/jobs")[1])

    with watch() as seen:
        begun = time.time()
        one = submit(os.environ["SCUTCH"], PRODUCER, args.file)
        taken = time.time()
        lister = threading.Thread(target=list_jobs)
        lister.start()
        wait_for(SCHEDULER, one, documents, pause=0.02, seen=status.append)
        took = time.time() - begun
        ended.set()
        lister.join()
    record(
        "long job",
        workers=args.workers,
        documents=documents,
        taken_in_s=round(taken - begun, 2),
        seconds=round(took, 2),
        documents_per_s=round(documents / took, 1),
        status=percentiles(status),
        newest=percentiles(newest),
        series=seen.series(),
        **seen.summary(),
    )


# ---- requests that somebody waits for


def preprocess(args):
    """Articles through POST /v1/preprocess, one a request, by so many clients that each wait for their answer."""
    with open(args.file) as file:
        bodies = [json.dumps({"article": json.loads(line)}) for line in file]
    for clients in args.clients:

        def work(number):
            server = Server(PRODUCER)
            return [server.insist("/v1/preprocess", body) for body in bodies[number::clients]]

        with watch() as seen:
            answers, took = in_threads(clients, work)
        answers = [answer for those in answers for answer in those]
        record(
            "preprocess",
            clients=clients,
            seconds=round(took, 2),
            requests_per_s=round(len(answers) / took, 1),
            **came(answers),
            **seen.summary(),
        )


def submissions(args):
    """So many small jobs submitted at the same moment, each on a connection of its own."""
    with open(args.file) as file:
        articles = [json.loads(line) for line in file]
    size, count, batch = args.size, args.jobs, f"{args.label}-{args.jobs}"
    pages = [articles[at : at + size] for at in range(0, len(articles) - size + 1, size)]
    bodies = [json.dumps({"documents": page, "batch_id": batch}) for page in pages]
    barrier = threading.Barrier(count)

    def work(number):
        barrier.wait()
        return Server(PRODUCER).insist("/v1/documents/batch", bodies[number % len(bodies)])

    server = Server(SCHEDULER)
    done = f"/v1/jobs?status_filter=completed&batch_id={batch}&limit=1"
    with watch() as seen:
        begun = time.time()
        answers, all_answered = in_threads(count, work)
        while server.get(done)[0]["total_count"] < count:
            time.sleep(0.05)
        all_completed = time.time() - begun
    record(
        "submissions",
        label=args.label,
        jobs=count,
        documents_each=size,
        all_answered_s=round(all_answered, 2),
        all_completed_s=round(all_completed, 2),
        jobs_per_s=round(count / all_completed, 1),
        **came(answers),
        **seen.summary(),
    )


def listing(args):
    """Pages of GET /v1/jobs, each asked for so many times."""
    server = Server(SCHEDULER)
    total = server.get("/v1/jobs?limit=1")[0]["total_count"]
    failed = server.get("/v1/jobs?status_filter=failed&limit=1")[0]["total_count"]
    pages = {
        "newest 20": "",
        "offset: the middle": f"offset={total // 2}",
        "last page": f"offset={total - 20}",
        "status completed": "status_filter=completed",
        "status completed, last page": f"status_filter=completed&offset={total * 9 // 10}",
        "status failed": "status_filter=failed",
        "status failed, last page": f"status_filter=failed&offset={failed - 20}",
        "status running (50 jobs)": "status_filter=running",
        "batch of 100": "batch_id=batch-17",
        "batch of 200,000": "batch_id=large",
        "batch of 200,000, last page": "batch_id=large&offset=199980",
        "batch of 200,000, status failed": "batch_id=large&status_filter=failed",
    }
    for name, page in pages.items():
        answer, _ = server.get(f"/v1/jobs?{page}")
        took = [server.get(f"/v1/jobs?{page}")[1] for _ in range(args.times)]
        record("listing", label=args.label, page=name, query=page, found=answer["total_count"], shown=len(answer["jobs"]), latency=percentiles(took))


# ---- what a document costs the servers


def carried():
    """Bytes that RabbitMQ's open connections have taken in and given out."""
    command = ["tools/servers.sh", "ctl", os.environ["SERVERS"], "-q", "list_connections", "recv_oct", "send_oct", "--formatter", "json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return sum(row["recv_oct"] for row in rows), sum(row["send_oct"] for row in rows)


def costs(args):
    """What each document, chunk and job costs PostgreSQL and RabbitMQ, while a file goes through as a job."""
    documents = count_lines(args.file)
    facts = lambda: {
        "commits": int(sql("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")),
        "wal": int(sql("SELECT pg_current_wal_lsn() - '0/0'")),
        "syncs": int(sql("SELECT wal_sync FROM pg_stat_wal")),
        "sync_ms": float(sql("SELECT wal_sync_time FROM pg_stat_wal")),
        "rabbitmq_in": carried()[0],
        "rabbitmq_out": carried()[1],
    }
    sql("SELECT pg_stat_statements_reset()")
    sql("SELECT pg_stat_reset_shared('wal')")
    before = facts()
    with watch() as seen:
        begun = time.time()
        one = submit(os.environ["SCUTCH"], PRODUCER, args.file)
        state = wait_for(SCHEDULER, one, documents)
        took = time.time() - begun
    after = facts()
    time.sleep(1.5)  # What backends count reaches the statistics with a delay.
    tables = sql(
        "SELECT relname, pg_total_relation_size(oid), pg_indexes_size(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 5"
    )
    statements = sql(
        "SELECT calls, round(total_exec_time::numeric, 1), round(mean_exec_time::numeric, 3), wal_bytes, left(query, 90)"
        " FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 14"
    )
    record(
        "costs",
        label=args.label,
        workers=args.workers,
        documents=documents,
        bytes=os.path.getsize(args.file),
        chunks=sum(state["statistics"]["chunks"].values()),
        seconds=round(took, 2),
        used={name: round(after[name] - value, 1) for name, value in before.items()},
        rows={name: int(sql(f"SELECT count(*) FROM {name}")) for name in ("jobs", "chunks", "events", "failures")},
        tables=[row.split("\t") for row in tables.splitlines()],
        statements=[row.split("\t") for row in statements.splitlines()],
        connections=connections(),
        **seen.summary(),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def command(run, **arguments):
        added = commands.add_parser(run.__name__, help=run.__doc__)
        added.set_defaults(run=run)
        added.add_argument("file", nargs="?")
        added.add_argument("--label", default="")
        for name, settings in arguments.items():
            added.add_argument(f"--{name}", type=int, **settings)

    command(job, jobs={"default": 1}, workers={"default": 1})
    command(long_job, workers={"default": 1})
    command(preprocess, clients={"nargs": "+"})
    command(submissions, jobs={}, size={"default": 10})
    command(listing, times={"default": 50})
    command(costs, workers={"default": 1})
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
