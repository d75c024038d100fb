"""Which model a Studio is for: given as data, known here, or still to be asked for, which happens off the kernel's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pvideo.model.schema import Model


def model_name(model: str | Model | None, schema: Any = None) -> str:
    """Return ``owner/name`` of what a person named, or of the model of the settings."""
    if model is not None:
        return model if isinstance(model, str) else model.name
    told = (
        schema.get("modelId") or "/".join(str(schema[key]) for key in ("owner", "name") if schema.get(key))
        if isinstance(schema, dict)
        else ""
    )
    if told and "/" in str(told):
        return str(told)
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
