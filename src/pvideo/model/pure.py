"""OpenAPI 3.0's dialect in, pure JSON Schema (2020-12) out, with everything an input refers to in ``$defs``."""

from __future__ import annotations

from typing import Any

_PREFIX = "#/components/schemas/"
_DEEP = 32
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NODES = ("items", "additionalProperties", "not", "contains", "propertyNames")
_MAPS = ("properties", "patternProperties")
_PLAIN = frozenset(
    {"type", "enum", "const", "required", "pattern", "format", "title", "description", "default", "multipleOf", "uniqueItems"}
    | {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
)


def pure_schema(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return ``components.schemas.Input`` as JSON Schema; an empty schema (which allows everything) if there is none."""
    definitions: dict[str, Any] = {}
    whole = _Writer(schemas, definitions).write(schemas.get("Input"), 0)
    return {**whole, "$defs": definitions} if definitions else whole


class _Writer:
    """Rewrites nodes, and collects what they refer to."""

    def __init__(self, schemas: dict[str, Any], definitions: dict[str, Any]) -> None:
        self._schemas = schemas
        self._definitions = definitions

    def write(self, node: Any, depth: int) -> dict[str, Any]:
        """Return `node` in JSON Schema's own words."""
        if not isinstance(node, dict) or depth > _DEEP:
            return {}
        pure = {key: value for key, value in node.items() if key in _PLAIN}
        pure.update(self._reference(node.get("$ref"), depth))
        for key in _LISTS:
            if isinstance(node.get(key), list):
                pure[key] = [self.write(part, depth + 1) for part in node[key]]
        for key in _MAPS:
            if isinstance(node.get(key), dict):
                pure[key] = {str(name): self.write(part, depth + 1) for name, part in node[key].items()}
        for key in _NODES:
            if key in node:
                pure[key] = node[key] if isinstance(node[key], bool) else self.write(node[key], depth + 1)
        pure.update(_bounds(node, pure))
        return {"anyOf": [pure, {"type": "null"}]} if node.get("nullable") is True else pure

    def _reference(self, target: Any, depth: int) -> dict[str, Any]:
        """Return a reference into ``$defs``; one that leads nowhere says nothing."""
        if not isinstance(target, str) or target.removeprefix(_PREFIX) not in self._schemas:
            return {}
        name = target.removeprefix(_PREFIX)
        if name not in self._definitions:
            self._definitions[name] = {}
            self._definitions[name] = self.write(self._schemas[name], depth + 1)
        return {"$ref": f"#/$defs/{name.replace('~', '~0').replace('/', '~1')}"}


def _bounds(node: dict[str, Any], pure: dict[str, Any]) -> dict[str, Any]:
    """Return exclusive bounds as numbers: OpenAPI 3.0 writes a bound and ``exclusiveMinimum: true`` beside it."""
    found: dict[str, Any] = {}
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = node.get(exclusive)
        if value is True and inclusive in pure:
            found[exclusive] = pure.pop(inclusive)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[exclusive] = value
    return found
