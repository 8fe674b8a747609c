"""A stand-in for Elasticsearch: keeps documents by the rules of `version_type: external_gte`.

    fake_elasticsearch.py DOCUMENTS [PORT]

Prints its port and serves 127.0.0.1 until its standard input ends. What it has answered to is in the file DOCUMENTS, so that one
that was killed goes on where it was when it is started again with the same file and port.

    PUT, HEAD, DELETE /INDEX; GET /INDEX/_mapping; POST /_bulk, POST /INDEX/_bulk; GET /INDEX/_doc/ID, GET /INDEX/_count
    GET or POST /INDEX/_search?size=N (all documents, in the order of their ids)

What it does with all but searches is read each time from the file DOCUMENTS.mode:

    take      as it should; also where there is no such file
    fail      503
    busy      429
    slow MS   answers after so many milliseconds
    hang      answers nothing until the mode is another one, and does then what it was asked
    forget    does what it is asked, and answers with a broken connection
    partly    of a bulk request one document in ten 429 and one 503, others each time
    refuse    as partly, and one document in ten, always the same, 400
"""

import json
import os
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


def error(kind, reason):
    return {"type": kind, "reason": reason}


class Indices:  # with documents, each change appended to a file before it is answered to
    def __init__(self, path):
        self.lock = threading.Lock()
        self.indices = {}
        self.asked = 0  # for documents, by bulk requests
        good = 0
        if os.path.exists(path):
            with open(path, "rb") as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # killed while writing it, so nobody was told of it
                    self.apply(*json.loads(line))
                    good += len(line)
            os.truncate(path, good)
        self.file = open(path, "ab", buffering=0)

    def apply(self, what, index, *document):
        if what == "make":
            self.indices[index] = {"mapping": document[0], "documents": {}}
        elif what == "delete":
            del self.indices[index]
        else:
            name, version, source = document
            self.indices[index]["documents"][name] = (version, source)

    def change(self, *change):
        self.file.write(json.dumps(change).encode() + b"\n")
        self.apply(*change)

    def turned_away(self, mode, name):
        """What is said of a document that is not taken this time; nothing where it is."""
        number = zlib.crc32(name.encode())
        self.asked += 1
        if mode == "refuse" and number % 10 == 0:
            return {"status": 400, "error": error("mapper_parsing_exception", "failed to parse")}
        match (number + self.asked) % 10:
            case 0:
                return {"status": 429, "error": error("es_rejected_execution_exception", "rejected execution")}
            case 1:
                return {"status": 503, "error": error("unavailable_shards_exception", "primary shard is not active")}

    def index(self, index, meta, source, mode):
        """What the bulk API says of one `index` action."""
        told = {"_index": index, "_id": meta["_id"]}
        if mode in ("partly", "refuse") and (away := self.turned_away(mode, meta["_id"])):
            return told | away
        if index not in self.indices:
            return told | {"status": 404, "error": error("index_not_found_exception", f"no such index [{index}]")}
        known = self.indices[index]["documents"].get(meta["_id"])
        version = meta.get("version", known[0] + 1 if known else 1)
        if known and meta.get("version_type") == "external_gte" and known[0] > version:
            reason = f"current version [{known[0]}] is higher than the one provided [{version}]"
            return told | {"status": 409, "error": error("version_conflict_engine_exception", reason)}
        self.change("index", index, meta["_id"], version, source)
        return told | {"_version": version, "result": "updated" if known else "created", "status": 200 if known else 201}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    is_forgetful = False

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        if self.is_forgetful:
            self.close_connection = True
            return
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def failed(self, status, kind, reason):
        self.answer(status, {"error": error(kind, reason), "status": status})

    def serve(self):
        url = urlsplit(self.path)
        path = [unquote(part) for part in url.path.strip("/").split("/")]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mode = "take" if path[-1] == "_search" else self.server.mode()
        while mode == "hang":
            time.sleep(0.05)
            mode = self.server.mode()
        if mode == "fail":
            return self.failed(503, "master_not_discovered_exception", "no master")
        if mode == "busy":
            return self.failed(429, "es_rejected_execution_exception", "rejected execution")
        if mode.startswith("slow "):
            time.sleep(int(mode.split()[1]) / 1000)
        self.is_forgetful = mode == "forget"
        with self.server.kept.lock:
            if path[-1] == "_bulk":
                return self.bulk(path[0] if len(path) > 1 else None, body, mode)
            if len(path) == 1 and self.command == "PUT":
                return self.make(path[0], body)
            index = self.server.kept.indices.get(path[0])
            if index is None:
                return self.failed(404, "index_not_found_exception", f"no such index [{path[0]}]")
            self.ask(path, index, parse_qs(url.query))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = serve

    def make(self, index, body):
        if index in self.server.kept.indices:
            return self.failed(400, "resource_already_exists_exception", f"index [{index}] already exists")
        self.server.kept.change("make", index, json.loads(body or b"{}"))
        self.answer(200, {"acknowledged": True, "index": index})

    def bulk(self, index, body, mode):
        lines = body.split(b"\n")
        if lines.pop() or len(lines) % 2:
            return self.failed(400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
        items = []
        for action, source in zip(lines[::2], lines[1::2]):
            meta = json.loads(action)["index"]
            items.append({"index": self.server.kept.index(meta.get("_index", index), meta, json.loads(source), mode)})
        errors = any("error" in item["index"] for item in items)
        self.answer(200, {"took": 1, "errors": errors, "items": items})

    def ask(self, path, index, query):
        documents = index["documents"]
        if path[1:2] == ["_doc"] and len(path) == 3:
            found = documents.get(path[2])
            told = {"_version": found[0], "_source": found[1]} if found else {}
            self.answer(200 if found else 404, {"_index": path[0], "_id": path[2], "found": bool(found)} | told)
        elif path[1:] == ["_count"]:
            self.answer(200, {"count": len(documents)})
        elif path[1:] == ["_search"]:
            size = int(query.get("size", ["10"])[0])
            hits = [{"_index": path[0], "_id": name, "_source": documents[name][1]} for name in sorted(documents)[:size]]
            self.answer(200, {"hits": {"total": {"value": len(documents), "relation": "eq"}, "hits": hits}})
        elif path[1:] == ["_mapping"] or len(path) == 1 and self.command in ("GET", "HEAD"):
            self.answer(200, {path[0]: index["mapping"]})
        elif len(path) == 1 and self.command == "DELETE":
            self.server.kept.change("delete", path[0])
            self.answer(200, {"acknowledged": True})
        else:
            self.failed(405, "method_not_allowed", f"{self.command} {self.path}")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True  # a port whose last owner was killed is taken over

    def handle_error(self, *request):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # that of a client that was killed is nothing
            super().handle_error(*request)

    def mode(self):
        try:
            with open(sys.argv[1] + ".mode", encoding="utf-8") as file:
                return file.read().strip() or "take"
        except FileNotFoundError:
            return "take"


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
    server.kept = Indices(sys.argv[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
