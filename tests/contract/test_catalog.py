"""Our catalog against what others say of the same model: the published schema, real inputs, Replicate's API document, jsonschema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pvideo.model import catalog
from pvideo.model.openapi import resolve, schemas_of
from pvideo.model.prepare import prepare
from pvideo.model.presentation import form
from pvideo.model.validation import clean, validate

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle"
NAME = "prunaai/p-video"
needs_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's folder (../shared/oracle) is not here")
MODEL = catalog.load(NAME)


def oracle(name):
    return json.loads((ORACLE / "model-schemas" / name).read_text("utf-8"))


def entry():
    return json.loads((catalog.FOLDER / "prunaai__p-video.json").read_text("utf-8"))


def from_oracle(name):
    data = oracle(name)
    owner, short = data.get("modelId", NAME).split("/")
    latest = {"id": "0" * 64, "openapi_schema": data["openapi_schema"]}
    return catalog.from_api({"owner": owner, "name": short, "description": data.get("description"), "latest_version": latest})


def without_texts(node):
    if isinstance(node, list):
        return [without_texts(item) for item in node]
    return {key: without_texts(item) for key, item in node.items() if key != "description"} if isinstance(node, dict) else node


@needs_oracle
@pytest.mark.parametrize("name", ["Input", "Output", "aspect_ratio", "resolution", "fps"])
def test_the_schema_is_the_published_one_but_for_its_texts(name):
    ours = schemas_of(entry()["model"]["latest_version"]["openapi_schema"])[name]
    published = schemas_of(oracle("prunaai__p-video.derived-by-cog-0.16.12.json")["openapi_schema"])[name]

    assert without_texts(ours) == without_texts(published)


@needs_oracle
def test_the_texts_are_our_own():
    published = schemas_of(oracle("prunaai__p-video.derived-by-cog-0.16.12.json")["openapi_schema"])["Input"]["properties"]

    same = [field.name for field in MODEL.fields if field.description == published[field.name].get("description")]

    assert same == []


@needs_oracle
def test_the_entry_has_what_replicates_api_document_says_of_a_model():
    document = json.loads((ORACLE / "replicate-openapi" / "openapi.json").read_text("utf-8"))
    described = document["components"]["schemas"]["schemas_model_response"]["properties"]

    assert set(entry()["model"]) == set(described)
    assert set(entry()["model"]["latest_version"]) == {"id", "created_at", "cog_version", "openapi_schema"}


def test_our_own_data_names_only_inputs_that_there_are():
    data = entry()
    names = {field.name for field in MODEL.fields}

    assert set(data["presentation"]["fields"]) == names
    assert {name for void in data["voids"] for name in (void["by"], void["field"])} <= names
    assert {name for rate in data["prices"]["rates"] for name in rate["when"]} <= names
    assert data["prices"]["seconds"]["field"] in names


@needs_oracle
@pytest.mark.parametrize("at", range(4))
def test_the_published_examples_are_valid_and_travel_as_they_are(at):
    asked = oracle("prunaai__p-video.examples.json")[at]["input"]
    replaced = {"aspect_ratio", *(["duration"] if "audio" in asked else [])}

    prepared = prepare(MODEL, asked)

    assert validate(MODEL, asked) == ()
    assert prepared.input == {name: value for name, value in asked.items() if name not in replaced}
    assert prepared.typed == dict(sorted(asked.items()))


@needs_oracle
@pytest.mark.parametrize(
    ("name", "fields", "example"),
    [
        ("google__veo-3.1-fast.full.json", 9, {"prompt": "x", "duration": 8, "resolution": "1080p"}),
        ("kwaivgi__kling-v2.5-turbo-pro.full.json", 7, {"prompt": "x", "duration": 10, "start_image": "https://a.example/b.png"}),
        ("luma__ray.full.json", 9, {"prompt": "x", "loop": True, "aspect_ratio": "21:9"}),
        ("prunaai__p-video.derived-by-cog-0.16.12.json", 14, {"prompt": "x", "fps": 48}),
    ],
)
def test_other_models_have_a_form_and_take_their_inputs(name, fields, example):
    model = from_oracle(name)

    shown = form(model)["fields"]

    assert len(model.fields) == fields
    assert model.output == "video"
    assert not model.strict
    assert {field["control"] for field in shown} <= {"text", "line", "slider", "segments", "ratio", "file", "switch", "seed"}
    assert validate(model, example) == ()
    assert [problem.field for problem in validate(model, {**example, "duratoin": 5})] == ["duratoin"]


@needs_oracle
def test_what_replicate_answers_gets_our_data_beside_it():
    model = from_oracle("prunaai__p-video.derived-by-cog-0.16.12.json")

    assert model.prices == MODEL.prices
    assert [field.place for field in model.fields] == [field.place for field in MODEL.fields]


def test_the_pure_schema_is_json_schema():
    Draft202012Validator.check_schema(MODEL.input_schema)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 50),
    st.floats(-3, 50),
    st.sampled_from(["16:9", "1:1", "720p", "1080p", "4k", "", "a cat", "https://a.example/b.png"]),
    st.lists(st.integers(), max_size=2),
)


@given(st.dictionaries(st.sampled_from([field.name for field in MODEL.fields]), VALUES))
def test_our_rules_say_what_the_schema_says(inputs):
    """For values that JSON carries; None means "not given" with us, and an empty required text is one thing more that we refuse."""
    given_inputs = {name: value for name, value in inputs.items() if value is not None}
    if not str(given_inputs.get("prompt", "x")).strip():
        given_inputs["prompt"] = "a cat"

    values, problems = clean(MODEL, given_inputs)
    errors = list(Draft202012Validator(MODEL.input_schema).iter_errors(given_inputs))

    judged = {error.path[0] if error.path else "prompt" for error in errors}
    assert {problem.field for problem in problems} == judged
    assert judged or not list(Draft202012Validator(MODEL.input_schema).iter_errors(values))


def test_an_enum_behind_a_reference_is_found():
    schemas = schemas_of(entry()["model"]["latest_version"]["openapi_schema"])

    assert resolve(schemas["Input"]["properties"]["fps"], schemas)["enum"] == [24, 48]
