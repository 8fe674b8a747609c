#!/usr/bin/env bash
# Everything that must pass, and nothing that does not. Installs what it needs (gcc, RabbitMQ, PostgreSQL, Redis, NATS, Python packages,
# cargo-deny, cargo-machete), reuses what is there, and says what it is doing. The order is by cost: what fails quickly fails first.
set -euo pipefail
cd "$(dirname "$0")"

step() { printf '\n== %s (%s)\n' "$1" "$(date +%T)"; }

step "tools"
if ! command -v cc >/dev/null; then
    echo "no C compiler found: installing gcc with apt"
    apt-get update -qq && apt-get install -y --no-install-recommends gcc libc6-dev
fi
for component in rustfmt clippy; do
    cargo "${component/rust/}" --version || rustup component add "$component"
done
for tool in machete deny; do
    # Asked through cargo, which also finds what it installed where PATH does not lead.
    if ! cargo "$tool" --version 2>/dev/null; then
        echo "cargo-$tool is missing: building it once (three minutes on two cores)"
        cargo install --locked "cargo-$tool"
    fi
done

# Tests of the service start private ones of their own, and stop them.
tools/servers.sh install
# With them come old consumers, receivers of events, and readers that are not ours.
tools/python.sh install

step "format"
cargo fmt --all --check

step "dependencies: used, licensed, from one source"
cargo machete
# Duplicates of small crates are told by `cargo deny check bans` on its own; here only what is an error counts.
cargo deny --log-level error check licenses bans sources

step "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

step "tests, and each benchmark once"
cargo test --workspace --all-targets --locked --no-fail-fast

step "all passed"
