"""The latest picture of a job, for every thread: who wants it is told, who waits for it is woken."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.states import Snapshot

logger = logging.getLogger(__name__)

SLICE = 0.2
"""Waiting is done in slices of this many seconds, so that an interrupt is heard on every system."""


class Feed:
    """Holds a job's latest `Snapshot`. It is published by the engine's thread and read by any."""

    def __init__(self, first: Snapshot) -> None:
        self._latest = first
        self._observers: list[Callable[[Snapshot], None]] = []
        self._changed = threading.Condition()

    @property
    def latest(self) -> Snapshot:
        """The picture now."""
        return self._latest

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the picture and tell everyone; what one observer does wrong harms nobody else."""
        with self._changed:
            self._latest = snapshot
            observers = tuple(self._observers)
            self._changed.notify_all()
        for observer in observers:
            try:
                observer(snapshot)
            except Exception:
                logger.exception("an observer of job %s failed", snapshot.intent)

    def observe(self, observer: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `observer` with every later picture, on the engine's thread; the result ends that."""
        with self._changed:
            self._observers.append(observer)

        def stop() -> None:
            with self._changed:
                if observer in self._observers:
                    self._observers.remove(observer)

        return stop

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
