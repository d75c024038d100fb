"""B6, B15, B16, E6, E7, E8, E9: what a model's inputs may be in code and in a Studio, and what is said of what does not fit."""

from __future__ import annotations

import base64
import copy
import io
import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import pvideo
from pvideo import settings
from pvideo.errors import InputError
from pvideo.model import catalog
from pvideo.model.prepare import prepare
from pvideo.model.validation import check

if TYPE_CHECKING:
    from tests.support.demo import RunningDemo

    from pvideo.model.schema import Model

P_VIDEO = catalog.load("prunaai/p-video")


def model_of(**properties: Any) -> Model:
    latest = {"openapi_schema": {"components": {"schemas": {"Input": {"type": "object", "properties": properties}}}}}
    return catalog.from_api({"owner": "someone", "name": "something", "latest_version": latest})


def refused(call: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        call()
    assert "Nothing was sent" in str(caught.value)
    return caught.value


# B6


def test_found_b6_one_input_is_said_once(demo: RunningDemo) -> None:
    ways: list[Any] = [
        lambda: pvideo.generate("a", prompt="b"),
        lambda: pvideo.generate("a", input={"prompt": "b"}),
        lambda: pvideo.generate("a", prompt="a"),
        lambda: pvideo.generate("a", duration=1, input={"duration": 2}),
        lambda: pvideo.generate("a", **{"save-audio": True, "save_audio": False}),
        lambda: pvideo.generate("a", input={"save-audio": True, "save_audio": False}),
        lambda: pvideo.generate("a", save_audio=True, input={"save-audio": False}),
        lambda: pvideo.sweep("a", prompt="b"),
        lambda: pvideo.sweep(["a", "b"], input={"prompt": "c"}),
        lambda: pvideo.sweep("a", seed=range(3), input={"seed": 5}),
        lambda: pvideo.Studio(**{"save-audio": True, "save_audio": False}),
        lambda: setattr(pvideo.Studio(), "inputs", {"save-audio": True, "save_audio": False}),
        lambda: pvideo.Studio().sweep(**{"save-audio": True, "save_audio": [True, False]}),
    ]
    for number, way in enumerate(ways):
        error = refused(way)
        assert error.key == "input_twice", number
        assert "given twice, as " in str(error), number
    assert demo.predictions() == []


def test_found_b6_in_what_a_video_makes(demo: RunningDemo) -> None:
    cat = pvideo.generate("A cat", duration=1, draft=True).wait(60)
    for way in (
        lambda: cat.continue_shot("it looks up", prompt="it sleeps"),
        lambda: cat.continue_shot("it looks up", image="other.png"),
        lambda: cat.take(**{"save-audio": True, "save_audio": False}),
    ):
        assert "twice" in str(refused(way))
    assert len(demo.predictions()) == 1
    # What a take changes is changed, under either name.
    assert cat.take(**{"save-audio": False}).wait(60).inputs["save_audio"] is False


def test_found_b6_none_is_not_given_and_defaults_are_not_said(demo: RunningDemo) -> None:
    pvideo.configure(inputs={"save-audio": False, "duration": 1})
    cat = pvideo.generate("a", prompt=None, seed=None, input={"seed": 7, "duration": None}, save_audio=True)

    assert (cat.inputs["save_audio"], cat.inputs["seed"], "duration" in cat.inputs) == (True, 7, False)
    assert pvideo.Studio(save_audio=True).inputs["save_audio"] is True


# B15


CHOICES = model_of(
    megapixels={"type": "string", "enum": ["1", "0.25", "match"]},
    fps={"type": "integer", "enum": [24, 48]},
    ratio={"type": "string", "enum": ["1:1", "16:9"]},
    sizes={"type": "array", "items": {"type": "string", "enum": ["1", "2"]}},
)


@pytest.mark.parametrize(("value", "sent"), [(1, "1"), (1.0, "1"), (0.25, "0.25"), ("1", "1"), ("match", "match")])
def test_found_b15_a_number_is_the_choice_that_looks_like_it(value: Any, sent: str) -> None:
    assert check(CHOICES, {"megapixels": value}) == {"megapixels": sent}


def test_found_b15_on_the_line_and_within_lists() -> None:
    from pvideo.model.validation import coerce

    assert check(CHOICES, {"sizes": [1, "2"]}) == {"sizes": ["1", "2"]}
    assert [coerce(CHOICES, "megapixels", text) for text in ("1", "1.0", ".25", "match")] == ["1", "1", "0.25", "match"]
    assert check(CHOICES, {"fps": 48.0}) == {"fps": 48}


@pytest.mark.parametrize("value", [2, True, "2", 0.3, None.__class__])
def test_found_b15_the_others_are_quoted(value: Any) -> None:
    assert 'megapixels is "1", "0.25" or match; ' in str(refused(lambda: check(CHOICES, {"megapixels": value})))


def test_found_b15_one_without_numbers_is_not_quoted() -> None:
    assert "ratio is 1:1 or 16:9; '2:1' was given." in str(refused(lambda: check(CHOICES, {"ratio": "2:1"})))


# B16


def agree(studio: Any, sent: list[dict[str, Any]], **wanted: Any) -> None:
    """The form, the button and the press say the same."""
    from pvideo.model.price import estimate

    studio.generate(again=True)
    for name, value in wanted.items():
        assert studio.inputs.get(name) == value
        assert sent[-1].get(name) == value
    assert estimate(P_VIDEO, sent[-1]).text in str(studio.price)


WRITES: list[Any] = [
    lambda inputs: inputs.__setitem__("duration", 9),
    lambda inputs: inputs.update(duration=9),
    lambda inputs: inputs.update({"duration": 9}),
    lambda inputs: [inputs.pop("duration"), inputs.setdefault("duration", 9)],
    lambda inputs: [inputs.__delitem__("duration"), inputs.__setitem__("duration", 9)],
]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    from tests.support.notebook import FakeVideo, snap

    found: list[dict[str, Any]] = []

    def press(model: Any, inputs: Any, **_: Any) -> FakeVideo:
        found.append(dict(inputs))
        return FakeVideo(snap("processing", intent=f"job{len(found)}"))

    monkeypatch.setattr("pvideo.job.press.press", press)
    monkeypatch.setenv("PVIDEO_HOME", "/nonexistent-home")
    monkeypatch.setattr("pvideo.notebook.studio.money_now", lambda: {"session": "", "today": "", "budget": "", "text": ""})
    settings.configure(account_id="acc", gateway_id="gate", replicate_token="r8_" + "x" * 30)
    yield found
    settings.reset()


@pytest.mark.parametrize("write", WRITES)
def test_found_b16_what_is_written_is_in_the_form_on_the_button_and_sent(write: Any, sent: list[dict[str, Any]]) -> None:
    studio = pvideo.Studio(prompt="A cat", duration=2)
    held = studio.inputs
    write(studio.inputs)

    assert held["duration"] == 9  # as a dict that one holds is
    agree(studio, sent, duration=9, prompt="A cat")


def test_found_b16_in_place_operators_and_removals(sent: list[dict[str, Any]]) -> None:
    studio = pvideo.Studio(prompt="A cat", duration=2, seed=5)
    studio.inputs |= {"duration": 9}
    agree(studio, sent, duration=9, seed=5)
    assert studio.inputs.pop("seed") == 5
    del studio.inputs["duration"]
    agree(studio, sent, duration=None, seed=None)
    studio.inputs["duration"] = 3
    studio.inputs["duration"] += 1
    agree(studio, sent, duration=4)


def test_found_b16_lists_within_are_part_of_it(sent: list[dict[str, Any]]) -> None:
    schema = {
        "Input": {"type": "object", "properties": {"prompt": {"type": "string"}, "words": {"type": "array", "items": {"type": "string"}}}}
    }
    studio = pvideo.Studio("someone/something", schema=schema, prompt="x", words=["a"])
    heard: list[Any] = []
    studio.observe(lambda change: heard.append(list(change["new"]["words"])), "inputs")

    studio.inputs["words"].append("b")
    studio.inputs["words"] += ["c"]
    studio.inputs["words"][0] = "z"
    studio.inputs["words"].sort()

    assert studio.inputs["words"] == ["b", "c", "z"]
    assert heard == [["a", "b"], ["a", "b", "c"], ["z", "b", "c"], ["b", "c", "z"]]
    studio.generate()
    assert sent[-1]["words"] == ["b", "c", "z"]


def test_found_b16_what_does_not_fit_is_told_and_changes_nothing(sent: list[dict[str, Any]]) -> None:
    studio = pvideo.Studio(prompt="A cat", duration=2)

    assert "Did you mean duration?" in str(refused(lambda: studio.inputs.__setitem__("duratoin", 9)))
    assert dict(studio.inputs)["duration"] == 2
    assert "duratoin" not in studio.inputs
    studio.inputs["duration"] = 99
    assert [problem["field"] for problem in studio.problems] == ["duration"]


def test_found_b16_copies_are_plain(sent: list[dict[str, Any]]) -> None:
    studio = pvideo.Studio(prompt="A cat", duration=2)

    for mine in (dict(studio.inputs), studio.inputs.copy(), copy.copy(studio.inputs), copy.deepcopy(studio.inputs)):
        assert type(mine) is dict
        mine["duration"] = 9
    assert pickle.loads(pickle.dumps(studio.inputs)) == json.loads(json.dumps(studio.inputs)) == dict(studio.inputs)
    assert studio.inputs["duration"] == 2


# E6, E8


def picture() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((64, 64), 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cat.png").write_bytes(b"<svg/>")
    (tmp_path / "locked.png").symlink_to("locked.png")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("field", ["image", "last_frame_image"])
@pytest.mark.parametrize(
    ("given", "said", "advice"),
    [
        ("nope.png", "nope.png is not there", "Check the name"),
        ("folder/nope.png", "folder/nope.png is not there", "Check the name"),
        ("folder", "folder is not a file", "Give a file, not a folder"),
        ("empty.png", "empty.png is empty", "something in it"),
        ("locked.png", "locked.png cannot be read", "may read"),
        ("cat.png", "cat.png is not jpg, png or webp", "Convert it"),
        (b"", "is empty", "something in it"),
        (b"hello", "is not jpg, png or webp", "Convert it"),
        ("http://a.example/b.png", "not fetched", "https://"),
        ("https://", "no address", "https://"),
        ("data:image/png;base64,@@", "no whole data: address", "base64"),
        ("a\0b", "no path", "Check the name"),
    ],
)
def test_found_e6_a_file_is_told_with_its_input_and_its_own_next_step(field: str, given: Any, said: str, advice: str, files: Path) -> None:
    error = refused(lambda: prepare(P_VIDEO, {"prompt": "x", field: given}))

    assert error.sentence.startswith((f"{field}: ", f"{field} "))
    assert said in error.sentence
    assert advice in error.next
    assert ("Convert" in error.next) is (advice == "Convert it")


def test_found_e6_where_it_was_looked_for_and_all_of_several(files: Path) -> None:
    error = refused(lambda: prepare(P_VIDEO, {"prompt": "x", "image": "nope.png", "last_frame_image": "empty.png", "audio": "no.wav"}))

    assert f"image: nope.png is not there (looked for in {files})." in error.sentence
    assert "last_frame_image: empty.png is empty." in error.sentence
    assert "audio: no.wav is not there" in error.sentence
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


@pytest.mark.parametrize("coded", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
@pytest.mark.parametrize("times", [1, 60])
def test_found_e8_base64_without_its_beginning_is_told_in_short(coded: Any, times: int, files: Path) -> None:
    text = coded(picture() * times).decode()
    error = refused(lambda: prepare(P_VIDEO, {"prompt": "x", "image": text}))

    assert len(str(error)) < 500
    assert "data:image/png;base64," in str(error)
    assert "image" in error.sentence


@pytest.mark.parametrize("name", ["name", "model", "prompt", "option", "path", "--input", "command", "variable", "setting", "video", "key"])
def test_found_e8_whatever_is_long_is_told_in_short(name: str, files: Path) -> None:
    from pvideo.notebook.commands import find_videos, run
    from pvideo.notebook.options import parse
    from pvideo.notebook.text import expand

    long = "x" * 20_000
    cell: Any = lambda line: parse(line, {}, lambda _: P_VIDEO, "prunaai/p-video")  # noqa: E731
    calls: dict[str, Any] = {
        "name": lambda: cell(f"{long}.png"),
        "model": lambda: pvideo.generate("x", model=long),
        "prompt": lambda: prepare(P_VIDEO, {"prompt": "x", "resolution": long}),
        "option": lambda: cell(f"--{long} 1"),
        "path": lambda: pvideo.export(f"{long}.txt"),
        "--input": lambda: cell(f"--input {long}"),
        "command": lambda: run(long, None),
        "variable": lambda: expand(f"{{{long}}}", {}),
        "setting": lambda: pvideo.configure(**{long: 1}),
        "video": lambda: find_videos([long], type("Shell", (), {"user_ns": {}})()),
        "key": lambda: pvideo.generate("x", input={long: 1}),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pvideo.notebook.commands._remembered", lambda _: None)
        with pytest.raises(pvideo.PVideoError) as caught:
            calls[name]()

    assert len(str(caught.value)) < 2500


# E7


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("duration", "5", "duration is a whole number from 1 to 20 s; '5' is text."),
        ("duration", 2.5, "duration is a whole number from 1 to 20 s; 2.5 was given."),
        ("duration", [5], "duration is a whole number from 1 to 20 s; [5] was given."),
        ("duration", 25, "duration is 1 to 20 s; 25 was given."),
        ("draft", "yes", "draft is on or off (True or False); 'yes' is text."),
        ("fps", "24", "fps is 24 or 48; '24' is text."),
        ("seed", "7", "seed is a whole number; '7' is text."),
        ("seed", 2**63, "seed is -9223372036854775807 to 9223372036854775807; 9223372036854775808 was given."),
        ("seed", -(2**70), "seed is -9223372036854775807 to 9223372036854775807; -1180591620717411303424 was given."),
        ("seed", 10**400, "seed is -9223372036854775807 to 9223372036854775807; 1000000"),
        ("duration", 2**70, "duration is 1 to 20 s; 1180591620717411303424 was given."),
        ("resolution", "4k", "resolution is 720p or 1080p; '4k' was given."),
        ("prompt", 5, "prompt is text; 5 was given."),
    ],
)
def test_found_e7_what_it_may_be_and_what_was_given(field: str, value: Any, said: str) -> None:
    assert said in str(refused(lambda: check(P_VIDEO, {"prompt": "x", field: value})))


# E9


SCHEMA = {"Input": {"type": "object", "properties": {"prompt": {"type": "string"}, "steps": {"type": "integer"}}}}


@pytest.mark.parametrize("as_path", [str, Path, os.fspath])
def test_found_e9_a_schema_may_be_a_file(as_path: Any, tmp_path: Path, sent: list[dict[str, Any]]) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"components": {"schemas": SCHEMA}}))
    studio = pvideo.Studio("someone/something", schema=as_path(path), steps=3)

    assert studio.model == "someone/something"
    assert {field["name"] for field in studio.form["fields"]} >= {"prompt", "steps"}


def test_found_e9_what_names_its_model_needs_no_other(tmp_path: Path, sent: list[dict[str, Any]]) -> None:
    path = tmp_path / "model.json"
    path.write_text(
        json.dumps({"owner": "someone", "name": "else", "latest_version": {"openapi_schema": {"components": {"schemas": SCHEMA}}}})
    )

    assert pvideo.Studio(schema=path).model == "someone/else"


def test_found_e9_a_schema_without_a_name_asks_for_one(sent: list[dict[str, Any]]) -> None:
    for schema in (SCHEMA, {"components": {"schemas": SCHEMA}}, SCHEMA["Input"], {"openapi_schema": {"components": {"schemas": SCHEMA}}}):
        error = refused(lambda schema=schema: pvideo.Studio(schema=schema))
        assert "does not say which model" in error.sentence
        assert 'model="owner/name"' in error.next


@pytest.mark.parametrize("content", [None, "", "{", "not json", "[1]", "{}", '"text"', "\udcff"])
def test_found_e9_a_file_that_is_no_schema_is_told(content: str | None, tmp_path: Path, sent: list[dict[str, Any]]) -> None:
    path = tmp_path / "model.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    error = refused(lambda: pvideo.Studio("someone/something", schema=path))

    assert error.problems[0].field == "schema"


@pytest.mark.parametrize("schema", [5, True, [], b"{}", object()])
def test_found_e9_another_kind_is_told(schema: Any, sent: list[dict[str, Any]]) -> None:
    assert "schema is a schema as a dict, or the path of a JSON file" in str(refused(lambda: pvideo.Studio("a/b", schema=schema)))
