"""How many videos of one sweep are made at the same time; the others wait, written down and not sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pvideo.job.states import ENDED

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.job.states import Snapshot

AT_ONCE = 4
"""Videos of one sweep that are made at the same time."""

_FREE = ENDED | {"unconfirmed"}


class Places:
    """The places of one sweep: a job takes one before it is sent and has it until its prediction has ended."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._line: list[tuple[Course, asyncio.Future[None]]] = []
        self._taken: set[str] = set()

    async def enter(self, course: Course) -> bool:
        """Wait for a place; False when a person canceled the job meanwhile."""
        if course.row.intent in self._taken:
            return True
        gate = asyncio.get_running_loop().create_future()
        self._line.append((course, gate))
        self._line.sort(key=lambda item: item[0].row.pressed_at)
        self._pump()
        course.held = not gate.done()
        try:
            while not gate.done() and not course.row.cancel_asked:
                await course.pause_for(gate)
        finally:
            course.held = False
            if not gate.done():
                self._line = [item for item in self._line if item[1] is not gate]
                gate.cancel()
                self._pump()
        return gate.done() and not gate.cancelled()

    def join(self, course: Course) -> None:
        """Count a job that is made already: one that a dead process had sent."""
        if course.row.intent not in self._taken and course.picture().status not in _FREE:
            self._take(course)

    def _take(self, course: Course) -> None:
        intent = course.row.intent
        self._taken.add(intent)

        def seen(snapshot: Snapshot) -> None:
            if snapshot.status in _FREE or snapshot.settled:
                stop()
                self._taken.discard(intent)
                self._pump()

        stop = course.feed.observe(seen)

    def _pump(self) -> None:
        while self._line and len(self._taken) < self._most:
            course, gate = self._line.pop(0)
            self._take(course)
            gate.set_result(None)
        for ahead, (course, _) in enumerate(self._line):
            course.show(phase="waiting", ahead=ahead + len(self._taken))
