"""Replicate's OpenAPI layout in, `Field`s and pure JSON Schema out.

Replicate serves what Cog writes: enums are not inline, a property holds ``"allOf": [{"$ref": "#/components/schemas/<name>"}]`` beside
its default, and ``nullable: true`` stands for JSON Schema's ``"null"``. Nothing here raises on a schema that is odd: what cannot be
read becomes a field of kind ``json``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, get_args

from .hints import accepted_types, is_secret_name, media_of
from .schema import MISSING, Field, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

Node = dict[str, Any]

_PREFIX = "#/components/schemas/"
_DEEP = 32
_KINDS: frozenset[str] = frozenset(get_args(Kind)) - {"json"}
_READ = frozenset(
    {"type", "title", "description", "default", "enum", "minimum", "maximum", "format", "nullable", "deprecated", "example", "examples"}
    | {"items", "writeOnly", "readOnly", "multipleOf"}
)
"""What a `Field` holds; a property with any other keyword (but ``x-…``) is judged by the schema itself too."""


def schemas_of(document: Any) -> Node:
    """Return ``components.schemas`` of an OpenAPI document, or nothing."""
    for key in ("components", "schemas"):
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def resolve(node: Any, schemas: Node, depth: int = 0) -> Node:
    """Return one property with its ``$ref``, ``allOf`` and "or null" folded in; the property's own words win."""
    if not isinstance(node, dict) or depth > _DEEP:
        return {}
    found: Node = {}
    for part in _parts(node, schemas):
        found.update(resolve(part, schemas, depth + 1))
    own = {key: value for key, value in node.items() if key not in {"$ref", "allOf"}}
    return _fold_null({**found, **own}, schemas, depth)


def _parts(node: Node, schemas: Node) -> Iterator[Any]:
    target = node.get("$ref")
    if isinstance(target, str):
        yield schemas.get(target.removeprefix(_PREFIX))
    parts = node.get("allOf")
    yield from parts if isinstance(parts, list) else ()


def _fold_null(node: Node, schemas: Node, depth: int) -> Node:
    """Turn ``anyOf: [T, null]`` and ``type: [T, "null"]`` into T that is nullable."""
    for key in ("anyOf", "oneOf"):
        branches = node.get(key)
        if not isinstance(branches, list):
            continue
        rest = [branch for branch in branches if not (isinstance(branch, dict) and branch.get("type") == "null")]
        if len(rest) == 1:
            outer = {name: value for name, value in node.items() if name != key}
            null = {"nullable": True} if len(rest) < len(branches) else {}
            node = {**resolve(rest[0], schemas, depth + 1), **outer, **null}
    types = node.get("type")
    if isinstance(types, list):
        words = [word for word in types if word != "null"]
        node = {**node, "type": words[0] if len(words) == 1 else None, "nullable": len(words) < len(types) or bool(node.get("nullable"))}
    return node


def read_fields(schemas: Node) -> tuple[Field, ...]:
    """Return the inputs in the schema's order (``x-order``; those without it last)."""
    whole = resolve(schemas.get("Input"), schemas)
    properties = whole.get("properties")
    if not isinstance(properties, dict):
        return ()
    required = whole.get("required")
    names = set(map(str, required)) if isinstance(required, list) else set()
    fields = [_read_field(str(name), node, schemas, required=name in names) for name, node in properties.items()]
    return tuple(sorted(fields, key=lambda field: field.order))


def _read_field(name: str, raw: Any, schemas: Node, *, required: bool = False, depth: int = 0) -> Field:
    node = resolve(raw, schemas)
    kind = _kind(node)
    own = raw if isinstance(raw, dict) else {}
    title, text = _text(own.get("title")), _text(node.get("description") if node.get("description") != "An enumeration." else None)
    item = _read_field(name, node.get("items"), schemas, depth=depth + 1) if kind == "array" and depth < 4 else None
    form = _text(node.get("format")) or None
    media = media_of(name, title, text) if kind == "string" and form == "uri" else None
    return Field(
        name=name,
        kind=kind,
        title=title,
        description=text,
        format=form,
        enum=_enum(node),
        default=node.get("default", MISSING),
        minimum=_bound(node, "minimum", kind),
        maximum=_bound(node, "maximum", kind),
        step=_number(node.get("multipleOf"), kind),
        required=required,
        order=int(_number(node.get("x-order"), "integer") or 0) if "x-order" in node else 2**31,
        nullable=node.get("nullable") is True,
        deprecated=node.get("deprecated") is True,
        secret=_is_secret(name, node, kind) or (item is not None and item.secret),
        media=item.media if item and item.kind == "string" else media,
        item=item,
        accept=accepted_types(media, text) if media else (item.accept if item else ()),
    )


def _is_secret(name: str, node: Node, kind: Kind) -> bool:
    marked = node.get("format") == "password" or node.get("x-cog-secret") is True or node.get("writeOnly") is True
    return marked or (kind == "string" and not node.get("enum") and is_secret_name(name))


def _kind(node: Node) -> Kind:
    word = node.get("type")
    if word is None and isinstance(node.get("enum"), list):
        kinds = {type(value) for value in node["enum"]} - {type(None)}
        word = {frozenset({str}): "string", frozenset({int}): "integer", frozenset({int, float}): "number"}.get(frozenset(kinds))
    if not isinstance(word, str) or word not in _KINDS or any(len(node.get(key) or ()) > 1 for key in ("anyOf", "oneOf")):
        return "json"
    return word  # type: ignore[return-value]  # one of _KINDS, as the line above made sure


def _enum(node: Node) -> tuple[Any, ...] | None:
    values = node.get("enum")
    if not isinstance(values, list):
        return None
    plain = tuple(value for value in values if isinstance(value, (str, int, float)))
    return plain or None


def _bound(node: Node, name: str, kind: Kind) -> float | None:
    """Return a bound; an exclusive one of whole numbers as the next number, which is what a person may choose."""
    bound, other = _number(node.get(name), kind), node.get(f"exclusive{name.title()}")
    exclusive = bound if other is True else _number(other, kind)
    if exclusive is None or kind != "integer":
        return bound
    inside = math.floor(exclusive) + 1 if name == "minimum" else math.ceil(exclusive) - 1
    return inside if bound is None else (max if name == "minimum" else min)(bound, inside)


def _number(value: Any, kind: str) -> float | None:
    """Return a bound; of a whole number as an int, since Cog writes ``20.0``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(value) if kind == "integer" and value == int(value) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def is_strict(schemas: Node) -> bool:
    """Return whether the schema says more about an input than a `Field` holds (``pattern``, ``maxItems``, …)."""
    whole = resolve(schemas.get("Input"), schemas)
    properties = whole.get("properties")
    nodes = [resolve(node, schemas) for node in properties.values()] if isinstance(properties, dict) else []
    more = set(whole) - {"type", "title", "description", "properties", "required", "additionalProperties"}
    return any(not key.startswith("x-") for key in more) or any(_says_more(node) for node in nodes)


def _says_more(node: Node) -> bool:
    known = _READ | ({"pattern"} if node.get("format") == "uri" else set())
    if any(key not in known and not key.startswith("x-") for key in node) or "multipleOf" in node:
        return True
    items = node.get("items")
    return isinstance(items, dict) and any(key not in {"type", "format", "title", "description"} for key in items)
