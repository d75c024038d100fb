"""Serving the demo: three loopback servers in one event loop, until a signal or until nobody has come for a while."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from pvideo.demo import processes
from pvideo.demo.farm import Farm
from pvideo.demo.rawhttp import UVICORN

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pvideo.demo.place import Place

_GRACE = 2


class Activity:
    """Counts who is being served and remembers when the last request was."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock, self.open, self.last = clock, 0, clock()

    def watch(self, app: Any) -> Any:
        """Return the app with its requests counted."""

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.open, self.last = self.open + 1, self.clock()
            try:
                await app(scope, receive, send)
            finally:
                self.open, self.last = self.open - 1, self.clock()

        return counted


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs all three."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """When to end by itself: after ``seconds`` without a request, unless ``place`` was touched by a starter."""

    place: Place
    pid: int
    seconds: float

    async def over(self, activity: Activity, unfinished: Callable[[], int]) -> None:
        """Return when nobody has needed the demo for long enough; its state file is gone by then."""
        while True:
            await asyncio.sleep(min(15.0, self.seconds / 4))
            # The lock is a starter's for milliseconds only; asking for it may block that long.
            if not activity.open and not unfinished() and self._long_ago(activity) and self._leave(activity):
                return

    def _long_ago(self, activity: Activity) -> bool:
        return activity.clock() - max(activity.last, self.place.touched()) > self.seconds

    def _leave(self, activity: Activity) -> bool:
        """Remove the state file, unless a starter has just handed out this address."""
        with self.place.locked():
            if not self._long_ago(activity):
                return False
            state = self.place.read()
            if state and state.pid == self.pid:
                self.place.state_file.unlink(missing_ok=True)
        return True


async def serve(apps: Any, sockets: list[socket.socket], *, idle: Idle | None = None) -> None:
    """Serve the api, delivery and control apps on their sockets until SIGINT, SIGTERM or the end of patience."""
    activity = Activity()
    servers = [_Server(_config(activity.watch(app))) for app in (apps.api, apps.delivery, apps.control)]

    def leave() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, leave)
    running = [asyncio.create_task(server.serve(sockets=[one])) for server, one in zip(servers, sockets, strict=True)]
    watcher = asyncio.create_task(_watch(idle, activity, apps.state.store.unfinished, leave)) if idle else None
    try:
        await asyncio.gather(*running)
    finally:
        if watcher:
            watcher.cancel()


async def _watch(idle: Idle, activity: Activity, unfinished: Callable[[], int], leave: Callable[[], None]) -> None:
    await idle.over(activity, unfinished)
    leave()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(app, **UVICORN, log_level="warning", proxy_headers=False, timeout_keep_alive=75, timeout_graceful_shutdown=_GRACE)


def workshop(place: Place, pid: int) -> tuple[Farm, Path]:
    """Make this process's folders for clips and return its renderer and its workdir; leftovers of dead ones are removed."""
    clips = place.folder / "clips"
    clips.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in clips.iterdir():
        if old.name.isdigit() and int(old.name) != pid and processes.started(int(old.name)) is None:
            shutil.rmtree(old, ignore_errors=True)
    own = clips / str(pid)
    shutil.rmtree(own, ignore_errors=True)
    return Farm(own / "cache"), own / "predictions"
