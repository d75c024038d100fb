"""Whether a file is whole, by its outer structure: a picture, sound or video that was cut short fails, or is paid for as half of itself.

Only what the format says for certain counts: a length that the file does not have, or an end that is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .jpeg import picture_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UNKNOWN = frozenset({0, 0xFFFFFFFF})
"""Lengths that a program writes which does not know them yet (sound written into a pipe)."""
_WORD = 8
"""Bytes of a chunk's or box's head: length and name."""


def is_cut(data: bytes, kind: str) -> bool:
    """Return whether a file of this content type ends before it should; False where its format does not tell."""
    judge = _JUDGES.get(kind)
    return judge is not None and judge(data)


def _png(data: bytes) -> bool:
    at = _WORD
    while at + _WORD <= len(data):
        end = at + int.from_bytes(data[at : at + 4], "big") + 12
        if data[at + 4 : at + _WORD] == b"IEND":
            return end > len(data)
        at = end
    return True


def _jpeg(data: bytes) -> bool:
    start = picture_start(data)
    # Within a picture's data 0xFF is always followed by 0: the mark of the end cannot stand there by chance.
    return start is None or data.find(b"\xff\xd9", start) < 0


def _gif(data: bytes) -> bool:
    return not data.rstrip(b"\0").endswith(b";")


def _bmp(data: bytes) -> bool:
    return int.from_bytes(data[2:6], "little") > len(data)


def _riff(data: bytes) -> bool:
    length = int.from_bytes(data[4:8], "little")
    if length in _UNKNOWN:
        return len(data) <= 12
    # An odd length is followed by a byte that some programs leave out.
    return length + _WORD > len(data) or not any(True for _ in _chunks(data)) or any(end > len(data) for end in _chunks(data))


def _chunks(data: bytes) -> Iterator[int]:
    """Yield where each chunk of a RIFF file ends."""
    at = 12
    while at + _WORD <= len(data):
        length = int.from_bytes(data[at + 4 : at + _WORD], "little")
        if length in _UNKNOWN and data[at : at + 4] == b"data":
            yield len(data)
            return
        yield at + _WORD + length
        at += _WORD + length + length % 2


def _boxes(data: bytes) -> bool:
    """Judge an ISO file (mp4, mov, m4a, heic, avif): each box at its top, and what a reader cannot do without."""
    names, at = set(), 0
    while at + _WORD <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + _WORD]
        if length == 1:
            length = int.from_bytes(data[at + _WORD : at + 16], "big")
        if not name.isalnum():
            break  # something stands behind the last box that is none
        if length == 0:
            length = len(data) - at
        if length < _WORD or at + length > len(data):
            return True
        names.add(name)
        at += length
    return not names & {b"moov", b"meta"} or (b"moov" in names and not names & {b"mdat", b"moof", b"meta"})


_JUDGES: dict[str, Callable[[bytes], bool]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/bmp": _bmp,
    **dict.fromkeys(("image/webp", "audio/wav", "video/x-msvideo"), _riff),
    **dict.fromkeys(("video/mp4", "video/quicktime", "audio/mp4", "image/heic", "image/avif"), _boxes),
}
