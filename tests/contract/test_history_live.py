"""The history on a page, while videos are made by other cells: it takes them in by itself, and lets go of all when it is closed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from tests.support.notebook import FakeComm
from tests.support.waiting import wait_until

import pvideo
from pvideo.job.engine import Engine
from pvideo.notebook import base
from pvideo.notebook.history import present
from pvideo.notebook.library import History

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without a browser, which asks for nothing."""
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))


def test_what_is_made_meanwhile_comes_into_the_history(demo: RunningDemo) -> None:
    history = History(pvideo.library())
    assert history.found["count"] == 0

    cat = pvideo.generate("A cat", duration=1, draft=True)
    assert wait_until(lambda: history.found["count"] == 1)
    cat.wait(30)
    assert wait_until(lambda: history.library.found.bytes == cat.path.stat().st_size)
    assert wait_until(lambda: "A cat" in history.saved)

    # A search stays what it is, and the file keeps the newest of all.
    history.search("boat")
    pvideo.generate("A dog", duration=1, draft=True).wait(30)
    boat = pvideo.generate("A boat", duration=1, draft=True)
    assert wait_until(lambda: history.found["count"] == 1)
    boat.wait(30)
    assert [video.prompt for video in history.library] == ["A boat"]
    assert "A dog" not in history.saved
    history.search()
    assert (history.found["count"], len(demo.predictions())) == (3, 3)


def test_what_ran_before_is_followed_to_its_end_and_a_closed_history_hears_nothing(demo: RunningDemo) -> None:
    cat = pvideo.generate("A cat", duration=1, draft=True)
    history, other = History(pvideo.library()), History(pvideo.library())
    cat.wait(30)
    assert wait_until(lambda: history.library.found.bytes == cat.path.stat().st_size)

    history.close()
    pvideo.generate("A dog", duration=1, draft=True).wait(30)
    assert wait_until(lambda: other.found["count"] == 2)
    assert history.found["count"] == 1
    other.close()
    assert len(Engine.get()._observers) == 0
    assert len(demo.predictions()) == 2


def test_a_cell_that_runs_again_closes_the_history_of_before(demo: RunningDemo) -> None:
    def run(message: str, times: int = 1) -> int:
        parent = {"content": {"allow_stdin": True}, "header": {"msg_id": message}, "metadata": {"cellId": "a cell"}}
        shell = SimpleNamespace(
            kernel=SimpleNamespace(get_parent=lambda: parent),
            user_ns={},
            display_pub=SimpleNamespace(publish=lambda data, metadata: shown.append(data["text/html"])),
        )
        for _ in range(times):
            present(pvideo.library(), shell)
        return len(Engine.get()._observers)

    shown: list[str] = []
    assert run("one", times=2) == 2
    assert run("two") == 1
    assert len(shown) == 3
    assert demo.predictions() == []


def test_what_a_card_of_the_history_makes_stands_below_it(demo: RunningDemo) -> None:
    cat = pvideo.generate("A cat", duration=1, draft=True, prompt_upsampling=False).wait(30)
    history = History(pvideo.library())
    history.show(cat)
    (view,) = history.views
    assert wait_until(lambda: any(one["name"] == "final" for one in history.views[0]["actions"]))

    for _ in range(2):
        history.comm.say({"kind": "action", "id": view["id"], "nonce": view["nonce"], "name": "final"})
        assert wait_until(lambda: len(history.below) == 1)
    assert wait_until(lambda: [one["status"] for one in demo.predictions()] == ["succeeded"] * 2)
    assert wait_until(lambda: history.found["count"] == 2)
    assert [one["input"]["draft"] for one in demo.predictions()] == [True, False]
    history.close()
