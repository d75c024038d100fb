"""Fixtures that several folders use."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from tests.support.demo import RunningDemo, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.scene import Scene


# A run that was put in the background inherits an ignored SIGINT, and so would every kernel and script that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The kill loop's options; they stand here because pytest reads them before it looks into the folders."""
    group = parser.getgroup("kill loop (tests/faults/test_kill.py)")
    group.addoption("--kills", type=int, default=200, help="trials, each with one to four kills")
    group.addoption("--kill-seed", type=int, default=None, help="what the trials are drawn from; a random one is printed")
    group.addoption("--kill-trial", type=int, default=None, help="run only this trial of the seed again")


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
