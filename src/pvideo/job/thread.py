"""The background thread: one asyncio loop, handed work from anywhere, gone with the interpreter without a word."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")
logger = logging.getLogger(__name__)


def uncut(function: Callable[[], T]) -> T:
    """Run `function` in a thread of its own and return its result: an interrupt ends the waiting for it, never the work half way."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as problem:  # noqa: BLE001 - it belongs to the caller
            future.set_exception(problem)

    threading.Thread(target=work, name="pvideo-press", daemon=True).start()
    return future.result()


class LoopThread:
    """A daemon thread that runs one loop; it starts with the first work.

    Args:
        ending: Awaited when it ends, after all tasks were canceled.
    """

    def __init__(self, ending: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.pid = os.getpid()
        self._ending = ending
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def call(self, function: Callable[[], Any]) -> None:
        """Run `function` on the thread, in an empty context: a cell's own would tie its output to that cell."""
        loop = self._running()
        with suppress(RuntimeError):  # the interpreter is ending and the loop is closed
            loop.call_soon_threadsafe(function, context=contextvars.Context())

    def ask(self, coroutine: Callable[[], Coroutine[Any, Any, Any]], timeout: float) -> Any:
        """Run a coroutine on the thread and return its result; not from that thread itself."""
        return asyncio.run_coroutine_threadsafe(coroutine(), self._running()).result(timeout)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task. On the thread."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)
        return task

    def close(self, timeout: float) -> bool:
        """End the thread; False when it did not end in time (or belongs to another process)."""
        thread, loop = self._thread, self._loop
        if self.pid != os.getpid():
            return False
        if thread is None or loop is None:
            return True
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout)
        return not thread.is_alive()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self.pid != os.getpid():
            msg = "a forked process has an engine of its own: Engine.get()"
            raise RuntimeError(msg)
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                # Otherwise asyncio tells of tasks that the interpreter's end cut off, in the middle of someone's cell.
                self._loop.set_exception_handler(lambda _, context: logger.debug("loop: %s", context.get("message")))
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name="pvideo-engine", daemon=True)
                self._thread.start()
            return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            loop.run_until_complete(self._end())
        finally:
            loop.close()

    async def _end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._ending()
