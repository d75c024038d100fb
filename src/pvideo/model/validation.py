"""Says what does not fit, before anything is sent: one sentence per input, naming what it may be.

Replicate passes on inputs that a model does not know, and those cost money or fail a paid prediction; so every name is checked here.
Plain rules answer first, in words a person can act on. They hold all that P-Video's schema says. `judge` (jsonschema) is asked only when
a model's schema says more (``pattern``, ``maxItems``, …): importing it takes longer than the first cell may (0.15 s against 0.05 s).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pvideo.errors import InputError, Problem

from .values import NotSendable, check_text, is_file, is_visible, jsonable, number, text, truth
from .wording import misfit, nearest, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .schema import Field, Model

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def validate(model: Model, inputs: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what does not fit: unknown names first, then in the order of the model's inputs; nothing when all does.

    None means "not given". Files are opened only by `prepare`. Never raises for a value, however odd.
    """
    named = [name for name in inputs if not isinstance(name, str) or model.field(name) is None]
    unknown = [_unknown(model, name) for name in named if model.has_schema or not isinstance(name, str)]
    _, known = clean(model, inputs)
    return (*unknown, *known)


def clean(model: Model, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return the known inputs as JSON has them (files untouched, None left out), and what does not fit."""
    if not model.has_schema:
        return _unjudged(inputs)
    given = {_name(model, name): value for name, value in inputs.items() if isinstance(name, str) and value is not None}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field in model.fields:
        if field.name not in given:
            problems += [Problem(field.name, f"{field.name} is needed; {model.name} cannot start without it.")] * field.required
            continue
        try:
            values[field.name] = fitting(field, given[field.name])
        except Misfit as misfitting:
            problems.append(Problem(field.name, str(misfitting)))
    if model.strict and not problems:
        from .judge import judge

        problems += judge(model, values)
    return values, tuple(problems)


def _unjudged(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return the inputs of a model that tells no schema: whatever JSON carries, and files."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in inputs.items():
        if not isinstance(name, str) or value is None:
            continue
        try:
            values[name] = value if is_file(value) else jsonable(value)
        except NotSendable as error:
            problems.append(Problem(name, f"{name} {error}."))
    return values, tuple(problems)


def _name(model: Model, name: str) -> str:
    field = model.field(name)
    return field.name if field else ""


def check(model: Model, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs as JSON has them, files untouched.

    Raises:
        InputError: Something does not fit; ``problems`` has all of it.
    """
    raise_for(model, validate(model, inputs))
    return clean(model, inputs)[0]


def raise_for(model: Model, problems: Sequence[Problem]) -> None:
    """Raise what `problems` amount to, if anything.

    Raises:
        InputError: ``option_unknown``, ``value_wrong`` or ``file_refused`` for one problem, ``input_invalid`` for more.
    """
    if not problems:
        return
    first, rest = problems[0], problems[1:]
    every = tuple(problems)
    if rest:
        raise InputError("input_invalid", problems=every, count=len(every), problem=" ".join(problem.message for problem in every))
    if first.key == "option_unknown":
        near = nearest(first.field, [field.name for field in model.fields])
        hint = f"Did you mean {near}? " if near else ""
        raise InputError("option_unknown", problems=every, option=shown(first.field)[1:-1], model=model.name, suggestion=hint)
    raise InputError(first.key, problems=every, problem=first.message)


class Misfit(ValueError):  # noqa: N818 - it becomes a Problem in this room
    """A value does not fit its input; the text is the sentence."""


def fitting(field: Field, value: Any) -> Any:
    """Return a value as JSON has it.

    Raises:
        Misfit: It does not fit the input.
    """
    try:
        found = _fitting(field, value)
    except NotSendable as error:
        msg = f"{field.name} {error}."
        raise Misfit(msg) from error
    if found is None:
        raise Misfit(misfit(field, value))
    if isinstance(found, str) and field.media is None and not is_visible(found) and (field.required or found.strip()):
        msg = f"{field.name} is empty."
        raise Misfit(msg)
    return found


def _fitting(field: Field, value: Any) -> Any:
    """Return the value as JSON has it, or None when it does not fit."""
    if isinstance(value, str):
        check_text(value)
    if field.enum:
        return _choice(field.enum, value)
    return _READERS[field.kind](field, value)


def _text(field: Field, value: Any) -> Any:
    found = text(value)
    if found is None:
        return value if field.media and is_file(value) else None
    return found


def _choice(choices: tuple[Any, ...], value: Any) -> Any:
    switch = truth(value)
    plain = switch if switch is not None else text(value) if isinstance(value, str) else number(value)
    return next((choice for choice in choices if plain == choice and isinstance(plain, bool) == isinstance(choice, bool)), None)


def _number(field: Field, value: Any) -> int | float | None:
    found = number(value)
    if found is None or (field.kind == "integer" and not isinstance(found, int)):
        return None
    low = field.minimum is None or found >= field.minimum
    return found if low and (field.maximum is None or found <= field.maximum) else None


def _items(field: Field, value: Any) -> list[Any] | None:
    if not isinstance(value, (list, tuple)):
        return None
    return [fitting(field.item, item) if field.item else jsonable(item) for item in value]


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda _, value: truth(value),
    "array": _items,
    "json": lambda _, value: jsonable(value),
}


def coerce(model: Model, name: str, text: str) -> Any:
    """Return the value that an option's text means: ``"5"`` is 5, ``"on"`` is True. Ranges are `validate`'s to check.

    Args:
        model: The model.
        name: One of its inputs; dashes and underscores are the same.
        text: What was typed.

    Raises:
        InputError: There is no such input, or the text cannot be read as one of its values.
    """
    field = model.field(name)
    if field is None and not model.has_schema:
        return _guess(text)
    if field is None:
        raise_for(model, [_unknown(model, name)])
        return None
    try:
        return _read(field, text)
    except (ValueError, RecursionError) as error:
        problem = Problem(field.name, misfit(field, text))
        raise InputError("value_wrong", problems=(problem,), problem=problem.message) from error


def _guess(text: str) -> Any:
    """Return what a text most likely means where no schema says: JSON but for quoted texts, else the text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(found, str) or found is None else found


def _read(field: Field, text: str) -> Any:
    """Return the value a text means; raises ValueError when it means none."""
    word = text.strip().lower()
    if field.enum:
        return field.enum[[str(choice).lower() for choice in field.enum].index(word)]
    if field.kind == "boolean":
        return _switch(word)
    if field.kind in {"integer", "number"}:
        return int(word) if field.kind == "integer" and "." not in word else float(word)
    if field.kind == "array":
        return json.loads(text) if word.startswith("[") or field.item is None else [_read(field.item, text)]
    return json.loads(text) if field.kind == "json" and word[:1] in {"{", "["} else text


def _switch(word: str) -> bool:
    if word not in _TRUE | _FALSE:
        raise ValueError(word)
    return word in _TRUE


def _unknown(model: Model, name: object) -> Problem:
    known = [field.name for field in model.fields]
    near = nearest(name, known) if isinstance(name, str) else ""
    hint = f" Did you mean {near}?" if near else ""
    return Problem(str(name), f"{model.name} has no input {shown(name)}.{hint}", "option_unknown")
