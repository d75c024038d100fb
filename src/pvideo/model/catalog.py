"""The models that pvideo knows offline: their schema in Replicate's own layout, and our data beside it (labels, prices, limits)."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

from .hints import output_of
from .openapi import is_strict, read_fields, resolve, schemas_of
from .presentation import placed, roles
from .pure import pure_schema
from .schema import Model, Void

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import Field

NO_OPS = frozenset({"no_op", "noop", "dry_run"})
"""Inputs that ask a model for nothing but a sign of life."""

FOLDER = Path(__file__).parent / "catalog"


@cache
def _files() -> dict[str, Path]:
    return {path.stem.replace("__", "/", 1): path for path in sorted(FOLDER.glob("*.json"))}


@cache
def _entry(name: str) -> Mapping[str, Any]:
    path = _files().get(name)
    if path is None:
        return {}
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def names() -> tuple[str, ...]:
    """Return the catalog's models, as ``owner/name``."""
    return tuple(_files())


@cache
def load(name: str) -> Model:
    """Return a model of the catalog.

    Args:
        name: ``owner/name``.

    Raises:
        RefusedError: ``model_refused``: it is not in the catalog.
    """
    entry = _entry(name)
    if not entry:
        raise PVideoError.make("model_refused", model=name, detail=f"not in pvideo's catalog, which has {', '.join(names())}.")
    return _build(entry["model"], entry)


def from_api(body: Mapping[str, Any]) -> Model:
    """Return a model from what ``GET /models/{owner}/{name}`` answered; our own data is added if the catalog has it.

    Never raises: a part that is missing or odd is left out.
    """
    return _build(body, _entry(f"{body.get('owner') or ''}/{body.get('name') or ''}"))


def _hidden(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return the fields with those that make nothing out of sight: health checks."""
    return tuple(replace(field, place="hidden") if field.name in NO_OPS else field for field in fields)


def _build(body: Mapping[str, Any], entry: Mapping[str, Any]) -> Model:
    latest = body.get("latest_version")
    version: Mapping[str, Any] = latest if isinstance(latest, dict) else {}
    schemas = schemas_of(version.get("openapi_schema"))
    shown: Mapping[str, Any] = entry.get("presentation", {})
    about = f"{body.get('name') or ''} {body.get('description') or ''}"
    fields = read_fields(schemas)
    return Model(
        owner=str(body.get("owner") or ""),
        short_name=str(body.get("name") or ""),
        version=version.get("id") if isinstance(version.get("id"), str) else None,
        title=shown.get("title") or str(body.get("name") or ""),
        description=str(body.get("description") or ""),
        has_schema=bool(fields),
        fields=_hidden(placed(fields, shown.get("fields"))),
        input_schema=pure_schema(schemas),
        strict=is_strict(schemas),
        output=shown.get("output") or output_of(resolve(schemas.get("Output"), schemas), about),
        voids=tuple(Void(**void) for void in entry.get("voids", ())),
        prices=entry.get("prices", {}),
        limits=entry.get("limits", {}),
        first=shown.get("first", ""),
        price_hint=shown.get("price_hint", ""),
        **roles(fields, shown),
    )
