#!/usr/bin/env bash
# Whether the fault suite would notice: takes one guard after the other out of a copy of the sources, builds it, and plays scenarios, which
# must fail. Takes a quarter of an hour the first time, since the copy is built in a folder of its own.
#
#   tests/guards.sh [GUARD...]      names in tests/faults/guards, without .patch
set -euo pipefail
cd "$(dirname "$0")/.."

# What is played for each: what was seen to notice it, soonest.
scenarios() {
    case $1 in
        none) echo "frozen for twice its lease|rescues too late|a storm of commands|crash while they join" ;;
        fence-in-complete) echo "frozen for twice its lease" ;;
        guard-in-rescue) echo "rescues too late" ;;
        pause-check-in-claim) echo "a storm of commands" ;;
        event-after-data) echo "crash while they join" ;;
        *) echo "no guard $1: $(basename -s .patch tests/faults/guards/*.patch | xargs)" >&2; return 2 ;;
    esac
}

copy=target/guards/tree
mkdir -p "$copy"
export CARGO_TARGET_DIR=$PWD/target/guards/target
guards=("$@")
[ ${#guards[@]} -gt 0 ] || mapfile -t guards < <(basename -s .patch tests/faults/guards/*.patch)

# Writes only what differs, so that only that is built again.
bring_copy_up_to_date() {
    local file
    while IFS= read -rd '' file; do
        if [ -e "$file" ] && ! cmp -s "$file" "$copy/$file"; then
            mkdir -p "$copy/$(dirname "$file")"
            cp "$file" "$copy/$file"
        fi
    done < <(git ls-files -z --cached --others --exclude-standard)
}

missed=()
# First with all guards in place: else that a scenario fails says nothing.
for guard in none "${guards[@]}"; do
    IFS='|' read -ra names <<<"$(scenarios "$guard")"
    bring_copy_up_to_date
    [ "$guard" = none ] || (cd "$copy" && patch --silent -p1 <"../../../tests/faults/guards/$guard.patch")
    echo "== $guard: building"
    (cd "$copy" && cargo test --workspace --test faults --no-run --locked --quiet)
    began=$SECONDS
    if (cd "$copy" && cargo test --workspace --test faults --locked --quiet -- --seed 1 --fail-fast "${names[@]}") >target/guards/"$guard.log" 2>&1; then
        outcome=kept
    else
        outcome=broken
    fi
    grep -m 2 BROKEN "target/guards/$guard.log" || true
    case $guard:$outcome in
        none:kept) echo "   with all guards in place every promise is kept ($((SECONDS - began)) s)" ;;
        none:broken) echo "the suite fails without this: target/guards/none.log" >&2; exit 1 ;;
        *:broken) echo "   noticed after $((SECONDS - began)) s" ;;
        *:kept) echo "   NOT NOTICED: ${names[*]}"; missed+=("$guard") ;;
    esac
done
[ ${#missed[@]} -eq 0 ] || { echo "not noticed: ${missed[*]}" >&2; exit 1; }
echo "every guard that is taken away is noticed"
