"""One thread that does blocking things in order: commits and flushes in one, looking into finished videos in another."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Worker:
    """A daemon thread with a queue.

    `concurrent.futures` joins its threads when the interpreter ends; a stuck disk or decoder must not hold that up.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, function: Callable[[], T]) -> T:
        """Run `function` in the thread and return its result."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        future: Future[T] = Future()
        self._queue.put((future, function))
        return await asyncio.wrap_future(future)

    def close(self, timeout: float) -> None:
        """End the thread once what is queued is done; wait at most `timeout` seconds for that."""
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            future, function = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(function())
            except BaseException as problem:  # noqa: BLE001 - it belongs to whoever awaits it
                future.set_exception(problem)
            del item, future, function
