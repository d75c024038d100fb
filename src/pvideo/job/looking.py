"""Whose turn it is to look, and how: one job by its id, or all that are due with one list.

All jobs of an endpoint stand in one line, ordered by when their look is due, so that none is passed over however many there are.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from typing import TYPE_CHECKING

from pvideo.job.schedule import LOOKS_BUSY, LOOKS_TROUBLED, look_again
from pvideo.wire.verdict import LookFailed, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.course import Course
    from pvideo.job.limits import Pace
    from pvideo.job.schedule import Bucket
    from pvideo.job.tools import Client, Page
    from pvideo.wire.prediction import Prediction

logger = logging.getLogger(__name__)

SEVERAL = 3
"""So many looks due at once are asked for with one list (100 a page)."""

SOON = 0.25
"""What is due within so many seconds is due at once."""

APART = 0.6
"""Seconds between two lists: a page is large, and reading it costs more than a look."""

PAGES = 15
_PATIENCE = 10.0
_INSTANT = 0.001
_DENSE = 10.0
"""A longer wait (seconds) says that no end is likely meanwhile."""

_MARGIN = 2.0
_BLIND = 60.0
_WITHOUT = {"gone": 300.0, "refused": 300.0, "ambiguous": 300.0, "trouble": 15.0, "not_sent": 15.0}
"""How long no list is asked for after one did not answer, by what came instead (seconds)."""


@dataclass(eq=False, slots=True)
class Ticket:
    """One job that waits for its next look."""

    course: Course
    due: float
    gate: asyncio.Future[Prediction | None]
    alone: bool = False
    """The list does not show it (well enough): it is asked for by its id."""


class Desk:
    """The looks at one endpoint.

    Args:
        bucket: The rate of requests, which all endpoints of this process share.
        pace: The requests of this endpoint, which its gateway may limit.
    """

    def __init__(self, bucket: Bucket, pace: Pace) -> None:
        self._bucket, self._pace = bucket, pace
        self._line: set[Ticket] = set()
        self._changed = asyncio.Event()
        self._server: asyncio.Task[None] | None = None
        self._hold = self._listed_at = self._no_list_until = float("-inf")
        self._busy = 0

    async def turn(self, course: Course, wait: float, over: Callable[[], bool]) -> Prediction | None:
        """Wait for a job's next look.

        Args:
            course: The job.
            wait: In how many seconds it is due.
            over: Whether to stop waiting; asked whenever the job is nudged.

        Returns:
            What a list showed, or None: it is this job's turn to ask by its id (or `over` said so).
        """
        loop = asyncio.get_running_loop()
        ticket = Ticket(course, loop.time() + self._shared(max(wait, 0.0)), loop.create_future())
        self._line.add(ticket)
        self._wake()
        try:
            while not ticket.gate.done():
                await course.pause_for(ticket.gate)
                if not ticket.gate.done() and over():
                    return None
                ticket.due = loop.time()
                self._wake()
        finally:
            self._leave(ticket)
        return ticket.gate.result()

    def answered(self) -> None:
        """Note that a look was answered."""
        self._busy = 0
        self._bucket.recover()

    def busy(self, asked: float | None) -> float:
        """Note that a server wants fewer requests; nobody looks for the returned number of seconds.

        Args:
            asked: For how long it asked.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._hold:
            self._busy += 1
            self._bucket.slow()
            self._hold = now + look_again(self._busy, asked, left=LOOKS_TROUBLED, busy=True)
        elif asked:
            self._hold = max(self._hold, now + min(asked, LOOKS_BUSY))
        return self._hold - now

    def _shared(self, wait: float) -> float:
        """Return a shorter wait where many share each request: the best gap falls with the root of how many may end in it."""
        together = len(self._line) + 1
        if together < SEVERAL or not APART < wait < _DENSE or asyncio.get_running_loop().time() < self._no_list_until:
            return wait
        return max(wait / sqrt(together), APART)

    def _wake(self) -> None:
        self._changed.set()
        if self._server is None or self._server.done():
            self._server = asyncio.get_running_loop().create_task(self._serve())

    def _leave(self, ticket: Ticket) -> None:
        self._line.discard(ticket)
        if not ticket.gate.done():
            ticket.gate.cancel()
        if not self._line and self._server is not None and self._server is not asyncio.current_task():
            self._server.cancel()
            self._server = None

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while self._line:
            opens = max(min(ticket.due for ticket in self._line), self._hold)
            if opens > loop.time() + _INSTANT:
                self._changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), opens - loop.time())
                continue
            # The gateway's limit first: while it is waited for, a list may come to be worth it.
            await asyncio.sleep(self._pace.take(loop.time(), looking=True))
            await asyncio.sleep(self._bucket.take(loop.time()))
            await self._grant(loop)

    async def _grant(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the one who waits longest look, or ask for a list when several wait."""
        due = self._due(loop.time())
        together = [ticket for ticket in due if not ticket.alone]
        if due and (due[0].alone or len(together) < SEVERAL or loop.time() < self._no_list_until):
            self._line.discard(due[0])
            due[0].gate.set_result(None)
        elif due:
            await asyncio.sleep(self._listed_at + APART - loop.time())
            await self._list(loop)

    def _due(self, now: float) -> list[Ticket]:
        waiting = (ticket for ticket in self._line if ticket.due <= now + SOON and not ticket.gate.done())
        return sorted(waiting, key=lambda ticket: ticket.due)

    async def _list(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ask for the list, page by page while a page still answers for several."""
        due = {ticket for ticket in self._due(loop.time()) if not ticket.alone}
        cursor: str | None = None
        for number in range(PAGES):
            due = {ticket for ticket in due if ticket in self._line}
            reached = next(iter(due)).course.reach() if due else None
            if reached is None or (number and len(due) < SEVERAL):
                break
            if number:
                await asyncio.sleep(self._bucket.take(loop.time()))
            page = await self._page(reached[0], due, cursor)
            if page is None:
                return
            self._listed_at = loop.time()
            found = self._hand_out(page, due)
            cursor = page.cursor
            if not found:
                self._no_list_until = loop.time() + _BLIND / 2
            if cursor is None or not found:
                break
        for ticket in due:
            ticket.alone = True  # answered ones are gone; the others are asked for by id

    async def _page(self, client: Client, due: set[Ticket], cursor: str | None) -> Page | None:
        begin = min(_created(ticket.course) for ticket in due) - _MARGIN
        first = next(iter(due)).course
        try:
            asked = client.list(created_after=datetime.fromtimestamp(max(begin, 0.0), UTC), cursor=cursor)
            page = await asyncio.wait_for(asked, _PATIENCE)
        except LookFailed as failed:
            self._without(failed.verdict)
            return None
        except TimeoutError:
            self._without(None)
            return None
        if page.cached:
            self._without(None)
            return None
        self.answered()
        first.tools.heard(first.row, page.server_date)
        return page

    def _without(self, verdict: Verdict | None) -> None:
        """Look by id for a while: the list did not answer."""
        if verdict is not None and verdict.kind == "busy":
            self.busy(verdict.retry_after)
            return
        logger.info("no list of predictions: %s", verdict.error.key if verdict else "no answer in time")
        kind = verdict.kind if verdict else "trouble"
        self._no_list_until = asyncio.get_running_loop().time() + _WITHOUT.get(kind, _BLIND)

    def _hand_out(self, page: Page, due: set[Ticket]) -> int:
        """Give each job what the page shows of it, also those that are not due when it is news; return how many it answered."""
        known = {ticket.course.row.prediction_id: ticket for ticket in self._line}
        now, found = asyncio.get_running_loop().time(), 0
        for item in page.items:
            ticket = known.get(item.id)
            if ticket is None or ticket.gate.done():
                continue
            found += ticket in due
            if item.terminal and not _whole(item):
                ticket.alone, ticket.due = True, now
            elif ticket in due or item.terminal or item.outputs or item.status != ticket.course.row.status:
                self._line.discard(ticket)
                ticket.gate.set_result(item)
        return found


def _created(course: Course) -> float:
    """Return when a job was created, by the server's clock where it is known."""
    if course.row.created_at is not None:
        return course.row.created_at
    now = course.tools.server_now(course.row)
    return (course.tools.clock.wall() if now is None else now) - course.tools.clock.since_sent(course.row) - 60.0


def _whole(item: Prediction) -> bool:
    """Return whether a list's item tells everything about an end; what it leaves out is asked for by id."""
    return item.status == "succeeded" and bool(item.outputs) and bool(item.metrics)
