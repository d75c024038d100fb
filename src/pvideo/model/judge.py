"""The second judge: the model's own JSON Schema, for what the plain rules do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.errors import Problem
from pvideo.secrets import redact

from .values import is_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import Model

_FILE = "https://replicate.delivery/file"
"""Stands for a file, which becomes an address only when it is sent."""


def judge(model: Model, values: Mapping[str, Any]) -> list[Problem]:
    """Return what the schema says against `values` (already as JSON has them); nothing when the schema itself cannot be used."""
    from jsonschema import Draft202012Validator

    instance = {name: _without_files(value) for name, value in values.items()}
    try:
        errors = sorted(Draft202012Validator(model.input_schema).iter_errors(instance), key=lambda error: str(error.path))
    except Exception:  # noqa: BLE001 - an odd schema raises whatever its oddness leads to; then Replicate is the judge
        return []
    return [_problem(model, [str(step) for step in error.absolute_path], error.message) for error in errors]


def _problem(model: Model, path: list[str], message: str) -> Problem:
    name = path[0] if path else ""
    field = model.field(name) if name else None
    if field is not None and field.secret:
        return Problem(name, f"{name} does not fit what {model.name} takes.")
    return Problem(name, f"{'.'.join(path) or model.name}: {redact(message)[:200]}.")


def _without_files(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_files(item) for item in value]
    return _FILE if is_file(value) else value
