"""What a Studio's sweep varies: which inputs can, the lines that say over what (``1..4``, ``720p,1080p``), and the sweep they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.job.axes import axes_of, combine
from pvideo.job.plan import plan
from pvideo.model.validation import coerce

from .ranges import spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pvideo.job.sweep import Sweep
    from pvideo.model.schema import Field, Model

Line = tuple[str, str]
"""An input's name, and what was typed as its values."""
MOST = 2
"""Lines in a sheet: its table has two sides. More is for `pvideo.sweep`."""
LONGEST = 300
"""Characters in a line."""
_SEEDS = "1..4"
_FEW = 4


def choices(model: Model) -> list[dict[str, str]]:
    """Return the inputs that can vary, the seed first: name, label, and the values to begin with as text."""
    able = sorted((field for field in model.fields if _can_vary(field)), key=lambda field: field.name != model.seed_field)
    return [{"name": field.name, "label": field.label or field.name, "text": _first(model, field)} for field in able]


def first_lines(model: Model) -> list[Line]:
    """Return the line that a new sheet begins with."""
    return [(choice["name"], choice["text"]) for choice in choices(model) if choice["text"]][:1]


def lines_of(model: Model, varied: Mapping[str, Sequence[Any]]) -> list[Line] | None:
    """Return the lines that say the same as these axes; None where no line can."""
    known = {choice["name"] for choice in choices(model)}
    lines = [(name, _text(model.field(name), values)) for name, values in varied.items()]
    if len(lines) > MOST or any(name not in known for name in varied):
        return None
    return lines if all(_says(model, line, varied[line[0]]) for line in lines) else None


def values_of(model: Model, lines: Sequence[Line]) -> dict[str, tuple[Any, ...]]:
    """Return the axes that lines say.

    Raises:
        InputError: One cannot be read, or is too long.
    """
    return {name: _values(model, name, text) for name, text in lines}


def planned(model: Model, inputs: Mapping[str, Any], varied: Mapping[str, Sequence[Any]]) -> Sweep:
    """Return the sweep of exactly these inputs with some of them varied. Nothing is pressed; braces of a prompt stay as they are.

    Raises:
        InputError: A combination does not fit.
        SettingsError: No account is set up.
    """
    _, axes = axes_of(model, {name: list(values) for name, values in varied.items()})
    fixed = {name: value for name, value in inputs.items() if name not in axes}
    return plan(model, *combine(fixed, axes, expand=str, each=False), defaults=False)


def _can_vary(field: Field) -> bool:
    """Return whether a comma parts its values: in a text it belongs to the text."""
    plain = bool(field.enum) or field.kind in {"integer", "number", "boolean"}
    return plain and field.place != "hidden" and not field.secret and field.media is None


def _first(model: Model, field: Field) -> str:
    if field.name == model.seed_field:
        return _SEEDS
    if field.enum:
        return _text(field, field.enum[:_FEW])
    if field.kind == "boolean":
        return "on,off"
    if not isinstance(field.default, (int, float)) or not field.default:
        return ""
    twice = field.default * 2
    other = field.default / 2 if field.maximum is not None and twice > field.maximum else twice
    return _text(field, sorted((field.default, int(other) if field.kind == "integer" else other)))


def _text(field: Field | None, values: Sequence[Any]) -> str:
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    if whole and len(values) > 2 and list(values) == list(range(values[0], values[0] + len(values))):
        return f"{values[0]}..{values[-1]}"
    return ",".join(_word(field, value) for value in values)


def _word(field: Field | None, value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value is not (field is not None and field.inverted) else "off"
    return str(value)


def _values(model: Model, name: str, text: str) -> tuple[Any, ...]:
    found = spread(model, name, text)
    if found is None:
        found = (coerce(model, name, text.strip()),) if text.strip() else ()
    field = model.field(name)
    # The form says such a switch the other way round, and so does its line.
    return tuple(not value if isinstance(value, bool) else value for value in found) if field is not None and field.inverted else found


def _says(model: Model, line: Line, values: Sequence[Any]) -> bool:
    from pvideo.errors import InputError

    try:
        return _values(model, *line) == tuple(values)
    except InputError:
        return False
