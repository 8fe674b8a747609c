# shellcheck shell=bash
# Sourced by scripts that run roles of the service: starts them on ports of their own and ends them.
#
# The caller sets `scutch`, the command, and `folder`, where each role's log goes as ROLE.log.

pids=()

# Starts a role, with these further arguments; its address goes into the variable of its name.
start_role() {
    local role=$1 address=
    # shellcheck disable=SC2154 # the caller's
    "$scutch" "$@" --listen 127.0.0.1:0 2>"$folder/$role.log" &
    pids+=($!)
    for _ in $(seq 300); do
        address=$(sed -n 's/.*ready: \(http:[^" ]*\).*/\1/p' "$folder/$role.log" | head -1)
        [ -n "$address" ] && break
        sleep 0.1
    done
    if [ -z "$address" ]; then
        echo "$role did not start:" >&2
        tail -n 5 "$folder/$role.log" >&2
        return 1
    fi
    printf -v "$role" '%s' "$address"
}

# Ends what was started, in order, and waits for it.
end_roles() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    pids=()
}
