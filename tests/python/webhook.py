"""Receives events over HTTP, and writes each that it takes to a file, a JSON object a line.

usage: webhook.py PORT RECORD MODE [SECRET]

PORT 0 takes a free one; the line "ready ADDRESS" says which. What it does with a request is read from the file MODE each time:
"take" (also where there is no such file), "fail" (503), "gone" (410), "hang" (no answer until the mode is another one).
With SECRET it writes down whether each signature is right.
"""

import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

port, record, mode_file = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
secret = sys.argv[4].encode() if len(sys.argv) > 4 else None
lock = threading.Lock()


def mode():
    try:
        return mode_file.read_text().strip()
    except FileNotFoundError:
        return "take"


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        while mode() == "hang":
            time.sleep(0.05)
        status = {"take": 200, "fail": 503, "gone": 410}[mode()]
        if status == 200:
            self.write_down(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def write_down(self, body):
        entry = {"path": self.path, "headers": dict(self.headers), "body": body.decode()}
        if secret is not None:
            right = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
            given = self.headers.get("X-Signature-256", "")
            entry["is_signed"] = hmac.compare_digest(given, right)
        with lock, open(record, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


server = Server(("127.0.0.1", port), Receiver)
print(f"ready http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
