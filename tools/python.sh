#!/usr/bin/env bash
# Python with the packages that tests use, in an environment of its own.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: tools/python.sh COMMAND [DIR]

  install   makes a virtual environment in DIR, with the packages of tests/python/requirements.txt, or finds that it is there;
            installs python3-venv with apt where Python cannot make one
  path      prints where its interpreter is

DIR is .venv in the repository's folder, which git ignores, where none is named.
TEXT
}

say() { printf 'python: %s\n' "$*"; }
die() { printf 'python: %s\n' "$*" >&2; exit 1; }

root=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
requirements=$root/tests/python/requirements.txt

# What an environment is made from. It is there, and whole, where it holds this word.
stamp() { sha256sum <"$requirements" | cut -d " " -f 1; }

is_there() { [ "$(cat "$environment/stamp" 2>/dev/null)" = "$(stamp)" ] && "$environment/bin/python" -c "" 2>/dev/null; }

# Whether Python can make environments: Debian's cannot without a package of its own.
can_make() { python3 -c "import venv, ensurepip" 2>/dev/null; }

install() {
    local began=$SECONDS
    # One at a time: a second waits, and finds that it is there.
    exec 9<"$requirements"
    flock 9
    if is_there; then
        say "there, in $environment"
        return
    fi
    if ! can_make; then
        say "installing with apt: python3 python3-venv"
        [ "$(id -u)" -eq 0 ] || die "only root can: sudo apt-get install python3 python3-venv"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=600 python3 python3-venv
        can_make || die "python3 makes no virtual environments even with python3-venv"
    fi
    say "installing $(grep -c == "$requirements") packages in $environment (a quarter of a minute)"
    python3 -m venv --clear "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --no-deps \
        --requirement "$requirements"
    stamp >"$environment/stamp"
    say "installed after $((SECONDS - began)) s"
}

environment=$(realpath --canonicalize-missing "${2:-$root/.venv}")
case ${1:---help} in
    --help | -h | help) usage ;;
    install) install ;;
    path)
        is_there || die "no environment of these packages in $environment: tools/python.sh install"
        echo "$environment/bin/python"
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac
