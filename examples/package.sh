#!/usr/bin/env bash
# Packages the example service on a machine with nothing but rustup, git and apt; ends with a verified zip.
# What is missing is installed by apt, as root or with sudo, and by cargo-winsvc itself, which says each command it runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Rust needs a linker to build cargo-winsvc itself.
command -v cc >/dev/null || tests/setup/packages.sh gcc libc6-dev

run() {
    echo "+ cargo winsvc $*" >&2
    cargo run --quiet --locked --bin cargo-winsvc -- winsvc "$@"
}
results=$(run package --manifest-path examples/acme-agent/Cargo.toml --target x86_64-pc-windows-gnu --locked --provision --yes)
echo "$results"
zip=$(grep '\.zip$' <<<"$results" | grep -v -e '-symbols\.zip$')
run verify "$zip"
