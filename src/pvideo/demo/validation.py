"""Replicate's input check, in the words of the Go library behind it (xeipuuv/gojsonschema, `locales.go`)."""

from __future__ import annotations

import json
import math
import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Problem = dict[str, str]

_TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
_TOP_LEVEL = {"version": str, "input": dict, "webhook": str, "webhook_events_filter": list, "stream": bool}


_BOUNDS: tuple[tuple[str, str, Callable[[float, float], bool], str], ...] = (
    ("multiple_of", "multipleOf", lambda value, limit: value % limit == 0, "Must be a multiple of"),
    ("number_lte", "maximum", operator.le, "Must be less than or equal to"),
    ("number_lt", "exclusiveMaximum", operator.lt, "Must be less than"),
    ("number_gte", "minimum", operator.ge, "Must be greater than or equal to"),
    ("number_gt", "exclusiveMinimum", operator.gt, "Must be greater than"),
)


def check_request(body: Any, *, with_version: bool) -> list[Problem]:
    """Return what is wrong with a create's body beside `input` (`additionalProperties` is false there)."""
    if not isinstance(body, dict):
        return [_wrong_type("", "object", body)]
    required = ("version", "input") if with_version else ("input",)
    allowed = {name: kind for name, kind in _TOP_LEVEL.items() if with_version or name != "version"}
    found = [_problem("required", "", f"{name} is required") for name in required if name not in body]
    found += [
        _problem("additional_property_not_allowed", "", f"Additional property {name} is not allowed")
        for name in body
        if name not in allowed
    ]
    return found + [
        _wrong_type(name, _TYPES[kind], body[name]) for name, kind in allowed.items() if name in body and not isinstance(body[name], kind)
    ]


def check_input(schemas: Mapping[str, Any], given: Mapping[str, Any], *, null_allowed: bool) -> list[Problem]:
    """Return what is wrong with `given` by the model's ``components.schemas``; unknown keys are ignored, as Replicate does.

    Args:
        schemas: ``components.schemas`` of the model's OpenAPI document.
        given: The ``input`` of the request.
        null_allowed: Whether null passes where the schema says ``nullable``.
    """
    schema = schemas.get("Input", {})
    found = [_problem("required", "input", f"{name} is required") for name in schema.get("required", ()) if name not in given]
    for name, part in schema.get("properties", {}).items():
        if name not in given:
            continue
        if given[name] is None and part.get("nullable") and null_allowed:
            continue
        found += _check(f"input.{name}", resolve(schemas, part), given[name])
    return found


def resolve(schemas: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return `part` with the parts it refers to (``allOf`` and ``$ref``) laid under it."""
    merged: dict[str, Any] = {}
    for inner in [part] if "$ref" in part else part.get("allOf", ()):
        merged |= resolve(schemas, schemas.get(inner["$ref"].rpartition("/")[2], {})) if "$ref" in inner else inner
    return merged | {key: value for key, value in part.items() if key not in {"allOf", "$ref"}}


def _check(path: str, part: Mapping[str, Any], value: Any) -> list[Problem]:
    kinds = [part["type"]] if isinstance(part.get("type"), str) else part.get("type") or []
    if kinds and not any(_is(kind, value) for kind in kinds):
        return [_wrong_type(path, "/".join(kinds), value)]
    found: list[Problem] = []
    if "enum" in part and value not in part["enum"]:
        allowed = ", ".join(json.dumps(item) for item in part["enum"])
        found.append(_problem("enum", path, f"{path.rpartition('.')[2]} must be one of the following: {allowed}"))
    if isinstance(value, str):
        found += _check_string(path, part, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        found += _check_number(path, part, value)
    if isinstance(value, list):
        found += _check_array(path, part, value)
    return found


def _check_string(path: str, part: Mapping[str, Any], value: str) -> list[Problem]:
    found = []
    if len(value) < part.get("minLength", 0):
        found.append(_problem("string_gte", path, f"String length must be greater than or equal to {part['minLength']}"))
    if len(value) > part.get("maxLength", math.inf):
        found.append(_problem("string_lte", path, f"String length must be less than or equal to {part['maxLength']}"))
    if "pattern" in part and not re.search(part["pattern"], value):
        found.append(_problem("pattern", path, f"Does not match pattern '{part['pattern']}'"))
    if part.get("format") == "uri" and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value):
        found.append(_problem("format", path, "Does not match format 'uri'"))
    return found


def _check_number(path: str, part: Mapping[str, Any], value: float) -> list[Problem]:
    # The order is the library's: multiples, then the upper limits, then the lower ones.
    return [
        _problem(kind, path, f"{words} {_plain(part[key])}")
        for kind, key, fits, words in _BOUNDS
        if part.get(key) is not None and not isinstance(part[key], bool) and not fits(value, part[key])
    ]


def _check_array(path: str, part: Mapping[str, Any], value: list[Any]) -> list[Problem]:
    found = []
    if len(value) < part.get("minItems", 0):
        found.append(_problem("array_min_items", path, f"Array must have at least {part['minItems']} items"))
    if len(value) > part.get("maxItems", math.inf):
        found.append(_problem("array_max_items", path, f"Array must have at most {part['maxItems']} items"))
    for index, item in enumerate(value):
        found += _check(f"{path}.{index}", part.get("items", {}), item)
    return found


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "integer":
            return isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer()
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case _:
            return _TYPES.get(type(value)) == kind


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def _wrong_type(path: str, expected: str, value: Any) -> Problem:
    given = "integer" if isinstance(value, float) and value.is_integer() else _TYPES[type(value)]
    return _problem("invalid_type", path, f"Invalid type. Expected: {expected}, given: {given}")


def _problem(kind: str, path: str, description: str) -> Problem:
    return {"type": kind, "field": path, "description": description}
