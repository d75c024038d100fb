"""G01 to G04: what is shown of money and of what was made is true, and a demo is never taken for the real thing."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.notebook import made, snap

import pvideo
from pvideo import settings
from pvideo.errors import InputError, SettingsError
from pvideo.job.engine import Engine
from pvideo.job.press import find_model, press
from pvideo.job.states import MediaInfo
from pvideo.model import catalog
from pvideo.model.presentation import form
from pvideo.model.price import actual, estimate
from pvideo.model.validation import validate
from pvideo.notebook.facts import notes
from pvideo.notebook.view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.demo import RunningDemo

RATES = {("720p", False): "0.02", ("1080p", False): "0.04", ("720p", True): "0.005", ("1080p", True): "0.01"}
"""US dollars a second, as P-Video's page on Replicate lists them."""


# -- G01


@pytest.mark.parametrize(("resolution", "draft", "duration"), list(product(("720p", "1080p"), (False, True), range(1, 21))))
def test_g01_the_price_before_the_press_is_the_list_s(resolution: str, draft: bool, duration: int) -> None:
    given = {"prompt": "A cat", "resolution": resolution, "draft": draft, "duration": duration}
    price = estimate(find_model(), given)
    assert price.amount == Decimal(RATES[resolution, draft]) * duration
    assert not price.upper_bound
    assert actual(find_model(), given, float(duration)).amount == price.amount


def test_g01_audio_makes_it_an_upper_bound() -> None:
    price = estimate(find_model(), {"prompt": "A cat", "audio": "https://a.example/b.wav", "duration": 3})
    assert price.upper_bound
    assert (price.amount, price.text) == (Decimal("0.40"), "up to $0.40")


def test_g01_what_is_charged_is_what_was_shown(account: RunningDemo) -> None:
    video = press(find_model(), {"prompt": "A cat", "duration": 3, "resolution": "1080p"})
    shown = video.snapshot().price
    video.wait(30)
    (paid,) = account.predictions()
    assert paid["paid"]
    assert video.cost == shown.amount == Decimal("0.04") * Decimal(str(paid["seconds"]))


# -- G02


@pytest.fixture
def nothing_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user without an account."""
    for name in ("CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID", "CLOUDFLARE_AI_GATEWAY_ID", "CF_AIG_TOKEN", "CLOUDFLARE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    monkeypatch.delenv("PVIDEO_BASE_URL", raising=False)
    monkeypatch.setenv("PVIDEO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    settings.reset()
    yield
    settings.use_demo(None)
    for engine in list(Engine._engines.values()):
        engine.close()
    settings.reset()


@pytest.fixture
def account(demo_server: RunningDemo, nothing_set_up: None, monkeypatch: pytest.MonkeyPatch) -> RunningDemo:
    """An account; its gateway is the test's demo."""
    monkeypatch.setenv("PVIDEO_BASE_URL", demo_server.base_url)
    monkeypatch.setenv("CF_AIG_TOKEN", demo_server.gateway_token)
    monkeypatch.setenv("REPLICATE_API_TOKEN", demo_server.replicate_token)
    return demo_server


def test_g02_without_an_account_nothing_is_made_for_show(nothing_set_up: None) -> None:
    with pytest.raises(SettingsError) as caught:
        pvideo.generate("A cat")
    assert caught.value.key == "no_account"
    assert Engine.get().journal.unfinished() == []


def test_g02_a_demo_that_does_not_start_is_not_replaced_by_the_account(account: RunningDemo) -> None:
    def broken() -> Any:
        raise SettingsError("no_account")

    settings.use_demo(broken)
    with pytest.raises(SettingsError):
        pvideo.generate("A cat")
    assert account.requests() == []


def test_g02_an_account_that_does_not_answer_is_not_replaced_by_the_demo(account: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVIDEO_BASE_URL", "http://127.0.0.1:9/v1/demo/pvideo/replicate")
    video = pvideo.generate("A cat", duration=1, draft=True)
    assert video.snapshot().realm == "real"
    video.cancel()
    with pytest.raises(pvideo.errors.PVideoError):
        video.wait(20)
    assert video.path is None
    assert account.requests() == []


def test_g02_a_demo_s_video_is_not_shown_for_a_real_press(account: RunningDemo) -> None:
    """The same cell, first in the demo, then for real: the press key knows the difference, so the second one is sent."""
    place = settings.endpoint()
    demo = settings.Endpoint(
        base_url=place.base_url, kind="demo", gateway_token=place.gateway_token, replicate_token=place.replicate_token,
        account_id="demo", gateway_id="pvideo", delivery_hosts=("127.0.0.1",),
    )  # fmt: skip
    given = {"prompt": "A cat", "duration": 1, "draft": True}
    settings.use_demo(lambda: demo)
    shown = press(find_model(), given, again=False, reuse=True).wait(30)
    settings.use_demo(None)
    real = press(find_model(), given, again=False, reuse=True).wait(30)

    assert (shown.snapshot().realm, real.snapshot().realm) == ("demo", "real")
    assert real.intent != shown.intent
    assert len(account.predictions()) == 2
    assert "free" in shown.snapshot().cost_text
    assert "free" not in real.snapshot().cost_text
    assert Engine.get().journal.spent(realm="real", day=Engine.get().tools.clock.day(), session="").day == Decimal("0.005")


def test_g02_a_demo_s_clip_says_so_in_its_pictures_and_in_its_file(tmp_path: Path) -> None:
    import av

    from pvideo.demo.clip import render

    render({"prompt": "A white wall in the sun", "duration": 1, "draft": True, "seed": 1}, tmp_path / "clip.mp4", prediction_id="a" * 26)

    with av.open(str(tmp_path / "clip.mp4")) as file:
        assert file.metadata["comment"] == "pvideo demo"
        frames = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
    for frame in (frames[0], frames[len(frames) // 2], frames[-1]):
        height, width = frame.shape
        corner = frame[: height // 10, -width // 8 :]
        assert int(corner.max()) - int(corner.min()) > 100, "the mark is letters on a plate"


# -- G03


@pytest.mark.parametrize(
    ("asked", "media", "said"),
    [
        ({}, {}, None),
        ({}, {"seconds": 5.04}, None),
        ({}, {"width": 1280, "height": 704}, None),
        ({}, {"seconds": 4.0}, "Asked: 5 s. Made: 4.0 s."),
        ({}, {"fps": 30.0}, "Asked: 24 fps. Made: 30 fps."),
        ({}, {"width": 848, "height": 480}, "Asked: 1280×720. Made: 848×480."),
        ({"aspect_ratio": "9:16"}, {}, "Asked: 720×1280. Made: 1280×720."),
        ({"resolution": "1080p"}, {"seconds": 3.0}, "Asked: 5 s, 1920×1080. Made: 3.0 s, 1280×720."),
        ({"image": "data:image/png;base64,AAAA"}, {"width": 720, "height": 720}, None),
        ({"image": "data:image/png;base64,AAAA"}, {"width": 480, "height": 480}, "Asked: 720×720. Made: 480×480."),
        ({"audio": "data:audio/wav;base64,AAAA"}, {"seconds": 12.5}, None),
    ],
)
def test_g03_what_was_made_otherwise_is_said(tmp_path: Path, asked: dict[str, Any], media: dict[str, Any], said: str | None) -> None:
    usual = {"width": 1280, "height": 720, "fps": 24.0, "seconds": 5.0, "has_audio": True}
    given = {**snap().input, **asked}
    video = made(tmp_path / "cat.mp4", input=given, media=MediaInfo(**{**usual, **media}), notes=("before",))

    assert notes(video) == (["before"] if said is None else ["before", said])
    assert view_of(video, nonce="n", base=tmp_path, now=0.0, autoplay=False)["notes"] == notes(video)


def test_g03_the_price_says_what_it_is_for(account: RunningDemo) -> None:
    account.faults(
        [{"match": {"op": "get"}, "phase": "after_accept", "do": "body", "set": {"metrics": {"video_output_duration_seconds": 4.0}}}]
    )
    video = pvideo.generate("A cat", duration=5).wait(30)
    assert video.cost == Decimal("0.08")
    assert video.snapshot().cost_text == "$0.08 (4.0 s made, 5 s asked)"


# -- G04

BODY = json.loads((Path(catalog.FOLDER) / "prunaai__p-video.json").read_text())["model"]


def mutated(change: Callable[[dict[str, Any]], Any]) -> Any:
    body = copy.deepcopy(BODY)
    change(body["latest_version"]["openapi_schema"]["components"]["schemas"])
    return catalog.from_api(body)


def test_g04_a_new_choice_is_offered_and_taken() -> None:
    model = mutated(lambda schemas: schemas["aspect_ratio"]["enum"].append("21:9"))
    assert "21:9" in model.field("aspect_ratio").enum
    assert validate(model, {"prompt": "A cat", "aspect_ratio": "21:9"}) == ()
    assert validate(find_model(), {"prompt": "A cat", "aspect_ratio": "21:9"})
    field = next(one for one in form(model)["fields"] if one["name"] == "aspect_ratio")
    assert "21:9" in {choice["value"] for choice in field["choices"]}


def test_g04_a_removed_input_leaves_the_form_and_is_named_when_it_is_typed() -> None:
    model = mutated(lambda schemas: schemas["Input"]["properties"].pop("save_audio"))
    assert "save_audio" not in {one["name"] for one in form(model)["fields"]}
    (problem,) = validate(model, {"prompt": "A cat", "save_audio": False})
    assert problem.field == "save_audio"
    with pytest.raises(InputError):
        press(model, {"prompt": "A cat", "save_audio": False})


def test_g04_a_new_input_and_a_new_default_are_followed() -> None:
    def change(schemas: dict[str, Any]) -> None:
        schemas["Input"]["properties"]["camera"] = {"type": "string", "enum": ["still", "pan"], "default": "still", "x-order": 20}
        schemas["Input"]["properties"]["duration"]["default"] = 8

    model = mutated(change)
    fields = {one["name"]: one for one in form(model)["fields"]}
    assert fields["camera"]["default"] == "still"
    assert fields["duration"]["default"] == 8
    assert estimate(model, {"prompt": "A cat"}).amount == Decimal("0.16")


def test_g04_an_old_video_s_inputs_are_loaded_as_far_as_the_model_has_them() -> None:
    from pvideo.notebook.values import Values

    model = mutated(lambda schemas: schemas["Input"]["properties"].pop("save_audio"))
    old = {"prompt": "A cat", "duration": 5, "save_audio": False}
    assert Values(model).loaded(old) == {"prompt": "A cat", "duration": 5}
