"""A whole world in virtual time: kernels with the real engine, wire, journal and library, and the demo, in one process.

Nothing sleeps: where the loop would wait, its time jumps. A kernel can be killed at any of its steps; what it left behind stays
as it is, and the next kernel finds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
from typing import TYPE_CHECKING, Any

from tests.faults import promises
from tests.faults.carrier import Carrier
from tests.support.canary import cloudflare_canary, replicate_canary
from tests.support.demo import InProcess
from tests.support.jobs import START, VirtualLoop

from pvideo import settings
from pvideo.errors import PVideoError
from pvideo.job.clock import Clock
from pvideo.job.engine import Engine
from pvideo.job.press import find_model, press
from pvideo.library.journal import Journal
from pvideo.library.rows import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    import httpx
    import pytest

    from pvideo.job.video import Video

CAT = {"prompt": "A cat", "draft": True, "duration": 1}
TOKENS = (cloudflare_canary(), replicate_canary())
"""New in every run of the tests, and the same in all its scenes: each further one would have to be struck out of every text."""
_now_in: contextvars.ContextVar[Kernel | None] = contextvars.ContextVar("kernel", default=None)


class SceneLoop(VirtualLoop):
    """Does threads' work at once, so that its time cannot run away from it."""

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        kernel, future = _now_in.get(), self.create_future()
        if kernel is not None and kernel.dies_at("disk"):
            return future
        try:
            future.set_result(func(*args))
        except Exception as problem:  # noqa: BLE001 - it belongs to whoever awaits it
            future.set_exception(problem)
        return future


class Kernel:
    """One process: an engine on the scene's loop instead of a thread. It dies at a step, or when told."""

    def __init__(self, scene: Scene, number: int) -> None:
        self.scene, self.name = scene, f"kernel-{number}"
        self.dead = False
        self.steps = 0
        self.dies_after: int | None = None
        self.tasks: list[asyncio.Task[Any]] = []
        self.carrier = Carrier(scene.apps, self.point, scene.strangers)
        self.engine = self._engine()

    def _engine(self) -> Engine:
        clock = self.scene.clock
        parts = {"owner": self.name, "session": f"session of {self.name}", "clock": clock, "disk": self, "studio": self}
        engine = Engine(Journal(self.scene.home / "journal.db"), **parts, fetch=self._fetch, examine=None, chance=lambda: 0.5)
        engine._thread = self
        engine._endpoints._make = self._client
        return engine

    def _client(self, endpoint: Any) -> Any:
        from pvideo.wire.client import Client

        return Client(
            endpoint, user_agent="pvideo/test", on_exchange=self.engine._heard, transport=self.carrier, clock=self.scene.loop.time
        )

    async def _fetch(self, url: str, part: Path, **options: Any) -> Any:
        from pvideo.wire.download import fetch

        return await fetch(url, part, **options, transport=self.carrier, on_exchange=self.engine._heard)

    # -- what the engine takes for its thread

    def call(self, function: Callable[[], Any]) -> None:
        """Do something on the loop, as this kernel."""
        context = contextvars.Context()
        context.run(_now_in.set, self)
        self.scene.loop.call_soon(function, context=context)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task of this kernel."""
        task = self.scene.loop.create_task(coroutine)
        self.tasks.append(task)
        return task

    def ask(self, coroutine: Callable[[], Coroutine[Any, Any, Any]], timeout: float) -> Any:
        """Run a coroutine to its end."""
        return self.scene.loop.run_until_complete(coroutine())

    # -- what it takes for its disk; and how it dies

    async def run(self, function: Callable[[], Any]) -> Any:
        """Do something blocking, unless the kernel dies before or after it."""
        await self.point("before a commit")
        result = function()
        await self.point("after a commit")
        return result

    def dies_at(self, _where: str) -> bool:
        """Count one step; return whether the kernel is dead from here on."""
        self.steps += 1
        self.dead = self.dead or self.steps == self.dies_after
        return self.dead

    async def point(self, where: str) -> None:
        """Go on, or never."""
        while self.dies_at(where):
            # A dead process hears no timeout either.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            if self.scene.over:
                raise asyncio.CancelledError

    def kill(self) -> None:
        """End it here, as SIGKILL does."""
        self.dead = True


class Scene:
    """The world of one test.

    Args:
        folder: Where everything lies.
        patch: Undoes what it changes.
        **demo: Settings of the demo.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, **demo: Any) -> None:
        self.loop = SceneLoop()
        self.over = self.checked = False
        self.wall_offset = 0.0
        self.asleep = 0.0
        self.folder, self.home = folder / "videos", folder / "home"
        self.tokens = TOKENS
        self.demo = InProcess(folder / "demo", clock=self, gateway_token=self.tokens[0], replicate_token=self.tokens[1], **demo)
        self.apps = {8001: self.demo.apps.api, 8002: self.demo.apps.delivery}
        self.strangers: list[str] = []
        self.texts: list[str] = []
        self.acts: dict[str, int] = {}
        self.clock = Clock(
            wall=lambda: self.now() + self.wall_offset, steady=lambda: 50_000.0 + self.loop.time() + self.asleep, boot=lambda: "boot"
        )
        self.kernels: list[Kernel] = []
        self._numbers = itertools.count(1)
        self._patch(patch, folder)
        self.kernel = self.new_kernel()

    def _patch(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        values = {"PVIDEO_BASE_URL": self.demo.base_url, "CF_AIG_TOKEN": self.tokens[0], "REPLICATE_API_TOKEN": self.tokens[1]}
        for name, value in {**values, "PVIDEO_HOME": str(self.home)}.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        for where in ("pvideo.job.adoption.alive", "pvideo.job.press.alive"):
            patch.setattr(where, self.alive)
        settings.reset()
        settings.configure(budget_day=None)

    # -- the demo's clock

    def now(self) -> float:
        """The time that is true."""
        return START + self.loop.time() + self.asleep

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time."""
        await asyncio.sleep(seconds)

    # -- kernels

    def new_kernel(self) -> Kernel:
        """Start a further process."""
        made = Kernel(self, next(self._numbers))
        self.kernels.append(made)
        return made

    def alive(self, owner: str | None) -> bool:
        """Whether the process of this name runs."""
        return any(kernel.name == owner and not kernel.dead for kernel in self.kernels)

    def restart(self) -> Kernel:
        """Kill the kernel, start the next one, and let it recover."""
        self.kernel.kill()
        self.kernel = self.new_kernel()
        self.kernel.engine.recover()
        return self.kernel

    def press(
        self, *, again: bool = True, kernel: Kernel | None = None, prefer_wait: bool = False, model: str | None = None, **inputs: Any
    ) -> Video:
        """Press: `generate()` by default; with ``again=False`` as an unchanged cell that is run."""
        kernel = kernel or self.kernel
        path = settings.current().journal_path.absolute()
        Engine._engines[path] = kernel.engine
        try:
            given = {**CAT, **inputs} if model is None else inputs
            video = press(find_model(model), given, again=again, reuse=not again, prefer_wait=prefer_wait)
        finally:
            del Engine._engines[path]
        key = self.row(video).press_key
        if key is not None:
            self.acts[key] = self.acts.get(key, 0) + 1 if again else max(self.acts.get(key, 0), 1)
        return video

    def save_now(self, video: Video) -> None:
        """Press [Save now]."""
        self.kernel.engine.save(video.intent, folder=settings.current().video_folder)

    def row(self, video: Video) -> Any:
        """Return a job as the journal has it."""
        row = self.kernel.engine.journal.get(video.intent)
        assert row is not None
        return row

    def fault(self, phase: str, do: str, *, op: str = "create", nth: Any = 1, prompt: str = "", **arguments: Any) -> None:
        """Lay down one fault."""
        match = {"op": op} | ({} if nth is None else {"nth": nth}) | ({"prompt": prompt} if prompt else {})
        self.demo.faults({"match": match, "phase": phase, "do": do, **arguments})

    def fate(self, *, nth: Any = 1, **fate: Any) -> None:
        """Decide how a prediction ends."""
        self.fault("before_accept", "fate", nth=nth, **fate)

    # -- time

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def settle(self, limit: float = 7200.0) -> None:
        """Let time pass until nothing more happens by itself."""
        end = self.loop.time() + limit
        while not self.settled():
            assert self.loop.time() < end, f"not settled: {[row.state for row in self.rows()]}"
            self.run(1.0 if self.loop.time() < end - limit + 60 else 30.0)

    def settled(self) -> bool:
        """Whether every job of a living kernel has ended or waits for a person."""
        return all(
            course.row.finished or course.live.parked for kernel in self.kernels if not kernel.dead for course in kernel.engine.courses()
        ) and not any(handle for handle in self.loop._ready)

    # -- what is left

    def rows(self) -> list[Any]:
        """Every job of the journal."""
        return [decode(row) for row in self.kernel.engine.journal.read("SELECT * FROM jobs ORDER BY pressed_at")]

    @property
    def paid(self) -> list[dict[str, Any]]:
        """Every prediction."""
        return self.demo.predictions()

    @property
    def creates(self) -> list[dict[str, Any]]:
        """Every create that reached the gateway."""
        return [row for row in self.asked("gateway") if row["method"] == "POST" and row["path"].endswith("/predictions")]

    def asked(self, host: str) -> list[dict[str, Any]]:
        """Every request that a host got from a kernel."""
        return [row for row in self.demo.ledger()["requests"] if row["host"] == host and not row["via"]]

    def saw(self, *what: Any) -> None:
        """Keep what a person saw, for the scan."""
        self.texts += [repr(item) for item in what]

    def finish(self) -> None:
        """Check at the end what the test has not checked with its own expectations."""
        if not self.checked:
            self.settle()
            self.check()

    def check(self, **expected: Any) -> None:
        """Check I1 to I5."""
        self.checked = True
        for kernel in self.kernels:
            for course in kernel.engine.courses():
                self.saw(course.picture(), course.live, str(course.live.error))
        evidence = promises.Evidence(
            ledger=self.demo.ledger(),
            rows=self.rows(),
            folder=self.folder,
            home=self.home,
            tokens=self.tokens,
            texts=self.texts,
            strangers=self.strangers,
        )
        promises.check(evidence, acts=self.acts, **expected)

    def close(self) -> None:
        """End it all."""
        self.over = True
        for _ in range(20):
            left = asyncio.all_tasks(self.loop)
            if not left:
                break
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(left, timeout=0.1))
        self.loop.close()
        for kernel in self.kernels:
            kernel.engine.journal.close()
        self.demo.state.close()
        settings.reset()


def lost(answer: Exception) -> Callable[[httpx.Request], Exception | None]:
    """Return what lets every request fail before it leaves."""
    return lambda _: answer


__all__ = ["CAT", "Kernel", "PVideoError", "Scene", "lost"]
