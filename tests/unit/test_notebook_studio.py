"""The Studio: from a form's values to a press, and what the page may ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import CAT, FakeComm, FakeVideo, made, snap

from pvideo import settings
from pvideo.endpoint import Endpoint
from pvideo.errors import BudgetError, InputError, Problem
from pvideo.notebook import base, pulse, studio
from pvideo.notebook.studio import Studio

if TYPE_CHECKING:
    import threading

NONCE = "0123456789abcdef"


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CLOUDFLARE_AI_GATEWAY_ID", "PVIDEO_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("comm.create_comm", FakeComm)
    monkeypatch.setattr(base, "bundle", lambda _: ("export default {}", ".pvideo {}"))
    monkeypatch.setattr(pulse.pulse, "mark", lambda item: None)
    monkeypatch.setattr("pvideo.notebook.studio.money_now", lambda: {"session": "$0.00", "today": "$0.00", "budget": "", "text": ""})
    settings.configure(account_id="acc", gateway_id="gate", replicate_token="r8_" + "x" * 30)
    yield
    settings.reset()


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []

    def press(model: Any, inputs: Any, **options: Any) -> FakeVideo:
        found.append((dict(inputs), options))
        return FakeVideo(snap("processing", intent=f"job{len(found)}", typed=dict(inputs)))

    monkeypatch.setattr("pvideo.job.press.press", press)
    return found


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    started: list[threading.Thread] = []
    monkeypatch.setattr(studio, "hand", lambda *args: started.append(base.hand(*args)))
    return started


def joined(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(5)


def press(inputs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"kind": "generate", "inputs": inputs, "nonce": NONCE, **changes}


def test_a_new_studio_is_ready_to_press() -> None:
    shown = Studio()

    assert shown.kind == "studio"
    assert shown.inputs["draft"] is True
    assert shown.inputs["prompt"]
    assert shown.problems == []
    assert shown.price == {"text": "$0.025", "label": "Generate draft · $0.025", "disabled": False, "reason": ""}
    assert {field["name"] for field in shown.form["fields"]} >= {"prompt", "duration", "draft", "seed"}
    assert "costs $0.025" in shown.form["first"]


def test_inputs_are_set_from_code_and_the_price_follows() -> None:
    shown = Studio(prompt=CAT, draft=False)
    shown.inputs = {**shown.inputs, "duration": 10}

    assert shown.price["text"] == "$0.20"


def test_a_wrong_name_is_an_error_that_lists_the_right_ones() -> None:
    with pytest.raises(InputError, match="Did you mean duration"):
        Studio(durration=3)
    shown = Studio()
    with pytest.raises(InputError, match="There are: prompt"):
        shown.inputs = {"zzz": 1}


def test_a_wrong_value_is_a_problem_under_its_field() -> None:
    shown = Studio(prompt=CAT, duration=25)

    (problem,) = shown.problems
    assert problem["field"] == "duration"
    assert "25" in problem["message"]


def test_without_an_account_the_button_is_off_and_says_why() -> None:
    settings.reset()

    price = Studio().price
    assert price["disabled"]
    assert "%pvideo demo" in price["reason"]
    assert "%pvideo setup" in price["reason"]


def test_the_demo_is_free_in_words() -> None:
    settings.use_demo(lambda: Endpoint(base_url="http://127.0.0.1:1/v1/a/g/replicate", kind="demo"))
    shown = Studio()

    assert shown.price == {"text": "free", "label": "Generate draft · free", "disabled": False, "reason": ""}
    assert "$" not in shown.form["first"]


def test_an_open_studio_wakes_up_when_the_demo_goes_on() -> None:
    settings.reset()
    shown = Studio()
    assert shown.price["disabled"]

    settings.use_demo(lambda: Endpoint(base_url="http://127.0.0.1:1/v1/a/g/replicate", kind="demo"))
    studio.refresh_all()

    assert shown.price["label"] == "Generate draft · free"
    assert "free" in shown.form["first"]


def test_a_press_makes_a_video_from_the_values(pressed: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio()
    shown.comm.say(press({"prompt": CAT, "duration": 3, "draft": True, "seed": None}))
    joined(threads)
    shown.push()

    ((inputs, options),) = pressed
    assert inputs == {"prompt": CAT, "duration": 3, "draft": True}
    assert options["again"] is False
    assert [view["id"] for view in shown.views] == ["job1"]
    assert len(shown.videos) == 1


def test_a_press_that_arrives_twice_is_one(pressed: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio()
    for _ in range(3):
        shown.comm.say(press({"prompt": CAT}))
    joined(threads)

    assert len(pressed) == 1


@pytest.mark.parametrize("nonce", [None, "", 7, "short", "x" * 101])
def test_a_press_without_its_own_number_is_none(nonce: Any, pressed: list[Any], threads: list[threading.Thread]) -> None:
    Studio().comm.say(press({"prompt": CAT}, nonce=nonce))
    joined(threads)

    assert pressed == []


def test_while_the_same_inputs_run_the_button_offers_another(pressed: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio()
    shown.comm.say(press({"prompt": CAT, "draft": True}))
    joined(threads)
    assert (shown.price["label"], shown.price["reason"]) == ("Make another · $0.025", "This video is being made now.")

    shown.comm.say(press({"prompt": CAT, "draft": True}, nonce=NONCE + "2", again=True))
    joined(threads)
    assert pressed[-1][1]["again"] is True

    shown.inputs = {**shown.inputs, "prompt": "something else"}
    assert shown.price["label"] == "Generate draft · $0.025"


def test_what_the_press_refuses_stands_at_the_field(monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise InputError("value_wrong", problems=(Problem("image", "cat.heic is not jpg."),), problem="cat.heic is not jpg.")

    monkeypatch.setattr("pvideo.job.press.press", refuse)
    shown = Studio()
    shown.comm.say(press({"prompt": CAT}))
    joined(threads)

    assert shown.problems == [{"field": "image", "message": "cat.heic is not jpg."}]
    assert shown.comm.custom("focus_problem")[0].data["content"]["field"] == "image"


def test_what_the_budget_refuses_is_a_notice(monkeypatch: pytest.MonkeyPatch, threads: list[threading.Thread]) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise BudgetError("budget_reached", price="$0.10", period="today", sum="$5.04", budget="$5.00", line="x")

    monkeypatch.setattr("pvideo.job.press.press", refuse)
    shown = Studio()
    shown.comm.say(press({"prompt": CAT}))
    joined(threads)

    assert shown.notice.startswith("Your budget stopped it. $0.10 would make today $5.04 of $5.00.")


def test_a_button_of_a_card_in_the_strip(pressed: list[Any], threads: list[threading.Thread], monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda name, video: done.append((name, video)))
    shown = Studio()
    video = shown.generate()
    shown.push()
    view = shown.views[0]
    for content in ({"nonce": view["nonce"]}, {"nonce": "foreign"}, {"nonce": view["nonce"], "name": "again"}):
        shown.comm.say({"kind": "action", "id": view["id"], "name": "cancel", **content})
    joined(threads)

    assert done == [("cancel", video)]


def test_a_file_arrives_and_is_sent_by_its_path(pressed: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio()
    content = {"kind": "file", "field": "image", "name": "cat.png", "type": "image/png", "size": 3, "index": 0, "count": 1}
    shown.comm.say(content, [memoryview(b"abc")])
    joined(threads)

    (answer,) = shown.comm.custom("file_ok")
    assert answer.data["content"] == {"kind": "file_ok", "field": "image", "name": "cat.png", "size": 3, "thumb": ""}
    assert shown.inputs["image"] == "cat.png"
    shown.generate()
    assert Path(pressed[0][0]["image"]).read_bytes() == b"abc"

    shown.comm.say({"kind": "file_clear", "field": "image"})
    assert "image" not in shown.inputs
    shown.close()


def test_no_bytes_and_no_paths_of_this_machine_are_in_the_state(threads: list[threading.Thread]) -> None:
    shown = Studio()
    content = {"kind": "file", "field": "image", "name": "cat.png", "type": "", "size": 3, "index": 0, "count": 1}
    shown.comm.say(content, [b"abc"])
    joined(threads)

    assert str(Path.home()) not in str(shown.get_state())
    assert "pvideo-" not in str(shown.inputs)
    shown.close()


def test_a_video_of_the_strip_fills_the_form(pressed: list[Any]) -> None:
    shown = Studio()
    shown.inputs = {"prompt": "first", "duration": 3}
    shown.generate()
    shown.inputs = {"prompt": "second"}
    shown.comm.say({"kind": "load", "id": "job1"})

    assert shown.inputs == {"prompt": "first", "duration": 3}


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "inputs", "inputs": None},
        {"kind": "inputs", "inputs": {"__proto__": {"x": 1}, "constructor": 1, "zzz": 2}},
        {"kind": "inputs", "inputs": {"prompt": ["not", "text"], "duration": {"a": 1}}},
        {"kind": "inputs", "inputs": {"prompt": "x" * 1_000_000}},
        {"kind": "load", "id": {"a": 1}},
        {"kind": "want", "id": None},
        {"kind": "action"},
        {"kind": "file", "field": "prompt"},
        {"kind": "file_clear"},
        {"kind": "hello"},
    ],
)
def test_strange_messages_break_nothing(content: dict[str, Any], capsys: Any) -> None:
    shown = Studio()
    shown.comm.say(content)

    assert capsys.readouterr() == ("", "")
    assert set(shown.inputs) <= {"prompt", "draft", "duration"}


def test_views_are_newest_first_and_let_go_at_their_end(pressed: list[Any], tmp_path: Path) -> None:
    shown = Studio()
    first, second = shown.generate(), shown.generate(again=True)
    assert shown.videos == [second, first]

    first.publish(made(tmp_path / "a.mp4", intent="job1"))
    shown.push()

    assert [view["status"] for view in shown.views] == ["processing", "succeeded"]
    assert first.observers == 0
    shown.close()
    assert second.observers == 0


def test_the_text_of_a_studio_says_what_it_is() -> None:
    shown = Studio()

    assert repr(shown) == "Studio('prunaai/p-video', videos=0)"
    assert set(shown._repr_mimebundle_()) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    shown.close()
    assert set(Studio._repr_mimebundle_(shown)) == {"text/plain", "text/html"}
