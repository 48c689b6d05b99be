#!/usr/bin/env bash
# Looks for PowerShell's engine, which some tests run the generated scripts by. It installs nothing: neither Debian nor npm nor
# PyPI carries the engine. docs/testing.md tells how one is had.
set -euo pipefail

missing() {
    echo "setup: NO POWERSHELL: $1" >&2
    echo "setup: the tests that need it will NOT RUN, and say so; docs/testing.md tells how to have one" >&2
    [ -z "${WINSVC_TEST_PWSH_REQUIRED:-}" ] || exit 1
}

probe=$(mktemp --suffix=.ps1)
trap 'rm -f "$probe"' EXIT
echo 'if ($PSVersionTable.PSVersion.Major -ge 7) { exit 7 }' >"$probe"
pwsh=${WINSVC_TEST_PWSH:-$(command -v pwsh || true)}
if [ -z "$pwsh" ]; then
    missing "no pwsh on the PATH, and WINSVC_TEST_PWSH names none"
else
    code=0
    POWERSHELL_TELEMETRY_OPTOUT=1 "$pwsh" -NoProfile -NonInteractive -File "$probe" </dev/null || code=$?
    [ $code = 7 ] || { echo "setup: $pwsh does not run scripts as PowerShell 7 does (code $code)" >&2; exit 1; }
    echo "setup: PowerShell is there: $pwsh"
fi

wine=${WINSVC_TEST_PWSH_WINE:-}
if [ -z "$wine" ]; then
    missing "WINSVC_TEST_PWSH_WINE names no PowerShell for Wine"
else
    [ -f "$wine" ] || { echo "setup: WINSVC_TEST_PWSH_WINE=$wine: there is no such file" >&2; exit 1; }
    echo "setup: PowerShell for Wine is there: $wine"
fi
