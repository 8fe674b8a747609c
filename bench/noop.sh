# shellcheck shell=bash
# Sourced by the benchmarks of the whole service: private servers and one of each role, with a pipeline that does nothing to a document
# but what must be: read, written as output, kept. The caller has set -euo pipefail, stands in the root and sets `documents`, how many
# there are to be; SCUTCH may name a release build of the command. Leaves `folder`, `scutch`, the roles' addresses and the file
# $folder/documents.jsonl.

tools/servers.sh install
for package in curl jq python3 python3-venv; do
    dpkg -s "$package" >/dev/null 2>&1 || apt-get install -y --no-install-recommends "$package" >/dev/null
done
scutch=${SCUTCH:-$PWD/target/release/scutch}
if [ -z "${SCUTCH:-}" ]; then
    echo "building the release binary where it is not there (about ten minutes on two cores)"
    cargo build --release --quiet
fi

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

tools/servers.sh start "$folder/servers" rabbitmq postgres redis --owner $$
set -a
# shellcheck disable=SC1091 # made a moment ago
. "$folder/servers/env"
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

start_all_roles() {
    start_role scheduler
    start_role producer
    start_role worker
}

# shellcheck disable=SC2154 # the caller's
python3 - "$documents" >"$folder/documents.jsonl" <<'PYTHON'
import json, sys
text = "word " * 190
for number in range(int(sys.argv[1])):
    print(json.dumps({"document_id": f"d{number}", "text": text}))
PYTHON

# Waits until the job has come to its end in order; fails when it did not.
wait_for() {
    local state
    while :; do
        # shellcheck disable=SC2154 # start_role's
        state=$(curl -s "$scheduler/v1/jobs/$1")
        case $(jq -r .status <<<"$state") in
            completed) return ;;
            failed | cancelled) echo "$state" >&2; return 1 ;;
        esac
        sleep 0.1
    done
}
