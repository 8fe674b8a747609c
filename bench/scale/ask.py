"""Requests over HTTP, and how long they took."""

import http.client
import json
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit


class Connection(http.client.HTTPConnection):
    """Headers and body go out in two writes; the second must not wait until the first was acknowledged."""

    def connect(self):
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Server:
    """One connection that is kept, and made again where it was closed; not for several threads at a time."""

    def __init__(self, url):
        self.connection = Connection(urlsplit(url).netloc, timeout=120)

    def ask(self, method, path, body=None):
        """Status, headers, what the body says, and the seconds until it was there; status 0 where the connection broke before it came."""
        begun = time.perf_counter()
        try:
            try:
                self.connection.request(method, path, body, {"content-type": "application/json"} if body else {})
            except (BrokenPipeError, ConnectionResetError):
                pass  # Who is refused may be so before the body was taken; the answer says why.
            answer = self.connection.getresponse()
            content = json.loads(answer.read())
        except ConnectionError:
            self.connection.close()
            return 0, {}, None, time.perf_counter() - begun
        return answer.status, answer.headers, content, time.perf_counter() - begun

    def get(self, path):
        """What the body says and the milliseconds; any status but 200 ends the measurement."""
        status, _, content, took = self.ask("GET", path)
        if status != 200:
            raise SystemExit(f"GET {path}: {status} {content}")
        return content, took * 1000


    def insist(self, path, body):
        """How a request came through that is sent again after each 503 as Retry-After says, and after a second where the connection
        broke: milliseconds to the first answer and to the last, and what the others were. Any other refusal ends the measurement."""
        begun, answers, others = time.perf_counter(), [], []
        while True:
            status, headers, content, _ = self.ask("POST", path, body)
            answers.append((time.perf_counter() - begun) * 1000)
            if 200 <= status < 300:
                return {"first": answers[0], "last": answers[-1], "others": others}
            if status not in (0, 503):
                raise SystemExit(f"POST {path}: {status} {content}")
            others.append(status)
            time.sleep(int(headers.get("retry-after", 1)))


def in_threads(count, work):
    """Runs `work(number)` in so many threads at once: their answers, and the seconds until all are done."""
    with ThreadPoolExecutor(count) as threads:
        begun = time.time()
        answers = list(threads.map(work, range(count)))
        return answers, time.time() - begun


def came(answers):
    """How long requests took until they came through, and how many answers before that were 503 or a broken connection."""
    others = [status for answer in answers for status in answer["others"]]
    return {
        "first_answer": percentiles([answer["first"] for answer in answers]),
        "latency": percentiles([answer["last"] for answer in answers]),
        "refused_503": others.count(503),
        "broken": others.count(0),
    }


def percentiles(values, unit="ms"):
    """How many, and which value 50, 95, 99 and 100 of a hundred do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = lambda percent: ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
    return {"n": len(ordered), **{f"p{percent}_{unit}": round(rank(percent), 2) for percent in (50, 95, 99, 100)}}


def submit(scutch, producer, path):
    """The id of the job that is made of a file of articles."""
    command = [scutch, "batch", "submit", "-f", path, "--url", producer, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["job_id"]


def wait_for(scheduler, job, documents, pause=0.1, seen=lambda ms: None):
    """Returns when the job has completed with all its documents; fails when it did not. `seen` is told the time of each answer."""
    server = Server(scheduler)
    while True:
        state, took = server.get(f"/v1/jobs/{job}")
        seen(took)
        if state["status"] == "completed":
            if state["processed_documents"] != documents:
                raise SystemExit(f"{state['processed_documents']} of {documents} documents came through")
            return state
        if state["status"] in ("failed", "cancelled"):
            raise SystemExit(f"the job ended as {state}")
        time.sleep(pause)
