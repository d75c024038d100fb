"""Files that are too large to go along: sent to Replicate's store before the create. A file that is not there means no create.

An upload costs nothing, so it is tried again by itself. What was stored is used again, by its sha256, until shortly before it expires.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError, fill, texts
from pvideo.job.schedule import after_trouble
from pvideo.model.ahead import replaced, waiting
from pvideo.model.wording import size_words
from pvideo.wire.verdict import LookFailed, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Endpoint
    from pvideo.job.course import Course
    from pvideo.job.tools import Stored, Uploads
    from pvideo.model.ahead import Ahead

TRIES = 3
MARGIN = 1800.0
"""Seconds that a stored file must still live when it is used: the job may wait, and its model start slowly."""
_PUBLISH_EVERY = 0.25
_NETWORK = frozenset({"unreachable", "certificate", "certificates_unreadable"})
_OWN_WORDS = frozenset(
    {"gateway_token", "replicate_token", "replicate_no_token", "stored_key", "gateway_name"}
    | {"credit_replicate", "replicate_limit", "billing_required", "free_time_over"}
)
"""Refusals that are not about the file."""


async def send_ahead(course: Course) -> PVideoError | None:
    """Send the files of a new job that go ahead, and put their addresses into its input; return why it cannot be sent then.

    A cancel by a person ends it early, without an error.
    """
    addresses: dict[str, str] = {}
    for file in {file.sha256: file for file in waiting(course.sent)}.values():
        found = await _address(course, file)
        if not isinstance(found, str):
            return found
        addresses[file.sha256] = found
    if addresses:
        course.sent = replaced(course.sent, addresses)
        course.show(phase="waiting", sending_file="", received=0, total=None)
    return None


async def _address(course: Course, file: Ahead) -> str | PVideoError | None:
    """Return the address of a stored file, or why there is none; None when a person canceled."""
    row, tools = course.row, course.tools
    reached = tools.files(row)
    if reached is None:
        return PVideoError.make("endpoint_gone", where=row.gateway or row.base_url)
    client, endpoint = reached
    key = (endpoint.base_url, file.sha256)
    url, until = tools.uploaded.get(key, ("", 0.0))
    if until > tools.clock.wall() + MARGIN:
        return url
    stored = await _patiently(course, client, endpoint, file)
    if stored is None or isinstance(stored, PVideoError):
        return stored
    tools.uploaded[key] = (stored.url, tools.clock.wall() + stored.lifetime)
    if endpoint.kind == "direct" and row.kind != "direct":
        note = fill(texts()["notes"]["uploaded_direct"], name=file.name, gateway=row.gateway)
        await course.record(notes=(*course.row.notes, note))
    return stored.url


async def _patiently(course: Course, client: Uploads, endpoint: Endpoint, file: Ahead) -> Stored | PVideoError | None:
    for attempt in range(1, TRIES + 1):
        course.show(phase="uploading", sending_file=file.name, received=0, total=len(file.data))
        found = await _once(course, client, file)
        if not isinstance(found, Verdict):
            return found
        again = found.kind == "busy" or found.error.key in _NETWORK
        if not again or attempt == TRIES or found.lasting:
            return _refusal(found, endpoint, file)
        await course.pause(found.retry_after or after_trouble(attempt))
        if course.row.cancel_asked:
            return None
    return None


async def _once(course: Course, client: Uploads, file: Ahead) -> Stored | Verdict | None:
    """Send a file once; None when a person canceled meanwhile."""
    task = asyncio.ensure_future(client.upload(file.name, file.type, file.data, tell=_progress(course)))
    try:
        while not task.done():
            await course.pause_for(task)
            if course.row.cancel_asked:
                return None
        return task.result()
    except LookFailed as failed:
        return failed.verdict
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _progress(course: Course) -> Callable[[int, int], None]:
    """Return what publishes the bytes so far, a few times a second."""
    loop, last = asyncio.get_running_loop(), [-1.0]

    def tell(sent: int, total: int) -> None:
        if loop.time() - last[0] >= _PUBLISH_EVERY or sent == total:
            last[0] = loop.time()
            course.show(received=sent, total=total)

    return tell


def _refusal(verdict: Verdict, endpoint: Endpoint, file: Ahead) -> PVideoError:
    error = verdict.error
    if error.key in _OWN_WORDS:
        return error
    detail: Any = error.values.get("detail") or error.sentence
    values: dict[str, Any] = {
        "name": file.name,
        "size": size_words(len(file.data)),
        "who": endpoint.gateway,
        "detail": f"{str(detail).rstrip('.')}.",
    }
    if error.key in _NETWORK:
        return PVideoError.make("upload_failed", **values)
    way = "upload_around" if endpoint.kind != "direct" and endpoint.replicate_token is not None else "upload_address"
    return PVideoError.make("upload_refused", advice=texts()["notes"][way], **values)
