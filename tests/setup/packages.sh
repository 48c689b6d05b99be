#!/usr/bin/env bash
# Installs the Debian packages that the tests use. With arguments, installs those packages instead.
set -euo pipefail

packages=("$@")
if [ ${#packages[@]} = 0 ]; then
    packages=(
        gcc libc6-dev                    # links the product itself
        gcc-mingw-w64-x86-64 gcc-mingw-w64-i686   # what the product finds or, on a bare machine, asks for
        clang-19 lld-19 llvm-19          # for the msvc targets, and debug files for ARM64; readers of exes that are not ours
        icoutils                         # wrestool, icotool: readers of resources that are not ours
        unzip zip                        # what the other side opens our bundles with
        python3-venv                     # for setup/msvc.sh
        patchelf                         # for setup/wine.sh
    )
fi

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} = 0 ]; then
    echo "setup: packages are there"
    exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "setup: needs root or sudo for: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
echo "setup: apt-get install ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends install "${missing[@]}" >/dev/null
