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


_NAMED = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".ass": "text/x-ssa",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".tar": "application/x-tar",
    ".gz": "application/gzip",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".obj": "model/obj",
    ".ply": "model/ply",
    ".stl": "model/stl",
    ".mid": "audio/midi",
    ".aac": "audio/aac",
    ".bmp": "image/bmp",
    ".tiff": "image/tiff",
    ".psd": "image/vnd.adobe.photoshop",
    ".npy": "application/octet-stream",
    ".npz": "application/octet-stream",
    ".bin": "application/octet-stream",
    ".safetensors": "application/octet-stream",
}
"""Kinds that have no first bytes of their own, or none that matter here: for these the file's name is believed."""
_TYPES = {kind: suffix for suffix, kind in reversed(_NAMED.items()) if kind not in {"text/html", "application/octet-stream"}}


def named_type(name: str, declared: str = "") -> FileType | None:
    """Return what a file is by its name, or by what its host calls it when the name tells nothing; None when neither is known.

    Args:
        name: The last part of its address.
        declared: The host's content type.
    """
    dot = name.rfind(".")
    suffix = name[dot:].lower() if dot >= 0 else ""
    if suffix in _NAMED:
        return FileType(_NAMED[suffix], suffix)
    declared = declared.partition(";")[0].strip().lower()
    return FileType(declared, _TYPES[declared]) if not suffix and declared in _TYPES else None


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
