"""Leaves out of a picture what is not picture: the place it was taken at, the camera, comments. Pixels and colors stay bit for bit."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .jpeg import orientation, segments, upright

if TYPE_CHECKING:
    from collections.abc import Iterator

_PNG_DROPPED = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
_WEBP_FLAGS = 0x08 | 0x04
"""VP8X's bits for "has Exif" and "has XMP"."""
_JPEG_DROPPED = frozenset({0xE1, 0xED, 0xFE})
"""Exif and XMP, IPTC, comments."""


def without_metadata(data: bytes, kind: str) -> bytes:
    """Return the picture without its metadata; `data` itself when there is none, or when the file is not whole."""
    writer = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}.get(kind)
    return writer(data) if writer else data


def _jpeg(data: bytes) -> bytes:
    found = list(segments(data))
    if not any(segment.marker in _JPEG_DROPPED for segment in found):
        return data
    turn = orientation(data)
    kept = [data[segment.start : segment.end] for segment in found if segment.marker not in _JPEG_DROPPED]
    # JFIF wants to be first; what says which way is up comes right after it.
    split = 1 if kept and kept[0][1] == 0xE0 else 0
    turned = [upright(turn)] if turn != 1 else []
    rebuilt = b"".join([data[:2], *kept[:split], *turned, *kept[split:], data[found[-1].end :]])
    return data if rebuilt == data else rebuilt


def _png(data: bytes) -> bytes:
    chunks = list(_chunks(data, 8, ">"))
    if not chunks or not any(name in _PNG_DROPPED for name, _ in chunks):
        return data
    return data[:8] + b"".join(chunk for name, chunk in chunks if name not in _PNG_DROPPED)


def _webp(data: bytes) -> bytes:
    chunks = list(_chunks(data, 12, "<"))
    if not chunks or not any(name in _WEBP_DROPPED for name, _ in chunks):
        return data
    body = b"WEBP" + b"".join(_unflagged(chunk) if name == b"VP8X" else chunk for name, chunk in chunks if name not in _WEBP_DROPPED)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _unflagged(chunk: bytes) -> bytes:
    return chunk[:8] + bytes([chunk[8] & ~_WEBP_FLAGS & 0xFF]) + chunk[9:]


def _chunks(data: bytes, at: int, order: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, whole chunk) of a PNG (``>``: length, name, data, checksum) or a WebP (``<``: name, length, data, padding)."""
    while at + 8 <= len(data):
        first, second = data[at : at + 4], data[at + 4 : at + 8]
        name = second if order == ">" else first
        (length,) = struct.unpack(f"{order}I", first if order == ">" else second)
        end = at + 8 + length + (4 if order == ">" else length % 2)
        yield name, data[at:end]
        at = end
