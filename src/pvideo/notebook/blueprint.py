"""Which model a Studio is for: given as data, known here, or still to be asked for, which happens off the kernel's thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pvideo.arguments import Rule, is_path, path_of, short
from pvideo.errors import InputError, Problem

if TYPE_CHECKING:
    from pvideo.model.schema import Model


VIDEO = Rule("a video", lambda value: hasattr(value, "snapshot"), "cat")
SCHEMA = Rule(
    "a schema as a dict, or the path of a JSON file", lambda value: isinstance(value, Mapping) or is_path(value), '"model.json"'
).or_none()


def read_schema(schema: Any) -> Any:
    """Return a schema as data; a path is read.

    Raises:
        InputError: ``schema_wrong``: it is no JSON file.
    """
    if schema is None or isinstance(schema, Mapping):
        return schema
    path = path_of(schema)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror or type(error).__name__})"
        raise _no_schema(f"{short(str(path))} {reason}.", "Give the path of a JSON file, or the schema as a dict.") from None
    except (ValueError, RecursionError):
        raise _no_schema(f"{short(str(path))} is not JSON.", "Give the path of a JSON file, or the schema as a dict.") from None


def _no_schema(problem: str, advice: str) -> InputError:
    return InputError("schema_wrong", problems=(Problem("schema", problem),), problem=problem, advice=advice)


def model_name(model: str | Model | None, schema: Any = None) -> str:
    """Return ``owner/name`` of what a person named, or of the model of the settings.

    Raises:
        InputError: ``schema_wrong``: a schema is for a model, and nobody says which.
    """
    if model is not None:
        return model if isinstance(model, str) else model.name
    told = (
        schema.get("modelId") or "/".join(str(schema[key]) for key in ("owner", "name") if schema.get(key))
        if isinstance(schema, Mapping)
        else ""
    )
    if told and "/" in str(told):
        return str(told)
    if schema is not None:
        raise _no_schema("The schema does not say which model it is of.", 'Say it: model="owner/name".')
    from pvideo.settings import current

    return current().model


def at_hand(model: str | Model | None, schema: Any = None) -> Model | None:
    """Return the model when no one has to be asked for it, else None.

    Raises:
        InputError: `schema` is no schema.
    """
    if schema is not None:
        from pvideo.model.given import from_schema

        return from_schema(model_name(model, schema), schema)
    if model is not None and not isinstance(model, str):
        return model
    from .source import known_model

    return known_model(model_name(model))


def blank(name: str) -> Model:
    """Return a model of that name of which nothing is known yet."""
    from pvideo.model.schema import Model

    owner, _, short = name.partition("/")
    return Model(owner=owner, short_name=short, title=short or owner)
