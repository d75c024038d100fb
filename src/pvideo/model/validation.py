"""Says what does not fit, before anything is sent: one sentence per input, naming what it may be.

Replicate passes on inputs that a model does not know, and those cost money or fail a paid prediction; so every name is checked here.
Plain rules answer first, in words a person can act on. They hold all that P-Video's schema says. `judge` (jsonschema) is asked only when
a model's schema says more (``pattern``, ``maxItems``, …): importing it takes longer than the first cell may (0.15 s against 0.05 s).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pvideo.arguments import nearest, short, shown
from pvideo.errors import InputError, Problem

from .values import NotSendable, check_text, is_file, is_visible, jsonable, number, text, truth
from .wording import misfit

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
    return (*unknown, *_repeated(model, inputs), *known)


def gather(model: Model, *sources: Mapping[str, Any], own: Sequence[str] = ()) -> dict[str, Any]:
    """Return the inputs of several sources as one, each under the model's own name for it.

    Args:
        model: The model.
        sources: Inputs by name; None means "not given".
        own: The names that the call has for itself: one of them may be what a name that the model does not have was meant for.

    Raises:
        InputError: ``input_twice``, ``option_unknown``.
    """
    found: dict[str, Any] = {}
    for name, value in ((name, value) for source in sources for name, value in source.items()):
        field = model.field(name)
        if field is None and model.has_schema and nearest(name, [*own, *(field.name for field in model.fields)]) in own:
            problem = _unknown(model, name)
            hint = f"Did you mean {nearest(name, own)}? "
            raise InputError("option_unknown", problems=(problem,), option=short(name), model=model.name, suggestion=hint)
        key = name if field is None else field.name
        if found.get(key) is not None and value is not None:
            raise_for(model, [_twice(field, key, found[key], value)])
        found[key] = value if value is not None else found.get(key)
    return found


def _repeated(model: Model, inputs: Mapping[str, Any]) -> list[Problem]:
    """Return what stands in `inputs` under two names: ``save-audio`` and ``save_audio``."""
    seen: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in inputs.items():
        field = model.field(name) if isinstance(name, str) else None
        if field is None or value is None:
            continue
        if field.name in seen:
            problems.append(_twice(field, field.name, seen[field.name], value))
        seen[field.name] = value
    return problems


def _twice(field: Field | None, name: str, first: Any, second: Any) -> Problem:
    values = "" if field is not None and field.secret else f", as {shown(first)} and as {shown(second)}"
    return Problem(name, f"{short(name)} is given twice{values}.", "input_twice")


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
        raise InputError("input_invalid", problems=every, count=len(every), problem=" ".join(map(_said, every)))
    if first.key == "option_unknown":
        near = nearest(first.field, [field.name for field in model.fields])
        hint = f"Did you mean {near}? " if near else ""
        raise InputError("option_unknown", problems=every, option=shown(first.field)[1:-1], model=model.name, suggestion=hint)
    raise InputError(first.key, problems=every, name=short(first.field), problem=_said(first), advice=first.advice)


def _said(problem: Problem) -> str:
    """Return a problem as it stands apart from its input: what is said of a file does not name that."""
    is_named = not problem.advice or problem.message.startswith(f"{problem.field} ")
    return problem.message if is_named else f"{problem.field}: {problem.message}"


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
    found = next((choice for choice in choices if plain == choice and isinstance(plain, bool) == isinstance(choice, bool)), None)
    if found is None and plain is not None and not isinstance(plain, (str, bool)):
        # A choice that is a text and looks like a number: 1 means "1".
        return next((choice for choice in choices if isinstance(choice, str) and _as_number(choice) == plain), None)
    return found


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


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
        return _of_any_kind(model, field, text) if field.kind == "json" and not field.enum else _read(field, text)
    except (ValueError, RecursionError) as error:
        problem = Problem(field.name, misfit(field, text, typed=True))
        raise InputError("value_wrong", problems=(problem,), problem=problem.message) from error


def _guess(text: str) -> Any:
    """Return what a text most likely means where no schema says: JSON but for quoted texts, else the text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(found, str) or found is None else found


def _of_any_kind(model: Model, field: Field, text: str) -> Any:
    """Return what a text means where several kinds of value are allowed: ``5`` is a number where that fits, else a text."""
    found = _guess(text)
    if found is text or text[:1] in {"{", "["}:
        return found
    from .judge import judge

    return text if any(problem.field == field.name for problem in judge(model, {field.name: found})) else found


def _read(field: Field, text: str) -> Any:
    """Return the value a text means; raises ValueError when it means none."""
    word = text.strip().lower()
    if field.enum:
        words = [str(choice).lower() for choice in field.enum]
        return field.enum[words.index(word)] if word in words else _numeral(field.enum, word)
    if field.kind == "boolean":
        return _switch(word)
    if field.kind in {"integer", "number"}:
        return int(word) if field.kind == "integer" and "." not in word else float(word)
    if field.kind == "array":
        return json.loads(text) if word.startswith("[") or field.item is None else [_read(field.item, text)]
    return text


def _numeral(choices: tuple[Any, ...], word: str) -> Any:
    """Return the choice that is the same number: ``1.0`` is ``"1"``; raises ValueError when there is none."""
    found = _choice(choices, float(word))
    if found is None:
        raise ValueError(word)
    return found


def _switch(word: str) -> bool:
    if word not in _TRUE | _FALSE:
        raise ValueError(word)
    return word in _TRUE


def _unknown(model: Model, name: object) -> Problem:
    known = [field.name for field in model.fields]
    near = nearest(name, known) if isinstance(name, str) else ""
    hint = f" Did you mean {near}?" if near else ""
    return Problem(str(name), f"{model.name} has no input {shown(name)}.{hint}", "option_unknown")
