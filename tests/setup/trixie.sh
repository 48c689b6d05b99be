#!/usr/bin/env bash
# trixie.sh WORK PACKAGE…   Downloads packages of Debian 13 to WORK/debs and installs nothing: they are only to be unpacked.
#
# They come from the mirror that apt already uses, with lists and a cache of their own below WORK; MIRROR names another. A package's
# name may say an architecture: `libwine:i386`.
set -euo pipefail
work=$1
shift

[ "$(dpkg --print-architecture)" = amd64 ] || { echo "setup: this is prepared for amd64 only" >&2; exit 1; }
# The mirror of Debian's main archive: the one whose distribution is not `…-security` or `…-updates`.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' |
    awk '$2 !~ /-/ && $1 !~ /security/ { print $1; exit }')
mirror=${MIRROR:-$mirror}
[ -n "$mirror" ] || { echo "setup: apt has no Debian mirror; name one: MIRROR=http://… tests/setup.sh" >&2; exit 1; }

mkdir -p "$work/debs" "$work"/apt/{state/lists/partial,cache/archives/partial}
: >"$work/apt/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror trixie main" >"$work/apt/sources.list"
options=(
    -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::State=$work/apt/state" -o "Dir::State::status=$work/apt/status" -o "Dir::Cache=$work/apt/cache"
    -o APT::Sandbox::User= -o APT::Architectures::=amd64 -o APT::Architectures::=i386 -o Acquire::Languages=none
)
echo "setup: asking $mirror for ${*}"
apt-get "${options[@]}" -qq update
(cd "$work/debs" && apt-get "${options[@]}" -qq download "$@")
