"""The Studio: from a form's values to a press, and what the page may ask for."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import CAT, FakeComm, FakeVideo, made, snap
from tests.support.pictures import picture
from tests.support.waiting import wait_until

from pvideo import settings
from pvideo.endpoint import Endpoint
from pvideo.errors import BudgetError, InputError, Problem, PVideoError
from pvideo.model import catalog
from pvideo.model.given import from_schema
from pvideo.notebook import base, loading, orders, pulse, studio
from pvideo.notebook.purse import price_now
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

    # What names it at the top of its file is loaded before, or it would keep this one.
    importlib.import_module("pvideo.job.actions")
    monkeypatch.setattr("pvideo.job.press.press", press)
    return found


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    started: list[threading.Thread] = []
    for room in (loading, orders):
        monkeypatch.setattr(room, "hand", lambda *args: started.append(base.hand(*args)))
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
    monkeypatch.setattr("pvideo.notebook.doing.act", lambda name, video, *_: done.append((name, video)))
    shown = Studio()
    video = shown.generate()
    shown.push()
    view = shown.views[0]
    for content in ({"nonce": view["nonce"]}, {"nonce": "foreign"}, {"nonce": view["nonce"], "name": "again"}):
        shown.comm.say({"kind": "action", "id": view["id"], "name": "cancel", **content})
    joined(threads)

    assert done == [("cancel", video)]


def test_the_next_shot_of_a_card_in_the_strip_gets_the_page_s_picture_and_is_shown(
    pressed: list[Any], threads: list[threading.Thread], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[Any] = []
    shot = FakeVideo(made(tmp_path / "b.mp4", intent="shot"))

    def act(name: str, video: Any, content: Any, picture: Any) -> Any:
        done.append((name, content["prompt"], picture))
        return shot

    monkeypatch.setattr("pvideo.notebook.doing.act", act)
    shown = Studio()
    video = shown.generate()
    video.publish(made(tmp_path / "a.mp4", intent=video.snapshot().intent))
    shown.push()
    view, jpeg = shown.views[0], b"\xff\xd8\xff!"
    frame = {"kind": "frame", "id": view["id"], "name": "frame.jpg", "size": 4, "index": 0, "count": 1}
    shown.comm.say(frame, [memoryview(jpeg)])
    shown.comm.say({"kind": "action", "id": view["id"], "nonce": view["nonce"], "name": "continue_shot", "prompt": "it looks up"})
    joined(threads)

    assert done == [("continue_shot", "it looks up", jpeg)]
    assert shown.videos[0] is shot
    assert [message.data["content"]["id"] for message in shown.comm.custom("show")] == ["shot"]


def test_compare_on_a_card_in_the_strip_takes_the_one_before_it(
    pressed: list[Any], threads: list[threading.Thread], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compared: list[Any] = []
    monkeypatch.setattr(Studio, "compare", lambda _, *videos: compared.append(videos))
    shown = Studio()
    video = shown.generate()
    video.publish(made(tmp_path / "a.mp4", intent=video.snapshot().intent))
    video.before = before = FakeVideo()
    shown.push()
    view = shown.views[0]

    shown.comm.say({"kind": "action", "id": view["id"], "nonce": view["nonce"], "name": "compare"})
    joined(threads)

    assert compared == [(before, video)]


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


def test_a_file_that_the_page_has_not_heard_of_yet_is_not_lost(pressed: list[Any], threads: list[threading.Thread]) -> None:
    """A page that types while a file arrives sends the form without it, and a press says what that page shows."""
    shown = Studio(prompt=CAT)
    file = {"kind": "file", "field": "image", "type": "image/png", "size": 3, "index": 0, "count": 1}
    shown.comm.say({**file, "name": "cat.png"}, [b"abc"])
    shown.comm.say({"kind": "inputs", "inputs": {"prompt": "A dog"}, "changed": ["prompt"]})
    shown.comm.say({"kind": "generate", "inputs": {"prompt": "A dog"}, "nonce": "0123456789abcdef"})
    joined(threads)
    assert (pressed[-1][0]["prompt"], Path(pressed[-1][0]["image"]).read_bytes()) == ("A dog", b"abc")

    # Nor is one that took another one's place.
    shown.comm.say({**file, "name": "dog.png"}, [b"def"])
    shown.comm.say({"kind": "inputs", "inputs": {"prompt": "A cow", "image": "cat.png"}, "changed": ["prompt"]})
    assert shown.inputs == {"prompt": "A cow", "image": "dog.png"}

    # What a person did to that input itself counts: an address, nothing, and the file again.
    for value in ("https://x.example/a.png", None, "cat.png"):
        shown.comm.say({"kind": "inputs", "inputs": {"prompt": "A cow", "image": value}, "changed": ["image"]})
        assert shown.inputs.get("image") == value
    shown.comm.say({"kind": "file_clear", "field": "image"})
    assert "image" not in shown.inputs
    shown.close()


def test_the_page_is_told_what_was_heard_of_it_also_where_it_was_nothing() -> None:
    shown = Studio(prompt=CAT)
    for inputs in ({"prompt": "A dog"}, None, {"prompt": ["not", "text"]}):
        shown.comm.say({"kind": "inputs", "inputs": inputs, "changed": ["prompt"], "stamp": [0.25, 1]})
    shown.comm.say({"kind": "inputs", "inputs": {}})

    assert [answer.data["content"]["stamp"] for answer in shown.comm.custom("heard")] == [[0.25, 1]] * 3 + [None]
    shown.close()


def test_a_file_that_cannot_be_taken_is_told_to_its_control() -> None:
    shown = Studio(prompt=CAT)
    shown.comm.say({"kind": "file", "field": "image", "name": "cat.png", "type": "", "size": 9, "index": 1, "count": 2}, [b"abc"])

    (answer,) = shown.comm.custom("file_lost")
    assert answer.data["content"] == {"kind": "file_lost", "field": "image"}
    assert "choose it again" in shown.notice
    shown.close()


def test_no_bytes_and_no_paths_of_this_machine_are_in_the_state(threads: list[threading.Thread]) -> None:
    shown = Studio()
    content = {"kind": "file", "field": "image", "name": "cat.png", "type": "", "size": 3, "index": 0, "count": 1}
    shown.comm.say(content, [b"abc"])
    joined(threads)

    assert str(Path.home()) not in str(shown.get_state())
    assert "pvideo-" not in str(shown.inputs)
    shown.close()


def test_a_video_of_the_strip_fills_the_form_with_exactly_what_made_it(pressed: list[Any]) -> None:
    shown = Studio()
    shown.inputs = {"prompt": "first", "duration": 3}
    shown.generate()
    shown.inputs = {"prompt": "second"}
    shown.comm.say({"kind": "load", "id": "job1", "stamp": "this view's"})

    assert shown.inputs == {"prompt": "first", "duration": 3, "seed": 183}
    assert [one.data["content"]["stamp"] for one in shown.comm.custom("loaded")] == ["this view's"]
    assert shown.price["reason"] == "This video is being made now."


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


# A model that is not in the catalog.


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A Replicate that knows one more model, or says what stands in the list."""
    answers: list[Any] = [OTHER]

    def find(name: str | None = None) -> Any:
        answer = answers[0]
        if isinstance(answer, Exception):
            raise answer
        return catalog.load(name) if name == "prunaai/p-video" else answer

    monkeypatch.setattr("pvideo.job.press.find_model", find)
    return answers


def model_of(properties: dict[str, Any], required: tuple[str, ...] = ()) -> Any:
    return from_schema("someone/something", {"type": "object", "properties": properties, "required": list(required)})


OTHER = model_of(
    {
        "prompt": {"type": "string", "x-order": 0},
        "duration": {"type": "integer", "minimum": 1, "maximum": 4, "x-order": 1},
        "steps": {"type": "integer", "minimum": 1, "maximum": 50, "default": 20, "x-order": 2},
        "pictures": {"type": "array", "items": {"type": "string", "format": "uri"}, "x-order": 3},
        "key": {"type": "string", "format": "password", "x-order": 4},
    },
    ("prompt",),
)


def test_an_unknown_model_is_asked_for_while_the_studio_is_already_there(other: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio("someone/something", prompt=CAT, steps=3, zzz=1)
    assert shown.model == "someone/something"
    assert shown.comm.states("state") == [] or shown.state["phase"] in {"loading", "ready"}
    joined(threads)

    assert shown.state == {"phase": "ready", "message": None}
    assert [field["name"] for field in shown.form["fields"]] == ["prompt", "duration", "steps", "pictures", "key"]
    assert shown.inputs == {"prompt": CAT, "steps": 3}
    assert shown.notice == "someone/something has no input zzz; left out."
    assert shown.price["label"] == "Generate · price unknown"


def test_while_its_model_is_asked_for_a_press_sends_nothing(other: list[Any], pressed: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[Any] = []
    monkeypatch.setattr(loading, "hand", lambda *args: waiting.append(args))
    shown = Studio("someone/something", prompt=CAT)
    assert shown.state["phase"] == "loading"

    with pytest.raises(PVideoError, match="Loading the form"):
        shown.generate()
    assert pressed == []

    for task, *args in waiting:
        task(*args)
    assert shown.state["phase"] == "ready"


def test_a_model_that_cannot_be_had_says_why_and_is_asked_for_again(other: list[Any], threads: list[threading.Thread]) -> None:
    other[0] = PVideoError.make("model_refused", model="someone/something", detail="There is none.")
    shown = Studio("someone/something")
    joined(threads)
    assert shown.state["phase"] == "error"
    assert shown.state["message"]["title"] == "Replicate refused the model"

    other[0] = OTHER
    shown.comm.say({"kind": "reload"})
    joined(threads)

    assert shown.state["phase"] == "ready"


def test_another_model_builds_the_form_anew_and_keeps_what_fits(other: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio(prompt=CAT, duration=10, resolution="1080p", seed=7)
    shown.model = "someone/something"
    joined(threads)

    assert shown.form["model"] == "someone/something"
    assert shown.inputs == {"prompt": CAT}
    shown.inputs = {**shown.inputs, "duration": 3}

    shown.model = "prunaai/p-video"
    assert shown.inputs == {"prompt": CAT, "duration": 3, "draft": True}
    assert {field["name"] for field in shown.form["fields"]} >= {"aspect_ratio", "seed"}


@pytest.mark.parametrize("wrap", range(4))
def test_a_schema_at_hand_needs_no_one(wrap: int) -> None:
    plain = {"type": "object", "required": ["prompt"], "properties": {"prompt": {"type": "string"}, "mode": {"$ref": "#/$defs/Mode"}}}
    whole = {"Input": {**plain, "properties": {**plain["properties"], "mode": {"allOf": [{"$ref": "#/components/schemas/Mode"}]}}}}  # type: ignore[dict-item]
    mode = {"enum": ["a", "b"], "type": "string"}
    shapes: list[Any] = [
        {**plain, "$defs": {"Mode": mode}},
        {**whole, "Mode": mode},
        {"components": {"schemas": {**whole, "Mode": mode}}},
        {"owner": "x", "name": "y", "latest_version": {"id": "1", "openapi_schema": {"components": {"schemas": {**whole, "Mode": mode}}}}},
    ]

    shown = Studio("x/y", schema=shapes[wrap], prompt=CAT)

    assert shown.model == "x/y"
    assert [(field["name"], field["control"]) for field in shown.form["fields"]] == [("prompt", "text"), ("mode", "segments")]
    assert shown.problems == []


def test_a_schema_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="schema is no model"):
        Studio("x/y", schema={"hello": 1})


def test_a_refused_input_stands_at_its_field_in_replicates_words(pressed: list[Any]) -> None:
    shown = Studio(prompt=CAT, duration=5)
    video = shown.generate()
    problems = (Problem("duration", "duration: Must be less than or equal to 4"), Problem("ghost", "ghost: not allowed"))
    video.change(status="rejected", done=True, settled=True, error=PVideoError.make("input_refused", problems=problems, detail="x"))  # type: ignore[attr-defined]
    shown.push()

    assert [problem["field"] for problem in shown.problems] == ["duration", "ghost"]
    assert shown.problems[0]["message"] == "duration: Must be less than or equal to 4"
    shown.inputs = {**shown.inputs, "duration": 4}
    assert shown.problems == []


def test_files_of_a_list_are_kept_apart_and_sent_by_their_paths(pressed: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio(OTHER, prompt=CAT)
    for slot, data in (("1", b"abc"), ("2", b"defg")):
        piece = {
            "kind": "file",
            "field": "pictures",
            "slot": slot,
            "name": "cat.png",
            "type": "",
            "size": len(data),
            "index": 0,
            "count": 1,
        }
        shown.comm.say(piece, [data])
        joined(threads)
    names = [answer.data["content"]["name"] for answer in shown.comm.custom("file_ok")]
    assert names == ["cat.png", "cat (2).png"]

    shown.inputs = {**shown.inputs, "pictures": [*names, "https://x.example/a.png"]}
    shown.generate()

    first, second, address = pressed[0][0]["pictures"]
    assert (Path(first).read_bytes(), Path(second).read_bytes(), address) == (b"abc", b"defg", "https://x.example/a.png")
    shown.close()


def test_a_video_with_a_first_frame_is_loaded_with_it(pressed: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio(prompt=CAT)
    shown.comm.say({"kind": "file", "field": "image", "name": "cat.png", "type": "", "size": 3, "index": 0, "count": 1}, [b"abc"])
    joined(threads)
    video = shown.generate()
    path = pressed[0][0]["image"]
    video.change(typed={"prompt": CAT, "image": {"file": "sha", "path": str(path)}})  # type: ignore[attr-defined]
    shown.comm.say({"kind": "file_clear", "field": "image"})
    assert "image" not in shown.inputs

    shown.comm.say({"kind": "load", "id": "job1"})
    joined(threads)

    assert shown.inputs["image"] == "cat.png"
    assert shown.comm.custom("file_ok")[-1].data["content"]["name"] == "cat.png"
    shown.generate(again=True)
    assert pressed[-1][0]["image"] == path
    shown.close()


def test_a_shot_is_loaded_with_the_picture_it_goes_on_from(pressed: list[Any], threads: list[threading.Thread], tmp_path: Path) -> None:
    shown = Studio(prompt=CAT)
    video = shown.generate()
    frame = tmp_path / "2026-11-27-a-cat-1.00s.jpg"
    video.change(typed={"prompt": CAT, "image": {"file": "sha", "path": str(frame)}})  # type: ignore[attr-defined]
    shown.comm.say({"kind": "load", "id": "job1"})
    assert shown.inputs["image"] == str(frame)  # it is gone: the form says where it was

    frame.write_bytes(picture(64, 48, "JPEG"))
    shown.comm.say({"kind": "load", "id": "job1"})
    joined(threads)

    assert shown.inputs["image"] == frame.name
    told = shown.comm.custom("file_ok")[-1].data["content"]
    assert (told["name"], told["thumb"][:22]) == (frame.name, "data:image/jpeg;base64")
    shown.generate(again=True)
    assert pressed[-1][0]["image"] == frame
    shown.close()


def test_a_secret_is_kept_nowhere_that_is_shown(pressed: list[Any], threads: list[threading.Thread]) -> None:
    shown = Studio(OTHER, prompt=CAT, key="hush-hush")
    assert "hush" not in str(shown.get_state())

    shown.generate()

    assert pressed[0][0]["key"] == "hush-hush"
    shown.model = "prunaai/p-video"
    assert "key" not in shown._typed()


def test_a_picture_from_code_is_a_file_and_never_bytes_in_the_state(pressed: list[Any]) -> None:
    shown = Studio(prompt=CAT, image=b"abc", last_frame_image=Path("cat.png"))

    assert shown.inputs["image"] == "image"
    assert shown.inputs["last_frame_image"] == "cat.png"
    shown.generate()
    assert Path(pressed[0][0]["image"]).read_bytes() == b"abc"
    shown.close()


def test_a_final_stands_before_the_draft_that_it_was_made_from(pressed: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Studio(prompt=CAT)
    for _ in range(3):
        shown.generate(again=True)
    monkeypatch.setattr("pvideo.notebook.strip._made_from", lambda snapshot: ("job1", "final") if snapshot.intent == "job3" else ("", ""))
    shown.push()

    assert [view["id"] for view in shown.views] == ["job3", "job1", "job2"]
    assert shown.strip["links"] == {"job3": {"from": "job1", "as": "final"}}


def test_the_saved_notebook_gets_the_newest_card_and_words(pressed: list[Any], tmp_path: Path) -> None:
    shown = Studio(prompt=CAT)
    assert "run this cell to use it" in shown.saved["html"]
    video = shown.generate()
    video.publish(made(tmp_path / "a.mp4", intent="job1"))  # type: ignore[attr-defined]
    shown.push()

    assert "<video" in shown.saved["html"]
    assert shown.saved["model"] == shown.model_id
    assert shown.model_id not in shown.saved["html"] + shown.saved["key"]
    assert shown.videos == [video]


def test_a_comparison_that_stands_in_a_studio_is_saved_as_long_as_it_stands(pressed: list[Any], tmp_path: Path) -> None:
    from pvideo.notebook.compare import Compare

    def pair(*videos: Any) -> Any:
        return Compare(list(videos))

    shown = Studio(prompt=CAT)
    one, two = FakeVideo(made(tmp_path / "a.mp4", intent="a")), FakeVideo(snap("processing", intent="b"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pvideo.compare", pair, raising=False)
        compared = shown.compare(one, two)  # type: ignore[arg-type]
    shown.push()
    assert "processing" in shown.saved["html"]
    assert shown.beside == f"anywidget:{compared.model_id}"

    two.publish(made(tmp_path / "b.mp4", intent="b"))
    compared.push()
    shown.push()
    assert shown.saved["html"].count("<video") == 2

    shown.comm.say({"kind": "shut", "beside": "anywidget:another"})
    shown.back()
    shown.push()
    assert "<video" not in shown.saved["html"]
    assert (shown.beside, shown.behind) == ("", "Back to the comparison")

    shown.comm.say({"kind": "reopen"})
    assert wait_until(lambda: shown.beside)
    assert (shown.beside, shown.behind) == (f"anywidget:{compared.model_id}", "")
    shown.push()
    assert shown.saved["html"].count("<video") == 2

    shown.back()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pvideo.compare", pair, raising=False)
        second = shown.compare(two, one)  # type: ignore[arg-type]
    assert (compared.is_open, shown.behind) == (False, "")
    shown.back()
    shown.close()
    assert not second.is_open


def test_a_studio_of_another_model_has_its_inputs_and_says_that_the_price_is_unknown() -> None:
    from tests.support.schemas import MODELS

    from pvideo.model import shelf
    from pvideo.model.reference import Reference

    answer = MODELS["image"][0]
    shelf.keep(Reference(answer["owner"], answer["name"]), answer)
    other = studio.Studio("studio-a/picture-maker", prompt="a fox", num_outputs=2)

    assert other.model == "studio-a/picture-maker"
    assert {field["name"] for field in other.form["fields"]} == set(MODELS["image"][2])
    assert other.problems == []
    assert "unknown" in other.price["text"]
    assert price_now(other._model, {"prompt": "a fox"}, running=True).trait["reason"] == "This image is being made now."
    settings.configure(prices={"studio-a/picture-maker": {"per": "output", "usd": 0.01}})
    other.refresh()
    assert other.price["text"] == "$0.02"
    other.close()
