#!/usr/bin/env python3
"""Draws acme-agent.ico: a pulse on a round badge, in the sizes that Windows uses. Needs only Python; run it to change the icon."""

import pathlib
import struct
import zlib

SIZES = [16, 24, 32, 48, 256]
BADGE, PULSE = (0x1F, 0x5F, 0xA8), (0xFF, 0xFF, 0xFF)
# The line, in units of the icon's width.
LINE = [(0.12, 0.52), (0.34, 0.52), (0.44, 0.26), (0.56, 0.76), (0.66, 0.52), (0.88, 0.52)]


def distance(px, py, ax, ay, bx, by):
    """From a point to a line segment."""
    dx, dy = bx - ax, by - ay
    t = max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy)))
    return ((px - ax - t * dx) ** 2 + (py - ay - t * dy) ** 2) ** 0.5


def pixel(x, y, size):
    """Red, green, blue, alpha; edges are softened over one pixel."""
    px, py = (x + 0.5) / size, (y + 0.5) / size
    cover = lambda inside: max(0.0, min(1.0, inside * size + 0.5))
    alpha = cover(0.48 - ((px - 0.5) ** 2 + (py - 0.5) ** 2) ** 0.5)
    near = min(distance(px, py, *a, *b) for a, b in zip(LINE, LINE[1:]))
    line = cover(max(0.035, 0.75 / size) - near)
    return [round(b + (p - b) * line) for b, p in zip(BADGE, PULSE)] + [round(alpha * 255)]


def bitmap(rows, size):
    """The old form: header of a BMP with doubled height, rows from the bottom up, an empty AND mask."""
    colours = b"".join(bytes([b, g, r, a]) for row in reversed(rows) for r, g, b, a in row)
    mask = bytes((size + 31) // 32 * 4 * size)
    head = struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, len(colours) + len(mask), 0, 0, 0, 0)
    return head + colours + mask


def png(rows, size):
    """The form for 256 pixels."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + bytes(c for p in row for c in p) for row in rows)
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


images = []
for size in SIZES:
    rows = [[pixel(x, y, size) for x in range(size)] for y in range(size)]
    images.append((png if size == 256 else bitmap)(rows, size))
offset = 6 + 16 * len(SIZES)
directory = struct.pack("<HHH", 0, 1, len(SIZES))
for size, data in zip(SIZES, images):
    directory += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(data), offset)
    offset += len(data)
pathlib.Path(__file__).with_name("acme-agent.ico").write_bytes(directory + b"".join(images))
