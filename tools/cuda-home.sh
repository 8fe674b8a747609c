#!/usr/bin/env bash
# Makes a CUDA toolkit in a folder, to build Scutch with the feature cuda on a machine without a GPU (docs/gpu.md).
#
# usage: tools/cuda-home.sh FOLDER
#
# The compiler and the libraries come from NVIDIA's packages for Python, about 660 MB to download; they are NVIDIA's, under
# NVIDIA's licence, and nothing of them goes into this repository. Needs python3 with pip, cargo, gcc and g++.
set -euo pipefail
if [ $# -ne 1 ]; then
    echo "usage: tools/cuda-home.sh FOLDER" >&2
    exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

# One set that fits together. A newer nvcc writes PTX that the 580 series of drivers does not take.
packages=(
    nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-nvrtc==13.0.88
    nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85 nvidia-curand==10.4.0.35 nvidia-cublas==13.0.2.14
)
home="$folder/nvidia/cu13"
if [ ! -x "$home/bin/nvcc" ]; then
    # All in one call: they share the folder nvidia/, and a second call would not add to it.
    python3 -m pip install --quiet --no-deps --only-binary=:all: --target "$folder" "${packages[@]}"
fi

# Build scripts look into lib64 and for names without a version.
ln -sfn lib "$home/lib64"
for library in "$home"/lib/lib*.so.*; do
    ln -sf "$(basename "$library")" "${library%%.so.*}.so"
done

# libcuda comes with the driver, which a machine without a GPU lacks. The linker is content with one that exports the names
# that the crate cudarc calls; each answers CUDA_ERROR_STUB_LIBRARY (34), as the stub of NVIDIA's own toolkit does.
stubs="$home/lib/stubs"
mkdir -p "$stubs"
python3 - "$stubs/stub.c" <<'PYTHON'
import json, pathlib, re, subprocess, sys

command = ["cargo", "metadata", "--format-version=1", "--locked", "--features", "cli/cuda"]
packages = json.loads(subprocess.check_output(command))["packages"]
cudarc = next(package for package in packages if package["name"] == "cudarc")
sources = pathlib.Path(cudarc["manifest_path"]).parent / "src" / "driver" / "sys"
names = set()
for source in sources.rglob("*.rs"):
    names.update(re.findall(r"\bfn (cu[A-Z]\w*)\s*\(", source.read_text()))
if len(names) < 100:
    sys.exit(f"only {len(names)} functions found in {sources}: its layout has changed")
pathlib.Path(sys.argv[1]).write_text("".join(f"int {name}(void) {{ return 34; }}\n" for name in sorted(names)))
print(f"libcuda: a stub of {len(names)} functions")
PYTHON
gcc -shared -fPIC -w -Wl,-soname,libcuda.so.1 -o "$stubs/libcuda.so" "$stubs/stub.c"
ln -sf libcuda.so "$stubs/libcuda.so.1"

cat >"$folder/environment" <<END
export CUDA_HOME="$home"
export PATH="$home/bin:\$PATH"
# What the kernels are compiled for, see docs/gpu.md: 90 runs on H100 and its kin alone, 80 on A100 and everything newer.
export CUDA_COMPUTE_CAP="\${CUDA_COMPUTE_CAP:-90}"
export CUDARC_CUDA_VERSION=13000
END
echo "done; now: . $folder/environment"
