"""The outer structure of a JPEG file: its segments, and the one Exif tag that changes how it looks."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIF = b"Exif\x00\x00"
_APP1 = 0xE1
_SCAN = 0xDA
_ORIENTATION = 0x0112
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""


class Segment(NamedTuple):
    """One segment before the picture's data: ``data[start:end]``, marker and length included."""

    marker: int
    start: int
    end: int


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments up to the start of the picture's data; a cut or damaged file just ends earlier."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _BARE or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN or end > len(data):
            return
        yield Segment(marker, at, end)
        at = end


def picture_start(data: bytes) -> int | None:
    """Return where the data of the picture begins, or None when the file ends before it."""
    at = max((segment.end for segment in segments(data)), default=2)
    while at + 2 <= len(data) and data[at] == 0xFF and (data[at + 1] in _BARE or data[at + 1] == 0xFF):
        at += 1 if data[at + 1] == 0xFF else 2
    return at + 2 if data[at : at + 2] == bytes((0xFF, _SCAN)) else None


def orientation(data: bytes) -> int:
    """Return Exif's orientation: 1 is upright, 6 is a quarter turn to the right; 1 where nothing is said."""
    for segment in segments(data):
        if segment.marker == _APP1 and data[segment.start + 4 : segment.start + 10] == EXIF:
            return _orientation(data[segment.start + 10 : segment.end])
    return 1


def _orientation(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def upright(turn: int) -> bytes:
    """Return an Exif segment that says the orientation and nothing else."""
    tiff = b"II*\x00" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turn, 0, 0)
    return struct.pack(">BBH", 0xFF, _APP1, 2 + len(EXIF) + len(tiff)) + EXIF + tiff
