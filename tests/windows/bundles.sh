#!/usr/bin/env bash
# Packages the example three times into a folder: as it is, a next version, and one after it whose health never passes.
set -euo pipefail
into=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
toml=examples/acme-agent/Cargo.toml
lock=examples/acme-agent/Cargo.lock
kept=$(mktemp -d)
cp "$toml" "$lock" "$kept"
trap 'cp "$kept/Cargo.toml" "$toml"; cp "$kept/Cargo.lock" "$lock"; rm -r "$kept"' EXIT

one() {
    mkdir -p "$into/$1"
    zip=$(examples/package.sh | grep '\.zip$' | grep -v -e '-symbols\.zip$' | head -n 1)
    cp "$zip" "$zip.sha256" "$into/$1"
}
version() { sed -i "s/^version = \"$1\"/version = \"$2\"/" "$toml" && sed -i "/^name = \"acme-agent\"/{n;s/$1/$2/}" "$lock"; }

one first
version 2.4.0 2.5.0
one next
version 2.5.0 2.6.0
# Answered by the old and the new program alike with 404.
sed -i 's|${PORT}/healthz", timeout = "30s"|${PORT}/nowhere", timeout = "5s"|' "$toml"
grep -q nowhere "$toml"
one ill
