"""Other models than P-Video under the same promises: found without a seed, saved whatever they make, secrets kept nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pvideo.demo.others import model as described
from pvideo.demo.others import prompt
from pvideo.errors import PVideoError
from pvideo.model import shelf

if TYPE_CHECKING:
    from tests.faults.scene import Scene

BANANA = "google/nano-banana"
CLAUDE = "anthropic/claude-4.5-haiku"
SECRET = "hush-hush-4711"


@pytest.mark.parametrize("list_input", [True, False])
def test_a_lost_answer_of_a_seedless_model_is_found_by_its_whole_input(scene: Scene, list_input: bool) -> None:
    scene.demo.settings(list_input=list_input)
    scene.press(model=BANANA, prompt="a red fox")
    scene.press(model=BANANA, prompt="a red fox", aspect_ratio="16:9")
    scene.settle()
    scene.fault("after_accept", "rst")
    lost = scene.press(model=BANANA, prompt="a red fox", aspect_ratio="9:16")
    scene.settle()

    assert lost.status == "succeeded"
    assert lost.path is not None
    ids = {item["input"].get("aspect_ratio"): item["id"] for item in scene.paid}
    assert lost.prediction_id == ids["9:16"]
    assert len(scene.paid) == 3


def test_two_lost_answers_of_the_same_input_are_told_apart_by_their_order(scene: Scene) -> None:
    scene.fault("after_accept", "rst", nth=[1, 2])
    first = scene.press(model=BANANA, prompt="a red fox")
    scene.run(5)
    second = scene.press(model=BANANA, prompt="a red fox")
    scene.settle()

    assert (first.status, second.status) == ("succeeded", "succeeded")
    assert [first.prediction_id, second.prediction_id] == [item["id"] for item in scene.paid]


def test_a_text_that_was_lost_on_the_way_is_saved_all_the_same(scene: Scene) -> None:
    scene.fault("after_accept", "rst")
    video = scene.press(model=CLAUDE, prompt="Why is the sky blue?")
    scene.settle()

    assert "Why is the sky blue?" in str(video.text)
    assert video.output == video.text
    assert [path.suffix for path in video.paths] == [".txt"]
    scene.check(lost=frozenset({video.prediction_id}), foreign=frozenset({scene.row(video).sha256}))


def test_a_kernel_that_dies_before_a_text_is_written_loses_none_of_it(scene: Scene) -> None:
    video = scene.press(model=CLAUDE, prompt="Why?")
    scene.run(0.5)
    scene.kernel.dies_after = scene.kernel.steps + 3
    scene.run(30)
    scene.restart()
    scene.settle()

    row = scene.row(video)
    assert row.state == "done"
    assert "Why?" in Path(row.files[0]).read_text("utf-8")
    scene.check(lost=frozenset({row.prediction_id}), foreign=frozenset({row.sha256}))


PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OUTPUTS: dict[str, tuple[Any, list[str], str]] = {
    "json": ({"caption": "a fox", "score": 0.5}, [".json"], "json"),
    "a list of numbers": ([1, 2, 3], [".json"], "json"),
    "a text": ("just words", [".txt"], "text"),
    "a text with an address of another host": ("see https://example.com/a.png", [".txt"], "text"),
    "a page of another host": ("https://example.com/a.png", [".txt"], "text"),
    "a data uri": (PNG, [".png"], "image"),
    "a data uri within json": (
        {"note": "x", "mask": PNG},
        [".png", ".json"],
        "json",
    ),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_comes_decides_whatever_the_schema_said(scene: Scene, name: str) -> None:
    from pvideo.notebook.made import kind

    output, suffixes, shown = OUTPUTS[name]
    scene.demo.state.models.add(described("someone/anything", "Anything.", {"prompt": prompt()}, {"title": "Output"}))
    scene.fate(output=output)
    video = scene.press(model="someone/anything", prompt="x")
    scene.settle()

    assert video.status == "succeeded", video.error
    assert [path.suffix for path in video.paths] == suffixes
    assert kind(video.snapshot()) == shown
    if shown == "json" and "mask" not in str(output):
        assert video.output == output
    scene.check(lost=frozenset({video.prediction_id}), foreign=frozenset({scene.row(video).sha256}))


def test_a_secret_is_sent_and_kept_nowhere(scene: Scene) -> None:
    inputs = {"prompt": prompt(), "openai_api_key": {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}}
    scene.demo.state.models.add(described("someone/with-key", "A stand-in.", inputs, {"type": "string", "format": "uri"}))
    scene.fate(end="failed", error=f"the key {SECRET} is not valid")
    failed = scene.press(model="someone/with-key", prompt="x", openai_api_key=SECRET)
    scene.settle()

    assert scene.paid[0]["input"]["openai_api_key"] == SECRET
    assert failed.status == "failed"
    row = scene.row(failed)
    kept = json.dumps([row.typed, row.input, row.error, row.press_key, scene.kernel.engine.exchanges(failed.intent)], default=str)
    assert SECRET not in kept
    assert SECRET not in str(failed.error) + repr(failed) + str(failed.snapshot())
    for path in [*scene.home.rglob("*"), *scene.folder.rglob("*")]:
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_a_schema_is_asked_for_once_and_then_kept(scene: Scene) -> None:
    for _ in range(2):
        scene.press(model=BANANA, prompt="x")
        scene.settle()
    asked = [row for row in scene.asked("gateway") if "/models/" in row["path"]]
    assert len(asked) == 1
    assert (scene.home / "models" / "google__nano-banana.json").is_file()

    shelf._known.clear()  # another kernel
    scene.press(model=BANANA, prompt="x")
    scene.settle()
    assert len([row for row in scene.asked("gateway") if "/models/" in row["path"]]) == 1


def test_a_model_that_replicate_refuses_is_asked_for_anew(scene: Scene) -> None:
    scene.press(model=BANANA, prompt="x")
    scene.settle()
    inputs = {"prompt": prompt(), "quality": {"type": "integer", "maximum": 3}}
    scene.demo.state.models.add(described(BANANA, "Newer.", {**inputs, "must": {"type": "string"}}, {"type": "string"}, required=("must",)))
    refused = scene.press(model=BANANA, prompt="x")
    scene.settle()
    assert (refused.status, refused.error.key) == ("rejected", "input_refused")

    with pytest.raises(PVideoError, match="must is needed"):
        scene.press(model=BANANA, prompt="x")


def test_a_community_model_is_called_by_its_version_and_a_given_version_by_itself(scene: Scene, tmp_path: Any) -> None:
    from tests.unit.test_demo_models import picture

    image = tmp_path / "a.png"
    image.write_bytes(picture())
    newest = scene.demo.state.models.by_name["pvideo-demo/upscale"]["latest_version"]["id"]
    for reference in ("pvideo-demo/upscale", f"pvideo-demo/upscale:{newest}", newest):
        video = scene.press(model=reference, image=str(image))
        scene.settle()
        assert video.status == "succeeded", video.error
        assert video.snapshot().model == reference
    wanted = [f"pvideo-demo/upscale:{newest}", f"pvideo-demo/upscale:{newest}", newest]
    assert [row.version for row in scene.rows()] == wanted
