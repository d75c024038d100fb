"""Fixtures that several folders use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.demo import RunningDemo, running_demo

if TYPE_CHECKING:
    from collections.abc import Iterator


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
