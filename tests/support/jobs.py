"""A world for one job: virtual time, a Replicate with a ledger that can lose answers, and a journal in a folder."""

from __future__ import annotations

import asyncio
import hashlib
import selectors
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.endpoint import Endpoint
from pvideo.errors import PVideoError
from pvideo.job.clock import Clock
from pvideo.job.course import Course
from pvideo.job.reconcile import fingerprint
from pvideo.job.tools import Tools
from pvideo.library.journal import Journal
from pvideo.library.rows import JobRow
from pvideo.wire.prediction import Prediction
from pvideo.wire.verdict import CreateFailed, LookFailed, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

START = 1_795_000_000.0
"""When the virtual world begins, in seconds since the epoch."""

ENDPOINT = Endpoint(base_url="http://127.0.0.1:9/v1/a/g/replicate", kind="gateway", account_id="a", gateway_id="g")


class _Jumping(selectors.SelectSelector):
    """Where a loop would sleep, its time jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("nothing is left to happen")
        self.now += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is counted, not waited for."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


class Inline:
    """Does blocking things at once."""

    async def run(self, function: Callable[[], Any]) -> Any:
        await asyncio.sleep(0)
        return function()


@dataclass(frozen=True)
class Answer:
    """What the client gives back for a create, a look or a page."""

    prediction: Prediction | None = None
    log_id: str | None = "01LOG"
    server_date: datetime | None = None
    items: tuple[Prediction, ...] = ()
    cursor: str | None = None
    cached: bool = False


@dataclass
class Run:
    """One paid prediction."""

    id: str
    input: dict[str, Any]
    at: float
    ends: str = "succeeded"
    seconds: float = 6.0
    error: str | None = None
    source: str = "api"
    canceled_at: float | None = None
    never_ends: bool = False


@dataclass
class Replicate:
    """The server: what it accepted is paid, whatever the client heard of it."""

    now: Callable[[], float]
    runs: list[Run] = field(default_factory=list)
    creates: list[Any] = field(default_factory=list)
    """What happens to the next creates: "ok", "lost" (accepted, answer lost), "twice" (the gateway repeats it), or a Verdict."""
    looks: list[Any] = field(default_factory=list)
    lists: list[Any] = field(default_factory=list)
    posts: int = 0
    gets: list[float] = field(default_factory=list)
    listed: list[float] = field(default_factory=list)
    cancels: int = 0
    list_lag: float = 0.0
    without_input: bool = False
    skew: float = 0.0
    answer_after: float = 0.1
    ends: str = "succeeded"
    error: str | None = None
    seconds: float = 6.0
    never_ends: bool = False
    removed: bool = False
    early_output: bool = False
    outputs: Any = None
    cancel_fails: int = 0

    async def create(self, model: str, input: dict[str, Any], **_: Any) -> Answer:  # noqa: A002
        self.posts += 1
        await asyncio.sleep(self.answer_after)
        what = self.creates.pop(0) if self.creates else "ok"
        if isinstance(what, (Verdict, Exception)):
            raise CreateFailed(what) if isinstance(what, Verdict) else what
        for _ in range(2 if what == "twice" else 1):
            run = Run(f"{len(self.runs):04d}" + "a" * 22, dict(input), self.now(), ends=self.ends, seconds=self.seconds, error=self.error)
            run.never_ends = self.never_ends
            self.runs.append(run)
        if what in {"lost", "twice"}:
            raise CreateFailed(ambiguous())
        return Answer(prediction=self.seen(run), server_date=self.date())

    async def get(self, prediction_id: str) -> Answer:
        self.gets.append(self.now())
        await asyncio.sleep(0.02)
        self._stumble(self.looks)
        run = next((run for run in self.runs if run.id == prediction_id), None)
        if run is None:
            raise LookFailed(Verdict(kind="gone", error=PVideoError.make("refused", who="Replicate", status=404, detail="")))
        return Answer(prediction=self.seen(run), server_date=self.date())

    async def cancel(self, prediction_id: str) -> Answer:
        self.cancels += 1
        await asyncio.sleep(0.02)
        run = next(run for run in self.runs if run.id == prediction_id)
        if self.cancel_fails:
            self.cancel_fails -= 1
            raise LookFailed(trouble())
        if not self.seen(run).terminal:
            run.canceled_at = self.now()
        return Answer(prediction=self.seen(run), server_date=self.date())

    async def list(self, *, created_after: datetime, cursor: str | None = None) -> Answer:
        self.listed.append(self.now())
        await asyncio.sleep(0.02)
        self._stumble(self.lists)
        seen = [run for run in self.runs if run.at <= self.now() - self.list_lag and run.at + self.skew >= created_after.timestamp()]
        items = [self.seen(run) for run in reversed(seen)]
        if self.without_input:
            items = [replace(item, input=None) for item in items]
        return Answer(items=tuple(items), server_date=self.date())

    def seen(self, run: Run) -> Prediction:
        age = self.now() - run.at
        status = "starting" if age < 1 else "processing" if age < run.seconds or run.never_ends else run.ends
        if run.canceled_at is not None and (run.never_ends or run.canceled_at < run.at + run.seconds):
            status = "canceled"
        output = self.outputs if self.outputs is not None else f"https://replicate.delivery/xezq/{run.id}/out.mp4"
        shown = status == "succeeded" or (self.early_output and status == "processing" and age >= run.seconds / 2)
        return Prediction(
            id=run.id,
            status=status,
            output=output if shown and not self.removed else None,
            error=run.error if status == "failed" else None,
            metrics={"video_output_duration_seconds": 5.0} if status == "succeeded" else {},
            input=None if self.removed else run.input,
            created_at=datetime.fromtimestamp(run.at + self.skew, UTC),
            source=run.source,
            data_removed=self.removed,
        )

    def date(self) -> datetime:
        return datetime.fromtimestamp(int(self.now() + self.skew), UTC)

    def _stumble(self, line: list[Any]) -> None:
        if line and (what := line.pop(0)) is not None:
            raise LookFailed(what)


@dataclass(frozen=True)
class Got:
    """A downloaded file."""

    bytes: int
    sha256: str
    content_type: str = "video/mp4"
    extension: str = ".mp4"


class NotFetched(Exception):  # noqa: N818 - it says what happened, as in wire/
    """As `pvideo.wire.download.DownloadFailed`."""

    def __init__(self, key: str = "fetch_failed", *, retry: bool = True, gone: bool = False) -> None:
        super().__init__(key)
        self.error = PVideoError.make(key, detail="503", until="11:02")
        self.retry = retry
        self.gone = gone


class World:
    """All of it, for one test. `go` runs it until a course ends."""

    def __init__(self, folder: Path, *, owner: str = "me") -> None:
        self.loop = VirtualLoop()
        self.offset = 0.0
        self.boot = "boot-1"
        self.folder = folder
        self.clock = Clock(
            wall=lambda: START + self.loop.time() + self.offset, steady=lambda: 50_000.0 + self.loop.time(), boot=lambda: self.boot
        )
        self.replicate = Replicate(now=lambda: START + self.loop.time())
        self.journal = Journal(folder / "home" / "journal.db")
        self.downloads: list[Any] = []
        self.fetched: list[str] = []
        self.courses: list[Course] = []
        self.configured = True
        self.tools = self.new_tools(owner)

    def new_tools(self, owner: str) -> Tools:
        def client(_row: JobRow, _ask: bool) -> Any:
            return (self.replicate, ENDPOINT) if self.configured else None

        return Tools(
            journal=self.journal,
            owner=owner,
            session=f"session of {owner}",
            client=client,
            endpoint=lambda _: ENDPOINT,
            fetch=self.fetch,
            begin=self.begin,
            clock=self.clock,
            disk=Inline(),
            studio=Inline(),
            chance=lambda: 0.5,
        )

    def row(self, **changes: Any) -> JobRow:
        number = len(self.courses)
        seed = changes.get("seed", 1000 + number)
        given = {"prompt": "A cat", "duration": 5, "draft": True, "seed": seed, **changes.pop("input", {})}
        intent = f"intent-{number}"
        row = JobRow(
            intent=intent,
            event_id=intent,
            owner=self.tools.owner,
            press_key=f"key-{number}",
            typed_key=f"key-{number}",
            fingerprint=fingerprint(given),
            session=self.tools.session,
            kind=ENDPOINT.kind,
            base_url=ENDPOINT.base_url,
            gateway="g",
            model="prunaai/p-video",
            name="cat",
            prompt="A cat",
            typed={"prompt": "A cat"},
            input=given,
            seed=seed,
            seed_ours=True,
            folder=str(self.folder / "videos"),
            estimate=Decimal("0.10"),
            estimate_text="$0.10",
            day="2026-11-20",
            pressed_at=self.clock.wall() + number / 1000,
        )
        return replace(row, **changes)

    def press(self, **changes: Any) -> Course:
        """Write a job down and make its course."""
        row, new = self.journal.press(self.row(**changes), reuse="none")
        assert new
        course = Course(row, self.tools, sent=dict(row.input))
        self.courses.append(course)
        return course

    def begin(self, row: JobRow, tools: Tools | None = None) -> Course:
        """Go on with a job of the journal, as another process would."""
        course = Course(row, tools or self.tools)
        self.courses.append(course)
        course.task = self.loop.create_task(course.run())
        return course

    def go(self, *work: Coroutine[Any, Any, Any]) -> None:
        """Run all of it to its end."""
        asyncio.set_event_loop(None)

        async def together() -> None:
            await asyncio.gather(*work)

        self.loop.run_until_complete(together())

    def after(self, seconds: float, act: Callable[[], Any]) -> None:
        """Do something later in virtual time."""

        def now() -> None:
            result = act()
            if asyncio.iscoroutine(result):
                self.kept = self.loop.create_task(result)

        self.loop.call_later(seconds, now)

    async def fetch(self, url: str, part: Path, *, endpoint: Endpoint, on_progress: Callable[[int, int | None], None]) -> Got:
        self.fetched.append(url)
        await asyncio.sleep(0.3)
        what = self.downloads.pop(0) if self.downloads else "ok"
        if isinstance(what, Exception):
            part.write_bytes(b"half")  # noqa: ASYNC240 - a few bytes
            raise what
        data = f"video of {url}".encode()
        with part.open("xb") as file:
            file.write(data)
        on_progress(len(data), len(data))
        return Got(len(data), hashlib.sha256(data).hexdigest())

    def kept_row(self, course: Course) -> JobRow:
        found = self.journal.get(course.row.intent)
        assert found is not None
        return found

    def close(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.01))
        self.loop.close()
        self.journal.close()


def ambiguous(key: str = "answer_lost") -> Verdict:
    return Verdict(kind="ambiguous", error=PVideoError.make(key, detail="HTTP 502", gateway="g"))


def not_sent(key: str = "unreachable") -> Verdict:
    return Verdict(kind="not_sent", error=PVideoError.make(key, host="g", detail="refused", seconds=1))


def busy(retry_after: float | None = None) -> Verdict:
    return Verdict(kind="busy", error=PVideoError.make("replicate_busy", detail="Too many.", seconds=0), retry_after=retry_after)


def refused(key: str = "input_refused", *, second_look: bool = False) -> Verdict:
    return Verdict(kind="refused", error=PVideoError.make(key, detail="no", source="REPLICATE_API_TOKEN"), second_look=second_look)


def trouble() -> Verdict:
    return Verdict(kind="trouble", error=PVideoError.make("connection_lost", detail="reset", seconds=2))
