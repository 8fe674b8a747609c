"""Stage 2 as it was built for the old service: reads completed jobs from the stream of events, and their documents from files.

usage: old_consumer.py URL FOLDER COUNT

Makes the consumer group where it is missing, reads until COUNT jobs were seen completed, and prints for each, as a JSON object a
line, its job_id and the document_ids of its lines, in order of the files. Files are looked for by the name that the event gives, and
where it gives none by `processed_*.jsonl` and `*.jsonl` in FOLDER.
"""

import glob
import json
import os
import sys

import redis

STREAM = "stage1:cleaning:events"
GROUP = "stage2-nlp"
COMPLETED = "com.storytelling.cleaning.job.completed"


def documents_of(job_id, files, folder):
    if not files:
        files = sorted({*glob.glob(f"{folder}/processed_*.jsonl"), *glob.glob(f"{folder}/*.jsonl")})
    ids = []
    for path in files:
        with open(path if os.path.isabs(path) else os.path.join(folder, path), encoding="utf-8") as file:
            for line in file:
                document = json.loads(line)
                if document.get("job_id") == job_id:
                    ids.append(document["document_id"])
    return ids


def main():
    url, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = redis.Redis.from_url(url, decode_responses=True)
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    seen = 0
    while seen < count:
        for _, messages in client.xreadgroup(GROUP, "consumer-1", {STREAM: ">"}, count=10, block=1000) or []:
            for entry, fields in messages:
                if fields["type"] == COMPLETED:
                    data = json.loads(fields["data"])
                    ids = documents_of(data["job_id"], data.get("output_files"), folder)
                    print(json.dumps({"job_id": data["job_id"], "document_ids": ids}), flush=True)
                    seen += 1
                client.xack(STREAM, GROUP, entry)


main()
