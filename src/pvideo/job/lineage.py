"""Which video was made from which: a draft and its final, takes, and the shots that go on where the one before ends.

The journal keeps one link for each job (``made_from``, ``made_as``); both ends show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.job.states import Link
from pvideo.library import queries
from pvideo.library.rows import UNFINISHED
from pvideo.model.sniff import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pvideo.job.course import Course
    from pvideo.job.live import Live
    from pvideo.job.states import Snapshot
    from pvideo.library.journal import Journal
    from pvideo.library.rows import JobRow

SHOT = "shot"
_LONGEST = 100
"""Shots of one chain that are looked for."""


def related(live: Live, journal: Journal, row: JobRow) -> Live:
    """Return `live` with what the journal knows of a job's origin, of what was made from it, and of its chain."""
    live.origin = _origin(journal, row)
    live.made = tuple(_link(made) for made in queries.made_from(journal, row.intent) if _stands(made))
    live.shots = chain(journal, row)
    return live


def chain(journal: Journal, row: JobRow) -> tuple[str, ...]:
    """Return the jobs of the chain that `row` is a shot of, first to last; where it was continued twice, the newest counts."""
    before, at = [row.intent], row
    while at.made_as == SHOT and at.made_from and len(before) < _LONGEST:
        found = journal.get(at.made_from)
        if found is None:
            break
        before.insert(0, found.intent)
        at = found
    after: list[str] = []
    while len(after) < _LONGEST:
        made = [job for job in queries.made_from(journal, (after or before)[-1]) if job.made_as == SHOT and _stands(job)]
        if not made:
            break
        after.append(made[-1].intent)
    return tuple(before + after) if len(before) + len(after) > 1 else ()


def tell(courses: Mapping[str, Course], course: Course, call: Callable[[Callable[[], Any]], None]) -> None:
    """Let the cards of a new job's relatives show it, and forget it again when it ends badly; `call` runs on the engine's thread."""
    if not course.row.made_from:
        return

    def begin() -> None:
        course.feed.observe(lambda snapshot: _forget(courses, course) if snapshot.done and snapshot.status != "succeeded" else None)
        origin = courses.get(course.row.made_from or "")
        if origin is not None:
            origin.show(made=(*origin.live.made, _link(course.row)))
        _show_chain(courses, course.live.shots, course.live.shots)

    call(begin)


def _forget(courses: Mapping[str, Course], course: Course) -> None:
    """Take a job that ended badly out of what its relatives show."""
    row, shots = course.row, course.live.shots
    origin = courses.get(row.made_from or "")
    if origin is not None:
        origin.show(made=tuple(link for link in origin.live.made if link.intent != row.intent))
    rest = tuple(intent for intent in shots if intent != row.intent)
    _show_chain(courses, rest, rest if len(rest) > 1 else ())


def _show_chain(courses: Mapping[str, Course], shots: tuple[str, ...], chain: tuple[str, ...]) -> None:
    for intent in shots:
        if intent in courses:
            courses[intent].show(shots=chain)


def before(courses: Iterable[Course], shown: Snapshot) -> str | None:
    """Return the job whose video is compared with this one: its origin, unless it goes on from that, else the one pressed before it."""
    there = {course.row.intent: course.row for course in courses if _plays(course) and course.row.intent != shown.intent}
    if shown.origin is not None and shown.origin.made_as != SHOT and shown.origin.intent in there:
        return shown.origin.intent
    earlier = [row for row in there.values() if row.pressed_at < shown.pressed_at and row.model == shown.model]
    return max(earlier, key=lambda row: row.pressed_at).intent if earlier else None


def final_of(journal: Journal, intent: str) -> JobRow | None:
    """Return the newest final of a draft that is being made or is there."""
    finals = [job for job in queries.made_from(journal, intent) if job.made_as == "final" and _stands(job) and not queries.missing(job)]
    return finals[-1] if finals else None


def _origin(journal: Journal, row: JobRow) -> Link | None:
    found = journal.get(row.made_from) if row.made_from else None
    return Link(intent=found.intent, name=found.name, made_as=row.made_as) if found is not None else None


def _link(row: JobRow) -> Link:
    return Link(intent=row.intent, name=row.name, made_as=row.made_as)


def _plays(course: Course) -> bool:
    paths = course.live.paths
    return course.row.state == "done" and bool(paths) and not course.live.missing and kind_of(paths[0].name) == "video"


def _stands(row: JobRow) -> bool:
    """Return whether it did not end badly."""
    return row.state in UNFINISHED or row.state == "done"
