#!/usr/bin/env bash
# Documents a second through the whole service with a pipeline that does nothing, beside a no-op task a document on Celery over
# Redis, in one run on one machine. Servers are private, started and stopped here.
#
#   bench/service.sh [DOCUMENTS] [CELERY_DOCUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
documents=${1:-200000}
celery_documents=${2:-20000}

# shellcheck source=bench/noop.sh
. bench/noop.sh
venv=target/rivals-celery
if [ ! -e "$venv/ready" ]; then
    echo "installing Celery into $venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'celery[redis]==5.7.0'
    touch "$venv/ready"
fi
start_all_roles
bytes=$(($(wc -c <"$folder/documents.jsonl") / documents))

echo "scutch: $documents documents of $bytes bytes, through producer, RabbitMQ, worker, PostgreSQL, Redis, to a joined file"
begun=$(date +%s%N)
job=$("$scutch" batch submit -f "$folder/documents.jsonl" --url "$producer" --json | jq -r .job_id)
taken=$(date +%s%N)
wait_for "$job"
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
