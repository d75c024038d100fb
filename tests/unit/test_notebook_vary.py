"""A sweep from a Studio: the form's inputs as they are, what varies said in lines, started by its button only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.test_view_keys import SOURCE, keys_of
from tests.support.notebook import FakeComm

from pvideo import settings
from pvideo.errors import InputError
from pvideo.job.engine import Engine
from pvideo.model.catalog import load
from pvideo.model.given import from_schema
from pvideo.notebook import base, orders, pulse, sheet, vary_sheet
from pvideo.notebook.studio import Studio
from pvideo.notebook.vary import choices, first_lines, lines_of, values_of
from pvideo.notebook.vary_sheet import VarySheet

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.demo import RunningDemo

MODEL = load("prunaai/p-video")
FORM = {"prompt": "A {red | blue} cat", "draft": True, "duration": 1}
VARY = SOURCE.parent / "sheet" / "vary.ts"
THREADS: list[threading.Thread] = []


@pytest.fixture
def demo(demo_server: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningDemo]:
    """The demo as if it were the real gateway: what it is asked for is paid, and confirmed below a cent."""
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CLOUDFLARE_AI_GATEWAY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.reset()
    settings.configure(base_url=demo_server.base_url, gateway_token=demo_server.gateway_token, replicate_token=demo_server.replicate_token)
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(pulse.pulse, "mark", lambda _: None)
    for room in (orders, sheet, vary_sheet):
        monkeypatch.setattr(room, "hand", lambda *task: THREADS.append(base.hand(*task)))
    THREADS.clear()
    yield demo_server
    for engine in list(Engine._engines.values()):
        engine.close()
    settings.reset()


def settled(*shown: Any) -> None:
    """Wait for what messages were handed to, then let the pulse beat once."""
    while THREADS:
        THREADS.pop(0).join(10)
    for one in shown:
        one.push()


def asked(studio: Studio, nonce: str = "0123456789abcdef") -> VarySheet:
    """Press [Sweep…] and return the sheet that stands in the card's place."""
    studio.comm.say({"kind": "sweep", "inputs": studio.inputs, "nonce": nonce})
    settled(studio)
    shown = studio._beside.shown
    assert isinstance(shown, VarySheet)
    assert studio.beside == f"anywidget:{shown.model_id}"
    shown.push()
    return shown


def start(shown: VarySheet, label: str) -> None:
    shown.comm.say({"kind": "sheet", "name": "start", "label": label, "nonce": shown.sheet["nonce"]})


def choose(shown: VarySheet, *lines: tuple[str, str]) -> None:
    shown.comm.say({"kind": "vary", "lines": [{"name": name, "text": text} for name, text in lines]})


def inputs_of(demo: RunningDemo) -> list[Any]:
    return sorted((prediction["input"] for prediction in demo.predictions()), key=lambda one: one["seed"])


# The words


def test_what_can_vary_is_what_a_comma_parts_and_the_seed_is_first() -> None:
    found = {choice["name"]: (choice["label"], choice["text"]) for choice in choices(MODEL)}

    assert next(iter(found)) == "seed"
    assert found["seed"] == ("Seed", "1..4")
    assert found["resolution"] == ("Resolution", "720p,1080p")
    assert found["duration"] == ("Duration", "5,10")
    assert found["disable_safety_filter"] == ("Safety filter", "on,off")
    assert not {"prompt", "image", "audio", "no_op"} & set(found)
    assert first_lines(MODEL) == [("seed", "1..4")]


@pytest.mark.parametrize(
    ("text", "values"),
    [("1..4", (1, 2, 3, 4)), ("7", (7,)), ("7, 1..2", (7, 1, 2)), ("", ())],
)
def test_a_line_takes_what_a_cell_takes(text: str, values: tuple[int, ...]) -> None:
    assert values_of(MODEL, [("seed", text)]) == {"seed": values}


def test_a_switch_that_the_form_says_the_other_way_round_is_so_in_a_line() -> None:
    assert values_of(MODEL, [("disable_safety_filter", "on")]) == {"disable_safety_filter": (False,)}
    assert lines_of(MODEL, {"disable_safety_filter": (False, True)}) == [("disable_safety_filter", "on,off")]


@pytest.mark.parametrize(
    ("axes", "lines"),
    [
        ({"seed": range(1, 5)}, [("seed", "1..4")]),
        ({"seed": [3, 9], "resolution": ["720p"]}, [("seed", "3,9"), ("resolution", "720p")]),
        ({"prompt": ["a", "b"]}, None),
        ({"seed": [None, None]}, None),
        ({"seed": [1], "fps": [24], "duration": [5]}, None),
    ],
)
def test_axes_given_in_code_are_lines_where_lines_can_say_them(axes: dict[str, Any], lines: Any) -> None:
    assert lines_of(MODEL, {name: tuple(values) for name, values in axes.items()}) == lines


def test_a_model_without_a_seed_begins_with_what_it_has() -> None:
    schema = {"properties": {"prompt": {"type": "string"}, "steps": {"type": "integer", "default": 20, "maximum": 30, "minimum": 1}}}

    assert first_lines(from_schema("a/b", schema)) == [("steps", "10,20")]


# The Studio


def test_the_button_shows_a_sheet_that_starts_by_its_own_button_with_exactly_the_form(demo: RunningDemo) -> None:
    studio = Studio(**FORM)
    shown = asked(studio)

    assert [tile["title"] for tile in shown.sheet["tiles"]] == ["seed 1", "seed 2", "seed 3", "seed 4"]
    assert shown.sheet["message"] is None
    assert shown.vary["lines"] == [{"name": "seed", "text": "1..4"}]
    assert set(shown.vary) == keys_of("VaryView", VARY)
    assert set(shown.vary["fields"][0]) == keys_of("Choice", VARY)
    assert "<table" not in studio.saved["html"]
    assert demo.predictions() == []

    start(shown, "Generate 4 · $0.02")
    settled()
    shown.video.wait(30)
    settled(shown, studio)

    assert inputs_of(demo) == [{**FORM, "seed": seed} for seed in (1, 2, 3, 4)]
    assert shown.vary == {}
    assert {video.seed for video in studio.videos} == {1, 2, 3, 4}
    assert len(studio.views) == 4
    assert "4 of 4 done" in studio.saved["html"]
    studio.close()


def test_the_lines_make_another_sweep_and_what_they_cannot_say_starts_nothing(demo: RunningDemo) -> None:
    studio = Studio(**FORM)
    shown = asked(studio)

    choose(shown, ("seed", "5,6"), ("resolution", "720p,1080p"))
    settled(shown)
    assert shown.sheet["title"] == "4 videos: seed 5, 6 × 720p, 1080p"
    label = shown.sheet["actions"][0]["label"]

    choose(shown, ("seed", "1...4"))
    settled(shown)
    assert "'1...4' was given" in shown.vary["message"]["sentence"]
    start(shown, label)
    settled(shown)
    choose(shown, ("seed", ""))
    settled(shown)
    assert "empty list" in shown.vary["message"]["sentence"]
    for strange in (("prompt", "a,b"), ("zzz", "1"), ("seed", "1" * 400), ("seed", 7)):
        choose(shown, strange)  # type: ignore[arg-type]
    for content in ({}, {"lines": None}, {"lines": []}, {"lines": [1]}, {"lines": [{}, {}, {}]}):
        shown.comm.say({"kind": "vary", **content})
    settled(shown)
    assert shown.vary["lines"] == [{"name": "seed", "text": ""}]
    assert demo.predictions() == []
    studio.close()


def test_the_sheet_follows_the_form_and_a_press_in_between_holds_if_it_says_the_same(demo: RunningDemo) -> None:
    studio = Studio(**FORM)
    shown = asked(studio)
    studio.inputs = {**studio.inputs, "duration": 2}
    start(shown, "Generate 4 · $0.02")
    settled(shown)
    assert shown.sheet["actions"][0]["label"] == "Generate 4 · $0.04"
    assert demo.predictions() == []

    studio.inputs = {**studio.inputs, "prompt": "A dog"}
    start(shown, "Generate 4 · $0.04")
    settled()
    settled(shown)
    shown.video.wait(30)
    assert [one["prompt"] for one in inputs_of(demo)] == ["A dog"] * 4

    studio.inputs = {**studio.inputs, "prompt": "A bird"}
    settled(shown)
    assert len(shown.video.videos) == 4
    studio.close()


def test_in_code_it_waits_for_run_whatever_it_costs_and_going_back_leaves_its_videos(demo: RunningDemo) -> None:
    settings.configure(confirm_over=100, inputs={"fps": 48})
    studio = Studio(**FORM)
    studio.inputs = {name: value for name, value in studio.inputs.items() if name != "fps"}
    made = studio.sweep(seed=[7, 8], duration=2)
    assert (made.started, len(made), demo.predictions()) == (False, 2, [])

    made.run().wait(30)
    studio.back()
    studio.push()

    assert (studio.beside, studio.behind) == ("", "Back to the sheet")
    assert "2 of 2 done" not in studio.saved["html"]
    studio.reopen()
    studio.push()
    assert (studio.beside != "", studio.behind) == (True, "")
    assert "2 of 2 done" in studio.saved["html"]
    assert {video.seed for video in studio.videos} == {7, 8}
    assert inputs_of(demo) == [{**FORM, "duration": 2, "seed": seed} for seed in (7, 8)]
    with pytest.raises(InputError, match="Did you mean seed"):
        studio.sweep(sed=range(3))
    studio.close()


def test_a_page_closes_what_it_shows_and_nothing_newer(demo: RunningDemo) -> None:
    studio = Studio(**FORM)
    asked(studio)
    second = asked(studio, "fedcba9876543210")
    studio.comm.say({"kind": "shut", "beside": "anywidget:older"})
    settled()
    assert studio.beside == f"anywidget:{second.model_id}"

    studio.comm.say({"kind": "shut", "beside": studio.beside})
    settled()
    assert (studio.beside, studio.behind, second.is_open) == ("", "", False)  # nothing was started: there is nothing to come back to
    studio.reopen()
    assert studio.beside == ""
    studio.close()


def test_what_the_form_lacks_stands_at_its_field(demo: RunningDemo) -> None:
    studio = Studio(**FORM)
    studio.inputs = {"draft": True}
    studio.comm.say({"kind": "sweep", "inputs": {"draft": True}, "nonce": "0123456789abcdef"})
    settled()

    assert [problem["field"] for problem in studio.problems] == ["prompt"]
    assert studio.beside == ""
    studio.close()


def test_over_the_budget_it_says_so_on_the_sheet_and_nothing_is_sent(demo: RunningDemo) -> None:
    settings.configure(budget_day=0.01)
    studio = Studio(**FORM)
    shown = asked(studio)
    start(shown, shown.sheet["actions"][0]["label"])
    settled(shown)

    assert shown.sheet["message"]["key"] == "budget_reached"
    assert shown.vary["lines"]
    assert demo.predictions() == []
    studio.close()
