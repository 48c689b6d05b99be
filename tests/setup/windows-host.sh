#!/usr/bin/env bash
# Cargo and rustc for Windows, for the tests that run the product itself in Wine, in the user's cache folder. Where rustup can't download
# them, nothing else carries them: those tests then do not run, and say so.
set -euo pipefail
toolchain=1.95.0-x86_64-pc-windows-gnu
dir=${XDG_CACHE_HOME:-$HOME/.cache}/cargo-winsvc-tests/rust-on-windows
mkdir -p "$dir"
exec 9>"$dir.lock"
flock 9
if [ "$(cat "$dir/.setup" 2>/dev/null)" != "$toolchain" ]; then
    echo "setup: rustup toolchain install $toolchain"
    # A folder of its own: the user's toolchains and default stay as they are.
    if command -v rustup >/dev/null && said=$(RUSTUP_HOME=$dir/rustup timeout 300 rustup toolchain install "$toolchain" \
        --force-non-host --profile minimal --no-self-update --target x86_64-pc-windows-msvc 2>&1) &&
        [ -f "$dir/rustup/toolchains/$toolchain/bin/cargo.exe" ]; then
        rm -rf "$dir/toolchain"
        mv "$dir/rustup/toolchains/$toolchain" "$dir/toolchain"
        rm -rf "$dir/rustup"
        echo "$toolchain" >"$dir/.setup"
    else
        rm -rf "$dir"
        echo "setup: NO RUST FOR WINDOWS: ${said:-rustup is not there}" | head -n 3 >&2
        echo "setup: the tests that run the product on Windows will NOT RUN, and say so" >&2
        exit 0
    fi
fi
echo "setup: cargo and rustc for Windows are there: $dir/toolchain"
