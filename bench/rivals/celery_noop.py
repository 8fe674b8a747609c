"""A task per document that does nothing, on Celery over Redis: what the replaced service was built on.

usage: CELERY_NOOP_REDIS=URL celery_noop.py DOCUMENTS

Starts a worker of two processes, sends the documents (1 KiB each) and waits until the last one is done, as a counter in Redis
says. Prints documents a second, from the first that is sent to the last that is done.
"""

import json
import os
import subprocess
import sys
import time

import redis
from celery import Celery

# In the environment, since the worker imports this file too.
url = os.environ["CELERY_NOOP_REDIS"]
app = Celery("celery_noop", broker=url)
app.conf.task_ignore_result = True
app.conf.worker_prefetch_multiplier = 64
done = redis.Redis.from_url(url)


@app.task
def clean(document):
    done.incr("celery_noop:done")


def main(count):
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "celery_noop", "worker", "-c", "2", "-l", "ERROR", "--without-gossip",
         "--without-mingle", "--without-heartbeat"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        clean.delay({"document_id": "warm"})
        while int(done.get("celery_noop:done") or 0) < 1:
            time.sleep(0.01)
        text = "x" * 950
        start = time.monotonic()
        for number in range(count):
            clean.delay({"document_id": f"d{number}", "text": text})
        sent = time.monotonic()
        while int(done.get("celery_noop:done")) < count + 1:
            time.sleep(0.01)
        took = time.monotonic() - start
        print(json.dumps({"documents": count, "sent_s": sent - start, "took_s": took, "documents_per_s": count / took}))
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
