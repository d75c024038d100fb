"""Waiting for a video, in a cell that blocks or in one that awaits. Only the waiting can be interrupted, never the job."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pvideo.arguments import SECONDS, takes
from pvideo.errors import PVideoError, WaitTimeoutError
from pvideo.job.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Self

    from pvideo.job.engine import Engine
    from pvideo.job.feed import Feed
    from pvideo.job.states import Snapshot

_TICK = 0.1
"""Seconds between two chances for an interrupt."""
_RAISED_BEFORE_THE_END = frozenset({"token_revoked", "endpoint_gone"})


class Waiting(Facts):
    """The half of a `pvideo.Video` that is waited for.

    Args:
        engine: The engine that the job runs on; only its own process can wait for it.
        intent: The press's own id.
        feed: Where its pictures come from.
    """

    def __init__(self, engine: Engine, intent: str, feed: Feed) -> None:
        super().__init__(intent, feed)
        self._engine = engine

    @takes(timeout=SECONDS)
    def wait(self, timeout: float | None = None) -> Self:
        """Wait until the file is on the disk and return this video (at once where none was asked for, ``no_op=True``).

        An interrupt ends the waiting, not the job.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            PVideoError: The job ended without a file; the error says why and whether anything was paid.
            DownloadError: It was made, but could not be saved. A disk that is full or closed is waited for, up to Replicate's hour.
            WaitTimeoutError: It was not there in time; the job goes on. What holds it up now, when something does, is its ``error``.
        """
        self._own()
        begun = time.monotonic()
        if not self._feed.wait(over, timeout):
            raise WaitTimeoutError(self._not_yet(time.monotonic() - begun), self.snapshot().error)
        return self._result()

    def __await__(self) -> Generator[Any, None, Self]:
        return self._arrive().__await__()

    async def _arrive(self) -> Self:
        self._own()
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def tell(snapshot: Snapshot) -> None:
            if over(snapshot):
                loop.call_soon_threadsafe(arrived.set)

        stop = self.observe(tell)
        try:
            while not over(self.snapshot()):
                # In ticks: an interrupt cancels the cell, but does not wake a loop that nothing happens in.
                with suppress(TimeoutError):
                    await asyncio.wait_for(arrived.wait(), _TICK)
        finally:
            stop()
        return self._result()

    def _result(self) -> Self:
        snapshot = self.snapshot()
        if snapshot.path is not None and (snapshot.status == "succeeded" or not snapshot.done):
            return self
        if snapshot.status == "succeeded" and snapshot.error is None:
            return self
        error = snapshot.error or PVideoError.make("unexpected", detail=f"it ended as {snapshot.status} without a reason")
        # A copy: the traceback of one raise must not hang on to the error that the card shows.
        raise PVideoError.from_dict(error.to_dict())

    def _not_yet(self, seconds: float) -> str:
        shown = self.snapshot()
        held = f" {shown.error}" if shown.error is not None else ""
        return f"{self.name or 'the video'} is still {shown.status} after {seconds:.0f} s of waiting; it goes on.{held}"

    def _own(self) -> None:
        if self._engine.pid != os.getpid():
            msg = f"{self!r} belongs to the process that this one was forked from; wait for it or cancel it there."
            raise RuntimeError(msg)


def over(snapshot: Snapshot) -> bool:
    """Return whether waiting is over: file, sidecar and journal are done, or nothing more happens by itself."""
    stopped = snapshot.error is not None and snapshot.error.key in _RAISED_BEFORE_THE_END
    # With the file there, only its price is still to come; a connection that is lost is not waited for.
    return snapshot.settled or stopped or (snapshot.path is not None and snapshot.phase == "lost")
