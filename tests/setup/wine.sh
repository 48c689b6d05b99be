#!/usr/bin/env bash
# Puts Debian 13's Wine 10 into the user's cache folder, from the mirror that apt already uses. (Debian 12's own Wine 8 does
# not notice a service that dies and breaks parts of cmd.exe.) Neither root nor a change of the system is needed: the Debian
# packages are only unpacked, and the two programs are told, by patchelf, to take the C library that came with them.
#
# About 200 MB are downloaded; 1.4 GB stay.
set -euo pipefail

setup=6 # Raise when what is made here changes.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cargo-winsvc-tests
root=$cache/wine10
mkdir -p "$cache"
exec 9>"$cache/wine10.lock"
flock 9
if [ "$(cat "$root/.setup" 2>/dev/null)" = "$setup" ]; then
    echo "setup: Wine is there: $root"
    exit 0
fi

for tool in patchelf apt-get dpkg-deb; do
    command -v $tool >/dev/null || { echo "setup: $tool is missing; run tests/setup.sh" >&2; exit 1; }
done

work=$cache/wine10.new
rm -rf "$work"
mkdir -p "$work/root"
trap 'rm -rf "$work"' EXIT

# What programs without windows need: Wine, its 32-bit half, the C library, TLS; a font, without which Wine
# does not boot; and the description of a language whose Windows has UTF-8 as its code page.
packages=(
    wine64 libwine libwine:i386 libz-mingw-w64 libc6 libgcc-s1 libunwind8 liblzma5
    libfreetype6 libpng16-16t64 zlib1g libbrotli1 libbz2-1.0 libfontconfig1 libexpat1 fonts-dejavu-core locales
    libgnutls30t64 libidn2-0 libunistring5 libp11-kit0 libffi8 libtasn1-6 libnettle8t64 libhogweed6t64 libgmp10
)
echo "setup: downloading Wine 10 (about 220 MB)"
"$(dirname "${BASH_SOURCE[0]}")/trixie.sh" "$work" "${packages[@]}"

echo "setup: unpacking Wine 10"
for deb in "$work"/debs/*_{amd64,all}.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --exclude='./usr/share/doc*' --exclude='./usr/share/man*' \
        --exclude='./usr/share/locale*' --exclude='./usr/share/lintian*' -f -
done
lib=$work/root/usr/lib/x86_64-linux-gnu
dpkg-deb --fsys-tarfile "$work"/debs/libwine_*_i386.deb |
    tar -x -C "$lib/wine" --strip-components=5 --wildcards -f - './usr/lib/i386-linux-gnu/wine/i386-windows/*'

# Wine's own DLLs import this one, and Wine takes them only from DLLs that carry its mark, in the unused DOS program.
for arch in x86_64:x86_64 i386:i686; do
    dll=$lib/wine/${arch%:*}-windows/zlib1.dll
    cp "$work/root/usr/${arch#*:}-w64-mingw32/lib/zlib1.dll" "$dll"
    printf 'Wine builtin DLL\0' | dd of="$dll" bs=1 seek=64 conv=notrunc status=none
done

# The wrapper scripts name absolute paths; the programs themselves find their parts beside them.
ln -sf wineserver64 "$work/root/usr/lib/wine/wineserver"
# wineserver looks for its tables here, beside it, and then in the system's own /usr/share.
ln -s . "$work/root/usr/share/wine/wine"
final=$root/usr/lib/x86_64-linux-gnu
for program in wine64 wineserver64; do
    patchelf --force-rpath --set-rpath "$final" --set-interpreter "$final/ld-linux-x86-64.so.2" \
        "$work/root/usr/lib/wine/$program"
done

mkdir -p "$work/root/locale"
I18NPATH=$work/root/usr/share/i18n localedef -i hi_IN -f UTF-8 "$work/root/locale/hi_IN.UTF-8"

mkdir -p "$work/root/etc"
cat >"$work/root/etc/fonts.conf" <<END
<fontconfig><dir>$root/usr/share/fonts</dir><cachedir>$root/var/fonts</cachedir></fontconfig>
END

rm -rf "$root"
mv "$work/root" "$root"
version=$("$root/usr/lib/wine/wine64" --version)
echo "$setup" >"$root/.setup"
echo "setup: $version is ready: $root"
