"""The latest picture of a job, for every thread: who wants it is told, who waits for it is woken."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pvideo.job.observers import Observers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.states import Snapshot

SLICE = 0.2
"""Waiting is done in slices of this many seconds, so that an interrupt is heard on every system."""


class Feed:
    """Holds a job's latest `Snapshot`. It is published by the engine's thread and read by any."""

    def __init__(self, first: Snapshot) -> None:
        self._latest = first
        self._observers = Observers(f"job {first.intent}")
        self._changed = threading.Condition()

    @property
    def latest(self) -> Snapshot:
        """The picture now."""
        return self._latest

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the picture and tell everyone."""
        with self._changed:
            self._latest = snapshot
            self._changed.notify_all()
        self._observers.tell(snapshot)

    def observe(self, observer: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `observer` with every later picture, on the engine's thread; the result ends that."""
        return self._observers.add(observer)

    def wait(self, over: Callable[[Snapshot], bool], timeout: float | None, *, now: Callable[[], float] = time.monotonic) -> bool:
        """Wait until `over` holds of the picture; False when `timeout` seconds went by first."""
        end = None if timeout is None else now() + timeout
        with self._changed:
            while not over(self._latest):
                left = SLICE if end is None else min(SLICE, end - now())
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True
