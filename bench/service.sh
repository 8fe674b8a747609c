#!/usr/bin/env bash
# Documents a second through the whole service with a pipeline that does nothing, beside a no-op task a document on Celery over
# Redis, in one run on one machine. Servers are private, started and stopped here.
#
#   bench/service.sh [DOCUMENTS] [CELERY_DOCUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
documents=${1:-200000}
celery_documents=${2:-20000}

tools/servers.sh install
for package in curl jq python3 python3-venv; do
    dpkg -s "$package" >/dev/null 2>&1 || apt-get install -y --no-install-recommends "$package" >/dev/null
done
venv=target/rivals-celery
if [ ! -e "$venv/ready" ]; then
    echo "installing Celery into $venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'celery[redis]==5.7.0'
    touch "$venv/ready"
fi
cargo build --release --quiet
scutch=$PWD/target/release/scutch

folder=$(mktemp -d)
chmod 755 "$folder"
# shellcheck source=tools/roles.sh
. tools/roles.sh
end() {
    end_roles
    tools/servers.sh stop "$folder/servers" >/dev/null || true
    rm -rf "$folder"
}
trap end EXIT

tools/servers.sh start "$folder/servers" --owner $$
set -a
# shellcheck disable=SC1091 # made a moment ago
. "$folder/servers/env"
# Nothing is done to a document but what must be: read, written as output, kept.
SCUTCH__MODEL__ENABLED=false
for step in REMOVE_HTML_TAGS FIX_ENCODING NORMALIZE_WHITESPACE NORMALIZE_PUNCTUATION REMOVE_EXCESSIVE_PUNCTUATION \
    ADD_SPACE_AFTER_PUNCTUATION ENABLE_TYPO_CORRECTION DETECT_LANGUAGE FIND_FIRST_DATE; do
    declare "SCUTCH__CLEANING__$step=false"
done
SCUTCH__OUTPUT__FOLDER=$folder/output
SCUTCH__WORKER__SLOTS=${SLOTS:-2}
SCUTCH__PRODUCER__MAX_FILE_BYTES=2000000000
SCUTCH__LOG__LEVEL=warn,scutch=info
set +a

start_role scheduler
start_role producer
start_role worker

python3 - "$documents" >"$folder/documents.jsonl" <<'PYTHON'
import json, sys
text = "word " * 190
for number in range(int(sys.argv[1])):
    print(json.dumps({"document_id": f"d{number}", "text": text}))
PYTHON
bytes=$(($(wc -c <"$folder/documents.jsonl") / documents))

echo "scutch: $documents documents of $bytes bytes, through producer, RabbitMQ, worker, PostgreSQL, Redis, to a joined file"
begun=$(date +%s%N)
job=$("$scutch" batch submit -f "$folder/documents.jsonl" --url "$producer" --json | jq -r .job_id)
taken=$(date +%s%N)
while :; do
    state=$(curl -s "$scheduler/v1/jobs/$job")
    case $(jq -r .status <<<"$state") in completed) break ;; failed | cancelled) echo "$state"; exit 1 ;; esac
    sleep 0.1
done
ended=$(date +%s%N)
lines=$(cat "$folder"/output/*.jsonl | wc -l)
[ "$lines" = "$documents" ] || { echo "$lines documents came out"; exit 1; }
ours=$((documents * 1000 / ((ended - begun) / 1000000)))
echo "scutch: taken in after $(((taken - begun) / 1000000)) ms, all done after $(((ended - begun) / 1000000)) ms: $ours documents/s"

# The request that a user waits for.
head -10000 "$folder/documents.jsonl" | jq -sc '{documents: .}' >"$folder/batch.json"
curl -s -o /dev/null -w 'scutch: a submission of 10,000 documents as one JSON request was answered (%{http_code}) after %{time_total} s\n' \
    -H 'content-type: application/json' --data-binary "@$folder/batch.json" "$producer/v1/documents/batch"
end_roles

echo "celery: $celery_documents documents of the same size, a task that does nothing for each, two worker processes"
theirs=$(cd bench/rivals && CELERY_NOOP_REDIS=$SCUTCH__REDIS__URL "../../$venv/bin/python" celery_noop.py "$celery_documents" | jq -r '.documents_per_s | floor')
echo "celery: $theirs documents/s"
echo "ratio: $(jq -n "$ours / $theirs * 10 | floor / 10")"
