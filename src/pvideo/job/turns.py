"""Who may send a create next: in the order of the presses, a few at once, one at a time after a server asked us to wait."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from pvideo.errors import PVideoError

if TYPE_CHECKING:
    from pvideo.job.course import Course
    from pvideo.job.limits import Pace

AT_ONCE = 6
"""Creates under way at the same time."""

MARGIN = 1.02
"""A small account's pace is kept by a little more than it says: a refused create counts there, too."""

REMEMBERED = 600.0
"""Seconds for which an account that was small is taken to be so still; then it is tried again."""

_REDUCED = re.compile(r"reduced to (\d+) requests? per (minute|second)", re.IGNORECASE)


def pace_of(refusal: str) -> float | None:
    """Return the seconds between two creates that an account is given by Replicate's words (6 a minute below $5), or None."""
    found = _REDUCED.search(refusal)
    if found is None or int(found[1]) == 0:
        return None
    return (60.0 if found[2].lower() == "minute" else 1.0) / int(found[1])


_WORTH_SAYING = 1.0


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
        self._apart = 0.0
        self._paced_until = 0.0

    @property
    def apart(self) -> float:
        """Seconds between two creates on this account; 0 where nobody said that it is a small one."""
        return self._apart

    @property
    def hold(self) -> float:
        """When the next create may go, by the loop's clock."""
        return self._hold

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

    def leave(self, *, hold: float | None = None, pace: float | None = None) -> None:
        """Give the turn back; with `hold`, nobody is sent for so many seconds, and then one at a time, each `pace` seconds apart."""
        now = asyncio.get_running_loop().time()
        self._active -= 1
        if pace is not None:
            self._apart, self._paced_until = pace * MARGIN, now + REMEMBERED
        elif now > self._paced_until:
            self._apart = 0.0
        wait = self._apart if hold is None else max(hold, self._apart)
        if wait:
            self._hold = max(self._hold, now + wait)
        self._narrow = hold is not None or (self._narrow and bool(self._line)) or self._apart > 0
        self._pump()

    def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        while self._line and self._active < (1 if self._narrow else AT_ONCE):
            paced = self._pace.wait(loop.time())
            opens = max(self._hold, loop.time() + paced)
            if loop.time() < opens:
                loop.call_at(opens, self._pump)
                if paced > _WORTH_SAYING:
                    _say(self._line[0][0], paced)
                break
            self._pace.take(loop.time())
            _, gate = self._line.pop(0)
            self._active += 1
            gate.set_result(None)
        for ahead, (course, _) in enumerate(self._line):
            course.show(ahead=ahead + self._active)


def _say(course: Course, wait: float) -> None:
    """Say on the next one's card that the gateway's limit holds it up, and for how long."""
    error = PVideoError.make("gateway_busy", gateway=course.row.gateway, seconds=max(round(wait), 1))
    course.show(phase="countdown", error=error, next_at=course.tools.clock.wall() + wait)
