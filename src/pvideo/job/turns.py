"""Who may send a create next: in the order of the presses, a few at once, one at a time after a server asked us to wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.job.limits import Pace

AT_ONCE = 6
"""Creates under way at the same time."""


class Turns:
    """The line of jobs that want to be sent to one endpoint.

    Args:
        pace: The requests of this endpoint, which its gateway may limit.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._line: list[tuple[Course, asyncio.Future[None]]] = []
        self._active = 0
        self._hold = 0.0
        self._narrow = False

    async def enter(self, course: Course) -> bool:
        """Wait for this job's turn; False when a person canceled it meanwhile."""
        gate = asyncio.get_running_loop().create_future()
        self._line.append((course, gate))
        self._line.sort(key=lambda item: item[0].row.pressed_at)
        self._pump()
        try:
            while not gate.done() and not course.row.cancel_asked:
                await course.pause_for(gate)
        finally:
            if not gate.done():
                self._line = [item for item in self._line if item[1] is not gate]
                gate.cancel()
            elif course.row.cancel_asked:
                self.leave()
            self._pump()
        return not course.row.cancel_asked

    def leave(self, *, hold: float | None = None) -> None:
        """Give the turn back; with `hold`, nobody is sent for so many seconds, and then one at a time."""
        self._active -= 1
        if hold is None:
            self._narrow = self._narrow and bool(self._line)
        else:
            self._narrow = True
            self._hold = max(self._hold, asyncio.get_running_loop().time() + hold)
        self._pump()

    def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        while self._line and self._active < (1 if self._narrow else AT_ONCE):
            opens = max(self._hold, loop.time() + self._pace.wait(loop.time()))
            if loop.time() < opens:
                loop.call_at(opens, self._pump)
                break
            self._pace.take(loop.time())
            _, gate = self._line.pop(0)
            self._active += 1
            gate.set_result(None)
        for ahead, (course, _) in enumerate(self._line):
            course.show(ahead=ahead + self._active)
