#!/usr/bin/env python3
"""import_defs.py OUT ARCHIVE...

Reads Wine's import libraries (`ar` archives of COFF objects, one DLL each) and writes a module definition file per DLL,
`OUT/<archive's name>.def`, from which llvm-dlltool makes the short import libraries that Microsoft's linker format knows.
A name that the DLL exports by number only becomes `name @number NONAME`, one without a call thunk `name DATA`. Names of 32-bit
code keep their `@bytes`: that is the decoration of `stdcall`, which only import libraries record, no DLL.

The C run-time's names (memcpy, sin) are exported by several DLLs. Each has one home here, as with Microsoft's libraries:
vcruntime140, else ucrtbase. rustc names ntdll.lib and kernel32.lib before the run-time's, so they would win otherwise.
"""

import struct
import sys
from pathlib import Path

EXTERNAL, SECTION_HEADER, SYMBOL = 2, 40, 18  # IMAGE_SYM_CLASS_EXTERNAL, sizes in bytes
RUNTIME = ["vcruntime140", "ucrtbase"]
# Other generations of the run-time: whoever means them does not link against this stand-in.
FOREIGN = ("msvcr", "msvcp", "crtdll")
# The static part of the run-time (crt/) has these itself.
OWN = {"atexit", "_onexit", "__chkstk", "_chkstk", "_alloca_probe", "_fltused", "_tls_index", "_tls_used",
       "__security_check_cookie", "__GSHandlerCheck", "_alldiv", "_alldvrm", "_allmul", "_allrem", "_aulldiv", "_aulldvrm",
       "_aullrem"}


def members(archive):
    """The objects of an archive."""
    data = archive.read_bytes()
    at = 8  # after "!<arch>\n"
    while at < len(data):
        name, size = data[at : at + 16].rstrip(), int(data[at + 48 : at + 58])
        if name not in (b"/", b"//"):  # its index, its table of long names
            yield data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2


def parse(obj):
    """Machine, section contents by name, and the names of the external symbols that are defined."""
    machine, sections, _, symbols, count, optional = struct.unpack_from("<HHIIIH", obj)
    text = lambda at: obj[at : obj.index(b"\0", at)].decode()
    strings = symbols + SYMBOL * count
    content = {}
    for at in range(20 + optional, 20 + optional + SECTION_HEADER * sections, SECTION_HEADER):
        size, where = struct.unpack_from("<II", obj, at + 16)
        content[obj[at : at + 8].rstrip(b"\0").decode()] = obj[where : where + size] if where else b""
    defined, index = set(), 0
    while index < count:
        at = symbols + SYMBOL * index
        zero, offset = struct.unpack_from("<II", obj, at)
        section, _, kind, more = struct.unpack_from("<hHBB", obj, at + 12)
        if kind == EXTERNAL and section > 0:
            defined.add(text(strings + offset) if zero == 0 else obj[at : at + 8].rstrip(b"\0").decode())
        index += 1 + more
    return machine, content, defined


def exports(archive):
    """The DLL's name, and per exported symbol what follows it in a definition file."""
    dll, found = None, {}
    for obj in members(archive):
        machine, content, defined = parse(obj)
        prefix = "_" if machine == 0x14C else ""  # IMAGE_FILE_MACHINE_I386
        dll = content.get(".idata$7", b"").split(b"\0")[0].decode() or dll
        # msvcrt's archive holds code as well, which plays an import.
        for symbol in defined if ".idata$4" in content else ():
            if not symbol.startswith("__imp_" + prefix):
                continue
            name = symbol[len("__imp_" + prefix) :]
            # Not C++, and not `fastcall`.
            if name[0] in "?@":
                continue
            attribute = "" if prefix + name in defined else " DATA"
            by_name = content.get(".idata$6", b"")[2:].split(b"\0")[0].decode()
            if not by_name:
                (number,) = struct.unpack_from("<H", content[".idata$4"])
                attribute = f" @{number} NONAME{attribute}"
            elif by_name != name.split("@")[0]:
                continue  # an alias, which the short format has no room for
            found[name] = attribute
    return dll, found


def main():
    out = Path(sys.argv[1])
    libraries = {}
    for archive in map(Path, sys.argv[2:]):
        name = archive.stem.removeprefix("lib")
        dll, found = exports(archive)
        if dll and (name == "msvcrt" or not name.startswith(FOREIGN)):
            libraries[name] = (dll, found)
    taken = set(OWN)
    for name in RUNTIME:
        dll, found = libraries[name]
        libraries[name] = (dll, {n: a for n, a in found.items() if n not in taken})
        taken |= libraries[name][1].keys()
    # What the static vcruntime has is imported from Windows' own msvcrt.dll: there is no open one to link.
    msvcrt, vcruntime = libraries.pop("msvcrt"), libraries["vcruntime140"][1]
    static = {n: a for n, a in msvcrt[1].items() if n in vcruntime}
    for name, (dll, found) in libraries.items():
        if name not in RUNTIME:
            libraries[name] = (dll, {n: a for n, a in found.items() if n not in taken})
    libraries["libvcruntime"] = (msvcrt[0], static)
    for name, (dll, found) in libraries.items():
        lines = [f"LIBRARY {dll}", "EXPORTS"] + [f"  {n}{a}" for n, a in sorted(found.items())]
        (out / f"{name}.def").write_text("\n".join(lines) + "\n")


main()
