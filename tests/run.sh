#!/usr/bin/env bash
# Installs what the tests need and runs them all. Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tests/setup.sh
# What the product itself needs for the target of the tests; it installs that as it would for a user.
cargo build --locked --bin cargo-winsvc
cargo run --quiet --locked --bin cargo-winsvc -- winsvc doctor --target x86_64-pc-windows-gnu --provision --yes
# The other targets, with what tests/setup/msvc.sh has made in place of Microsoft's files and of what would be downloaded.
made=${XDG_CACHE_HOME:-$HOME/.cache}/cargo-winsvc-tests
targets=(
    {x86_64,i686,aarch64}-pc-windows-msvc x86_64-win7-windows-{msvc,gnu}
    i686-pc-windows-gnu {x86_64,aarch64}-pc-windows-gnullvm
)
PATH=$made/tools/bin:$PATH XWIN_CACHE_DIR=$made/xwin-standin \
    cargo run --quiet --locked --bin cargo-winsvc -- winsvc doctor "${targets[@]/#/--target=}" --provision --yes

# The test that cuts rustup off may install the distribution's compiler.
export WINSVC_TEST_PROVISION=1
cargo test --locked "$@"

cat <<'END'

All tests passed. What no test here shows:
- Nothing ran on real Windows. Services, scripts and loader ran in Wine 10; the tools that Wine only pretends to have
  (sc.exe's rarer verbs, icacls, certutil, curl, fsutil) were strict stand-ins written from Microsoft's documentation.
- Microsoft's SDK and its C run-time were not involved. cargo-xwin linked with an open stand-in, whose static C run-time still
  imports msvcrt.dll and ucrtbase.dll. Nothing was downloaded by cargo-xwin.
- What was built for ARM64 ran nowhere: its headers, imports and resources were read. No debugger of Microsoft's read a PDB.
- Wine does not act on a service's environment, account, failure actions or security descriptor: those were read back
  from the registry.
- Windows PowerShell 5.1 ran nothing: where there is an engine, it is that of PowerShell 7.
END
# Tests without their engine count as passed.
if [ ! -f "$made/rust-on-windows/.setup" ]; then
    echo "- NOT RUN: the tests that build with the product on Windows. rustup could not get cargo and rustc for Windows."
fi
if [ -z "${WINSVC_TEST_PWSH:-}" ] && ! command -v pwsh >/dev/null; then
    echo "- NOT RUN: the tests that read the scripts by PowerShell. There is none; docs/testing.md tells how to have one."
fi
if [ -z "${WINSVC_TEST_PWSH_WINE:-}" ]; then
    echo "- NOT RUN: the tests that run install.ps1 and uninstall.ps1 in Wine. WINSVC_TEST_PWSH_WINE names no PowerShell."
fi
