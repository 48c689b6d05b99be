#!/usr/bin/env bash
# standin.sh CACHE WINE LLVM   Makes an open stand-in for Microsoft's C run-time and Windows SDK in the layout of cargo-xwin's cache.
#
#   CACHE   becomes what XWIN_CACHE_DIR names; it must not exist
#   WINE    Debian's libwine-dev for amd64 and i386, unpacked: headers and import libraries
#   LLVM    the folder of clang, llvm-lib, llvm-dlltool
#
# What it is not: `+crt-static` links, but only the start-up code is static; what the run-time's functions need is imported from
# DLLs that every Windows 10 has. There are no headers for C++. The import libraries for aarch64 have the names of x86_64's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir "$1"
xwin=$(cd "$1" && pwd)/xwin
wine=$(cd "$2" && pwd) llvm=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lib() { "$llvm/llvm-lib" /nologo "$@"; }

# NAME OF THE FOLDERS : TRIPLE : llvm-dlltool's MACHINE : WINE'S LIBRARIES
for row in x86_64:x86_64:i386\:x86-64:x86_64 x86:i686:i386:i386 aarch64:aarch64:arm64:x86_64; do
    arch=${row%%:*} from=${row##*:} rest=${row#*:}
    triple=${rest%%:*}-pc-windows-msvc machine=${rest#*:} machine=${machine%:*}
    crt=$xwin/crt/lib/$arch um=$xwin/sdk/lib/um/$arch ucrt=$xwin/sdk/lib/ucrt/$arch
    defs=$work/def-$from
    mkdir -p "$crt" "$um" "$ucrt"
    [ -d "$defs" ] || { mkdir "$defs"; "$here/import_defs.py" "$defs" "$wine"/usr/lib/*/wine/"$from"-windows/lib*.a; }

    for def in "$defs"/*.def; do
        name=$(basename "$def" .def) out=$um/$(basename "$def" .def).lib
        case $name in
        vcruntime140) out=$crt/vcruntime.lib ;;
        libvcruntime) out=$crt/libvcruntime.lib ;;
        ucrtbase) out=$ucrt/ucrt.lib ;;
        esac
        # -k: the DLL's name of `Sleep@4` is `Sleep`.
        "$llvm/llvm-dlltool" -k -m "$machine" -d "$def" -l "$out"
    done
    cp "$ucrt/ucrt.lib" "$ucrt/libucrt.lib"

    for kind in msvcrt libcmt; do
        flags=(--target="$triple" -O2 -ffreestanding -fms-extensions -fno-stack-protector -mno-incremental-linker-compatible -Wall -Werror)
        [ $kind = msvcrt ] || flags+=(-DCRT_STATIC)
        objects=$work/$arch-$kind
        mkdir "$objects"
        for source in "$here"/crt/*.[cS]; do
            name=$(basename "${source%.*}")
            [ "$name" = start ] || "$llvm/clang" "${flags[@]}" -c "$source" -o "$objects/$name.obj"
        done
        for start in MAIN WMAIN WINMAIN WWINMAIN; do
            "$llvm/clang" "${flags[@]}" -DSTART_$start -c "$here/crt/start.c" -o "$objects/start_$start.obj"
        done
        # Made beside its members: their paths, as seen from the archive, come into PDBs.
        (cd "$objects" && lib "/out:$kind.lib" ./*.obj)
        mv "$objects/$kind.lib" "$crt/"
    done

    # Asked for by name; nothing in them is needed here.
    for empty in "$crt"/{oldnames,legacy_stdio_definitions,legacy_stdio_wide_specifiers}.lib; do
        lib /llvmlibempty "/out:$empty"
    done
    # The identifiers of interfaces are data, and the same everywhere.
    lib /llvmlibempty "/out:$um/uuid.lib"
done

mkdir -p "$xwin/crt" "$xwin"/sdk/include/{ucrt,um,shared,winrt}
cp -R "$wine/usr/include/wine/wine/msvcrt" "$xwin/crt/include"
cp -R "$wine/usr/include/wine/wine/windows/." "$xwin/sdk/include/um"
# As many a C file on Windows writes it.
ln -s windows.h "$xwin/sdk/include/um/Windows.h"

cat >"$xwin/winsvc-xwin.json" <<'END'
{"sdkVersion": "open stand-in", "crtVersion": "open stand-in"}
END
# cargo-xwin downloads unless the first line names the architecture.
echo "aarch64 x86 x86_64" >"$xwin/DONE"
