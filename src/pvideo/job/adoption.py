"""After a kernel was killed: whoever comes next takes over its jobs. It looks and fetches; it never sends a create."""

from __future__ import annotations

import logging
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pvideo.errors import JournalError, PVideoError
from pvideo.job.clock import HOUR
from pvideo.job.live import revived
from pvideo.job.owner import alive
from pvideo.library import files, queries
from pvideo.library.rows import STATES, UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Collection

    from pvideo.job.course import Course
    from pvideo.library.journal import Journal
    from pvideo.library.queries import News
    from pvideo.library.rows import JobRow

logger = logging.getLogger(__name__)

_FOLLOW_EVERY = 1.0


def recover(journal: Journal, owner: str, mine: Collection[str] = (), *, session: str = "") -> list[JobRow]:
    """Take over the unfinished jobs of dead processes and return them as they are now.

    Args:
        journal: The journal of all kernels.
        owner: This process's name.
        mine: The jobs that this process works on already.
        session: This engine's; one of its presses may be written down and not handed over yet.
    """
    taken = []
    for row in journal.unfinished():
        try:
            if row.intent in mine or row.session == session or (row.owner != owner and alive(row.owner)):
                continue
            found = recover_one(journal, row, owner)
        except JournalError:
            raise
        except Exception:  # each for itself: the others are paid, too
            logger.exception("job %s cannot be taken over", row.intent)
            continue
        if found is not None and row.state != "new":
            taken.append(found)
    return taken


def owed(journal: Journal, owner: str, mine: Collection[str] = ()) -> list[JobRow]:
    """Return the finished jobs whose process died before it had looked whether its gateway made them more than once."""
    return [row for row in journal.lost() if row.intent not in mine and (row.owner == owner or not alive(row.owner))]


def news(journal: Journal) -> News:
    """Return what a fresh kernel tells once: what still runs of dead ones, and what was saved meanwhile."""
    owners = {row.owner for row in journal.unfinished() if row.owner}
    return queries.news(journal, {owner for owner in owners if not alive(owner)})


def told(journal: Journal) -> None:
    """Note that the saved ones were told of."""
    with journal.transaction() as db:
        db.execute("UPDATE jobs SET told=1 WHERE adopted=1 AND state='done'")


async def follow(course: Course) -> None:
    """Show a job that another process works on; take it over when that one is gone."""
    journal, owner = course.tools.journal, course.tools.owner
    while not course.row.finished:
        row = await course.written(lambda: journal.get(course.row.intent))
        if row is None:
            return None
        if row.state in UNFINISHED and (row.owner == owner or not alive(row.owner)):
            return await _take_over(course, row)
        if row != course.row:
            await _show(course, row)
        course.show(parked=_waits_for_a_person(course))
        await course.pause(_FOLLOW_EVERY)
    return None


def _waits_for_a_person(course: Course) -> bool:
    """Return whether its own process does nothing more by itself: here too, nobody should wait for it then."""
    row = course.row
    if row.state not in STATES:
        return True  # a later version's
    return (row.state == "unknown" and course.tools.clock.since_sent(row) >= HOUR) or (row.state == "fetching" and row.error is not None)


async def _take_over(course: Course, row: JobRow) -> None:
    journal, owner = course.tools.journal, course.tools.owner
    taken = await course.written(lambda: recover_one(journal, row, owner))
    if taken is None:
        await course.pause(_FOLLOW_EVERY)
        return await follow(course)
    await _show(course, taken)
    return await course.run()


async def _show(course: Course, row: JobRow) -> None:
    """Show the job as the journal has it now."""
    live = revived(row)
    if row.finished:
        live.poster = await course.written(lambda: course.tools.journal.poster(row.intent))
    course.row = row
    phase = "saving" if row.state == "fetching" else ""
    course.take(show={"paths": live.paths, "error": live.error, "poster": live.poster, "missing": live.missing, "phase": phase})


def recover_one(journal: Journal, row: JobRow, owner: str) -> JobRow | None:
    """Take over one job of a dead process; None when another process was faster."""
    if row.state == "new":
        drop_unsent(journal, row)
    elif not journal.adopt(row, owner):
        return None
    else:
        _tidy(row)
    return journal.get(row.intent)


def drop_unsent(journal: Journal, row: JobRow) -> None:
    """Close a job whose process died before it was sent: nothing was paid, and a re-run of its cell may send it."""
    error = PVideoError.make("canceled_unsent", price=row.price_word).to_dict()
    journal.change(row.intent, "new", state="canceled", press_key=None, cost=Decimal(0), finished_at=row.pressed_at, error=error)


def _tidy(row: JobRow) -> None:
    """Remove what the dead process had begun to download."""
    if row.prediction_id and row.folder:
        folder = Path(row.folder)
        files.remove_parts(folder, files.stem(row.day, row.words, row.prediction_id))
