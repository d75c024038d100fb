"""The course of one job: from its row in the journal, step by step, until it ends or waits for a person."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pvideo.endpoint import DELIVERY_HOSTS
from pvideo.errors import JournalError, PVideoError
from pvideo.job import exchanges
from pvideo.job.estimate import ENOUGH
from pvideo.job.feed import Feed
from pvideo.job.live import Live, expected_kind, picture
from pvideo.job.schedule import after_trouble, expect
from pvideo.job.tools import Client, Tools, current_intent
from pvideo.model import catalog
from pvideo.secrets import hide
from pvideo.wire.output import MOST_OUTPUTS, sources, without_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pvideo.endpoint import Endpoint
    from pvideo.job.states import Snapshot
    from pvideo.library.rows import JobRow
    from pvideo.wire.prediction import Prediction

T = TypeVar("T")
logger = logging.getLogger(__name__)

_LATER = {"disk_full": "journal_full_later", "folder_closed": "journal_closed_later", "journal_busy": "journal_busy_later"}


class Course:
    """One job on its way. Everything here runs on the engine's thread.

    Args:
        row: The job as the journal has it.
        tools: What all courses share.
        live: What is known beside the row.
        sent: The whole input, with files and secrets; only the process of the press has it, so only that one can send.
        hide: The values of secret inputs.
    """

    def __init__(
        self, row: JobRow, tools: Tools, *, live: Live | None = None, sent: dict[str, Any] | None = None, hide: tuple[str, ...] = ()
    ) -> None:
        self.row = row
        self.tools = tools
        self.live = live or Live()
        self.sent = sent
        self.hide = hide
        self.latest: Prediction | None = None
        self.urls: tuple[str, ...] = ()
        self.saved: dict[str, tuple[Path, int, str]] = {}
        """What was given back and lies on the disk already, by `pvideo.wire.output.key_of`: its file, size and sha256."""
        self.made = 0
        """How many outputs were given back; 0 while that is not told."""
        self.asked_anew = False
        """Whether a further look was made only for an address that was not kept."""
        self.fetching: asyncio.Task[None] | None = None
        self.task: asyncio.Task[None] | None = None
        self.exchanges: list[dict[str, Any]] = []
        self.held = False
        """Whether it waits for a place in its sweep: it is not sent at once."""
        self.head = 0.0
        """How long after the sending Replicate's own clock for this job began, in seconds."""
        self._nudged = asyncio.Event()
        self.feed = Feed(self.picture())

    def picture(self) -> Snapshot:
        """Return the picture of the job now."""
        return picture(self.row, self.live, self.tools.endpoint(self.row))

    def show(self, **facts: Any) -> None:
        """Change passing facts and publish, when anything changed."""
        if any(getattr(self.live, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(self.live, name, value)
            self.feed.publish(self.picture())

    async def record(self, *, show: dict[str, Any] | None = None, **columns: Any) -> None:
        """Write columns to the journal, then publish them together with the passing facts in `show`."""
        kept, self.exchanges = self.exchanges, []
        await self.written(lambda: self.tools.journal.update(self.row.intent, exchanges=kept, **columns))
        self.take(show=show, **columns)

    def take(self, *, show: dict[str, Any] | None = None, **columns: Any) -> None:
        """Publish columns that are in the journal already."""
        self.row = replace(self.row, **columns)
        for name, value in (show or {}).items():
            setattr(self.live, name, value)
        self.feed.publish(self.picture())

    async def written(self, write: Callable[[], T]) -> T:
        """Write to the journal, however long that takes: what was paid must not be forgotten because a disk is full."""
        times, before = 0, self.live.error
        while True:
            try:
                result = await self.tools.disk.run(write)
            except JournalError as problem:
                times += 1
                self.show(error=self._still(problem))
                await asyncio.sleep(after_trouble(times))
                continue
            if times:
                self.show(error=before)
            return result

    async def pause(self, seconds: float) -> None:
        """Wait, unless something happens that should be seen at once."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._nudged.wait(), max(seconds, 0.0))
        self._nudged.clear()

    async def pause_for(self, future: asyncio.Future[Any]) -> None:
        """Wait for `future`, unless something happens that should be seen at once."""
        nudge: asyncio.Future[Any] = asyncio.ensure_future(self._nudged.wait())
        try:
            await asyncio.wait([future, nudge], return_when=asyncio.FIRST_COMPLETED)
        finally:
            nudge.cancel()
        self._nudged.clear()

    @property
    def leaving(self) -> bool:
        """Whether its create is being sent, or will be at once."""
        return self.row.state == "sending" or (self.row.state == "new" and self.live.phase != "countdown" and not self.held)

    def nudge(self) -> None:
        """Let a pause end now."""
        self._nudged.set()

    def reach(self) -> tuple[Client, Endpoint] | None:
        """Return the client for this job's endpoint; None, and a note on the card, when that is not configured now."""
        key = self.live.error.key if self.live.error is not None else ""
        gone = key == "endpoint_gone"
        reached = self.tools.client(self.row, gone or key == "token_revoked")
        if reached is None:
            self.show(error=PVideoError.make("endpoint_gone", where=self.row.gateway or self.row.base_url))
        elif gone:
            self.show(error=None)
        return reached

    def sources(self, prediction: Prediction) -> tuple[str, ...]:
        """Return what a prediction gave back, as it is to be saved."""
        endpoint = self.tools.endpoint(self.row)
        return sources(prediction, kind=expected_kind(self.row.model), hosts=endpoint.delivery_hosts if endpoint else DELIVERY_HOSTS)

    def remember_outputs(self, urls: tuple[str, ...]) -> tuple[str, ...]:
        """Keep the addresses of the outputs, and return what of them fits the journal: an inline file does not."""
        self.urls = urls[:MOST_OUTPUTS]
        return tuple(map(without_bytes, self.urls))

    async def run(self) -> None:
        """Go on until the job ends or waits for a person."""
        current_intent.set(self.row.intent)
        hide(self.hide)
        self.show(parked=False)
        if self.row.sweep and self.row.state != "new" and not self.row.finished:
            self.tools.places(self.row).join(self)
        try:
            await self._expect()
            while not self.row.finished and not self.live.parked:
                await self._step()
            if self.row.state == "done" and (self.row.unknown_at is not None or self.live.slow_answer):
                from pvideo.job.finding import find_more

                await find_more(self)
            if self.exchanges:
                await exchanges.write(self)
        except asyncio.CancelledError:
            raise
        except Exception as problem:
            # Never seen in a test; the journal has the job, and the next kernel goes on with it.
            logger.exception("the course of job %s stopped", self.row.intent)
            self.show(error=PVideoError.make("unexpected", detail=type(problem).__name__), parked=True, phase="", next_at=None)

    async def _expect(self) -> None:
        row = self.row
        if self.live.expected is None and not row.finished:
            journal = self.tools.journal
            past = await self.written(partial(journal.durations, model=row.model, realm=row.realm, shape=row.shape))
            others = await self.written(partial(journal.paces, model=row.model, realm=row.realm)) if len(past) < ENOUGH else ()
            # Of a model that is met for the first time nothing is known: no estimate is better than P-Video's.
            if past or others or row.model in catalog.names():
                self.show(expected=expect(past, row.input, others))

    async def ask_cancel(self) -> None:
        """Remember that a person wants it canceled; whatever the course does now, it sees that next."""
        if self.row.finished or self.row.cancel_asked or self.row.state == "fetching":
            return
        self.take(cancel_asked=True)
        self.nudge()
        await self.written(lambda: self.tools.journal.update(self.row.intent, cancel_asked=True))

    def _step(self) -> Awaitable[None]:
        from pvideo.job import finding, saving, sending, watching

        steps: dict[str, Callable[[Course], Awaitable[None]]] = {
            "new": sending.send,
            "sending": finding.lose,  # only a dead process's job is met in this state
            "unknown": finding.find,
            "created": watching.watch,
            "running": watching.watch,
            "fetching": saving.save,
        }
        return steps[self.row.state](self)

    def _still(self, problem: JournalError) -> PVideoError:
        """Return the message for a journal that cannot be written now: before the POST nothing was sent, after it the job goes on."""
        if self.row.state == "new":
            return problem
        values: dict[str, Any] = problem.values
        return PVideoError.make(_LATER.get(problem.key, problem.key), **values)
