"""What a fresh kernel does first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from tests.support.jobs import START, World

from pvideo import settings
from pvideo.job import recover

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(("left", "asked"), [("a running job", True), ("a look for repeats", True), ("nothing", False)])
def test_it_asks_for_the_running_demo_only_where_something_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str, asked: bool
) -> None:
    course = world.press()
    if left != "a running job":
        world.go(course.run())
    else:
        world.journal.update(course.row.intent, state="running", owner="dead", prediction_id="p" * 26)
    if left == "a look for repeats":
        world.journal.update(course.row.intent, unknown_at=START, owner="dead")
    there, learned, begun = object(), [], []
    tools = SimpleNamespace(owner="me")
    engine = SimpleNamespace(journal=world.journal, tools=tools, learn=learned.append, recover=lambda: begun.append("recover"))
    monkeypatch.setattr(recover, "Engine", SimpleNamespace(get=lambda: engine))
    monkeypatch.setattr(settings, "current", lambda: SimpleNamespace(journal_path=tmp_path))

    recover.recover(lambda: there)

    assert (learned, begun) == ([there] if asked else [], ["recover"])
