#!/usr/bin/env bash
# Installs everything that the tests need on Debian 12 with rustup, git and apt. It can be repeated: what is there already is
# left alone, and a second run takes a moment. As an ordinary user it asks sudo for the apt step; Wine goes into the user's
# cache folder and changes nothing in the system.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/setup/packages.sh"
"$here/setup/wine.sh"
"$here/setup/msvc.sh"
"$here/setup/windows-host.sh"
"$here/setup/powershell.sh"
