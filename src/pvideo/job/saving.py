"""From an output's address to a whole file: fetched at once and without tokens, placed under a name of ours, then noted."""

from __future__ import annotations

import asyncio
import errno
import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.errors import DownloadError, PVideoError
from pvideo.job.clock import HOUR
from pvideo.job.ends import bill
from pvideo.job.live import text_of
from pvideo.job.recognition import place_of
from pvideo.job.schedule import after_trouble
from pvideo.library import files, sidecar
from pvideo.model.sniff import kind_of

if TYPE_CHECKING:
    from pvideo.job.course import Course

logger = logging.getLogger(__name__)

_PUBLISH_EVERY = 0.25
_EXAMINE_AT_MOST = 5.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class _Stopped(Exception):  # noqa: N818 - it is no failure of ours
    """It cannot be saved now; ``error`` says why, ``over`` that it never will be."""

    def __init__(self, error: PVideoError, *, over: bool = False) -> None:
        super().__init__(error.key)
        self.error = error
        self.over = over


async def begin_early(course: Course, outputs: tuple[str, ...]) -> None:
    """Fetch while Replicate still says that it runs; what fails now is tried again at its end."""
    await course.record(outputs=course.remember_outputs(outputs))

    async def fetch() -> None:
        try:
            await _fetch_all(course, patient=False)
        except _Stopped as stopped:
            logger.info("job %s: fetching early failed: %s", course.row.intent, stopped.error.key)

    course.fetching = asyncio.ensure_future(fetch())


async def save(course: Course) -> None:
    """Fetch the outputs of a succeeded job: it becomes ``done``, ``expired``, or waits for a person."""
    early, course.fetching = course.fetching, None
    course.show(phase="saving", next_at=None)
    if early is not None:
        await early
    if not course.urls and any(output.startswith("data:") for output in course.row.outputs):
        return await course.record(state="running")  # an inline file was not kept: look once more
    try:
        if len(course.row.files) < max(len(course.urls or course.row.outputs), 1):
            await _fetch_all(course, patient=True)
    except _Stopped as stopped:
        return await _stop(course, stopped)
    await _finish(course)
    return None


async def _fetch_all(course: Course, *, patient: bool) -> None:
    paths: list[Path] = []
    first: tuple[int, str] | None = None
    for index, url in enumerate(course.urls or course.row.outputs):
        if url not in course.saved or not course.saved[url][0].is_file():
            course.saved[url] = await _fetch_one(course, url, index, patient=patient)
        path, size, sha256 = course.saved[url]
        paths.append(path)
        first = first or (size, sha256)
    if first is None:
        raise _Stopped(PVideoError.make("output_strange", detail="Replicate gave no file."))
    course.show(paths=tuple(paths))  # nobody waits for its poster to play it
    media, poster = await _examined(course, paths[0])
    text = await course.tools.disk.run(lambda: text_of(tuple(paths)))
    columns = {"files": tuple(str(path) for path in paths), "bytes": first[0], "sha256": first[1], "media": media}
    if poster is not None:
        await course.written(lambda: course.tools.journal.keep_poster(course.row.intent, poster))
    shown = {"paths": tuple(paths), "poster": poster, "text": text, "received": first[0], "total": first[0]}
    await course.record(**columns, show=shown)


async def _fetch_one(course: Course, url: str, index: int, *, patient: bool) -> tuple[Path, int, str]:
    """Return where the output lies now, its size and its sha256."""
    row, folder = course.row, place_of(course.row)
    name = files.stem(row.day, row.words, row.prediction_id or row.intent, index)
    # Only a process that is gone can have come so far; in this one, a file of that name is somebody else's.
    whole = await course.tools.disk.run(lambda: files.existing(folder, name)) if row.adopted else None
    if whole is not None:
        return whole, whole.stat().st_size, await course.tools.disk.run(lambda: files.hash_file(whole))
    times = 0
    while True:
        try:
            return await _attempt(course, url, folder, name)
        except OSError as problem:
            raise _Stopped(_closed(problem, folder)) from None
        except asyncio.CancelledError:
            raise
        except Exception as problem:
            times += 1
            error = _reason(problem)
            # What is not ours to name (no memory, no thread to be had) may pass, too.
            if not (getattr(problem, "retry", True) or getattr(problem, "gone", False)) or not patient:
                raise _Stopped(error) from problem
            if course.tools.clock.since_sent(row) >= HOUR:
                raise _Stopped(PVideoError.make("output_expired", price=row.price_word), over=True) from problem
        wait = after_trouble(times)
        course.show(error=error, next_at=course.tools.clock.wall() + wait)
        await course.pause(wait)


async def _attempt(course: Course, url: str, folder: Path, name: str) -> tuple[Path, int, str]:
    disk = course.tools.disk
    reached = course.reach()
    if reached is None:
        raise _Stopped(course.live.error or PVideoError.make("endpoint_gone", where=course.row.gateway))
    part = await disk.run(lambda: files.part_path(folder, name))
    try:
        fetched = await course.tools.fetch(url, part, endpoint=reached[1], on_progress=_progress(course))
        path = await disk.run(lambda: files.place(part, name, fetched.extension, fetched.sha256))
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if course.live.error is not None and isinstance(course.live.error, DownloadError):
        course.show(error=None, next_at=None)
    return path, fetched.bytes, fetched.sha256


async def _finish(course: Course) -> None:
    """Write what made it beside it, then note it as done."""
    # Only now it is known how long it lasts.
    cost, seconds = (
        bill(course.row, course.row.seconds, len(course.row.outputs)) if course.row.media else (course.row.cost, course.row.seconds)
    )
    made = replace(course.row, cost=cost, seconds=seconds)
    # Files of one output share a sidecar: it names the first.
    for path in {sidecar.beside(Path(file)): file for file in reversed(course.row.files)}.values():
        try:
            await course.tools.disk.run(partial(sidecar.write, Path(path), made))
        except OSError:
            logger.warning("no sidecar for %s", path)
    error = course.live.error
    kept = error if error is not None and error.key in {"gateway_resent", "done_before_cancel"} else None
    shown = {"phase": "", "error": kept, "next_at": None, "missing": False}
    await course.record(state="done", cost=cost, seconds=seconds, error=kept.to_dict() if kept else None, show=shown)


async def _stop(course: Course, stopped: _Stopped) -> None:
    shown: dict[str, Any] = {"phase": "", "error": stopped.error, "next_at": None, "parked": True}
    if stopped.over:
        await course.record(state="expired", error=stopped.error.to_dict(), show=shown)
    else:
        await course.record(error=stopped.error.to_dict(), show=shown)


async def _examined(course: Course, path: Path) -> tuple[dict[str, Any] | None, bytes | None]:
    examine = course.tools.examine
    if examine is None or kind_of(path.name) not in {"video", "image"}:
        return None, None
    try:
        return await asyncio.wait_for(course.tools.studio.run(lambda: examine(path)), _EXAMINE_AT_MOST)
    except TimeoutError:
        return None, None


def _progress(course: Course) -> Any:
    """Return what publishes the bytes so far, a few times a second."""
    loop, last = asyncio.get_running_loop(), [-1.0]

    def tell(received: int, total: int | None) -> None:
        if loop.time() - last[0] >= _PUBLISH_EVERY or received == total:
            last[0] = loop.time()
            course.show(received=received, total=total)

    return tell


def _reason(problem: Exception) -> PVideoError:
    error = getattr(problem, "error", None)
    if isinstance(error, PVideoError):
        return error
    logger.error("a download ended strangely", exc_info=problem)
    return PVideoError.make("fetch_failed", detail=type(problem).__name__, until="the hour is over")


def _closed(problem: OSError, folder: Path) -> PVideoError:
    if problem.errno in _FULL:
        return PVideoError.make("disk_full_after", folder=str(folder))
    return PVideoError.make("folder_closed_after", folder=str(folder), reason=problem.strerror or type(problem).__name__)
