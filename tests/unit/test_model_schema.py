"""Replicate's schema layout, its odd corners included, becomes typed fields."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pvideo.errors import InputError, RefusedError
from pvideo.model import catalog
from pvideo.model.hints import output_of
from pvideo.model.prepare import prepare
from pvideo.model.presentation import control, form
from pvideo.model.pure import pure_schema
from pvideo.model.schema import MISSING
from pvideo.model.validation import validate

MODEL = catalog.load("prunaai/p-video")


def make(properties, *, required=(), output=None, **schemas):
    """Make a model of those inputs, in the shape that Replicate answers."""
    whole = {"Input": {"type": "object", "properties": properties, "required": list(required)}, "Output": output or {}, **schemas}
    latest = {"id": "1" * 64, "openapi_schema": {"components": {"schemas": whole}}}
    return catalog.from_api({"owner": "someone", "name": "something", "description": "", "latest_version": latest})


@pytest.mark.parametrize(
    ("name", "kind", "default", "media", "enum", "bounds", "place"),
    [
        ("prompt", "string", MISSING, None, None, (None, None), "form"),
        ("image", "string", MISSING, "image", None, (None, None), "form"),
        ("last_frame_image", "string", MISSING, "image", None, (None, None), "more"),
        ("audio", "string", MISSING, "audio", None, (None, None), "more"),
        ("duration", "integer", 5, None, None, (1, 20), "form"),
        ("aspect_ratio", "string", "16:9", None, ("16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "1:1"), (None, None), "form"),
        ("resolution", "string", "720p", None, ("720p", "1080p"), (None, None), "form"),
        ("fps", "integer", 24, None, (24, 48), (None, None), "more"),
        ("draft", "boolean", False, None, None, (None, None), "beside"),
        ("prompt_upsampling", "boolean", True, None, None, (None, None), "more"),
        ("disable_safety_filter", "boolean", True, None, None, (None, None), "more"),
        ("save_audio", "boolean", True, None, None, (None, None), "more"),
        ("seed", "integer", MISSING, None, None, (None, None), "form"),
        ("no_op", "boolean", False, None, None, (None, None), "hidden"),
    ],
)
def test_every_input_of_p_video(name, kind, default, media, enum, bounds, place):
    field = MODEL.field(name)

    assert (field.kind, field.default, field.media, field.enum, field.place) == (kind, default, media, enum, place)
    assert (field.minimum, field.maximum) == bounds
    assert field.required == (name == "prompt")
    assert field.option == "--" + name.replace("_", "-")
    assert field.description


def test_p_video_as_a_whole():
    assert MODEL.name == "prunaai/p-video"
    assert [field.name for field in MODEL.fields][:3] == ["prompt", "image", "last_frame_image"]
    assert (MODEL.has_draft, MODEL.seed_field, MODEL.output) == (True, "seed", "video")
    assert MODEL.field("save-audio") is MODEL.field("save_audio")
    assert MODEL.field("nothing") is None
    assert not MODEL.strict


def test_a_model_that_is_not_in_the_catalog_is_refused():
    with pytest.raises(RefusedError) as caught:
        catalog.load("../../etc/passwd")

    assert caught.value.key == "model_refused"
    assert "prunaai/p-video" in caught.value.sentence


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"anyOf": [{"type": "integer", "minimum": 2}, {"type": "null"}], "default": None}, ("integer", True, 2)),
        ({"type": ["number", "null"], "minimum": 0.5}, ("number", True, 0.5)),
        ({"type": "integer", "minimum": 3.0, "nullable": True}, ("integer", True, 3)),
        ({"allOf": [{"$ref": "#/components/schemas/size"}], "nullable": True}, ("integer", True, 1)),
        ({"$ref": "#/components/schemas/size"}, ("integer", False, 1)),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ("json", False, None)),
        ({"$ref": "#/components/schemas/missing"}, ("json", False, None)),
        ({"$ref": "#/components/schemas/loop"}, ("json", False, None)),
        ({"enum": [1, 2]}, ("integer", False, None)),
        ({"type": "object"}, ("json", False, None)),
        ({"type": "file"}, ("json", False, None)),
        ("no schema at all", ("json", False, None)),
    ],
)
def test_odd_properties_become_fields(node, expected):
    model = make({"x": node}, size={"type": "integer", "minimum": 1}, loop={"allOf": [{"$ref": "#/components/schemas/loop"}]})

    field = model.field("x")

    assert (field.kind, field.nullable, field.minimum) == expected


def test_a_list_of_pictures_is_a_list_of_files():
    model = make({"images": {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Images"}})

    field = model.field("images")

    assert (field.kind, field.media, field.item.media) == ("array", "image", "image")


@pytest.mark.parametrize(
    "node",
    [{"type": "string", "format": "password"}, {"type": "string", "x-cog-secret": True}, {"type": "string", "writeOnly": True}],
)
def test_a_password_is_secret(node):
    model = make({"key": node})

    assert model.field("key").secret
    assert control(model.field("key")) == "password"


@pytest.mark.parametrize(
    ("output", "about", "expected"),
    [
        ({"type": "string", "format": "uri"}, "", "video"),
        ({"type": "string", "format": "uri"}, "flux: a text-to-image model", "image"),
        ({"type": "string", "format": "uri"}, "image-to-video with sound", "video"),
        ({"type": "array", "items": {"type": "string", "format": "uri"}}, "makes images", "image"),
        ({"type": "string", "format": "uri", "title": "Audio"}, "a video model", "audio"),
        ({"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"}, "", "text"),
        ({"type": "string"}, "", "text"),
        ({"type": "object"}, "", "json"),
        ({}, "", "json"),
    ],
)
def test_what_a_model_gives_back(output, about, expected):
    assert output_of(output, about) == expected


def test_bounds_that_openapi_3_0_writes_apart_become_numbers():
    pure = pure_schema({"Input": {"properties": {"x": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "nullable": True}}}})

    assert pure["properties"]["x"] == {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}


def test_what_a_schema_refers_to_comes_along_even_when_it_refers_to_itself():
    pure = pure_schema({"Input": {"$ref": "#/components/schemas/a"}, "a": {"items": {"$ref": "#/components/schemas/a"}}})

    assert pure["$ref"] == "#/$defs/a"
    assert pure["$defs"] == {"a": {"items": {"$ref": "#/$defs/a"}}}


@pytest.mark.parametrize("body", [{}, {"latest_version": None}, {"latest_version": {"openapi_schema": {"components": []}}}, {"name": 5}])
def test_an_answer_without_a_schema_is_a_model_without_inputs(body):
    assert catalog.from_api(body).fields == ()


KEYS = st.sampled_from(
    [
        "type",
        "allOf",
        "anyOf",
        "$ref",
        "enum",
        "minimum",
        "default",
        "items",
        "nullable",
        "format",
        "x-order",
        "pattern",
        "description",
        "title",
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["string", "integer", "array", "null", "uri", "#/components/schemas/Input", "#/components/schemas/x", "("]),
)
NODES = st.recursive(LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=12)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(NODES, NODES, st.one_of(LEAVES, st.lists(LEAVES, max_size=2)))
def test_no_schema_makes_us_raise(node, other, value):
    model = make({"x": node, "y": other}, x=other, output=node)

    shown = form(model)
    validate(model, {"x": value, "y": value})
    with contextlib.suppress(InputError):
        prepare(model, {"x": value})

    assert len(shown["fields"]) == 2
