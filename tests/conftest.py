"""Fixtures that several folders use."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.demo import RunningDemo, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.scene import Scene


# A run that was put in the background inherits an ignored SIGINT, and so would every kernel and script that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

SOONER = 10


def pytest_addoption(parser: pytest.Parser) -> None:
    """The kill loop's options; they stand here because pytest reads them before it looks into the folders."""
    group = parser.getgroup("kill loop (tests/faults/test_kill.py)")
    group.addoption("--kills", type=int, default=200, help="trials, each with one to four kills")
    group.addoption("--kill-seed", type=int, default=None, help="what the trials are drawn from; a random one is printed")
    group.addoption("--kill-trial", type=int, default=None, help="run only this trial of the seed again")


def pytest_sessionfinish() -> None:
    """Leave nothing behind."""
    kernels = sys.modules.get("tests.support.kernels")
    if kernels is not None:
        kernels.clear()


@pytest.fixture(scope="session", autouse=True)
def nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests keeps a journal and an account of their own: a test that names no home is given an empty one."""
    home = tmp_path_factory.mktemp("nobody")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATA", "CONFIG"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        yield


@pytest.fixture(scope="session")
def demo_process() -> Iterator[RunningDemo]:
    with running_demo() as demo:
        yield demo


@pytest.fixture
def demo_server(demo_process: RunningDemo) -> Iterator[RunningDemo]:
    """A demo on real loopback ports, 50 times faster than real, with nothing in its ledger yet."""
    demo_process.reset()
    yield demo_process
    demo_process.clear_faults()


@pytest.fixture
def demo(demo_server: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningDemo]:
    """The demo as if it were the real gateway of an account, with a home and a video folder of the test's own."""
    from pvideo import settings
    from pvideo.job import schedule, watching
    from pvideo.job.engine import Engine

    # What is made 50 times sooner is looked at sooner, too.
    monkeypatch.setattr(watching, "next_look", lambda elapsed, expected: schedule.next_look(SOONER * elapsed, expected) / SOONER)

    monkeypatch.setenv("PVIDEO_BASE_URL", demo_server.base_url)
    monkeypatch.setenv("CF_AIG_TOKEN", demo_server.gateway_token)
    monkeypatch.setenv("REPLICATE_API_TOKEN", demo_server.replicate_token)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.reset()
    yield demo_server
    for engine in list(Engine._engines.values()):
        engine.close()
    settings.reset()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Scene]:
    """A world in virtual time; the promises I1 to I5 hold at its end, unless the test checked them with what it expects."""
    from tests.faults.scene import Scene

    caplog.set_level("DEBUG")
    made = Scene(tmp_path, monkeypatch)
    try:
        yield made
        made.texts.append(caplog.text)
        made.finish()
    finally:
        made.close()
