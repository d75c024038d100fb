"""marimo: it shows what a value returns, and no widget that is made outside of a cell."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import FakeComm
from tests.support.waiting import wait_until

import pvideo
from pvideo.notebook import base
from pvideo.notebook.card import Card
from pvideo.notebook.library import History
from pvideo.notebook.sheet import Sheet

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

SHORT = {"duration": 1, "draft": True, "prompt_upsampling": False}


@pytest.fixture
def marimo(monkeypatch: pytest.MonkeyPatch) -> None:
    """As its kernel is: a cell is what runs on the main thread."""
    module = ModuleType("marimo")
    module.running_in_notebook = lambda: threading.current_thread() is threading.main_thread()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "marimo", module)
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))


def press(shown: Any, view: dict[str, Any], pressed: str) -> None:
    shown.comm.say({"kind": "action", "id": view["id"], "nonce": view["nonce"], "name": pressed})


@pytest.mark.usefixtures("marimo")
def test_what_a_cell_ends_with_is_shown_as_its_widget(demo: RunningDemo) -> None:
    cat = pvideo.generate("A cat", **SHORT)
    board = pvideo.sweep("A kite", seed=range(2), **SHORT)

    card = cat._display_()
    assert isinstance(card, Card)
    assert cat._display_() is card
    assert isinstance(board._display_(), Sheet)
    assert isinstance(pvideo.library()._display_(), History)
    board.wait()
    assert wait_until(lambda: card.view["status"] == "succeeded")
    assert len(demo.predictions()) == 3


def test_elsewhere_its_text_is_returned(demo: RunningDemo) -> None:
    cat = pvideo.generate("A cat", **SHORT)

    assert cat._display_().startswith("Video('A cat', ")
    assert pvideo.library()._display_().startswith("Library(")
    cat.wait(30)
    assert len(demo.predictions()) == 1


@pytest.mark.usefixtures("marimo")
def test_a_final_takes_the_place_of_its_draft(demo: RunningDemo) -> None:
    cat = pvideo.generate("A cat", **SHORT).wait(30)
    card = cat._display_()
    assert wait_until(lambda: any(one["name"] == "final" for one in card.view["actions"]))

    press(card, card.view, "final")

    assert wait_until(lambda: card.view["id"] != cat.snapshot().intent and card.view["status"] == "succeeded")
    assert card.below == []
    assert [one["input"]["draft"] for one in demo.predictions()] == [True, False]


@pytest.mark.usefixtures("marimo")
def test_what_no_button_can_show_is_said(demo: RunningDemo) -> None:
    dog = [pvideo.generate(prompt, **SHORT).wait(30) for prompt in ("A cat", "A dog")][1]
    card = dog._display_()
    assert wait_until(lambda: any(one["name"] == "compare" for one in card.view["actions"]))
    press(card, card.view, "compare")
    assert wait_until(lambda: (card.view["message"] or {}).get("key") == "marimo_widget")

    board = pvideo.sweep("A kite", seed=range(2), **SHORT)
    sheet = board.wait()._display_()
    sheet.comm.say({"kind": "open", "id": board[0].snapshot().intent})
    assert wait_until(lambda: (sheet.sheet["message"] or {}).get("key") == "marimo_widget")

    studio = pvideo.Studio(**SHORT)
    studio.comm.say({"kind": "sweep", "inputs": dict(studio.inputs), "nonce": "a press of its own"})
    assert wait_until(lambda: "marimo takes no widget from a button" in studio.notice)
    assert isinstance(studio.sweep(), pvideo.Sweep)  # in a cell it can
    assert len(demo.predictions()) == 4
