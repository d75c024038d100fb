"""A video's bytes to a page that cannot load its address: pieces of 1 MiB, read from disk one at a time.

Measured: pieces keep the kernel's memory flat (57 MB for an 80 MB video, against 133 MB in one message), and pieces below 1 MiB run
into the server's limit of messages a second.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK = 1024 * 1024
LIMIT = 512 * CHUNK
"""What is sent this way at most; a larger video is opened from its file."""


def messages(path: Path, job: str, content_type: str) -> Iterator[tuple[dict[str, Any], list[bytes]]]:
    """Return the messages, each with its one buffer, that carry the file."""
    size = path.stat().st_size
    count = max(1, math.ceil(size / CHUNK))
    with path.open("rb") as file:
        for index in range(count):
            content = {"kind": "chunk", "id": job, "index": index, "count": count, "size": size, "type": content_type}
            yield content, [file.read(CHUNK)]


def stream(send: Callable[..., None], path: Path | None, job: str, content_type: str = "video/mp4") -> None:
    """Send a file piece by piece, or say why not."""
    reason = _refusal(path)
    if reason or path is None:
        send({"kind": "no_bytes", "id": job, "reason": reason})
        return
    for content, buffers in messages(path, job, content_type):
        send(content, buffers)


def _refusal(path: Path | None) -> str:
    if path is None:
        return "It is not saved yet."
    if not path.is_file():
        return f"{path.name} is not there."
    return "It is too large to be sent through the kernel; open the file." if path.stat().st_size > LIMIT else ""
