"""A file on its way to Replicate's store of input files: one multipart request, sent piece by piece."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pvideo.wire.answers import read_object
from pvideo.wire.prediction import parse_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PIECE = 64 * 1024
_SHORTEST = 3600.0
"""Seconds that a file is taken to live where its record does not tell (the document's own example)."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file that Replicate has: its address goes into an input."""

    url: str
    lifetime: float
    """Seconds from now until it expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipart:
    """A body with the one part ``content``."""

    data: bytes
    head: bytes
    tail: bytes
    boundary: str

    @property
    def length(self) -> int:
        """Bytes of the whole body."""
        return len(self.head) + len(self.data) + len(self.tail)

    async def pieces(self, tell: Callable[[int, int], None]) -> AsyncIterator[bytes]:
        """Yield the body; `tell` is given how many of the file's bytes were handed over, and all there are."""
        yield self.head
        size = len(self.data)
        for at in range(0, size, PIECE):
            yield self.data[at : at + PIECE]
            tell(min(at + PIECE, size), size)
        yield self.tail


def multipart(name: str, kind: str, data: bytes) -> Multipart:
    """Return the body for a file; of its name only plain letters are told."""
    boundary = f"pvideo-{secrets.token_hex(16)}"
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[-_LONGEST_NAME:] or "file"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{plain}"\r\nContent-Type: {kind}\r\n\r\n'
    return Multipart(data=data, head=head.encode("ascii"), tail=f"\r\n--{boundary}--\r\n".encode("ascii"), boundary=boundary)


def read_stored(status: int, body: bytes) -> Stored | None:
    """Return the file that an answer tells of; None when it tells of none."""
    record = read_object(status, body) or {}
    urls = record.get("urls")
    url = urls.get("get") if isinstance(urls, dict) else None
    if not isinstance(url, str) or len(url) > 2000 or not url.isascii() or urlsplit(url).scheme not in {"https", "http"}:
        return None
    made, expires = parse_time(record.get("created_at")), parse_time(record.get("expires_at"))
    # Both by Replicate's clock, which ours need not agree with.
    return Stored(url=url, lifetime=(expires - made).total_seconds() if made and expires else _SHORTEST)
