"""Who wants to be told of a change: of a job, a sweep, or the jobs of this process."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Observers:
    """Each is called with every change until it has left; what one does wrong harms nobody else.

    Args:
        of: What they observe, for the log.
    """

    def __init__(self, of: str) -> None:
        self._of = of
        self._all: list[Callable[..., object]] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, observer: Callable[..., object]) -> Callable[[], None]:
        """Call `observer` from now on; the result ends that."""
        with self._lock:
            self._all.append(observer)

        def leave() -> None:
            with self._lock:
                if observer in self._all:
                    self._all.remove(observer)

        return leave

    def tell(self, *news: Any) -> None:
        """Call all of them with the news, on this thread."""
        with self._lock:
            observers = tuple(self._all)
        for observer in observers:
            try:
                observer(*news)
            except Exception:
                logger.exception("an observer of %s failed", self._of)
