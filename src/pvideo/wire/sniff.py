"""What a file is, by its first bytes: what a server calls it is not believed."""

from __future__ import annotations

from typing import NamedTuple

ENOUGH = 512
"""So many first bytes are looked at."""


class FileType(NamedTuple):
    """A kind of file that models deliver."""

    content_type: str
    extension: str


_MP4 = FileType("video/mp4", ".mp4")
_BRANDS = {b"qt  ": FileType("video/quicktime", ".mov"), b"M4A ": FileType("audio/mp4", ".m4a"), b"avif": FileType("image/avif", ".avif")}
_STARTS = (
    (b"\x1a\x45\xdf\xa3", FileType("video/webm", ".webm")),
    (b"\x89PNG\r\n\x1a\n", FileType("image/png", ".png")),
    (b"\xff\xd8\xff", FileType("image/jpeg", ".jpg")),
    (b"GIF87a", FileType("image/gif", ".gif")),
    (b"GIF89a", FileType("image/gif", ".gif")),
    (b"ID3", FileType("audio/mpeg", ".mp3")),
    (b"fLaC", FileType("audio/flac", ".flac")),
    (b"OggS", FileType("audio/ogg", ".ogg")),
)
_RIFF = {b"WEBP": FileType("image/webp", ".webp"), b"WAVE": FileType("audio/wav", ".wav")}


def file_type(head: bytes) -> FileType | None:
    """Return what a file is that begins with `head`, or None when it is nothing that models deliver."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], _MP4)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return FileType("audio/mpeg", ".mp3")  # an MPEG layer III frame without a tag before it
    return next((kind for start, kind in _STARTS if head.startswith(start)), None)


def strangeness(head: bytes) -> str:
    """Say what a file is instead, for the message."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:ENOUGH].lower()
    if not head:
        return "an empty file"
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return "a web page"
    return "a message" if text.startswith((b"{", b"[", b'"')) else "an unknown kind of file"
