"""How a model is called, where its schema comes from, and what it costs."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.schemas import MODELS

from pvideo import settings
from pvideo.errors import InputError, PVideoError, SettingsError
from pvideo.job import models as finding
from pvideo.job.engine import Engine
from pvideo.model import shelf
from pvideo.model.price import actual, estimate
from pvideo.model.reference import Reference, read, short

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

V = "ab" * 32
ANSWER = MODELS["image"][0]
NAME = "studio-a/picture-maker"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path))
    settings.reset()
    yield tmp_path
    settings.reset()


class Asked:
    """An engine that is asked for models."""

    def __init__(self, answer: Any = ANSWER) -> None:
        self.answer, self.now, self.later = answer, 0, []

    def model(self, _: Reference, within: float) -> Any:
        assert within <= 10
        self.now += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def refresh_model(self, reference: Reference, told: Any) -> None:
        self.later.append((reference, told))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(Engine, "get", classmethod(lambda _: asked))
    return asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("google/veo-3.1-fast", Reference("google", "veo-3.1-fast")),
        (f"a/b:{V}", Reference("a", "b", V)),
        (V, Reference("", "", V)),
        ("https://replicate.com/google/veo-3.1-fast", Reference("google", "veo-3.1-fast")),
        (f"replicate.com/a/b/versions/{V}", Reference("a", "b", V)),
    ],
)
def test_a_model_is_called_in_three_ways(text: str, expected: Reference) -> None:
    assert read(text) == expected
    assert read(str(expected)) == expected


@pytest.mark.parametrize("text", ["", "veo", "a/b/c", "a/b:latest", f"a/b:{V[:-1]}", "../etc/passwd", "a/..", f"{V}0", "a b/c", "a/b\nc"])
def test_what_is_no_name_is_said(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.key == "model_name_wrong"


def test_a_card_says_a_version_shortly() -> None:
    assert (short(f"a/b:{V}"), short(V), short("a/b")) == (f"a/b:{V[:8]}", V[:8], "a/b")


def test_a_model_is_asked_for_once_and_kept_for_the_next_kernel(engine: Asked, home: Path) -> None:
    first = finding.find_model(NAME)
    finding.find_model(NAME)
    shelf._known.clear()
    again = finding.find_model(NAME)

    assert engine.now == 1
    assert (first.name, again.fields) == (NAME, first.fields)
    kept = json.loads((home / "models" / "studio-a__picture-maker.json").read_text())
    assert kept["at"] == pytest.approx(time.time(), abs=60)


def test_an_old_schema_is_used_at_once_and_asked_for_in_the_background(engine: Asked) -> None:
    shelf.keep(read(NAME), ANSWER, at=time.time() - 2 * shelf.FRESH)

    assert finding.find_model(NAME).name == NAME
    assert engine.now == 0
    ((reference, told),) = engine.later
    newer = {**ANSWER, "latest_version": {**ANSWER["latest_version"], "id": V}}
    told(newer)
    assert reference == read(NAME)
    assert finding.find_model(NAME).version == V
    assert len(engine.later) == 1


def test_a_version_is_never_asked_for_again(engine: Asked) -> None:
    shelf.keep(Reference("a", "b", V), ANSWER, at=0.0)

    assert finding.find_model(f"a/b:{V}").pin == f"a/b:{V}"
    assert (engine.now, engine.later) == (0, [])


def test_a_version_alone_is_one_of_a_known_model_or_goes_without_a_schema(engine: Asked) -> None:
    shelf.keep(read(NAME), {**ANSWER, "latest_version": {**ANSWER["latest_version"], "id": V}})

    known, unknown = finding.find_model(V), finding.find_model("cd" * 32)
    assert (known.has_schema, known.pin, known.base) == (True, V, NAME)
    assert (unknown.has_schema, unknown.pin, unknown.fields) == (False, "cd" * 32, ())
    assert engine.now == 0


def test_what_the_demo_s_stand_ins_tell_is_not_taken_for_the_real_model(engine: Asked) -> None:
    settings.use_demo(lambda: None)  # type: ignore[arg-type, return-value]
    finding.find_model(NAME)
    settings.use_demo(None)

    assert shelf.find(NAME) is not None  # its card can still be drawn
    finding.find_model(NAME)
    assert engine.now == 2


def test_a_damaged_or_closed_shelf_only_means_asking_again(engine: Asked, home: Path) -> None:
    (home / "models").mkdir()
    (home / "models" / "studio-a__picture-maker.json").write_text("{half")
    assert finding.find_model(NAME).name == NAME
    assert engine.now == 1
    shelf._known.clear()
    (home / "models" / "studio-a__picture-maker.json").unlink()
    (home / "models").rmdir()
    (home / "models").write_text("no folder")
    assert finding.find_model(NAME).name == NAME


@pytest.mark.parametrize(
    ("answer", "asked", "key", "words"),
    [
        (PVideoError.make("model_refused", model="x", detail="no"), "google/veo", "model_unknown", "private"),
        (PVideoError.make("model_refused", model="x", detail="no"), "prunaai/p-vido", "model_unknown", "Did you mean prunaai/p-video?"),
        (PVideoError.make("model_refused", model="x", detail="no"), f"a/b:{V}", "version_unknown", V[:8]),
        (TimeoutError(), "google/veo", "model_slow", "8 s"),
        (PVideoError.make("gateway_token", gateway="g", source="s"), "google/veo", "gateway_token", "g"),
    ],
)
def test_a_model_that_cannot_be_read_is_a_sentence(engine: Asked, answer: Any, asked: str, key: str, words: str) -> None:
    engine.answer = answer
    with pytest.raises(PVideoError) as caught:
        finding.find_model(asked)
    assert caught.value.key == key
    assert words in str(caught.value)


def test_without_a_price_it_is_unknown_and_with_one_it_counts() -> None:
    model = shelf.model_of(read(NAME), ANSWER)
    given = {"prompt": "x", "num_outputs": 3}
    assert estimate(model, given).text == "price unknown"

    settings.configure(prices={NAME: {"per": "output", "usd": 0.003}})
    assert estimate(model, given).amount == Decimal("0.009")
    assert actual(model, given, None, 2).amount == Decimal("0.006")
    settings.configure(prices={NAME: 0.04})
    assert (estimate(model, given).text, actual(model, given, 5.0, 3).text) == ("$0.04", "$0.04")
    settings.configure(prices={NAME: {"rates": [{"when": {"output_format": "png"}, "usd": "0.5"}, {"usd": "0.1"}], "per": "run"}})
    assert [estimate(model, {**given, "output_format": kind}).amount for kind in ("png", "jpg")] == [Decimal("0.5"), Decimal("0.1")]


def test_a_price_per_second_counts_the_model_s_duration() -> None:
    answer, _, given = MODELS["video"]
    model = shelf.model_of(Reference(answer["owner"], answer["name"]), answer)
    settings.configure(prices={model.name: {"per": "second", "usd": 0.15}})

    assert estimate(model, given).amount == Decimal("1.50")
    assert actual(model, given, 8.0).amount == Decimal("1.20")


@pytest.mark.parametrize("wrong", ["free", -1, True, {"per": "hour", "usd": 1}, {"rates": []}, {"rates": [{"when": {}}]}, None])
def test_what_is_no_price_is_said(wrong: Any) -> None:
    with pytest.raises(SettingsError, match="is no price"):
        settings.configure(prices={NAME: wrong})


def test_a_model_without_schema_takes_anything_that_json_carries() -> None:
    from pvideo.model.prepare import prepare
    from pvideo.notebook.options import parse

    model = shelf.without_schema(Reference(version=V))
    read_line = parse("it --steps 4 --fast=true --style ink --sizes [1,2]", {}, lambda _: model, model.name)
    prepared = prepare(model, {"prompt": "x", "picture": b"\x89PNG\r\n\x1a\n", "api_key": "hush", **read_line.inputs})

    assert read_line.inputs == {"steps": 4, "fast": True, "style": "ink", "sizes": [1, 2]}
    assert prepared.input["picture"].startswith("data:image/png;base64,")
    assert (prepared.input["api_key"], prepared.secret_fields, "api_key" in prepared.typed) == ("hush", ("api_key",), False)
    assert "tells no schema" in prepared.notes[0]
