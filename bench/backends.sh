#!/usr/bin/env bash
# Documents a second through the whole service with a pipeline that does nothing, into each backend and into all of them, beside plain
# jsonl in the same run. Elasticsearch is a stand-in in Python that answers as the bulk API does and keeps documents in memory and a
# file: it, and not Elasticsearch, is what that line measures.
#
#   bench/backends.sh [DOCUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
documents=${1:-50000}

# shellcheck source=bench/noop.sh
. bench/noop.sh
mkfifo "$folder/hold"
python3 tests/python/fake_elasticsearch.py "$folder/index" <"$folder/hold" >"$folder/port" &
pids+=($!)
exec {hold}>"$folder/hold"
until [ -s "$folder/port" ]; do sleep 0.1; done
export SCUTCH__OUTPUT__ELASTICSEARCH__URL=http://127.0.0.1:$(head -1 "$folder/port")
start_all_roles

echo "$documents documents of $(($(wc -c <"$folder/documents.jsonl") / documents)) bytes into each"
plain=
for backends in jsonl parquet postgresql elasticsearch jsonl,parquet,postgresql,elasticsearch jsonl; do
    flags=()
    for backend in ${backends//,/ }; do flags+=(-e "$backend"); done
    begun=$(date +%s%N)
    # shellcheck disable=SC2154 # start_role's
    job=$("$scutch" batch submit -f "$folder/documents.jsonl" "${flags[@]}" --url "$producer" --json | jq -r .job_id)
    wait_for "$job"
    ended=$(date +%s%N)
    # shellcheck disable=SC2154
    accepted=$(curl -s "$scheduler/v1/jobs/$job" | jq -r '[.backends[].accepted] | unique | join(" ")')
    [ "$accepted" = "$documents" ] || { echo "$backends: the backends have $accepted documents"; exit 1; }
    speed=$((documents * 1000 / ((ended - begun) / 1000000)))
    plain=${plain:-$speed}
    printf '%-46s %7d documents/s  %s of jsonl\n' "$backends" "$speed" "$(jq -n "$speed / $plain * 100 | round / 100")"
done
exec {hold}>&-
