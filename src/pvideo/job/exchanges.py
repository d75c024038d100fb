"""What was sent and answered on behalf of a job: kept with it, without secrets, and written down a few at a time."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pvideo.job.intent import without_secrets

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from pvideo.job.course import Course

_FLUSH_AT = 20


def keep(course: Course, exchange: Any) -> bool:
    """Keep an exchange with its job; return whether so many are kept by now that they are to be written down."""
    course.exchanges.append(without_secrets(asdict(exchange), course.row))
    return len(course.exchanges) >= _FLUSH_AT


def write(course: Course) -> Coroutine[Any, Any, None]:
    """Take what is kept off the job, at once, so that nothing is written twice; what is returned writes it down."""
    kept, course.exchanges = course.exchanges, []
    return course.written(lambda: course.tools.journal.update(course.row.intent, exchanges=kept))


def known(course: Course | None, written: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a job's exchanges, oldest first: those that are written down, and those that are only kept yet."""
    return written + list(course.exchanges) if course is not None else written
