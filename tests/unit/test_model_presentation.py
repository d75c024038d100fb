"""The form, the facts and the shape of the stage, from the schema and the catalog's data."""

from __future__ import annotations

import base64
import json

import pytest
from PIL import Image
from tests.support.pictures import picture

from pvideo.model import catalog
from pvideo.model.facts import facts, shape
from pvideo.model.presentation import control, form

MODEL = catalog.load("prunaai/p-video")
KEYS = (
    *("name", "label", "kind", "control", "unit", "description", "hint", "default", "choices", "minimum", "maximum", "step"),
    *("media", "place", "inverted", "required", "voided_by", "accept", "item"),
)


def make(properties, required=()):
    schemas = {"Input": {"type": "object", "properties": properties, "required": list(required)}}
    latest = {"openapi_schema": {"components": {"schemas": schemas}}}
    return catalog.from_api({"owner": "someone", "name": "something", "latest_version": latest})


def shown(model=MODEL):
    return {field["name"]: field for field in form(model)["fields"]}


def test_the_form_is_what_the_page_expects():
    drawn = form(MODEL)

    roles = {"prompt": "prompt", "draft": "draft", "seed_loose": "prompt_upsampling", "first_frame": "image"}
    assert set(drawn) == {"model", "title", "fields", "price_hint", "first", *roles}
    assert {role: drawn[role] for role in roles} == roles
    assert all(tuple(field) == KEYS for field in drawn["fields"])
    assert json.loads(json.dumps(drawn)) == drawn
    assert drawn["title"] == "P-Video"
    assert drawn["first"] == "A cat walking through a field of flowers in slow motion"


@pytest.mark.parametrize(
    ("name", "drawn", "label", "place"),
    [
        ("prompt", "text", "Prompt", "form"),
        ("image", "file", "First frame", "form"),
        ("last_frame_image", "file", "Last frame", "more"),
        ("audio", "file", "Audio", "more"),
        ("duration", "slider", "Duration", "form"),
        ("aspect_ratio", "ratio", "Aspect", "form"),
        ("resolution", "segments", "Resolution", "form"),
        ("fps", "segments", "Frame rate", "more"),
        ("draft", "switch", "Draft", "beside"),
        ("prompt_upsampling", "switch", "Prompt upsampling", "more"),
        ("disable_safety_filter", "switch", "Safety filter", "more"),
        ("save_audio", "switch", "Save audio", "more"),
        ("seed", "seed", "Seed", "form"),
    ],
)
def test_every_input_of_p_video_has_its_control(name, drawn, label, place):
    field = shown()[name]

    assert (field["control"], field["label"], field["place"]) == (drawn, label, place)
    assert field["inverted"] == (name == "disable_safety_filter")


def test_the_details_of_p_videos_form():
    fields = shown()

    assert "no_op" not in fields
    assert (fields["duration"]["minimum"], fields["duration"]["maximum"], fields["duration"]["step"]) == (1, 20, 1)
    assert fields["duration"]["voided_by"] == {"field": "audio", "reason": "Set by the audio."}
    assert fields["aspect_ratio"]["voided_by"] == {"field": "image", "reason": "Set by the first frame."}
    assert fields["fps"]["choices"] == [{"value": 24, "label": "24"}, {"value": 48, "label": "48"}]
    assert fields["image"]["accept"] == "image/jpeg,image/png,image/webp"
    assert fields["seed"]["default"] is None
    assert fields["prompt"]["required"]


@pytest.mark.parametrize(
    ("node", "drawn"),
    [
        ({"type": "string"}, "line"),
        ({"type": "string", "format": "uri"}, "file"),
        ({"type": "number", "minimum": 0, "maximum": 1}, "slider"),
        ({"type": "integer", "minimum": 0, "maximum": 200}, "slider"),
        ({"type": "integer", "minimum": 0, "maximum": 201}, "number"),
        ({"type": "integer", "minimum": 0, "maximum": 2048, "multipleOf": 64}, "slider"),
        ({"type": "integer", "minimum": 3}, "number"),
        ({"type": "integer", "minimum": 3, "maximum": 3}, "number"),
        ({"type": "boolean"}, "switch"),
        ({"enum": ["a", "b", "c", "d", "e"]}, "segments"),
        ({"enum": ["a", "b", "c", "d", "e", "f"]}, "menu"),
        ({"enum": ["16:9", "1:1"]}, "ratio"),
        ({"enum": [f"{n}:1" for n in range(1, 11)]}, "menu"),
        ({"type": "array", "items": {"type": "string"}}, "list"),
        ({"type": "string", "format": "password"}, "password"),
        ({"type": "object"}, "json"),
        ({}, "json"),
    ],
)
def test_the_control_follows_the_schema(node, drawn):
    assert control(make({"x": node}).field("x")) == drawn


def test_without_data_required_ones_and_six_others_are_shown_deprecated_ones_last():
    names = [f"n{at}" for at in range(8)]
    nodes = {name: {"type": "string", "x-order": at} for at, name in enumerate(names)}
    nodes["n1"]["deprecated"] = True
    model = make({**nodes, "late": {"type": "string"}, "draft": {"type": "boolean", "x-order": 0}}, required=["late"])

    places = {field.name: field.place for field in model.fields}

    assert [name for name, place in places.items() if place == "form"] == ["n0", "n2", "n3", "n4", "n5", "n6", "late"]
    assert places["draft"] == "beside"
    assert [field.name for field in model.fields][-1] == "n1"


def test_without_data_names_become_labels():
    fields = shown(
        make({"disable_safety_checker": {"type": "boolean"}, "frames_per_second": {"type": "integer"}, "fps": {"type": "integer"}})
    )

    assert [field["label"] for field in fields.values()] == ["Safety checker", "Frames per second", "FPS"]
    assert fields["disable_safety_checker"]["inverted"]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, ["5 s", "720p", "16:9", "24 fps"]),
        ({"draft": True, "duration": 8}, ["8 s", "720p", "16:9", "24 fps", "draft"]),
        ({"image": "cat.png", "aspect_ratio": "1:1"}, ["5 s", "720p", "24 fps"]),
        ({"audio": "song.wav", "fps": 48}, ["720p", "16:9", "48 fps"]),
    ],
)
def test_the_facts_of_a_video(inputs, told):
    assert facts(MODEL, {"prompt": "a cat", **inputs}) == told


@pytest.mark.parametrize(
    ("inputs", "size"),
    [
        ({}, (1280, 720)),
        ({"aspect_ratio": "9:16"}, (720, 1280)),
        ({"aspect_ratio": "1:1", "resolution": "1080p"}, (1080, 1080)),
        ({"aspect_ratio": "3:2"}, (1080, 720)),
        ({"aspect_ratio": "0:1"}, (1280, 720)),
        ({"aspect_ratio": "wide", "resolution": None}, (1280, 720)),
        ({"image": "https://a.example/b.png"}, (1280, 720)),
        ({"image": "missing.png"}, (1280, 720)),
        ({"image": b"nothing"}, (1280, 720)),
        ({"image": picture(300, 600)}, (720, 1440)),
        ({"image": picture(640, 480, "JPEG")}, (960, 720)),
        ({"image": picture(640, 480, "WEBP")}, (960, 720)),
        ({"image": picture(640, 480, "WEBP", lossless=True)}, (960, 720)),
    ],
)
def test_the_stage_has_its_shape_from_the_start(inputs, size):
    assert shape(MODEL, inputs) == size


def test_a_first_frame_on_disk_or_inline_sets_the_shape(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    data = picture(640, 480, "JPEG", exif=turned)
    path = tmp_path / "cat.jpg"
    path.write_bytes(data)

    assert shape(MODEL, {"image": path, "aspect_ratio": "16:9"}) == (720, 960)
    assert shape(MODEL, {"image": "data:image/jpeg;base64," + base64.b64encode(data).decode()}) == (720, 960)


def test_the_roles_of_p_videos_inputs_are_data():
    assert (MODEL.draft, MODEL.seed_loose, MODEL.first_frame) == ("draft", "prompt_upsampling", "image")


def test_the_roles_of_an_unknown_models_inputs_are_read_from_their_names():
    picture = {"type": "string", "format": "uri"}
    model = make({"enhance_prompt": {"type": "boolean"}, "start_image": picture, "draft": {"type": "string"}})

    assert (model.draft, model.seed_loose, model.first_frame) == ("", "enhance_prompt", "start_image")
    assert not model.has_draft


def test_a_box_that_has_no_slider_tells_its_range():
    fields = shown(
        make(
            {
                "wide": {"type": "integer", "minimum": 0, "maximum": 2048},
                "low": {"type": "number", "minimum": 0.5},
                "high": {"type": "integer", "maximum": 9},
                "few": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
                "free": {"type": "number"},
            }
        )
    )

    assert [fields[name]["hint"] for name in ("wide", "low", "high", "few", "free")] == ["0 to 2048", "at least 0.5", "at most 9", "", ""]
    assert (fields["few"]["control"], fields["few"]["minimum"]) == ("slider", 1)


def test_the_items_of_a_list_have_controls_of_their_own():
    fields = shown(
        make(
            {
                "sizes": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 9}},
                "pictures": {"type": "array", "items": {"type": "string", "format": "uri"}},
                "modes": {"type": "array", "items": {"enum": ["a", "b"]}},
                "things": {"type": "array", "items": {"type": "object"}},
                "anything": {"type": "array"},
            }
        )
    )

    assert [fields[name]["item"]["control"] for name in ("sizes", "pictures", "modes", "things")] == ["slider", "file", "segments", "json"]
    assert fields["pictures"]["item"]["media"] == "image"
    assert fields["anything"]["item"]["control"] == "json"


def test_without_a_prompt_the_first_text_that_is_needed_is_the_prompt():
    model = make({"seconds": {"type": "integer"}, "lyrics": {"type": "string"}, "note": {"type": "string"}}, required=["lyrics"])

    assert form(model)["prompt"] == "lyrics"
    assert shown(model)["lyrics"]["control"] == "text"
    assert shown(model)["note"]["control"] == "line"
