"""What does not fit is said before anything is sent: one sentence per input, naming what it may be."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pvideo.errors import InputError
from pvideo.model import catalog
from pvideo.model.prepare import prepare
from pvideo.model.validation import check, coerce, validate
from pvideo.secrets import Secret

MODEL = catalog.load("prunaai/p-video")


def make(properties, required=()):
    schemas = {"Input": {"type": "object", "properties": properties, "required": list(required)}}
    latest = {"openapi_schema": {"components": {"schemas": schemas}}}
    return catalog.from_api({"owner": "someone", "name": "something", "latest_version": latest})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("duration", 25, "duration is 1 to 20 s; 25 was given."),
        ("duration", 0, "duration is 1 to 20 s; 0 was given."),
        ("duration", 2.5, "duration is a whole number from 1 to 20 s; 2.5 was given."),
        ("duration", True, "duration is a whole number from 1 to 20 s; True was given."),
        ("duration", "5", "duration is a whole number from 1 to 20 s; '5' is text."),
        ("resolution", "4k", "resolution is 720p or 1080p; '4k' was given."),
        ("resolution", 720, "resolution is 720p or 1080p; 720 was given."),
        ("aspect_ratio", "5:4", "aspect_ratio is 16:9, 9:16, 4:3, 3:4, 3:2, 2:3 or 1:1; '5:4' was given."),
        ("fps", "24", "fps is 24 or 48; '24' is text."),
        ("fps", 30, "fps is 24 or 48; 30 was given."),
        ("draft", 1, "draft is on or off (True or False); 1 was given."),
        ("draft", "yes", "draft is on or off (True or False); 'yes' is text."),
        ("seed", 1.5, "seed is a whole number; 1.5 was given."),
        ("seed", 2**63, "seed is -9223372036854775807 to 9223372036854775807; 9223372036854775808 was given."),
        ("prompt", 5, "prompt is text; 5 was given."),
        ("prompt", " \n", "prompt is empty."),
        ("prompt", "half \ud83d", "prompt holds half a character, which cannot be sent."),
        ("image", 5, "image is an image: a path, bytes or an https address; 5 was given."),
        ("audio", ["a.wav"], "audio is an audio file: a path, bytes or an https address; ['a.wav'] was given."),
        ("seed", float("nan"), "seed is a whole number; nan was given."),
        ("seed", Decimal("sNaN"), "seed is a whole number; Decimal('sNaN') was given."),
    ],
)
def test_a_value_that_does_not_fit_is_said_with_what_would(name, value, message):
    problems = validate(MODEL, {"prompt": "a cat", name: value})

    assert [(problem.field, problem.message, problem.key) for problem in problems] == [(name, message, "value_wrong")]


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("duration", 5.0, 5),
        ("duration", np.int64(7), 7),
        ("duration", np.float32(3), 3),
        ("duration", Fraction(8, 2), 4),
        ("duration", Decimal("6.0"), 6),
        ("fps", 48.0, 48),
        ("draft", np.bool_(True), True),
        ("seed", -5, -5),
        ("seed", 0, 0),
        ("no_op", False, False),
        ("prompt", np.str_("a dog"), "a dog"),
        ("save-audio", False, False),
    ],
)
def test_values_become_what_json_has(name, value, sent):
    values = check(MODEL, {"prompt": "a cat", name: value})

    found = values[name.replace("-", "_")]
    assert found == sent
    assert type(found) is type(sent)


def test_none_means_not_given():
    assert check(MODEL, {"prompt": "a cat", "seed": None, "image": None}) == {"prompt": "a cat"}
    assert [problem.field for problem in validate(MODEL, {"prompt": None})] == ["prompt"]


def test_an_unknown_name_gets_the_nearest_right_one():
    with pytest.raises(InputError) as caught:
        check(MODEL, {"prompt": "a cat", "durration": 5})

    assert caught.value.key == "option_unknown"
    assert "Did you mean duration?" in str(caught.value)
    assert caught.value.problems[0].message == "prunaai/p-video has no input 'durration'. Did you mean duration?"


def test_an_unknown_name_without_a_near_one_gets_none():
    (problem,) = validate(MODEL, {"prompt": "a cat", "negative": "dogs"})

    assert problem.message == "prunaai/p-video has no input 'negative'."


def test_all_that_is_wrong_is_said_at_once_unknown_names_first():
    with pytest.raises(InputError) as caught:
        check(MODEL, {"duration": 25, "zzz": 1})

    assert caught.value.key == "input_invalid"
    assert caught.value.title == "3 things to fix"
    assert [problem.field for problem in caught.value.problems] == ["zzz", "prompt", "duration"]
    assert caught.value.paid == "no"


def test_a_message_shows_no_token_and_no_secret():
    token = "r8_" + "x1Yz" * 9
    secret = Secret("cfat_" + "Q9w8" * 9, "test")
    model = make({"size": {"type": "integer"}, "key": {"type": "string", "format": "password"}})

    messages = " ".join(problem.message for problem in validate(model, {"size": token, "key": 12345, secret.reveal(): 1}))

    assert token not in messages
    assert "12345" not in messages
    assert secret.reveal() not in messages


def test_a_long_value_is_cut():
    (problem,) = validate(MODEL, {"prompt": "a cat", "resolution": "x" * 10_000})

    assert len(problem.message) < 150


def test_a_value_whose_repr_raises_is_named_by_its_type():
    class Rude:
        def __repr__(self):
            raise RuntimeError

    (problem,) = validate(MODEL, {"prompt": "a cat", "seed": Rude()})

    assert problem.message == "seed is a whole number; a Rude was given."


@pytest.mark.parametrize(
    ("node", "value", "message"),
    [
        ({"type": "number", "minimum": 0.5}, 0, "x is a number, at least 0.5; 0 was given."),
        ({"type": "integer", "maximum": 9}, 10, "x is a whole number, at most 9; 10 was given."),
        ({"type": "array", "items": {"type": "integer"}}, ["a"], "x is a whole number; 'a' is text."),
        ({"type": "array", "items": {"type": "integer"}}, "12", "x is a list; '12' is text."),
        ({"type": "object"}, {1: 2}, "x has the key 1, which is no text."),
        ({"type": "object"}, {"a": object}, "x holds a type, which JSON cannot carry."),
        ({"type": "object"}, {"a": float("inf")}, "x holds a number that is not finite or too large."),
        ({"type": "string", "pattern": "^a"}, "b", "x: 'b' does not match '^a'."),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, ["a", "b"], "x: ['a', 'b'] is too long."),
        ({"type": "integer", "multipleOf": 8}, 12, "x: 12 is not a multiple of 8."),
    ],
)
def test_other_models_inputs(node, value, message):
    (problem,) = validate(make({"x": node}), {"x": value})

    assert problem.message == message


def test_a_list_that_contains_itself_is_refused():
    endless = []
    endless.append(endless)

    (problem,) = validate(make({"x": {"type": "object"}}), {"x": endless})

    assert problem.message == "x is nested too deeply."


def test_a_schema_that_cannot_be_used_leaves_the_judgement_to_replicate():
    model = make({"x": {"type": "string", "pattern": "("}})

    assert model.strict
    assert validate(model, {"x": "anything"}) == ()


def test_p_video_needs_no_jsonschema():
    """Importing it takes longer than the first cell may."""
    code = """
import sys
from pvideo.model.catalog import load
from pvideo.model.prepare import prepare
from pvideo.model.price import estimate

model = load("prunaai/p-video")
estimate(model, prepare(model, {"prompt": "x", "duration": 3}).input)
heavy = ("jsonschema", "httpx", "PIL", "av", "anywidget", "numpy", "urllib.request")
print([name for name in heavy if name in sys.modules])
"""

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("duration", "5", 5),
        ("duration", " 7 ", 7),
        ("duration", "25", 25),
        ("duration", "5.0", 5.0),
        ("seed", "-3", -3),
        ("fps", "48", 48),
        ("resolution", "1080P", "1080p"),
        ("aspect-ratio", "9:16", "9:16"),
        ("draft", "true", True),
        ("draft", "On", True),
        ("save_audio", "no", False),
        ("save_audio", "0", False),
        ("image", "cat.png", "cat.png"),
        ("prompt", " a cat ", " a cat "),
    ],
)
def test_option_text_becomes_a_value(name, text, value):
    found = coerce(MODEL, name, text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("duration", "long", "duration is a whole number from 1 to 20 s; 'long' was given."),
        ("fps", "30", "fps is 24 or 48; '30' was given."),
        ("draft", "maybe", "draft is on or off (True or False); 'maybe' was given."),
        ("seed", "1.5.2", "seed is a whole number; '1.5.2' was given."),
        ("seed", "9" * 5000, "seed is a whole number; '999999"),
        ("durration", "5", "prunaai/p-video has no such input."),
    ],
)
def test_option_text_that_means_nothing_is_refused(name, text, sentence):
    with pytest.raises(InputError) as caught:
        coerce(MODEL, name, text)

    assert sentence in str(caught.value)
    assert caught.value.problems[0].field == name


@pytest.mark.parametrize(
    ("node", "text", "value"),
    [
        ({"type": "array", "items": {"type": "integer"}}, "[1, 2]", [1, 2]),
        ({"type": "array", "items": {"type": "integer"}}, "3", [3]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"type": "object"}, "plain", "plain"),
        ({"type": "number"}, "0.25", 0.25),
    ],
)
def test_option_text_of_other_kinds(node, text, value):
    assert coerce(make({"x": node}), "x", text) == value


ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.decimals(), st.fractions(), st.complex_numbers(),
        st.characters(), st.datetimes(), st.builds(Path, st.text(alphabet="ab/.~\x00", max_size=5)), st.builds(object),
        st.sampled_from([Ellipsis, type, np.int64(3), np.float64("nan"), np.array([1, 2]), "data:,x", "https://[", "http://a.example/x"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.text(), st.integers()), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.one_of(st.sampled_from([field.name for field in MODEL.fields]), st.text()), ANYTHING, max_size=5))
def test_nothing_but_an_input_error_is_ever_raised(inputs):
    problems = validate(MODEL, inputs)
    refused = None
    try:
        prepare(MODEL, {"prompt": "a cat", **inputs})
    except InputError as error:
        refused = error

    unfit = [problem for problem in problems if problem.field != "prompt" or ("prompt" in inputs and inputs["prompt"] is not None)]
    assert refused is not None or not unfit


@settings(deadline=None)
@given(st.sampled_from([field.name for field in MODEL.fields]), st.text())
def test_option_text_raises_nothing_else_either(name, text):
    value = "refused"
    with contextlib.suppress(InputError):
        value = coerce(MODEL, name, text)

    assert value is not None
