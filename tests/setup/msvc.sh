#!/usr/bin/env bash
# What the tests of the msvc, gnullvm and zig builds need, in the user's cache folder: cargo-xwin, cargo-zigbuild, zig and cmake from
# PyPI, at pinned versions, and an open stand-in for Microsoft's C run-time and SDK (msvc/standin.sh), so that no file of
# Microsoft's is downloaded. Each part is made again only when its sources here have changed.
#
# About 140 MB are downloaded; 730 MB stay, most of them zig.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cargo-winsvc-tests
mkdir -p "$cache"
exec 9>"$cache/msvc.lock"
flock 9

# made FOLDER STAMP: whether it is there and of this stamp.
made() { [ "$(cat "$1/.setup" 2>/dev/null)" = "$2" ]; }

tools=(cargo-xwin==0.23.1 cargo-zigbuild==0.24.1 ziglang==0.17.1 cmake==4.4.5 ninja==1.13.2)
if ! made "$cache/tools" "${tools[*]}"; then
    echo "setup: pip install ${tools[*]}"
    rm -rf "$cache/tools"
    # Debian's own python3, wherever another stands before it on the PATH: the environment lasts as long as that one.
    /usr/bin/python3 -m venv "$cache/tools"
    "$cache/tools/bin/pip" install --quiet --no-input --disable-pip-version-check "${tools[@]}"
    echo "${tools[*]}" >"$cache/tools/.setup"
fi

# Wine 10's headers and import libraries: those of Debian 12's Wine 8 lack what today's standard library imports.
wine=$cache/wine-dev
if ! made "$wine" 1; then
    work=$cache/wine-dev.new
    rm -rf "$work"
    mkdir -p "$work/root"
    trap 'rm -rf "$work"' EXIT
    "$here/trixie.sh" "$work" libwine-dev libwine-dev:i386
    for deb in "$work"/debs/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --wildcards -f - './usr/include/*' './usr/lib/*-windows/*'
    done
    echo 1 >"$work/root/.setup"
    rm -rf "$wine"
    mv "$work/root" "$wine"
fi

llvm=/usr/lib/llvm-19/bin
standin=$cache/xwin-standin
stamp=$(cd "$here" && cat msvc/*.* msvc/crt/* "$wine/.setup" | sha256sum | cut -c1-16)-$("$llvm/llvm-config" --version)
if ! made "$standin" "$stamp"; then
    echo "setup: making the stand-in for Microsoft's C run-time and SDK"
    rm -rf "$standin" "$standin.new"
    "$here/msvc/standin.sh" "$standin.new" "$wine" "$llvm"
    echo "$stamp" >"$standin.new/.setup"
    mv "$standin.new" "$standin"
fi
echo "setup: cargo-xwin, zig and a stand-in SDK are there: $cache"
