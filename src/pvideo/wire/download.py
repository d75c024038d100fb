"""Fetches a finished file: without tokens, from allowed hosts only, resumed when cut, and not believed before it was looked at.

Replicate removes outputs an hour after the prediction was made, so what can be tried again says so (`DownloadFailed.retry`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from pvideo.errors import PVideoError
from pvideo.wire.output import is_ours
from pvideo.wire.part import Part, is_full
from pvideo.wire.sniff import ENOUGH, FileType, judge, named_type, strangeness

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from pvideo.settings import Endpoint
    from pvideo.wire.exchange import Recorder

__all__ = ["CAP", "DATA_CAP", "DownloadFailed", "Fetched", "fetch"]

CAP = 2 * 1024**3
"""Bytes that are fetched at most."""
DATA_CAP = 200 * 1024**2
"""Bytes that a ``data:`` URI may decode to."""
LIFETIME = 3600.0
"""Seconds after which no output is there any more (Replicate's data retention page)."""

Tell = Callable[[int, int | None], None]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole file on the disk; its type is by its content."""

    bytes: int
    sha256: str
    content_type: str
    extension: str
    """With its dot: ``.mp4``."""


class DownloadFailed(Exception):  # noqa: N818 - it names what happened
    """The file is not on the disk, and nothing of it is left there.

    Attributes:
        error: What to tell.
        retry: Whether it may work later.
        gone: The host says that it is not there (403, 404, 410): within the hour that may pass, after it it will not.
    """

    def __init__(self, error: PVideoError, *, retry: bool, gone: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry = retry
        self.gone = gone


async def fetch(
    source: str,
    part: Path,
    *,
    endpoint: Endpoint,
    on_progress: Tell,
    cap: int = CAP,
    transport: httpx.AsyncBaseTransport | None = None,
    user_agent: str = "pvideo",
    sleep: Sleep = asyncio.sleep,
    on_exchange: Recorder | None = None,
) -> Fetched:
    """Fetch `source` into the new file `part`, and put that on the disk for good.

    Args:
        source: An output: an https URL of an allowed host, or a ``data:`` URI.
        part: Where to; it must not exist. It is removed unless everything went well.
        endpoint: Its ``delivery_hosts`` are the allowed hosts. Its tokens are not used.
        on_progress: Is told the bytes that are there, and all there will be when that is known. What it raises ends the fetching.
        cap: The most bytes to take.
        transport: Replaces the connections, in tests.
        user_agent: Ours.
        sleep: Replaces the waiting between attempts, in tests.
        on_exchange: Is given every exchange.

    Raises:
        DownloadFailed: It is not on the disk.
    """
    try:
        with Part(part) as file:
            if source[:5].lower() == "data:":
                kind = await asyncio.to_thread(_decode, source, file)
            else:
                from pvideo.wire.transfer import Transfer

                transfer = Transfer(endpoint, file, on_progress, cap, user_agent=user_agent, sleep=sleep, recorder=on_exchange)
                async with asyncio.timeout(LIFETIME):
                    kind = await transfer.run(source, transport)
            digest = await asyncio.to_thread(file.finish)
            on_progress(file.size, file.size)
            return Fetched(bytes=file.size, sha256=digest, content_type=kind.content_type, extension=kind.extension)
    except TimeoutError:
        failure = DownloadFailed(PVideoError.make("fetch_failed", detail="it took an hour", until="now"), retry=True)
    except OSError as problem:
        failure = unwritable(part, problem)
    raise failure


def unwritable(part: Path, problem: OSError) -> DownloadFailed:
    """Return the failure for a file that cannot be written."""
    folder = str(part.parent)
    if is_full(problem):
        return DownloadFailed(PVideoError.make("disk_full_after", folder=folder), retry=False)
    # Another process may be saving the same video: its part is there.
    there = isinstance(problem, FileExistsError)
    reason = "it is being saved already" if there else problem.strerror or type(problem).__name__
    return DownloadFailed(PVideoError.make("folder_closed_after", folder=folder, reason=reason), retry=there)


def strange(detail: str, *, retry: bool = False) -> DownloadFailed:
    """Return the failure for something that is no output of a model."""
    return DownloadFailed(PVideoError.make("output_strange", detail=detail), retry=retry)


def unfetched(detail: str, *, gone: bool = False) -> DownloadFailed:
    """Return the failure for a host that does not hand it out."""
    return DownloadFailed(PVideoError.make("fetch_failed", detail=detail, until="the hour is over"), retry=True, gone=gone)


def _decode(source: str, file: Part) -> FileType:
    """Write a ``data:`` URI's bytes, and return what they are."""
    head, comma, payload = source.partition(",")
    if not comma or len(payload) > DATA_CAP * 4 // 3 + 4:
        raise strange("The file in the answer is too large." if comma else "The file in the answer is damaged.")
    data = b""
    try:
        coded = head.lower().endswith(";base64")
        data = base64.b64decode("".join(payload.split()), validate=True) if coded else unquote_to_bytes(payload)
        damaged = False
    except (binascii.Error, ValueError):
        damaged = True
    if damaged:
        raise strange("The file in the answer is damaged.")
    declared = head[5:].partition(";")[0]
    kind = named_type("", declared) if is_ours(source) else judge(data[:ENOUGH], "", declared)
    if kind is None:
        raise strange(f"The answer holds {strangeness(data)}, not a file that models make.")
    file.write(data)
    return kind
