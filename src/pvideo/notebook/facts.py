"""The line of facts under a video: what was asked, with units, the telling ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .source import known_model
from .words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.job.states import Snapshot
    from pvideo.model.schema import Field, Model

_ALWAYS = ("duration", "resolution", "aspect_ratio", "fps")
_SCALARS = (str, int, float, bool)


def facts(snapshot: Snapshot) -> list[str]:
    """Return the facts in order: size and length, the seed, then whatever else differs from the model's defaults."""
    model = known_model(snapshot.model)
    values = {**_defaults(model), **snapshot.input}
    known = [_word(model, name, values[name]) for name in _ALWAYS if _is_shown(values.get(name))]
    if snapshot.seed is not None:
        known.append(f"seed {snapshot.seed}")
    return known + _changed(model, values)


def _changed(model: Model | None, values: Mapping[str, Any]) -> list[str]:
    """Return what was set away from its default; long texts, files and secrets are not facts."""
    if model is None:
        return []
    named = {*_ALWAYS, "prompt", model.seed_field}
    shown = [field for field in model.fields if field.name not in named and not field.secret and field.media is None]
    changed = [field for field in shown if _is_shown(values.get(field.name)) and values[field.name] != field.default]
    return [_fact(field, values[field.name]) for field in changed]


def _fact(field: Field, value: Any) -> str:
    label = (field.label or field.name.replace("_", " ")).lower()
    if isinstance(value, bool):
        on = value is not field.inverted
        return label if on else f"{label} {say('labels', 'off')}"
    return f"{label} {value}{f' {field.unit}' if field.unit else ''}"


def _word(model: Model | None, name: str, value: Any) -> str:
    """Return a value with its unit: ``5 s``, ``24 fps``; names are left out where the value speaks for itself."""
    field = model.field(name) if model else None
    unit = field.unit if field and field.unit else {"duration": "s", "fps": "fps"}.get(name, "")
    return f"{value} {unit}".strip()


def _is_shown(value: Any) -> bool:
    return isinstance(value, _SCALARS) and not (isinstance(value, str) and (len(value) > 40 or value.startswith("data:")))


def _defaults(model: Model | None) -> dict[str, Any]:
    from pvideo.model.schema import MISSING

    if model is None:
        return {}
    return {field.name: field.default for field in model.fields if field.name in _ALWAYS and field.default is not MISSING}
