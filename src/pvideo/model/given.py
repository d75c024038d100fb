"""A model from a schema that is at hand: Replicate's model or version as JSON, an OpenAPI document, its schemas, or the inputs alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pvideo.errors import InputError, Problem

from .catalog import from_api

if TYPE_CHECKING:
    from .schema import Model

_PREFIX = "#/components/schemas/"
_DEFINITIONS = ("$defs", "definitions")


def from_schema(name: str, data: Any) -> Model:
    """Return the model that `data` describes; the catalog's own data is added if it has that model.

    Args:
        name: ``owner/name``; what `data` says about itself wins.
        data: A model or version as Replicate answers it, an OpenAPI document, its ``components.schemas``, or the ``Input`` schema.

    Raises:
        InputError: ``value_wrong``: it is none of these.
    """
    body = data if isinstance(data, Mapping) else {}
    schemas = _schemas(body)
    if schemas is None:
        problem = "schema is no model, OpenAPI document or input schema: it has no Input and no properties."
        raise InputError("value_wrong", problems=(Problem("schema", problem),), problem=problem)
    owner, _, short = str(body.get("modelId") or name).partition("/")
    told = {key: body[key] for key in ("owner", "name", "description") if isinstance(body.get(key), str) and body[key]}
    latest = body.get("latest_version")
    version = latest.get("id") if isinstance(latest, Mapping) else body.get("id")
    document = {"openapi_schema": {"components": {"schemas": schemas}}, "id": version}
    return from_api({"owner": owner, "name": short or owner, **told, "latest_version": document})


def _schemas(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ``components.schemas``, wherever it stands."""
    for key in ("latest_version", "openapi_schema", "components", "schemas"):
        inner = body.get(key)
        if isinstance(inner, Mapping):
            return _schemas(inner)
    if isinstance(body.get("Input"), Mapping):
        return dict(body)
    return _of_inputs(body) if isinstance(body.get("properties"), Mapping) else None


def _of_inputs(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas of inputs alone; what they refer to stands in ``$defs``."""
    whole = {key: value for key, value in schema.items() if key not in _DEFINITIONS}
    others = {str(key): node for word in _DEFINITIONS if isinstance(schema.get(word), Mapping) for key, node in schema[word].items()}
    return {**{key: _referred(node) for key, node in others.items()}, "Input": _referred(whole)}


def _referred(node: Any, depth: int = 0) -> Any:
    """Return `node` with references as an OpenAPI document has them."""
    if depth > 50:
        return {}
    if isinstance(node, list):
        return [_referred(one, depth + 1) for one in node]
    if not isinstance(node, Mapping):
        return node
    found = {str(key): _referred(value, depth + 1) for key, value in node.items()}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = _PREFIX + found["$ref"].rsplit("/", 1)[-1]
    return found
