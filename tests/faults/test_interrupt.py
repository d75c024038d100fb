"""D04: Ctrl-C at every line of our own frames in the main thread, while a cell presses and waits.

The cell stops at once. The job either was never written down, or goes on to its end by itself; a re-run of the cell shows it
or makes it. Nothing is sent twice, nothing hangs between two states.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pvideo
from pvideo import settings
from pvideo.job.engine import Engine
from pvideo.job.press import find_model, press
from pvideo.library.journal import Journal
from pvideo.wire.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OURS = str(Path(pvideo.__file__).parent)
WITHIN = 20.0


@dataclass(frozen=True)
class Answer:
    """What the client gives back for a create or a look."""

    prediction: Prediction
    log_id: str | None = None
    server_date: datetime | None = None


@dataclass(frozen=True)
class Got:
    """A downloaded file."""

    bytes: int
    sha256: str
    extension: str = ".mp4"


class Server:
    """A Replicate that is done at once: the interrupts are what is looked at here."""

    def __init__(self) -> None:
        self.creates: list[dict[str, Any]] = []
        self.count = 0

    async def create(self, model: str, input: dict[str, Any], **_: Any) -> Answer:  # noqa: A002
        self.creates.append(input)
        self.count += 1
        made = f"{self.count:04d}{'a' * 20}"
        output = f"https://replicate.delivery/{made}.mp4"
        return Answer(Prediction(id=made, status="succeeded", output=output, input=input, metrics={}, created_at=datetime.now(UTC)))

    async def fetch(self, url: str, part: Path, *, endpoint: Any, on_progress: Callable[[int, int | None], None]) -> Got:
        await asyncio.to_thread(part.write_bytes, url.encode())
        return Got(len(url), hashlib.sha256(url.encode()).hexdigest())


class Interrupter:
    """Raises KeyboardInterrupt in the main thread when one line of ours is reached for the n-th time."""

    def __init__(self, place: tuple[str, int] | None = None) -> None:
        self.place = place
        self.places: list[tuple[str, int]] = []
        self.raised = False

    def __enter__(self) -> Interrupter:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: Any, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line" and not self.raised:
            place = (frame.f_code.co_filename, frame.f_lineno)
            if self.place is None:
                self.places.append(place)
            elif place == self.place:
                self.raised = True
                raise KeyboardInterrupt
        return self._trace


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An account whose server is in this process, and an engine that talks to it."""
    monkeypatch.setenv("PVIDEO_BASE_URL", "http://127.0.0.1:9/v1/a/g/replicate")
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.reset()
    settings.configure(budget_day=None)
    yield Server()
    for engine in list(Engine._engines.values()):
        engine.close()
    settings.reset()


def engine_for(server: Server) -> Engine:
    """Put an engine in place that a press will find."""
    path = settings.current().journal_path.absolute()
    place = settings.endpoint()
    engine = Engine(Journal(path), client=lambda *_: (server, place), fetch=server.fetch, examine=None)
    Engine._engines[path] = engine
    return engine


def cell(number: int) -> Any:
    """What the cell does: press, and wait for the file."""
    return press(find_model(), {"prompt": f"A cat {number}", "duration": 1}, name="cat", again=False, reuse=True).wait(WITHIN)


def lines_of_a_cell(server: Server) -> list[tuple[str, int]]:
    """Return every line of ours that a cell runs through in the main thread, each once."""
    cell(-1)  # what is imported and kept the first time is another matter
    with Interrupter() as traced:
        cell(-2)
        cell(-2)
    server.creates.clear()
    return list(dict.fromkeys(traced.places))


@pytest.mark.timeout(300)
def test_d04_an_interrupt_at_any_line_leaves_nothing_half_done(account: Server) -> None:
    engine = engine_for(account)
    places = lines_of_a_cell(account)
    assert len(places) > 150

    for number, place in enumerate(places):
        with Interrupter(place) as injected:
            try:
                cell(number)
            except KeyboardInterrupt:
                stopped = True
            else:
                stopped = False
        assert stopped == injected.raised, f"{place}: the interrupt was swallowed"
        assert_settled(engine, number, place)

        again = cell(number)  # the cell is run again
        assert again.path is not None, place
        assert again.path.is_file()
        mine = [sent for sent in account.creates if sent["prompt"] == f"A cat {number}"]
        assert len(mine) == 1, f"{place}: {len(mine)} creates"

    with closing(Journal(settings.current().journal_path)) as journal:
        states = {row["state"] for row in journal.read("SELECT state FROM jobs WHERE press_key IS NOT NULL")}
    assert states == {"done"}
    assert not list(Path("videos").glob("*.part"))


def assert_settled(engine: Engine, number: int, place: tuple[str, int]) -> None:
    """Wait until the job of a cell that was interrupted has ended by itself, if there is one."""
    prompt, end = f"A cat {number}", time.monotonic() + WITHIN
    while True:
        rows = engine.journal.read("SELECT state FROM jobs WHERE prompt=? AND press_key IS NOT NULL", prompt)
        if all(row["state"] == "done" for row in rows):
            return
        assert time.monotonic() < end, f"{place}: the job hangs as {[row['state'] for row in rows]}"
        time.sleep(0.002)
