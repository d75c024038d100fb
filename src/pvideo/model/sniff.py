"""What a file really is, by its first bytes, whatever its name says; and how large a picture in it is."""

from __future__ import annotations

import struct

from .jpeg import orientation, segments

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"%PDF", "application/pdf"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heic", b"avif": "image/avif", b"M4A ": "audio/mp4"}
_FRAME_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's start-of-frame markers: those that carry height and width."""
_TURNED = frozenset({5, 6, 7, 8})
"""Exif orientations that lie on their side."""


def content_type(data: bytes) -> str:
    """Return the content type of a file's bytes, or an empty text when they are none we know."""
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], "")
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/quicktime" if data[8:12] == b"qt  " else "video/mp4")
    # An MPEG audio frame: eleven set bits, then a layer that is not 0 (which would be AAC).
    is_frame = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06 != 0
    return "audio/mpeg" if is_frame else ""


SVG = ".svg.txt"
"""How the file of a drawing ends: as ``.svg`` a server would hand it out as a page that may run scripts."""
_KINDS = {
    **dict.fromkeys(("mp4", "webm", "mov", "mkv", "m4v"), "video"),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "svg"), "image"),
    **dict.fromkeys(("mp3", "wav", "flac", "ogg", "m4a", "aac"), "audio"),
    **dict.fromkeys(("txt", "md", "srt", "vtt", "csv"), "text"),
    "json": "json",
}


def kind_of(name: str) -> str:
    """Return what a saved file is, by its name's end: ``video``, ``image``, ``audio``, ``text``, ``json``, else ``file``."""
    if name.lower().endswith(SVG):
        return "image"
    return _KINDS.get(name.rpartition(".")[2].lower(), "file")


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) in pixels as a viewer shows it, or None where the first bytes do not tell."""
    try:
        found = _SIZES[content_type(data)](data)
    except (KeyError, IndexError, struct.error):
        return None
    return found if found and min(found) > 0 else None


def _png(data: bytes) -> tuple[int, int] | None:
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    for segment in segments(data):
        if segment.marker in _FRAME_SIZES:
            height, width = struct.unpack(">HH", data[segment.start + 5 : segment.start + 9])
            return (height, width) if orientation(data) in _TURNED else (width, height)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


_SIZES = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}
