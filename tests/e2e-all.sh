# shellcheck shell=bash
# Sourced by tests/e2e.sh: all backends and all sinks on; then each of them away for a while, one after the other.
# shellcheck disable=SC2154 # what tests/e2e.sh and tools/roles.sh set: scutch, folder, articles, output, scheduler, producer
# shellcheck disable=SC2317 # functions are called by name

away_for=20
backends=(jsonl parquet postgresql elasticsearch)
programs=$PWD/tests/python

tools/python.sh install
python=$(tools/python.sh path)

# ---- who is told and who is given documents; the service has servers of its own, so that it is not they that are away

receivers=$folder/receivers
tools/servers.sh start "$folder/servers" --owner $$
tools/servers.sh start "$receivers" --owner $$ rabbitmq postgres redis nats
at() { sed -n "s|^$1=||p" "$receivers/env"; }

# Programs end when this pipe does, whose other end only this script has.
mkfifo "$folder/tie"
exec 9<>"$folder/tie"
declare -A pid_of address_of

# start_program NAME PROGRAM ARGUMENT...: in Python, until it has said where it is.
start_program() {
    local name=$1 program=$2
    shift 2
    : >"$folder/$name.out"
    "$python" "$programs/tied.py" "$programs/$program" "$@" <"$folder/tie" >"$folder/$name.out" 2>"$folder/$name.log" 9>&- &
    pid_of[$name]=$!
    pids+=($!)
    for _ in $(seq 300); do
        [ -s "$folder/$name.out" ] && break
        sleep 0.1
    done
    address_of[$name]=$(sed -n '1s/^ready //;1p' "$folder/$name.out")
    [ -n "${address_of[$name]}" ] || fail "$name does not start"
}

start_elasticsearch() { start_program elasticsearch fake_elasticsearch.py "$folder/elasticsearch" "$1"; }
start_webhook() { start_program webhook webhook.py "$1" "$folder/webhook" "$folder/webhook.mode"; }

start_kafka() {
    local tansu=${TANSU:-$(command -v tansu || true)} port
    if [ -z "$tansu" ]; then
        echo "no tansu (a broker of Kafka's protocol) on PATH or in TANSU: the mock of Kafka's client library instead"
        start_program kafka kafka_mock.py stage1.cleaning.events
        return
    fi
    port=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    address_of[kafka]=127.0.0.1:$port
    "$tansu" broker --listener-url "tcp://127.0.0.1:$port" --advertised-listener-url "tcp://127.0.0.1:$port" \
        --storage-engine memory://tansu/ >"$folder/kafka.log" 2>&1 9>&- &
    pid_of[kafka]=$!
    pids+=($!)
    for _ in $(seq 100); do
        "$tansu" topic create --broker "tcp://127.0.0.1:$port" --partitions 4 stage1.cleaning.events >/dev/null 2>&1 && return
        sleep 0.2
    done
    fail "tansu takes no topic"
}

start_elasticsearch 0
elasticsearch_port=${address_of[elasticsearch]}
start_webhook 0
webhook_url=${address_of[webhook]}
start_kafka
"$python" "$programs/bind_queue.py" "$(at SCUTCH__BROKER__URL)" stage1.cleaning events all

# ---- the service

set -a
# shellcheck disable=SC1091 # made a moment ago
. "$folder/servers/env"
SCUTCH__OUTPUT__FOLDER=$output
SCUTCH__OUTPUT__POSTGRESQL__URL=$(at SCUTCH__DATABASE__URL)
SCUTCH__OUTPUT__ELASTICSEARCH__URL=http://127.0.0.1:$elasticsearch_port
SCUTCH__EVENTS__REDIS_STREAMS__URL=$(at SCUTCH__REDIS__URL)
SCUTCH__EVENTS__WEBHOOK__URL=$webhook_url
SCUTCH__EVENTS__WEBHOOK__ALLOW_PRIVATE=true
SCUTCH__EVENTS__KAFKA__BROKERS=[${address_of[kafka]}]
SCUTCH__EVENTS__NATS__URL=$(at SCUTCH__EVENTS__NATS__URL)
SCUTCH__EVENTS__RABBITMQ__ENABLED=true
SCUTCH__EVENTS__RABBITMQ__URL=$(at SCUTCH__BROKER__URL)
set +a
start_role scheduler
start_role producer
start_role worker
echo "the service with all backends and sinks, articles: $articles"

sinks=$(jq -n --arg redis "$SCUTCH__EVENTS__REDIS_STREAMS__URL" --arg record "$folder/webhook" \
    --arg brokers "${address_of[kafka]}" --arg nats "$SCUTCH__EVENTS__NATS__URL" --arg amqp "$SCUTCH__EVENTS__RABBITMQ__URL" '{
    redis_streams: {url: $redis, stream: "stage1:cleaning:events"},
    webhook: {record: $record},
    kafka: {brokers: $brokers, topic: "stage1.cleaning.events"},
    nats: {url: $nats, subject: "stage1.cleaning.events"},
    rabbitmq: {url: $amqp, queue: "all"}}')

# ---- what comes and goes

take_away() {
    case $1 in
        postgresql) tools/servers.sh kill "$receivers" postgres ;;
        redis_streams) tools/servers.sh kill "$receivers" redis ;;
        nats | rabbitmq) tools/servers.sh kill "$receivers" "$1" ;;
        elasticsearch | webhook)
            kill -KILL "${pid_of[$1]}"
            # Else the shell tells of its end.
            wait "${pid_of[$1]}" 2>/dev/null || true
            ;;
        # What it holds is in its memory: it hangs.
        kafka) kill -STOP "${pid_of[$1]}" ;;
    esac
}

bring_back() {
    case $1 in
        postgresql) tools/servers.sh start-one "$receivers" postgres ;;
        redis_streams) tools/servers.sh start-one "$receivers" redis ;;
        nats | rabbitmq) tools/servers.sh start-one "$receivers" "$1" ;;
        elasticsearch) start_elasticsearch "$elasticsearch_port" ;;
        webhook) start_webhook "${webhook_url##*:}" ;;
        kafka) kill -CONT "${pid_of[$1]}" ;;
    esac >/dev/null
}

# ---- a job, and what must be true of it in the end

submit() {
    "$scutch" batch submit -f "$articles" -b all --url "$producer" --json "${backends[@]/#/--backend=}" | jq -r .job_id
}

job_now() { curl -sf "$scheduler/v1/jobs/$1"; }

# wait_for JOB SECONDS FILTER: until the filter of jq is true of the job.
wait_for() {
    local deadline=$((SECONDS + $2))
    while ! job_now "$1" | jq -e "$3" >/dev/null; do
        [ $SECONDS -lt $deadline ] || fail "never: $3: $(job_now "$1" | jq -c '{status, backends}')"
        sleep 0.2
    done
}

# Ids of the documents of a job in a backend.
documents_in() {
    local job=$1 files
    files=$(job_now "$job" | jq -r '.output_files[]' | sed "s|^[^/]|$output/&|")
    case $2 in
        jsonl) jq -r .document_id "$(grep 'jsonl$' <<<"$files")" ;;
        parquet) "$python" "$programs/read_parquet.py" "$(grep 'parquet$' <<<"$files")" | jq -r '.rows[].document_id' ;;
        postgresql)
            tools/servers.sh sql "$receivers" -At -c "SELECT document_id FROM processed_articles WHERE job_id = '$job'"
            ;;
        elasticsearch)
            curl -sf "$SCUTCH__OUTPUT__ELASTICSEARCH__URL/news_articles/_search?size=100000" |
                jq -r --arg job "$job" '.hits.hits[]._source | select(.job_id == $job) | .document_id'
            ;;
    esac | sort
}

jq -r .document_id "$articles" | sort >"$folder/submitted"
total=$(wc -l <"$folder/submitted")

check_documents() {
    local backend
    for backend in "${backends[@]}"; do
        cmp -s "$folder/submitted" <(documents_in "$1" "$backend") || fail "$backend of job $1 has not what was submitted"
    done
}

# Every sink has the events of the job that its API tells, in order, the last one last; how many those are.
check_events() {
    curl -sN --max-time 10 "$scheduler/v1/jobs/$1/events" | sed -n 's/^data: *//p' | jq -r .id >"$folder/events"
    PYTHONPATH=$programs "$python" - "$sinks" "$1" "$folder/events" <<'PYTHON'
import json, sys, time
from capture import captured
sinks, subject, expected = json.loads(sys.argv[1]), "job/" + sys.argv[2], open(sys.argv[3]).read().split()
deadline = time.monotonic() + 180
for name, settings in sinks.items():
    while True:
        messages = captured({name: settings})
        # Told again with the same id: once.
        ids = list(dict.fromkeys(m["attributes"]["id"] for m in messages if m["attributes"]["subject"] == subject))
        if expected[-1] in ids:
            break
        if time.monotonic() > deadline:
            sys.exit(f"{name} never gets the end of the job")
        time.sleep(0.5)
    if ids != expected:
        sys.exit(f"{name} has other events: {ids} and not {expected}")
print(len(expected))
PYTHON
}

check_all() {
    check_documents "$1"
    events=$(check_events "$1") || fail "events of job $1"
}

job=$(submit) || fail "submission"
wait_for "$job" 300 '.status == "completed"'
check_all "$job"
tick "all there: $total documents in each of ${backends[*]}, $events events in each of $(jq -r 'keys | join(", ")' <<<"$sinks")"

for backend in postgresql elasticsearch; do
    take_away "$backend"
    job=$(submit) || fail "submission without $backend"
    since=$SECONDS
    others=$(jq -nc --arg away "$backend" '$ARGS.positional - [$away]' --args "${backends[@]}")
    wait_for "$job" 300 ".backends as \$b | all($others[]; \$b[.].state == \"complete\") and \$b[\"$backend\"].state == \"behind\""
    [ "$(job_now "$job" | jq -r .status)" = running ] || fail "completed without $backend"
    while [ $((SECONDS - since)) -lt $away_for ]; do sleep 0.5; done
    bring_back "$backend"
    wait_for "$job" 180 '.status == "completed"'
    check_all "$job"
    tick "$backend away for $((SECONDS - since)) s: the others had everything meanwhile, it has everything now, $events events"
done

for sink in $(jq -r 'keys[]' <<<"$sinks"); do
    take_away "$sink"
    job=$(submit) || fail "submission without $sink"
    since=$SECONDS
    wait_for "$job" 300 '.status == "completed"'
    took=$((SECONDS - since))
    while [ $((SECONDS - since)) -lt $away_for ]; do sleep 0.5; done
    bring_back "$sink"
    check_all "$job"
    tick "$sink away for $away_for s: the job was done after $took s, and it was told of all $events events later"
done
