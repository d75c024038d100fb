"""What is done with a video that was made: its file is saved once more, or a person's words are written beside it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.job.clock import HOUR
from pvideo.job.saving import NO_ROOM
from pvideo.library import sidecar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.course import Course
    from pvideo.library.rows import JobRow


async def save(course: Course, folder: str, start: Callable[[Course], None]) -> None:
    """Save a made video, into `folder` when its own is closed; one whose file has moved is fetched again while Replicate has it."""
    if course.live.missing:
        if course.tools.clock.since_sent(course.row) >= HOUR:
            return  # Replicate has deleted it, too
        await course.record(state="fetching", files=(), show={"missing": False, "paths": (), "reused": False, "error": None})
    elif course.live.error is not None and course.live.error.key in NO_ROOM:
        await course.record(folder=folder)
    if course.row.finished or (course.task is not None and not course.task.done()):
        course.nudge()
    else:
        course.show(parked=False)
        start(course)


async def note(course: Course, *, show: dict[str, Any] | None, columns: dict[str, Any]) -> None:
    """Write down what a person says of a video, in the journal and beside its file."""
    await course.record(show=show, **columns)
    row = course.row
    file = Path(row.files[0]) if row.finished and row.files else None
    if file is not None and file.is_file():
        await course.tools.disk.run(lambda: _beside(file, row))


def _beside(file: Path, row: JobRow) -> None:
    with suppress(OSError):  # a folder that is closed by now: the journal has it
        sidecar.write(file, row)
