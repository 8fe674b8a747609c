#!/usr/bin/env bash
# Ten things that a user of the service relies on, each done for real and ticked off.
#
#   tests/e2e.sh                      roles on private RabbitMQ, PostgreSQL and Redis, which are started and stopped here
#   tests/e2e.sh embedded             all in one process, no servers
#   tests/e2e.sh servers FILE.jsonl   with articles of your own (default: samples/wikinews.jsonl)
#   tests/e2e.sh all                  another list of things: every backend and every sink of events at once, and again with each of
#                                     them away for 20 s (about five minutes; tests/e2e-all.sh)
set -euo pipefail
cd "$(dirname "$0")/.."

stack=${1:-servers}
articles=${2:-samples/wikinews.jsonl}
case $stack in servers | embedded | all) ;; *)
    echo "usage: tests/e2e.sh [servers|embedded|all] [FILE.jsonl]" >&2
    exit 2
    ;;
esac

for package in curl jq python3; do
    command -v "$package" >/dev/null && continue
    echo "no $package found: installing it with apt"
    apt-get install -y --no-install-recommends "$package" >/dev/null
done
echo "building the command (nothing to do where it is built)"
cargo build --release --quiet
scutch=$PWD/target/release/scutch

folder=$(mktemp -d)
chmod 755 "$folder"
# shellcheck source=tools/roles.sh
. tools/roles.sh
end() {
    end_roles
    local servers
    for servers in "$folder/servers" "$folder/receivers"; do
        if [ -d "$servers" ]; then tools/servers.sh stop "$servers" >/dev/null; fi
    done
    rm -rf "$folder"
}
trap end EXIT

tick() { printf '  \xe2\x9c\x93 %2d %s\n' "$((++ticks))" "$*"; }
fail() {
    printf '  \xe2\x9c\x97 %2d %s\n' "$((ticks + 1))" "$*" >&2
    echo "the logs:" >&2
    tail -n 5 "$folder"/*.log >&2
    exit 1
}
ticks=0

output=$folder/data/output
if [ "$stack" = all ]; then
    # shellcheck source=tests/e2e-all.sh
    . tests/e2e-all.sh
    exit
fi
if [ "$stack" = servers ]; then
    tools/servers.sh start "$folder/servers" --owner $$
    set -a
    # shellcheck disable=SC1091 # made a moment ago
    . "$folder/servers/env"
    SCUTCH__OUTPUT__FOLDER=$output
    set +a
    start_role scheduler
    start_role producer
    start_role worker
else
    start_role up --data "$folder/data"
    producer=$up scheduler=$up worker=$up
fi

echo "the service: $stack, articles: $articles"
for role in "$producer" "$scheduler" "$worker"; do
    curl -sf "$role/health" | jq -e '.status == "ok"' >/dev/null || fail "health: $role"
done
tick "health: every role says it can do its work"

answer=$("$scutch" batch submit -f "$articles" -b e2e --url "$producer" --json) || fail "submission"
job=$(jq -r .job_id <<<"$answer")
total=$(jq -r .total_documents <<<"$answer")
[ "$(curl -s "$scheduler/v1/jobs/$job" | jq -r .total_documents)" = "$total" ] || fail "registration"
tick "submission: $total documents as job $job, which the job API knows at once"

checkpoints=0
for _ in $(seq 600); do
    if [ "$stack" = servers ]; then
        checkpoints=$(redis-cli -u "$SCUTCH__REDIS__URL" --scan --pattern "scutch:$job:*" | wc -l)
    fi
    state=$(curl -s "$scheduler/v1/jobs/$job")
    [ "$(jq -r .status <<<"$state")" != queued ] && { [ "$checkpoints" -gt 0 ] || [ "$stack" = embedded ]; } && break
    [ "$(jq -r .status <<<"$state")" = completed ] && break
    sleep 0.05
done

"$scutch" batch pause "$job" --url "$scheduler" >/dev/null || fail "pause"
for _ in $(seq 100); do
    paused=$(curl -s "$scheduler/v1/jobs/$job")
    [ "$(jq -r .status <<<"$paused")" = paused ] && break
    sleep 0.05
done
[ "$(jq -r .status <<<"$paused")" = paused ] || fail "pause: $(jq -r .status <<<"$paused")"
done_before=$(jq -r .processed_documents <<<"$paused")
sleep 1
[ "$(curl -s "$scheduler/v1/jobs/$job" | jq -r .processed_documents)" = "$done_before" ] || fail "a paused job went on"
tick "control: paused at $done_before of $total documents, and nothing more happened"

if [ "$stack" = servers ]; then
    kept=$(redis-cli -u "$SCUTCH__REDIS__URL" --scan --pattern "scutch:$job:*" | wc -l)
    tick "checkpoints: unfinished chunks of the paused job lie in Redis ($kept)"
else
    tick "checkpoints: kept in the process (embedded)"
fi

"$scutch" batch resume "$job" --url "$scheduler" >/dev/null || fail "resume"
started=$(date +%s%N)
"$scutch" batch watch "$job" --url "$scheduler" >"$folder/watch" 2>&1 || true
took=$((($(date +%s%N) - started) / 1000000))
state=$(curl -s "$scheduler/v1/jobs/$job")
[ "$(jq -r .status <<<"$state")" = completed ] || fail "progress: $(jq -c . <<<"$state")"
[ "$(jq -r .progress_percent <<<"$state")" = 100 ] || fail "progress"
tick "progress: resumed, watched to 100 %, completed"

file=$(jq -r '.output_files[0]' <<<"$state")
[ "$(wc -l <"$file")" = "$(jq -r .processed_documents <<<"$state")" ] || fail "JSONL output"
[ "$(find "$output" -maxdepth 1 -name '*.jsonl' | wc -l)" = 1 ] || fail "JSONL output: one file"
tick "JSONL output: $(wc -l <"$file") lines in $(basename "$file"), none twice"

python3 - "$file" "$job" <<'PYTHON' || fail "schema"
import json, sys
required = set(json.load(open("schemas/cleaned-article.schema.json"))["required"])
ids = set()
for line in open(sys.argv[1], encoding="utf-8"):
    document = json.loads(line)
    assert required <= document.keys(), required - document.keys()
    assert document["job_id"] == sys.argv[2] and document["batch_id"] == "e2e"
    assert document["document_id"] not in ids
    ids.add(document["document_id"])
PYTHON
tick "schema: every line has every field, with job_id, batch_id and processed_at"

entities=$(python3 - "$file" <<'PYTHON' || fail "entities"
import json, sys
count = 0
for line in open(sys.argv[1], encoding="utf-8"):
    document = json.loads(line)
    for entity in document["entities"]:
        assert document["cleaned_text"][entity["start_char"]:entity["end_char"]] == entity["text"]
        count += 1
assert count > 0
print(count)
PYTHON
)
tick "entities: $entities found, and Python slices each of them out of its text"

events=$(curl -sN --max-time 10 "$scheduler/v1/jobs/$job/events" | sed -n 's/^event: *com.storytelling.cleaning.job.//p' | tr '\n' ' ')
case $events in "started "*"paused "*"resumed "*"completed ") ;; *) fail "events: $events" ;; esac
tick "events: $(wc -w <<<"$events"), from started over paused and resumed to completed, the last one once"

left=$((total - done_before))
tick "performance: $left documents in $took ms after the pause, $((left * 1000 / (took + 1))) documents/s on $(nproc) cores"
