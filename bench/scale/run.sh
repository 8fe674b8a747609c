#!/usr/bin/env bash
# Scale and load of the whole service on this machine, with private servers: what docs/benchmarks.md and docs/scale.md report.
#
#   bench/scale/run.sh [PART...]       all parts one after the other, by estimate 45 minutes, then the plots
#
# Each part writes docs/plots/PART.jsonl, a line of results a measurement. `plots` draws from them what docs/plots holds as SVG, and fills
# the tables of docs/benchmarks.md.
#   preprocess   1,000 articles through POST /v1/preprocess, by 1 to 32 clients that each wait for their answer
#   articles     10,000 articles as one job, with 1, 2, 4 and 8 workers that have one core each
#   wide         3,000 articles as one job, with 1, 2 and 4 workers that use all cores each, as they do by default
#   workers      200,000 documents and a pipeline that does nothing, with 1, 2, 4 and 8 workers
#   submissions  100 small jobs submitted at once, then 1,000
#   listing      GET /v1/jobs with 1,000,000 jobs in the table
#   million      a job of 1,000,000 small documents: memory over time, and how fast its status is answered
#   costs        what a document costs PostgreSQL and RabbitMQ: statements, bytes, syncs
#   queues       what a message costs RabbitMQ: a classic queue, a quorum queue on one node and on three
#   limits       all of it on one core with 2 GiB, and on two with 4 GiB
#
# From the environment: PERCENT, of documents, jobs and articles, as in PERCENT=2 to see whether all works; ARTICLES, a JSONL file of articles to be used instead of
# samples/wikinews.jsonl; SCUTCH, a release build of the command (else it is built here); RESULTS_TO, another folder for results.
set -euo pipefail
cd "$(dirname "$0")/../.."
all=(preprocess articles wide workers submissions listing million costs queues limits)
results=${RESULTS_TO:-docs/plots}

# Each part has servers of its own, so that none finds what another left.
if [ $# -ne 1 ]; then
    [ $# -gt 0 ] || set -- "${all[@]}" plots
    for part in "$@"; do "bench/scale/run.sh" "$part"; done
    exit
fi
part=$1
# So many, or of that the part that was asked for.
size() { echo $(($1 * ${PERCENT:-100} / 100)); }

if [ "$part" = plots ]; then
    venv=target/scale-plots
    if [ ! -e "$venv/ready" ]; then
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --requirement bench/scale/requirements.txt
        touch "$venv/ready"
    fi
    "$venv/bin/python" bench/scale/plot.py "$results"
    exec python3 bench/scale/tables.py "$results"
fi
[[ " ${all[*]} limited " = *" $part "* ]] || { sed -n '2,24s/^# \{0,1\}//p' "$0"; exit 2; }

# ---- the limits: the same script again, held to some cores and some memory with all that it starts

if [ "$part" = limits ]; then
    : >"$results/limits.jsonl"
    own=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
    limit=memory.limit_in_bytes peak=memory.max_usage_in_bytes
    if [ ! -e "$own/$limit" ]; then # Version 2 of cgroups.
        own=/sys/fs/cgroup
        limit=memory.max peak=memory.peak
    fi
    for cores_and_gib in "0 1" "0 2" "0,1 2" "0,1 4"; do
        read -r cores gib <<<"$cores_and_gib"
        group=$own/scutch-scale-$$
        mkdir "$group"
        echo "$((gib << 30))" >"$group/$limit"
        (
            echo "$BASHPID" >"$group/cgroup.procs"
            LABEL="cores $cores, $gib GiB" exec taskset -c "$cores" bench/scale/run.sh limited
        ) || echo "{\"what\": \"job\", \"label\": \"cores $cores, $gib GiB\", \"failed\": true}" >>"$results/limits.jsonl"
        echo "peak of its memory, page cache included: $(($(cat "$group/$peak") >> 20)) MiB"
        grep -E '^(anon|total_rss|file|total_cache|oom_kill) ' "$group/memory.stat" "$group"/memory.oom_control 2>/dev/null || true
        while ! rmdir "$group" 2>/dev/null; do sleep 0.2; done
    done
    exit
fi

if [ "$part" = queues ]; then
    tools/servers.sh install >/dev/null
    tools/python.sh install >/dev/null
    : >"$results/queues.jsonl"
    RESULTS=$results/queues.jsonl PYTHONDONTWRITEBYTECODE=1 exec "$(tools/python.sh path)" bench/scale/queues.py "$(size 3000)"
fi

# ---- servers and roles

case $part in
    workers) documents=$(size 200000) ;;
    *) documents=20000 ;;
esac
LOAD=$(cut -d " " -f 1 /proc/loadavg)
# shellcheck source=bench/noop.sh
. bench/noop.sh
# From here on the environment's, as `with_model` makes it.
real_articles=$folder/articles.jsonl
export LOAD PYTHONDONTWRITEBYTECODE=1 SCUTCH=$scutch SERVERS=$folder/servers PROCESSES=$folder/processes
RESULTS=$(realpath "$results")/${part/limited/limits}.jsonl
export RESULTS
[ "$part" = limited ] || : >"$RESULTS"
for server in rabbitmq postgres redis; do
    read -r pid _ <"$folder/servers/$server/pid"
    echo "$server $pid" >>"$PROCESSES"
done

# The pipeline as it comes, and so many articles for it; a worker has a slot for each of its cores.
with_model() {
    unset SCUTCH__MODEL__ENABLED "${!SCUTCH__CLEANING__@}" SCUTCH__WORKER__SLOTS
    python3 bench/scale/articles.py "$1" "${ARTICLES:-samples/wikinews.jsonl}" >"$real_articles"
}
add() {
    start_role "$@"
    echo "$1 ${pids[-1]}" >>"$PROCESSES"
}
start_service() {
    add scheduler
    add producer
    # shellcheck disable=SC2154 # start_role's
    export SCHEDULER=$scheduler PRODUCER=$producer
    workers=0
}
# Brings the workers to this number; where cores are named, each new one gets one of them, in turn.
workers_to() {
    local number=$1 cores=("${@:2}")
    while [ "$workers" -lt "$number" ]; do
        own=$folder/worker-$workers
        mkdir -p "$own"
        printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${cores:+taskset -c ${cores[workers % ${#cores[@]}]}}" "$SCUTCH" >"$own/scutch"
        chmod +x "$own/scutch"
        # Its log goes there too.
        scutch=$own/scutch folder=$own start_role worker
        echo "worker ${pids[-1]}" >>"$PROCESSES"
        workers=$((workers + 1))
    done
}
end_service() {
    end_roles
    sed -i -E '/^(scheduler|producer|worker) /d' "$PROCESSES"
}
measure() { python3 bench/scale/measure.py "$@"; }

# ---- the parts

part_preprocess() {
    with_model "$(size 1000)"
    start_service
    workers_to 1
    measure preprocess "$real_articles" --clients 1 2 4 8 16 32
}

part_articles() {
    with_model "$(size 10000)"
    start_service
    for number in 1 2 4 8; do
        workers_to "$number" 0 1
        measure job "$real_articles" --label "a core each" --workers "$number"
    done
}

part_wide() {
    with_model "$(size 3000)"
    start_service
    for number in 1 2 4; do
        workers_to "$number"
        measure job "$real_articles" --label "all cores each" --workers "$number"
    done
}

part_workers() {
    start_service
    for number in 1 2 4 8; do
        workers_to "$number"
        for _ in 1 2; do measure job "$folder/documents.jsonl" --label "one job" --workers "$number"; done
    done
    head -n $((documents / 8)) "$folder/documents.jsonl" >"$folder/eighth.jsonl"
    measure job "$folder/eighth.jsonl" --label "eight jobs" --workers 8 --jobs 8
}

part_submissions() {
    start_service
    workers_to 1
    for jobs in "$(size 100)" "$(size 1000)"; do
        measure submissions "$folder/documents.jsonl" --jobs "$jobs" --label no-op
    done
    end_service
    with_model 1000
    tools/servers.sh sql "$SERVERS" -qc 'TRUNCATE jobs CASCADE'
    start_service
    workers_to 1
    for jobs in "$(size 100)" "$(size 1000)"; do
        measure submissions "$real_articles" --jobs "$jobs" --label with-model
    done
}

part_listing() {
    start_service
    workers_to 1
    "$SCUTCH" batch submit -f samples/wikinews.jsonl --url "$PRODUCER" --json | jq -r .job_id >"$folder/job"
    wait_for "$(cat "$folder/job")"
    echo "inserting the jobs"
    tools/servers.sh sql "$SERVERS" -q -v count="$(size 1000000)" <bench/scale/jobs.sql
    measure listing --times 20
}

part_million() {
    python3 bench/scale/articles.py "$(size 1000000)" samples/wikinews.jsonl 800 >"$folder/pieces.jsonl"
    start_service
    workers_to 2
    measure long_job "$folder/pieces.jsonl" --workers 2
}

part_costs() {
    tools/servers.sh sql "$SERVERS" -qc "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'" -c "ALTER SYSTEM SET track_wal_io_timing = on"
    tools/servers.sh stop-one "$SERVERS" postgres
    tools/servers.sh start-one "$SERVERS" postgres
    read -r pid _ <"$SERVERS/postgres/pid"
    sed -i "s/^postgres .*/postgres $pid/" "$PROCESSES"
    tools/servers.sh sql "$SERVERS" -qc "CREATE EXTENSION pg_stat_statements"
    start_service
    workers_to 2
    python3 bench/scale/articles.py "$(size 200000)" samples/wikinews.jsonl 800 >"$folder/pieces.jsonl"
    measure costs "$folder/pieces.jsonl" --label "no-op" --workers 2
    end_service
    with_model "$(size 3000)"
    tools/servers.sh sql "$SERVERS" -qc 'TRUNCATE jobs CASCADE' -c 'VACUUM'
    start_service
    workers_to 1
    measure costs "$real_articles" --label "with the model" --workers 1
}

part_limited() {
    with_model "$(size 3000)"
    start_service
    workers_to 1
    measure job "$real_articles" --label "$LABEL"
}

"part_$part"
