"""One thread that brings news to the page: at most twice a second for each card, the last state always."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

GAP = 0.5
"""Seconds between two updates of one card; more than a thousand messages a second would be dropped for ever by the server."""


class Pushed(Protocol):
    """What can be marked: `push` brings its newest state to the page."""

    def push(self) -> None:
        """Send the newest state."""


class Pulse:
    """Coalesces marks: whoever marks never waits, and holds none of our locks while the page is written to."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, gap: float = GAP) -> None:
        self._clock = clock
        self._gap = gap
        self._wake = threading.Condition()
        self._due: dict[Pushed, float] = {}
        self._last: weakref.WeakKeyDictionary[Pushed, float] = weakref.WeakKeyDictionary()
        self._thread: threading.Thread | None = None

    def mark(self, item: Pushed) -> None:
        """Say that `item` has something new."""
        with self._wake:
            if item in self._due:
                return
            now = self._clock()
            self._due[item] = max(now, self._last.get(item, now - self._gap) + self._gap)
            self._start()
            self._wake.notify()

    def forget(self, item: Pushed) -> None:
        """Drop `item`, so that nothing here keeps it alive."""
        with self._wake:
            self._due.pop(item, None)
            self._last.pop(item, None)

    def take_due(self) -> list[Pushed]:
        """Return what may be pushed now, and count it as pushed."""
        with self._wake:
            now = self._clock()
            ready = [item for item, due in self._due.items() if due <= now]
            for item in ready:
                del self._due[item]
                self._last[item] = now
            return ready

    def _start(self) -> None:
        # After a fork the thread is gone in the child, so its life is asked each time.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="pvideo-pulse", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            for item in self.take_due():
                try:
                    item.push()
                except Exception:
                    logger.exception("a card could not be updated")
            with self._wake:
                wait = min(self._due.values(), default=None)
                self._wake.wait(None if wait is None else max(0.0, wait - self._clock()))


pulse = Pulse()
"""The pulse of this process."""
