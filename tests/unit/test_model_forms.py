"""Every schema makes a form that can be filled in and sent: those that were recorded, and odd ones that nobody has seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pvideo.model.given import from_schema
from pvideo.model.prepare import prepare
from pvideo.model.presentation import form
from pvideo.model.price import estimate
from pvideo.model.validation import validate

RECORDED = Path(__file__).parents[3] / "shared" / "oracle" / "model-schemas"
FILES = sorted(path for path in RECORDED.glob("*.json") if "examples" not in path.name) if RECORDED.is_dir() else []
CONTROLS = {"text", "line", "slider", "number", "seed", "switch", "segments", "ratio", "menu", "file", "list", "password", "json"}

names = st.sampled_from(
    ["prompt", "seed", "draft", "image", "first-frame", "größe", "a b", "disable_x", "日本", "x" * 60, "__proto__"]
) | st.text("abz_-", min_size=1, max_size=9)
words = st.text(min_size=1, max_size=9)
numbers = st.integers(-5, 3000) | st.floats(-9, 3000, allow_nan=False)
described = st.sampled_from(["", "A picture", "<b>bold</b> " * 300, "“\u202e"])


def optional(**keys: Any) -> Any:
    return st.fixed_dictionaries({}, optional=keys)


def fixed(**keys: Any) -> Any:
    return st.just(keys)


bounds = optional(**dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), numbers))
text_nodes = st.sampled_from([{}, {"format": "uri"}, {"format": "password"}, {"x-cog-secret": True}, {"format": "date"}])
plain_nodes = st.one_of(
    text_nodes.map(lambda node: {"type": "string", **node}),
    bounds.map(lambda node: {"type": "integer", **node}),
    bounds.map(lambda node: {"type": "number", **node}),
    fixed(type="boolean"),
    fixed(type="object", properties={"a": {"type": "string"}}),
    fixed(),
    (st.lists(words, min_size=1, max_size=40, unique=True) | st.lists(st.integers(0, 99), min_size=1, unique=True)).map(
        lambda enum: {"enum": enum}
    ),
    st.sampled_from(["#/components/schemas/mode", "#/components/schemas/gone", "#/$defs/mode"]).map(lambda to: {"allOf": [{"$ref": to}]}),
    st.sampled_from(["string", "integer", "boolean"]).map(lambda kind: {"anyOf": [{"type": kind}, {"type": "null"}]}),
    st.sampled_from([{"type": 7}, {"type": ["string", "null"]}, {"enum": "x"}, {"$ref": 3}, {"items": []}]),
)
array_nodes = (plain_nodes | plain_nodes.map(lambda node: {"type": "array", "items": node})).map(
    lambda node: {"type": "array", "items": node}
)
around = st.fixed_dictionaries(
    {"description": described, "deprecated": st.booleans()},
    optional={"default": words | numbers | st.booleans() | st.none(), "x-order": st.integers(0, 9) | words},
)
nodes = st.builds(lambda node, more: {**node, **more}, plain_nodes | array_nodes | fixed(type="array"), around)
"""One input, as odd as Cog, or a person, may write it."""

schemas = st.dictionaries(names, nodes, max_size=14)


def chosen(field: dict[str, Any]) -> Any:
    """A value as the control of a field sends it; None where nothing is chosen."""
    if field["choices"]:
        return field["choices"][-1]["value"]
    low, high = field["minimum"], field["maximum"]
    some: dict[str, Any] = {"text": "a cat", "line": "a cat", "switch": True, "password": "secret", "file": "https://x.example/a.png"}
    if field["control"] == "slider":
        return low
    if field["control"] in {"number", "seed"}:
        return low if low is not None else high if high is not None else 3
    if field["control"] == "list":
        return [value for value in [chosen(field["item"])] if value is not None] if field["item"] else []
    return some.get(field["control"])


def check(model: Any) -> None:
    """The form of a model is whole, and what is chosen in it makes a request."""
    drawn = form(model)
    fields = drawn["fields"]

    assert json.loads(json.dumps(drawn)) == drawn
    assert {field["control"] for field in fields} <= CONTROLS
    assert all(field["label"].strip() for field in fields)
    assert {drawn[role] for role in ("prompt", "draft", "seed_loose", "first_frame")} <= {"", *(field["name"] for field in fields)}
    inputs = {field["name"]: value for field in fields if (value := chosen(field)) is not None}
    problems = validate(model, inputs)
    assert {problem.field for problem in problems} <= {"", *(field["name"] for field in fields)}
    estimate(model, inputs)
    if not problems:
        sent = prepare(model, inputs).input
        assert set(sent) <= set(inputs)
        json.dumps(sent)


@pytest.mark.skipif(not FILES, reason="the recorded schemas are not on this machine (../shared/oracle/model-schemas)")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.split(".")[0])
def test_a_recorded_schema_makes_a_sensible_form(path: Path) -> None:
    data = json.loads(path.read_text())
    model = from_schema(data.get("modelId") or path.name.split(".")[0].replace("__", "/"), data)

    check(model)

    drawn = form(model)
    fields = {field["name"]: field for field in drawn["fields"]}
    assert drawn["prompt"] == "prompt"
    assert fields["prompt"]["control"] == "text"
    assert sum(field["place"] == "form" for field in fields.values()) <= 8
    assert not [name for name, field in fields.items() if field["control"] == "json"]
    assert all(fields[field.name]["control"] == "file" for field in model.fields if field.format == "uri" and field.place != "hidden")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(properties=schemas, required=st.lists(names, max_size=3))
def test_an_odd_schema_makes_a_form_and_a_request(properties: dict[str, Any], required: list[str]) -> None:
    mode = {"type": "string", "enum": ["a", "b"]}
    whole = {"Input": {"type": "object", "properties": properties, "required": required}, "mode": mode}

    check(from_schema("someone/odd", whole))


def test_sixty_inputs_are_six_and_more() -> None:
    properties = {f"n{at}": {"type": "integer", "x-order": at} for at in range(60)}

    places = [field["place"] for field in form(from_schema("someone/large", {"properties": properties}))["fields"]]

    assert places == ["form"] * 6 + ["more"] * 54
