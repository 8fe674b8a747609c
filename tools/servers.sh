#!/usr/bin/env bash
# Private RabbitMQ, PostgreSQL, Redis and NATS for tests, benchmarks and demonstrations, without systemd and without Docker.
# shellcheck disable=SC2317 # functions are also called by names that are put together
set -euo pipefail

usage() {
    cat <<'END'
usage: tools/servers.sh COMMAND

  install                         finds rabbitmq-server, postgresql, redis-server and nats-server; installs with apt what is missing
  start DIR [SERVER...] [OPTION]  starts the named servers, or all but NATS, and waits until they are ready
        --owner PID               when this process has ended, stops them and removes what was made in DIR
        --management              RabbitMQ with its management and Prometheus plugins (starts later)
  stop DIR                        stops everything that was started in DIR; data and logs stay
  stop-one DIR SERVER             stops one server in order
  kill DIR SERVER                 ends one server at once, as a crash does
  start-one DIR SERVER            starts one server again, on the same port and data
  ctl DIR ARGUMENT...             rabbitmqctl for the RabbitMQ in DIR
  sql DIR ARGUMENT...             psql for the PostgreSQL in DIR

SERVER is rabbitmq, postgres, redis or nats. All listen on 127.0.0.1 only, on free ports that are kept in DIR. `start` writes DIR/env,
lines of NAME=VALUE that say where those started are. Each has its log in DIR/SERVER/log. Anyone on this machine may use them:
RabbitMQ's user is guest, PostgreSQL asks for no password. As root, DIR must lie where the user postgres can go.
END
}

# Messages of servers are matched below, and the clock's decimal sign depends on it too. RabbitMQ wants UTF-8.
export LC_ALL=C.UTF-8

say() { printf 'servers: %s\n' "$*"; }
die() { printf 'servers: %s\n' "$*" >&2; exit 1; }

now_us() { echo "${EPOCHREALTIME/./}"; }
seconds_since() {
    local tenths=$((($(now_us) - $1) / 100000))
    echo "$((tenths / 10)).$((tenths % 10)) s"
}

# ---- what is installed

# The newest of these folders that is there.
newest() {
    local folder
    for folder in $(printf '%s\n' "$@" | sort --version-sort --reverse); do
        if [ -d "$folder" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

# Where a server's programs are. RabbitMQ's in /usr/sbin change the user and drop the environment: these are the real ones.
programs() {
    case $1 in
        rabbitmq) newest /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin ;;
        postgres) newest /usr/lib/postgresql/*/bin ;;
        redis) command -v redis-server >/dev/null && dirname "$(command -v redis-server)" ;;
        nats) command -v nats-server >/dev/null && dirname "$(command -v nats-server)" ;;
    esac
}

package() {
    case $1 in
        rabbitmq) echo rabbitmq-server ;;
        postgres) echo postgresql ;;
        redis) echo redis-server ;;
        nats) echo nats-server ;;
    esac
}

install() {
    local name missing=()
    for name in "${ALL[@]}"; do
        if programs "$name" >/dev/null; then
            say "$name: there, in $(programs "$name")"
        else
            missing+=("$(package "$name")")
        fi
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    say "installing with apt: ${missing[*]}"
    [ "$(id -u)" -eq 0 ] || die "only root can: sudo apt-get install ${missing[*]}"
    forbid_services
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=600 "${missing[@]}"
    for name in "${ALL[@]}"; do
        programs "$name" >/dev/null || die "$name is installed but not where Debian has it"
    done
    if [ -d /run/systemd/system ]; then
        say "nothing was started; at the next boot systemd will, unless: systemctl disable ${missing[*]}"
    fi
}

# Keeps apt from starting what it installs, until this script ends: maintainer scripts ask this file
# (https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt).
forbid_services() {
    [ ! -e "$POLICY" ] || mv "$POLICY" "$POLICY.before-scutch"
    trap 'rm -f "$POLICY"; [ ! -e "$POLICY.before-scutch" ] || mv "$POLICY.before-scutch" "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
}
POLICY=/usr/sbin/policy-rc.d

# ---- processes

# When a process started, in ticks since boot; fails for one that is gone or a zombie. Ids come again, both together do not.
started() {
    local stat fields
    [ -r "/proc/$1/stat" ] && { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The name comes before, in parentheses, and may hold anything.
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] && echo "${fields[19]}"
}

# The id of the process that this file names, if it still runs.
pid_in() {
    local pid ticks
    [ -r "$1" ] && read -r pid ticks <"$1" && [ -n "$ticks" ] && [ "$(started "$pid")" = "$ticks" ] && echo "$pid"
}

# Whether a server runs.
runs() { pid_in "$DIR/$1/pid" >/dev/null; }

# A process and everything below it.
family() {
    local child children=()
    echo "$1"
    { read -ra children <"/proc/$1/task/$1/children"; } 2>/dev/null || true
    for child in "${children[@]}"; do
        family "$child"
    done
}

# launch FOLDER PIDFILE LOG COMMAND...: by setsid, so that no signal meant for the caller reaches it, and with
# nothing of the caller open: whoever reads the caller's output would wait for the server's end.
launch() {
    local folder=$1 pid_file=$2 log=$3
    shift 3
    (cd "$folder" && exec setsid "$@" </dev/null >>"$log" 2>&1) &
    echo "$! $(started $!)" >"$pid_file"
}

# end PIDFILE SIGNAL: sends it, waits for the process and all below it, and after half a minute kills those that are left.
end() {
    local pid processes process deadline=$((SECONDS + 30))
    pid=$(pid_in "$1") || return 0
    mapfile -t processes < <(family "$pid")
    if [ "$2" = KILL ]; then
        kill -KILL "${processes[@]}" 2>/dev/null || true
    else
        kill -"$2" "$pid" 2>/dev/null || true
    fi
    for process in "${processes[@]}"; do
        while started "$process" >/dev/null; do
            if [ $SECONDS -ge $deadline ]; then
                say "process $process does not end: killed"
                kill -KILL "$process" 2>/dev/null || true
                deadline=$((SECONDS + 30))
            fi
            sleep 0.05
        done
    done
    rm -f "$1"
}

# Ports that are free and stay so for a minute for all who ask the kernel for any free one: each was listened on and its
# connection closed from that side, which leaves it in TIME-WAIT; only a bind to this very port gets it then.
free_ports() {
    perl -MIO::Socket::INET -e '
        my @kept;
        for (1 .. shift) {
            my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1, ReuseAddr => 1)
                or die "cannot listen: $!";
            my $client = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $listener->sockport)
                or die "cannot connect: $!";
            close($listener->accept);
            sysread($client, my $end, 1);
            push @kept, $listener;
        }
        print join(" ", map { $_->sockport } @kept), "\n";
    ' "$1"
}

# ---- the servers, each with its folder DIR/SERVER

# The first time, a server gets its folder and its ports.
prepare() {
    local folder=$DIR/$1
    [ ! -s "$folder/ports" ] || return 0
    mkdir -p "$folder"
    case $1 in
        rabbitmq) free_ports 5 ;; # AMQP, distribution, epmd, management, Prometheus
        postgres | redis | nats) free_ports 1 ;;
    esac >"$folder/ports"
}

ports() { cat "$DIR/$1/ports" 2>/dev/null || die "no $1 was started in $DIR"; }

launch_redis() {
    local folder=$DIR/redis
    launch "$folder" "$folder/pid" "$folder/log" \
        redis-server --bind 127.0.0.1 --port "$(ports redis)" --dir "$folder" --save "" --appendonly no
}

launch_nats() {
    local folder=$DIR/nats
    # With JetStream, which keeps what is published, in this folder. It syncs its files every two minutes: a crash of the
    # program loses nothing, one of the machine may.
    launch "$folder" "$folder/pid" "$folder/log" \
        nats-server --addr 127.0.0.1 --port "$(ports nats)" --jetstream --store_dir "$folder/data"
}

launch_postgres() {
    local folder=$DIR/postgres bin user=()
    bin=$(programs postgres)
    # It refuses to run as root.
    if [ "$(id -u)" -eq 0 ]; then
        chmod a+x "$DIR"
        chown postgres: "$folder"
        user=(setpriv --reuid=postgres --regid=postgres --init-groups)
        "${user[@]}" test -x "$folder" || die "the user postgres cannot reach $folder"
    fi
    if [ ! -d "$folder/data" ]; then
        # Not synced: the data folder counts from the first start on. Moved: it is there whole or not at all.
        rm -rf "$folder/new"
        (cd "$folder" && "${user[@]}" "$bin/initdb" --pgdata="$folder/new" --username=scutch --auth=trust --encoding=UTF8 \
            --locale=C.UTF-8 --no-sync --no-instructions) >>"$folder/log"
        mv "$folder/new" "$folder/data"
    fi
    # Durable as in earnest (fsync stays on), but small.
    launch "$folder" "$folder/pid" "$folder/log" "${user[@]}" "$bin/postgres" -D "$folder/data" -p "$(ports postgres)" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=32MB -c max_connections=200
}

# What RabbitMQ's scripts read. Every path and port is named: defaults would be those of the machine's own RabbitMQ.
rabbitmq_environment() {
    local folder=$DIR/rabbitmq amqp distribution epmd rest
    read -r amqp distribution epmd rest <<<"$(ports rabbitmq)"
    [ -n "$epmd" ] || exit 1
    # shellcheck disable=SC2086
    unset ${!RABBITMQ_@} ${!ERL_@}
    export HOME=$folder # of the Erlang cookie
    export ERL_CRASH_DUMP=$folder/erl_crash.dump # else where it is started
    export RABBITMQ_NODENAME=scutch@localhost
    export RABBITMQ_CONF_ENV_FILE=$folder/none
    export RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf
    export RABBITMQ_ENABLED_PLUGINS_FILE=$folder/plugins
    export RABBITMQ_MNESIA_BASE=$folder/mnesia
    export RABBITMQ_LOG_BASE=$folder
    export RABBITMQ_LOGS=- # standard output
    export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
    export RABBITMQ_NODE_PORT=$amqp
    export RABBITMQ_DIST_PORT=$distribution
    export ERL_EPMD_ADDRESS=127.0.0.1
    export ERL_EPMD_PORT=$epmd
    # Two schedulers, however many processors there are: each has its own memory.
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +SDcpu 2:2 +SDio 4'
    # rabbitmqctl is an Erlang node as well; any free port will do.
    export RABBITMQ_CTL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
    export RABBITMQ_CTL_DIST_PORT_MIN=0 RABBITMQ_CTL_DIST_PORT_MAX=0
}

launch_rabbitmq() {
    local folder=$DIR/rabbitmq amqp distribution epmd management prometheus sbin
    read -r amqp distribution epmd management prometheus <<<"$(ports rabbitmq)"
    sbin=$(programs rabbitmq)
    if [ ! -e "$folder/plugins" ]; then
        if [ "$MANAGEMENT" = yes ]; then
            echo '[rabbitmq_management,rabbitmq_prometheus].'
        else
            echo '[].'
        fi >"$folder/plugins"
    fi
    {
        # The log of quorum queues is kept in memory up to this size; 512 MiB otherwise.
        echo "raft.wal_max_size_bytes = 67108864"
        if grep -q management "$folder/plugins"; then
            printf '%s = %s\n' management.tcp.ip 127.0.0.1 management.tcp.port "$management" \
                prometheus.tcp.ip 127.0.0.1 prometheus.tcp.port "$prometheus"
        fi
    } >"$folder/rabbitmq.conf"
    rabbitmq_environment
    # Erlang's directory of nodes: RabbitMQ would start one as a daemon that outlives it.
    launch "$folder" "$folder/epmd.pid" "$folder/log" epmd -port "$epmd" -address 127.0.0.1
    launch "$folder" "$folder/pid" "$folder/log" "$sbin/rabbitmq-server"
}

# What a server says once, at the end of its start.
readiness() {
    case $1 in
        rabbitmq) echo "Server startup complete" ;;
        postgres) echo "database system is ready to accept connections" ;;
        redis) echo "Ready to accept connections" ;;
        nats) echo "Server is ready" ;;
    esac
}

times_ready() { grep -c "$(readiness "$1")" "$DIR/$1/log" 2>/dev/null || true; }

# Starts one server and waits until it is ready. In a process of its own: the environment is changed.
bring_up() (
    folder=$DIR/$1 began=$(now_us) deadline=$((SECONDS + 120))
    if runs "$1"; then
        say "$1: runs already"
        exit
    fi
    programs "$1" >/dev/null || die "$1 is not installed: tools/servers.sh install"
    prepare "$1"
    touch "$folder/log"
    before=$(times_ready "$1")
    "launch_$1"
    while [ "$(times_ready "$1")" -eq "$before" ]; do
        if ! runs "$1" || [ $SECONDS -ge $deadline ]; then
            tail -n 20 "$folder/log" >&2
            die "$1 does not start; its log is $folder/log"
        fi
        sleep 0.05
    done
    read -r port _ <"$folder/ports"
    say "$1: ready on port $port after $(seconds_since "$began")"
)

# shut_down SERVER [KILL]: in order, or as a crash does.
shut_down() {
    local folder=$DIR/$1 signal=TERM
    [ "$1" != postgres ] || signal=INT # "fast": TERM would wait for its clients to go
    end "$folder/pid" "${2:-$signal}"
    if [ "$1" = rabbitmq ] && [ -e "$folder/epmd.pid" ]; then
        end "$folder/epmd.pid" TERM
        # rabbitmqctl starts another when it finds none, as when the broker is killed under it.
        epmd -port "$(ports rabbitmq | cut -d " " -f 3)" -kill >/dev/null 2>&1 || true
    fi
    # Postgres would take a killed one for alive as long as nobody has reaped it, which in a container may be for ever.
    [ "$1" != postgres ] || rm -f "$folder/data/postmaster.pid"
}

write_environment() {
    local amqp distribution epmd management prometheus
    {
        if runs rabbitmq; then
            read -r amqp distribution epmd management prometheus <<<"$(ports rabbitmq)"
            echo "SCUTCH__BROKER__URL=amqp://guest:guest@127.0.0.1:$amqp/%2f"
            if grep -q management "$DIR/rabbitmq/plugins"; then
                echo "RABBITMQ_MANAGEMENT_URL=http://guest:guest@127.0.0.1:$management"
                echo "RABBITMQ_PROMETHEUS_URL=http://127.0.0.1:$prometheus/metrics"
            fi
        fi
        if runs postgres; then
            echo "SCUTCH__DATABASE__URL=postgres://scutch@127.0.0.1:$(ports postgres)/postgres"
        fi
        if runs redis; then
            echo "SCUTCH__REDIS__URL=redis://127.0.0.1:$(ports redis)"
        fi
        if runs nats; then
            echo "SCUTCH__EVENTS__NATS__URL=nats://127.0.0.1:$(ports nats)"
        fi
    } >"$DIR/env.new"
    mv "$DIR/env.new" "$DIR/env"
}

# ---- commands

start() {
    local owner="" names=() name began
    began=$(now_us)
    while [ $# -gt 0 ]; do
        case $1 in
            --owner) owner=${2:?--owner needs the id of a process}; shift ;;
            --management) MANAGEMENT=yes ;;
            *) is_server "$1"; names+=("$1") ;;
        esac
        shift
    done
    [ ${#names[@]} -gt 0 ] || names=(rabbitmq postgres redis)

    # Before the first server, so that none is ever without it.
    [ -z "$owner" ] || watch_over "$owner"
    # Only these, if this does not come to its end: what ran before is not ours to stop.
    NEW=()
    for name in "${names[@]}"; do
        runs "$name" || NEW+=("$name")
    done
    JOBS=()
    trap 'undo_start' EXIT
    trap 'exit 130' INT TERM HUP
    say "starting in $DIR: ${names[*]}"
    for name in "${names[@]}"; do
        bring_up "$name" &
        JOBS+=($!)
    done
    local job failed=no
    for job in "${JOBS[@]}"; do
        wait "$job" || failed=yes
    done
    [ "$failed" = no ] || die "not all started: those that did are stopped again"
    write_environment
    trap - EXIT
    say "all ready after $(seconds_since "$began"): $DIR/env"
}

undo_start() {
    kill "${JOBS[@]}" 2>/dev/null || true
    wait "${JOBS[@]}" || true
    local name
    for name in "${NEW[@]}"; do
        shut_down "$name"
    done
}

stop() {
    local name began
    began=$(now_us)
    for name in "${ALL[@]}"; do
        shut_down "$name" &
    done
    wait
    # When it is the watchdog that stops them, it goes on.
    [ "$(pid_in "$DIR/watchdog")" = $$ ] || end "$DIR/watchdog" KILL
    rm -f "$DIR/env"
    say "all stopped in $DIR after $(seconds_since "$began")"
}

# Starts the watchdog: a process that looks once a second if the owner is there.
watch_over() {
    local ticks
    ticks=$(started "$1") || die "no process $1 that could be the owner"
    end "$DIR/watchdog" KILL
    launch / "$DIR/watchdog" /dev/null "$SELF" watch "$DIR" "$1" "$ticks" $$ "$(started $$)"
}

# watch DIR OWNER TICKS STARTER TICKS: what the watchdog does.
watch() {
    while [ "$(started "$1")" = "$2" ]; do sleep 1; done
    # Not while servers may still be added.
    while [ "$(started "$3")" = "$4" ]; do sleep 0.2; done
    stop
    rm -rf "${ALL[@]/#/$DIR/}" "$DIR/env" "$DIR/watchdog"
    rmdir "$DIR" 2>/dev/null || true # someone else's files may be there
}

is_server() {
    case $1 in
        rabbitmq | postgres | redis | nats) ;;
        *) die "no server $1: ${ALL[*]}" ;;
    esac
}

SELF=$(realpath "${BASH_SOURCE[0]}")
MANAGEMENT=no
ALL=(rabbitmq postgres redis nats)

main() {
    local command=${1:---help} name port
    case $command in
        --help | -h | help) usage; return ;;
        install) install; return ;;
        start | stop | stop-one | kill | start-one | ctl | sql | watch) ;;
        *) usage >&2; exit 2 ;;
    esac
    if [ $# -lt 2 ]; then
        usage >&2
        exit 2
    fi
    [ "$command" != start ] || mkdir -p "$2"
    [ -d "$2" ] || die "no folder $2"
    DIR=$(realpath "$2")
    shift 2

    case $command in
        start) start "$@" ;;
        stop) stop ;;
        watch) watch "$@" ;;
        stop-one | kill | start-one)
            name=${1:?which server?}
            is_server "$name"
            ports "$name" >/dev/null
            case $command in
                stop-one) shut_down "$name" ;;
                kill) shut_down "$name" KILL ;;
                start-one) bring_up "$name" ;;
            esac
            ;;
        ctl)
            runs rabbitmq || die "no rabbitmq runs in $DIR"
            rabbitmq_environment
            exec "$(programs rabbitmq)/rabbitmqctl" "$@"
            ;;
        sql)
            port=$(ports postgres)
            exec "$(programs postgres)/psql" --no-psqlrc -h 127.0.0.1 -p "$port" -U scutch -d postgres "$@"
            ;;
    esac
}

# In one line, read at once: a watchdog runs for long, and this file may change under it.
main "$@"; exit
