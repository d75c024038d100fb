"""What a sweep varies: the axes that lists, ranges and ``{a | b}`` make, and every combination of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.errors import InputError
from pvideo.job.alternatives import Group, choose, split, unescape
from pvideo.model.values import is_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.model.schema import Field, Model

MOST = 100
"""Videos in one sweep; more is more likely a slip of the finger than a wish."""

_LONG = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One thing that is varied."""

    name: str
    """The input, or ``prompt``."""
    values: tuple[Any, ...]
    labels: tuple[str, ...]

    @property
    def title(self) -> str:
        """Everything that it goes through, in words: ``seed 1–4``, ``720p, 1080p``."""
        return f"{self.name} {_span(self.values, self.labels)}" if self.is_named else _span(self.values, self.labels)

    @property
    def is_named(self) -> bool:
        """Whether its values need the name beside them; ``720p`` and a prompt's words say it themselves."""
        return not all(isinstance(value, str) for value in self.values)

    def label(self, place: int) -> str:
        """Return one value in words: ``seed 3``, ``720p``."""
        return f"{self.name} {self.labels[place]}" if self.is_named else self.labels[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """One video of a sweep, as it is asked for."""

    places: tuple[int, ...]
    """Which value of each axis it has."""
    title: str
    inputs: dict[str, Any]
    template: str


def several(field: Field | None, value: Any) -> tuple[Any, ...] | None:
    """Return the values that an input is to go through; None where `value` is one value of it.

    A list for an input that takes lists is one value; a list of lists is several.
    """
    if isinstance(value, (str, bytes, bytearray, memoryview, Mapping)) or is_array(value):
        return None
    if hasattr(value, "tolist") and hasattr(value, "__len__"):  # numpy and pandas
        value = value.tolist()
    if not isinstance(value, (Sequence, Set)):
        return None
    if field is not None and field.kind in {"array", "json"} and not all(isinstance(item, (list, tuple)) for item in _few(value)):
        return None
    if isinstance(value, (list, tuple, range)) or not isinstance(value, Set):
        return _few(value)
    try:
        return tuple(sorted(value, key=lambda item: (str(type(item)), item)))
    except TypeError:  # values that have no order
        return _few(value)


def axes_of(model: Model, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, tuple[Any, ...]]]:
    """Return the inputs that stay, and those that are varied, in the order given.

    Raises:
        InputError: An axis is empty or too long.
    """
    fixed: dict[str, Any] = {}
    varied: dict[str, tuple[Any, ...]] = {}
    for name, value in inputs.items():
        field = model.field(name)
        values = several(field, value)
        if values is None:
            fixed[name] = value
            continue
        if not values:
            raise InputError("value_wrong", problem=f"{name} is to go through an empty list.")
        varied[field.name if field else name] = _once(values)
    return fixed, varied


def combine(
    fixed: Mapping[str, Any],
    varied: Mapping[str, tuple[Any, ...]],
    *,
    expand: Callable[[str], str] = unescape,
    each: bool = True,
) -> tuple[tuple[Axis, ...], tuple[Combination, ...]]:
    """Return the axes and every combination of them, the last axis moving fastest.

    Args:
        fixed: The inputs that stay, the prompt among them.
        varied: The values of the others, in the order given.
        expand: Gives the prompt that a template with its alternatives chosen stands for.
        each: Whether ``{a | b}`` in the prompt makes an axis.

    Raises:
        InputError: There would be too many videos.
    """
    parts = split(str(fixed.get("prompt") or "")) if each and "prompt" not in varied else ()
    groups = [part for part in parts if isinstance(part, Group)]
    axes = (
        *(_words_axis(group) for group in groups),
        *(Axis(name=name, values=values, labels=tuple(_shown(value) for value in values)) for name, values in varied.items()),
    )
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST:
        raise InputError("value_wrong", problem=f"That is {count:,} videos; a sweep has at most {MOST}.")
    combinations = []
    for places in itertools.product(*(range(len(axis.values)) for axis in axes)):
        chosen = list(zip(axes, places, strict=True))
        own = {axis.name: axis.values[place] for axis, place in chosen[len(groups) :]}
        template = choose(parts, places[: len(groups)]) if groups else str({**fixed, **own}.get("prompt") or "")
        prompt = {"prompt": expand(template)} if template else {}
        title = ", ".join(axis.label(place) for axis, place in chosen)
        combinations.append(Combination(places=places, title=title, inputs={**fixed, **own, **prompt}, template=template))
    return axes, tuple(combinations)


def _words_axis(group: Group) -> Axis:
    return Axis(name="prompt", values=group.texts, labels=tuple(_shown(text) for text in group.texts))


def _few(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return the values, as long as they are not absurdly many: ``range(10**9)`` is a slip, and is not written out."""
    found = tuple(itertools.islice(values, MOST + 1))
    if len(found) > MOST:
        raise InputError("value_wrong", problem=f"That is more than {MOST} videos; a sweep has at most {MOST}.")
    return found


def _once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return every value once; None, "not given", stays as often as it stands: so many takes are wanted."""
    found: list[Any] = []
    for value in values:
        if value is None or not any(_is_same(value, known) for known in found):
            found.append(value)
    return tuple(found)


def _is_same(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # noqa: BLE001 - arrays and users' own types may answer with anything
        return False


def _shown(value: Any) -> str:
    if value is None:
        return "new"
    if isinstance(value, bool):
        return "on" if value else "off"
    text = value if isinstance(value, str) else repr(value) if isinstance(value, (int, float)) else str(value)
    line = " ".join(text.split()) or "–"
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"


def _span(values: tuple[Any, ...], labels: tuple[str, ...]) -> str:
    """Return ``1–4`` for whole numbers in a row, else all of them."""
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    if whole and len(values) > 2 and all(after - before == 1 for before, after in itertools.pairwise(values)):
        return f"{labels[0]}–{labels[-1]}"
    return ", ".join(labels)
