"""``1..4`` and ``720p,1080p`` on a ``%%pvideo`` line: the values that an option is to go through."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pvideo.errors import InputError
from pvideo.job.axes import MOST
from pvideo.model.validation import coerce

if TYPE_CHECKING:
    from pvideo.model.schema import Field, Model

_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:\.\.({_NUMBER}))?")


def spread(model: Model, name: str, text: str, *, each: bool = False) -> tuple[Any, ...] | None:
    """Return the values that an option's text stands for; None where it is one value.

    What can be one value is one: a comma in a text input belongs to it, unless `each` was asked for.

    Args:
        model: The model.
        name: One of its inputs.
        text: What was typed.
        each: Whether commas part the values of text inputs, too (``--each``).

    Raises:
        InputError: A part does not fit, or there are too many.
    """
    field = model.field(name)
    if field is None or field.kind in {"array", "json"}:
        return None
    plain_text = field.kind == "string" and not field.enum
    if plain_text and not (each and "," in text):
        return None
    if not plain_text and _is_one(model, name, text):
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and not _RANGE.fullmatch(parts[0]):
        return None
    return tuple(value for part in parts if part for value in _values(model, field, part))


def _is_one(model: Model, name: str, text: str) -> bool:
    try:
        coerce(model, name, text)
    except InputError:
        return False
    return True


def _values(model: Model, field: Field, part: str) -> list[Any]:
    found = _RANGE.fullmatch(part) if field.kind in {"integer", "number"} and not field.enum else None
    if found is None:
        return [coerce(model, field.name, part)]
    first, last = Decimal(found[1]), Decimal(found[2])
    step = abs(Decimal(found[3])) if found[3] else Decimal(1)
    if step == 0 or abs(last - first) / step >= MOST:
        raise InputError("value_wrong", problem=f"{field.name} {part} is more than {MOST} values; a sweep has at most {MOST} videos.")
    count = int(abs(last - first) / step) + 1
    values = [first + (step if last >= first else -step) * number for number in range(count)]
    return [coerce(model, field.name, f"{value:f}") for value in values]
