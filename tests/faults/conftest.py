"""What the fault tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.faults.killing import loop
from tests.faults.killing.ground import Ground
from tests.faults.killing.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the kill loop did: its seed, and how far each press had come when it was killed."""
    for report in loop.REPORTS:
        terminalreporter.section("kill loop")
        for line in report.lines():
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A process that forks kernels."""
    with Zygote() as started:
        yield started


@pytest.fixture
def make_ground(demo_server: RunningDemo, zygote: Zygote, tmp_path: Path) -> Iterator[Callable[..., Ground]]:
    """Makes places to work in; no kernel outlives the test."""
    made: list[Ground] = []

    def make(name: str = "ground", **more: Any) -> Ground:
        made.append(Ground(tmp_path / name, demo_server, zygote, **more))
        return made[-1]

    yield make
    demo_server.clear_faults()
    for ground in made:
        ground.close()


@pytest.fixture
def ground(make_ground: Callable[..., Ground], demo_server: RunningDemo) -> Ground:
    """A place to work in, with jobs of half a second."""
    demo_server.settings(speed=2)
    return make_ground()
