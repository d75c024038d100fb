"""From outputs' addresses to whole files: each on its own, without tokens, placed under a name of ours, and noted once it is whole."""

from __future__ import annotations

import asyncio
import errno
import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.errors import DownloadError, JournalError, PVideoError
from pvideo.job.clock import HOUR
from pvideo.job.ends import bill
from pvideo.job.live import text_of
from pvideo.job.recognition import place_of
from pvideo.job.schedule import after_trouble
from pvideo.library import files, sidecar
from pvideo.model.sniff import kind_of
from pvideo.wire.download import strange
from pvideo.wire.output import is_whole, key_of, without_signature

if TYPE_CHECKING:
    from pvideo.job.course import Course

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""So many outputs of one prediction are fetched at the same time: one that hangs does not hold up the others."""
TOGETHER = 20 * 1024**3
"""Bytes that the outputs of one prediction may have together."""
NO_ROOM = frozenset({"disk_full_after", "folder_closed_after"})
NO_ROOM_WAIT = 30.0
"""Seconds after which a disk that was full or closed is tried again."""
_PUBLISH_EVERY = 0.25
_EXAMINE_AT_MOST = 5.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_KEPT = frozenset({"gateway_resent", "done_before_cancel", "some_saved"})
"""Messages that outlive a good end."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """An output that is not saved, and why."""

    error: PVideoError
    late: bool = False
    """Whether it was tried until the hour was over."""


class _NoAccountError(Exception):
    """The job's endpoint is not configured now."""

    def __init__(self, error: PVideoError) -> None:
        super().__init__(error.key)
        self.error = error
        self.retry = False


async def begin_early(course: Course, outputs: tuple[str, ...]) -> None:
    """Fetch while Replicate still says that it runs; what fails now is tried again at its end."""
    await course.record(outputs=course.remember_outputs(outputs))

    async def fetch() -> None:
        await _Outputs(course).fetch(patient=False)

    course.fetching = asyncio.ensure_future(fetch())


async def save(course: Course) -> None:
    """Fetch the outputs of a succeeded job: it becomes ``done``, ``expired``, or waits for a person."""
    early, course.fetching = course.fetching, None
    course.show(phase="saving", next_at=None)
    if early is not None:
        await early
    outputs = _Outputs(course)
    if not course.asked_anew and not await outputs.are_known():
        course.asked_anew = True
        return await course.record(state="running")  # an address was not kept: look once more
    missing = await outputs.fetch(patient=True)
    closed = next((lack for lack in missing if lack.error.key == "endpoint_gone"), None)
    if closed is not None or (missing and not outputs.saved):
        return await _stop(course, closed or missing[0])
    return await _finish(course, missing)


class _Outputs:
    """The outputs of one job on their way to the disk."""

    def __init__(self, course: Course) -> None:
        self.course = course
        sources = course.urls or course.row.outputs
        self._sources = {key_of(url): (url, index) for index, url in reversed(list(enumerate(sources)))}
        """Address and place by what an output is known by."""
        self._order = tuple(dict.fromkeys(map(key_of, sources)))
        self._loop = asyncio.get_running_loop()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._noting = asyncio.Lock()
        self._to_note = self._noted = 0
        self._sizes: dict[str, tuple[int, int | None]] = {}
        self._told = -1.0
        self._troubles: dict[str, tuple[PVideoError, float]] = {}
        self._before = course.live.error if course.live.error is not None and course.live.error.key in _KEPT else None

    @property
    def saved(self) -> dict[str, tuple[Path, int, str]]:
        """What lies on the disk: file, size and sha256 by what an output is known by; the final output first, in its order."""
        saved = self.course.saved
        return {key: saved[key] for key in dict.fromkeys([*self._order, *saved]) if key in saved}

    async def are_known(self) -> bool:
        """Return whether the address of everything that is not saved was kept."""
        return all(is_whole(self._sources[key][0]) for key in await self._left())

    async def fetch(self, *, patient: bool) -> list[_Missing]:
        """Fetch what is not saved yet, each on its own, and return what is missing then.

        Args:
            patient: Whether to try again, until Replicate deletes them an hour after they were made.
        """
        if not self._order:
            return [_Missing(PVideoError.make("output_strange", detail="Replicate gave no file."))]
        found = await asyncio.gather(*(self._fetch(key, patient=patient) for key in await self._left()))
        await self._note()
        return [missing for missing in found if missing is not None]

    async def _left(self) -> list[str]:
        return [key for key in self._order if not await self._is_here(key)]

    async def _is_here(self, key: str) -> bool:
        """Return whether an output is saved: here, or by a process before this one, whose file is held against its size and sha256."""
        course = self.course
        if key in course.saved:
            if course.saved[key][0].is_file():
                return True
            del course.saved[key]
        row = course.row
        match row.saved.get(key):
            case [int(size), str(sha256)]:
                pass
            case _ if key == self._order[0] and not row.saved and row.files and row.bytes is not None and row.sha256 is not None:
                size, sha256 = row.bytes, row.sha256  # 0.1.0 noted only that
            case _:
                return False
        folder, name = place_of(course.row), self._name(key)
        found = await course.tools.disk.run(lambda: files.existing(folder, name, size, sha256))
        if found is not None:
            course.saved[key] = found, size, sha256
        return found is not None

    def _name(self, key: str) -> str:
        row = self.course.row
        return files.stem(row.day, row.words, row.prediction_id or row.intent, self._sources[key][1])

    async def _fetch(self, key: str, *, patient: bool) -> _Missing | None:
        course = self.course
        clock, times = course.tools.clock, 0
        before: PVideoError | None = None
        if not is_whole(self._sources[key][0]):
            return _Missing(PVideoError.make("output_strange", detail="The file's address was not kept."), late=True)
        while True:
            try:
                async with self._places:
                    await self._attempt(key)
                self._show_trouble(key, None)
                await self._note()
                return None
            except Exception as problem:  # noqa: BLE001 - what is not ours to name (no memory, no thread to be had) may pass, too
                times += 1
                error, wait = _reason(problem, place_of(course.row), times)
            if wait is None or not patient:
                return _Missing(error)
            if clock.since_sent(course.row) >= HOUR:
                # By now the host has it no longer: what counts is what was in the way while it had.
                return _Missing(before or error, late=True)
            before = error
            self._show_trouble(key, (error, clock.wall() + wait))
            await course.pause(wait)

    def _show_trouble(self, key: str, trouble: tuple[PVideoError, float] | None) -> None:
        """Publish what holds an output up; once nothing does, what was told before."""
        self._troubles.pop(key, None)
        if trouble is not None:
            self._troubles[key] = trouble
        if self._troubles:
            error, moment = next(reversed(self._troubles.values()))
            self.course.show(error=error, next_at=moment)
        elif isinstance(self.course.live.error, DownloadError):
            self.course.show(error=self._before, next_at=None)

    async def _attempt(self, key: str) -> None:
        course, name, url = self.course, self._name(key), self._sources[key][0]
        disk, folder = course.tools.disk, place_of(course.row)
        reached = course.reach()
        if reached is None:
            raise _NoAccountError(course.live.error or PVideoError.make("endpoint_gone", where=course.row.gateway))
        part = await disk.run(lambda: files.part_path(folder, name))
        try:
            fetched = await course.tools.fetch(url, part, endpoint=reached[1], on_progress=partial(self._tell, key))
            # Noted before it gets its name: whoever finds the file there later can tell it from somebody else's.
            await self._expect(key, fetched.bytes, fetched.sha256)
            path = await disk.run(lambda: files.place(part, name, fetched.extension, fetched.sha256))
        except BaseException:
            self._sizes.pop(key, None)
            part.unlink(missing_ok=True)
            raise
        course.saved[key] = path, fetched.bytes, fetched.sha256

    async def _expect(self, key: str, size: int, sha256: str) -> None:
        course = self.course
        course.take(saved={**course.row.saved, key: [size, sha256]})
        try:
            await course.tools.disk.run(lambda: course.tools.journal.update(course.row.intent, saved=course.row.saved))
        except JournalError as problem:
            # The file is worth more than the note.
            logger.warning("job %s: not noted before it was placed: %s", course.row.intent, problem.key)

    async def _note(self) -> None:
        """Write down what is saved by now; what became whole meanwhile goes along."""
        self._to_note += 1
        mine = self._to_note
        async with self._noting:
            if self._noted < mine:
                upto = self._to_note
                await self._record()
                self._noted = upto

    async def _record(self) -> None:
        course, held = self.course, list(self.saved.values())
        paths = tuple(dict.fromkeys(path for path, _, _ in held))
        names = tuple(str(path) for path in paths)
        if not held or names == course.row.files:
            return
        _, size, sha256 = held[0]
        columns: dict[str, Any] = {"files": names, "bytes": size, "sha256": sha256}
        text = await course.tools.disk.run(lambda: text_of(paths))
        shown: dict[str, Any] = {"paths": paths, "text": text}
        if course.live.paths[:1] != paths[:1]:
            course.show(paths=paths)  # nobody waits for its poster to play it
            columns["media"], shown["poster"] = await _examined(course, paths[0])
        if poster := shown.get("poster"):
            await course.written(lambda: course.tools.journal.keep_poster(course.row.intent, poster))
        if len(held) >= len(self._order):
            shown |= {"received": size, "total": size}
        await course.record(**columns, show=shown)

    def _tell(self, key: str, received: int, total: int | None) -> None:
        """Publish the bytes so far, a few times a second.

        Raises:
            DownloadFailed: With this one they are too many together.
        """
        self._sizes[key] = received, total
        others = [max(size, whole or 0) for other, (size, whole) in self._sizes.items() if other != key]
        if sum(others) + max(received, total or 0) > TOGETHER:
            raise strange(f"The outputs are larger than {TOGETHER / 1024**3:.0f} GB together.")
        now = self._loop.time()
        if now - self._told >= _PUBLISH_EVERY or received == total:
            self._told = now
            totals = [whole for _, whole in self._sizes.values()]
            whole = sum(size for size in totals if size is not None) if None not in totals and len(totals) == len(self._order) else None
            self.course.show(received=sum(size for size, _ in self._sizes.values()), total=whole)


async def _finish(course: Course, missing: list[_Missing]) -> None:
    """Write what made it beside it, then note it as done."""
    row = course.row
    # Only now it is known how long it lasts.
    cost, seconds = bill(row, row.seconds, course.made or len(row.outputs)) if row.media else (row.cost, row.seconds)
    made = replace(row, cost=cost, seconds=seconds)
    # Files of one output share a sidecar: it names the first.
    for path in {sidecar.beside(Path(file)): file for file in reversed(course.row.files)}.values():
        try:
            await course.tools.disk.run(partial(sidecar.write, Path(path), made))
        except OSError:
            logger.warning("no sidecar for %s", path)
    error = course.live.error
    if missing:
        error = _some_saved(course, missing)
    kept = error if error is not None and error.key in _KEPT else None
    await course.record(
        state="done",
        cost=cost,
        seconds=seconds,
        outputs=tuple(map(without_signature, course.row.outputs)),
        error=kept.to_dict() if kept else None,
        show={"phase": "", "error": kept, "next_at": None, "missing": False},
    )


def _some_saved(course: Course, missing: list[_Missing]) -> PVideoError:
    count = len(course.urls or course.row.outputs)
    return PVideoError.make(
        "some_saved", saved=count - len(missing), count=count, detail=_detail(missing[0].error), price=course.row.price_word
    )


async def _stop(course: Course, missing: _Missing) -> None:
    """Nothing could be saved: it is over, or a person has to do something."""
    if missing.late:
        return await _expire(course, missing)
    shown: dict[str, Any] = {"phase": "", "error": missing.error, "next_at": None, "parked": True}
    return await course.record(error=missing.error.to_dict(), show=shown)


async def _expire(course: Course, missing: _Missing) -> None:
    error = PVideoError.make("output_expired", why=f"; tried until then ({_detail(missing.error)})", price=course.row.price_word)
    outputs = tuple(map(without_signature, course.row.outputs))
    shown: dict[str, Any] = {"phase": "", "error": error, "next_at": None}
    await course.record(state="expired", outputs=outputs, error=error.to_dict(), show=shown)


def _detail(error: PVideoError) -> str:
    """Return why an output is missing, in a few words."""
    detail = str(error.values.get("detail") or error.sentence.partition(" Made and paid")[0])
    return detail.rstrip(".")


async def _examined(course: Course, path: Path) -> tuple[dict[str, Any] | None, bytes | None]:
    examine = course.tools.examine
    if examine is None or kind_of(path.name) not in {"video", "image"}:
        return None, None
    try:
        return await asyncio.wait_for(course.tools.studio.run(lambda: examine(path)), _EXAMINE_AT_MOST)
    except TimeoutError:
        return None, None


def _reason(problem: Exception, folder: Path, times: int) -> tuple[PVideoError, float | None]:
    """Return what to tell of a failed attempt, and after how many seconds the next one is due; None when it would fail again."""
    error = getattr(problem, "error", None)
    if isinstance(problem, OSError):
        error = _closed(problem, folder)
    elif not isinstance(error, PVideoError):
        logger.error("a download ended strangely", exc_info=problem)
        error = PVideoError.make("fetch_failed", detail=type(problem).__name__, until="the hour is over")
    if error.key in NO_ROOM:
        return error, NO_ROOM_WAIT
    again = getattr(problem, "retry", True) or getattr(problem, "gone", False)
    return error, after_trouble(times) if again else None


def _closed(problem: OSError, folder: Path) -> PVideoError:
    if problem.errno in _FULL:
        return PVideoError.make("disk_full_after", folder=str(folder))
    return PVideoError.make("folder_closed_after", folder=str(folder), reason=problem.strerror or type(problem).__name__)
