"""Ten schemas of other models, and those of real ones where they are at hand: each gives a form, options, and a request that fits."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.schemas import MODELS

from pvideo.demo.models import schemas
from pvideo.demo.validation import check_input, check_request
from pvideo.errors import InputError
from pvideo.model.prepare import prepare
from pvideo.model.presentation import form
from pvideo.model.reference import Reference
from pvideo.model.shelf import model_of
from pvideo.notebook.options import parse
from pvideo.notebook.usage import usage
from pvideo.wire.gateway import payload

if TYPE_CHECKING:
    from pvideo.model.schema import Model

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle" / "model-schemas"
CONTROLS = {"text", "line", "slider", "number", "seed", "switch", "segments", "ratio", "menu", "file", "list", "password", "json"}


def known(name: str) -> tuple[Model, dict[str, Any], str, dict[str, Any]]:
    answer, makes, given = MODELS[name]
    return model_of(Reference(answer["owner"], answer["name"]), answer), answer, makes, given


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_a_form(name: str) -> None:
    model, answer, makes, _ = known(name)
    shown = form(model)

    assert model.output == makes
    assert {field["control"] for field in shown["fields"]} <= CONTROLS
    # Whatever the place of its properties, each is in the form, but for health checks.
    assert {field["name"] for field in shown["fields"]} == {field.name for field in model.fields} - {"no_op"}
    assert json.loads(json.dumps(shown)) == shown
    required = {field["name"] for field in shown["fields"] if field["required"]}
    written = schemas(answer)
    assert required == set(written.get("Base", written["Input"]).get("required", ()))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_a_request_that_fits(name: str) -> None:
    model, answer, _, given = known(name)
    prepared = prepare(model, given)
    body = json.loads(payload(model.name, prepared.input, model.pin or None))

    assert check_request(body, with_version=True) == []
    assert body["input"] == given
    by_version = f"{model.name}:{answer['latest_version']['id']}"
    assert body["version"] == (model.name if answer["is_official"] else by_version)
    whole = schemas(answer)
    if "Base" not in whole:
        assert check_input(whole, body["input"], null_allowed=True) == []


@pytest.mark.parametrize("name", MODELS)
def test_a_model_gives_options_that_say_the_same(name: str) -> None:
    model, _, _, given = known(name)
    words = ["it"]
    for key, value in given.items():
        field = model.field(key)
        assert field is not None
        if isinstance(value, bool):
            words.append(field.option)
        else:
            words += [field.option, value if isinstance(value, str) else json.dumps(value)]
    read = parse(shlex.join(words).replace("{", "{{").replace("}", "}}"), {}, lambda _: model, model.name)

    assert read.name == "it"
    assert dict(read.inputs) == given
    assert all(f.option in usage(model, "prunaai/p-video") for f in model.fields if f.place != "hidden" and f.name != model.prompt_field)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("image", {"num_outputs": 5}),
        ("text", {"stop_sequences": ["a"] * 5}),
        ("speech", {"voice": "nobody"}),
        ("upscaler", {"scale": 3}),
        ("video", {"reference_images": "a.jpg"}),
        ("music", {"bars": 7}),
        ("secret", {"model_size": "medium"}),
        ("object", {"options": 7}),
        ("nested", {"layer": {"opacity": 2}}),
        ("version", {"frames": 7}),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_sent(name: str, wrong: dict[str, Any]) -> None:
    model, _, _, given = known(name)

    with pytest.raises(InputError) as caught:
        prepare(model, {**given, **wrong})
    assert next(iter(wrong)) in str(caught.value)


def test_what_a_cell_s_text_fills_is_the_main_text_of_the_model() -> None:
    fields = {name: known(name)[0].prompt_field for name in MODELS}

    assert fields == {
        **dict.fromkeys(("image", "text", "video", "music", "secret", "nested"), "prompt"),
        "speech": "text",
        "object": "task",
        "upscaler": None,
        "version": None,
    }


def test_a_secret_input_has_a_password_box_and_is_not_written_down() -> None:
    model, _, _, given = known("secret")
    prepared = prepare(model, given)

    assert next(field["control"] for field in form(model)["fields"] if field["name"] == "api_key") == "password"
    assert prepared.secret_fields == ("api_key",)
    assert "hush" not in json.dumps(prepared.typed)


def test_a_seed_is_drawn_from_what_the_model_takes() -> None:
    from pvideo.job.intent import seeded

    model, *_ = known("music")
    assert model.seed_range == (0, 2**31 - 1)
    seeds = [seeded(model, {"prompt": "x"})[1] for _ in range(50)]
    assert all(seed is not None and 0 <= seed < 2**31 for seed in seeds)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the schemas of real models (../shared/oracle/model-schemas) are not here")
@pytest.mark.parametrize("path", sorted(ORACLE.glob("*.full.json")), ids=lambda path: path.stem)
def test_a_real_schema_gives_a_form_and_a_request(path: Path) -> None:
    body = json.loads(path.read_text("utf-8"))
    body = body.get("model", body)
    owner, _, short = path.name.partition(".full")[0].partition("__")
    model = model_of(Reference(owner, short), body)

    assert {field["control"] for field in form(model)["fields"]} <= CONTROLS
    assert model.prompt_field == "prompt"
    prepared = prepare(model, {"prompt": "a fox"})
    assert check_input(schemas(body), prepared.input, null_allowed=True) == []
    assert usage(model, "prunaai/p-video")
