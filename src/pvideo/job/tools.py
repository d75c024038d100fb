"""What every course of this process shares, and what a test gives its own of."""

from __future__ import annotations

import asyncio
import random
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pvideo.job.clock import Clock
from pvideo.job.limits import Pace, limits
from pvideo.job.looking import Desk
from pvideo.job.places import Places
from pvideo.job.schedule import Bucket
from pvideo.job.turns import Turns
from pvideo.job.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from pvideo.endpoint import Endpoint
    from pvideo.job.course import Course
    from pvideo.library.journal import Journal
    from pvideo.library.rows import JobRow
    from pvideo.wire.prediction import Prediction

T = TypeVar("T")

current_intent: ContextVar[str] = ContextVar("pvideo_intent", default="")
"""The job on whose behalf a request is made: each course runs in a context of its own."""


class Created(Protocol):
    """A create's answer (`pvideo.wire.client.Created`)."""

    @property
    def prediction(self) -> Prediction: ...  # noqa: D102
    @property
    def log_id(self) -> str | None: ...  # noqa: D102
    @property
    def server_date(self) -> datetime | None: ...  # noqa: D102


class Look(Protocol):
    """A look's answer."""

    @property
    def prediction(self) -> Prediction: ...  # noqa: D102
    @property
    def server_date(self) -> datetime | None: ...  # noqa: D102
    @property
    def cached(self) -> bool: ...  # noqa: D102


class Page(Protocol):
    """One page of the list."""

    @property
    def items(self) -> tuple[Prediction, ...]: ...  # noqa: D102
    @property
    def cursor(self) -> str | None: ...  # noqa: D102
    @property
    def server_date(self) -> datetime | None: ...  # noqa: D102
    @property
    def cached(self) -> bool: ...  # noqa: D102


class Client(Protocol):
    """What a course asks of `pvideo.wire.client.Client`."""

    async def create(  # noqa: D102
        self,
        model: str,
        input: dict[str, Any],  # noqa: A002 - Replicate's word
        *,
        version: str | None = None,
        event_id: str,
        deadline: float,
        prefer_wait: int | None = None,
        log_payload: bool = True,
        metadata: Mapping[str, Any] | None = None,
        hide: tuple[str, ...] = (),
    ) -> Created: ...
    async def get(self, prediction_id: str) -> Look: ...  # noqa: D102
    async def cancel(self, prediction_id: str) -> Look: ...  # noqa: D102
    async def list(self, *, created_after: datetime, cursor: str | None = None) -> Page: ...  # noqa: D102


class Stored(Protocol):
    """A file that Replicate has."""

    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def lifetime(self) -> float: ...  # noqa: D102


class Uploads(Protocol):
    """What is asked of a client for large files."""

    async def upload(self, name: str, kind: str, data: bytes, *, tell: Callable[[int, int], None]) -> Stored: ...  # noqa: D102


class Fetched(Protocol):
    """A downloaded file."""

    @property
    def bytes(self) -> int: ...  # noqa: D102
    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def extension(self) -> str: ...  # noqa: D102


class Fetch(Protocol):
    """`pvideo.wire.download.fetch`."""

    def __call__(  # noqa: D102
        self, url: str, part: Path, *, endpoint: Endpoint, on_progress: Callable[[int, int | None], None]
    ) -> Awaitable[Fetched]: ...


class Runs(Protocol):
    """Something that does blocking things elsewhere (`pvideo.job.worker.Worker`)."""

    async def run(self, function: Callable[[], T]) -> T: ...  # noqa: D102


@dataclass(slots=True, kw_only=True)
class Tools:
    """The parts a course works with."""

    journal: Journal
    owner: str
    session: str
    client: Callable[[JobRow, bool], tuple[Client, Endpoint] | None]
    """The client for a job's endpoint, asking the settings again when the flag says so; None when it is not configured now."""
    endpoint: Callable[[JobRow], Endpoint | None]
    """A job's endpoint as this process knows it; asks nobody."""
    fetch: Fetch
    direct: Callable[[JobRow], Client | None] = lambda _: None
    """The client that asks Replicate without the gateway, for its list alone; None unless the settings allow it."""
    files: Callable[[JobRow], tuple[Uploads, Endpoint] | None] = lambda _: None
    """The client that large files are sent with, and where they go; None when it is not configured now."""
    uploaded: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    """Files that Replicate has, by where they were sent and sha256: their address, and until when (wall clock) it may be used."""
    begin: Callable[[JobRow], Course]
    """Starts another job (an extra take) on the same engine."""
    clock: Clock = field(default_factory=Clock)
    disk: Runs = field(default_factory=lambda: Worker("pvideo-journal"))
    studio: Runs = field(default_factory=lambda: Worker("pvideo-media"))
    examine: Callable[[Path], tuple[dict[str, Any] | None, bytes | None]] | None = None
    """Looks into a finished video: what it is, and its poster."""
    chance: Callable[[], float] = random.random
    bucket: Bucket = field(default_factory=Bucket)
    lines: dict[str, Turns] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    sweeps: dict[str, Places] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    offsets: dict[str, float] = field(default_factory=dict)
    """How far each server's clock is ahead of our steady one, as its last answer told."""

    def turns(self, row: JobRow) -> Turns:
        """Return the line of creates to a job's endpoint."""
        return self.lines.setdefault(row.base_url, Turns(self.pace(row)))

    def pace(self, row: JobRow) -> Pace:
        """Return our own requests to a job's gateway, held against its rate limit."""
        if row.base_url not in self.paces:
            meter = limits.meter(row.account, row.gateway)
            self.paces[row.base_url] = Pace(lambda: meter.limit)
        return self.paces[row.base_url]

    def places(self, row: JobRow) -> Places:
        """Return the places of the sweep that a job belongs to."""
        return self.sweeps.setdefault(row.sweep, Places())

    def desk(self, row: JobRow) -> Desk:
        """Return the line of looks at a job's endpoint."""
        if row.base_url not in self.desks:
            self.desks[row.base_url] = Desk(self.bucket, self.pace(row))
        return self.desks[row.base_url]

    async def look_turn(self, row: JobRow) -> None:
        """Wait until one more look keeps all of them together under their rate."""
        now = asyncio.get_running_loop().time()
        wait = max(self.bucket.take(now), self.pace(row).take(now, looking=True))
        if wait > 0:
            await asyncio.sleep(wait)

    def heard(self, row: JobRow, date: datetime | None) -> None:
        """Learn the server's clock from an answer."""
        if date is not None:
            self.offsets[row.base_url] = date.timestamp() - self.clock.steady()

    def server_now(self, row: JobRow) -> float | None:
        """Return the time by the server's clock, when an answer told it."""
        offset = self.offsets.get(row.base_url)
        return None if offset is None else self.clock.steady() + offset
