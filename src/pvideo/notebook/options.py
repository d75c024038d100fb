"""The line of a ``%%pvideo`` cell: ``[name] [--options]``, where every input of the model is an option."""

from __future__ import annotations

import keyword
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pvideo.arguments import nearest
from pvideo.errors import InputError

from .text import expand_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pvideo.model.schema import Field, Model

OURS = {
    "wait": "wait for the video here, instead of returning at once",
    "prefer_wait": "one long call (Prefer: wait) instead of a short call and looks",
    "again": "make a new video although this cell has made one (it is paid again)",
    "each": "a video for each {a | b} in the text and each part of a text value with commas",
}
"""Our own switches, with what each does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a ``%%pvideo`` line asks for."""

    name: str = ""
    model: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """The inputs that go through several values, in the order given: it is a sweep."""
    each: bool = False
    wait: bool = False
    prefer_wait: bool = False
    again: bool = False
    help: bool = False


def parse(line: str, namespace: Mapping[str, Any], load: Callable[[str], Model], default_model: str) -> Line:
    """Read the line.

    Args:
        line: What stands after ``%%pvideo``.
        namespace: The user's variables, for ``{name}``.
        load: Gives a model by its name.
        default_model: The model when ``--model`` is not given.

    Raises:
        InputError: An unknown option, a value that does not fit, a prompt on the line.
    """
    words = _split(line)
    model_name = _model_name(words, namespace) or default_model
    if "-h" in words or "--help" in words:
        return Line(model=model_name, help=True)
    reader = _Reader(load(model_name), namespace, each="--each" in words)
    rest = iter(words)
    for word in rest:
        reader.take(word, rest)
    return Line(name=reader.name, model=model_name, inputs=reader.inputs, axes=reader.axes, **reader.switches)


def split_words(line: str) -> list[str]:
    """Split a line the way a shell does; a quote without its partner is a mistake that is named."""
    return _split(line)


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise InputError("value_wrong", problem=f"A quote on the %%pvideo line has no partner ({error}).") from error


def _model_name(words: list[str], namespace: Mapping[str, Any]) -> str:
    """Find ``--model`` first, as it decides which other options there are."""
    for place, word in enumerate(words):
        if word.startswith("--model="):
            return str(expand_value(word.partition("=")[2], namespace))
        if word == "--model" and place + 1 < len(words):
            return str(expand_value(words[place + 1], namespace))
    return ""


class _Reader:
    """Takes one word after the other."""

    def __init__(self, model: Model, namespace: Mapping[str, Any], *, each: bool = False) -> None:
        self._model = model
        self._namespace = namespace
        self._each = each
        self._flags, self._options = _tables(model)
        self.name = ""
        self.inputs: dict[str, Any] = {}
        self.axes: dict[str, tuple[Any, ...]] = {}
        self.switches: dict[str, bool] = {}

    def take(self, word: str, rest: Iterator[str]) -> None:
        """Take `word`, and from `rest` its value if it has one."""
        if not word.startswith("--"):
            self._take_name(word)
            return
        option, equals, text = word[2:].partition("=")
        key = option.replace("-", "_")
        value: Callable[[], str] = lambda: text if equals else _value_of(word, rest)  # noqa: E731
        if key in OURS:
            self.switches[key] = True
        elif key == "model":
            value()
        elif key == "input":
            self._take_pair(value())
        elif key in self._flags:
            name, given = self._flags[key]
            self._give(name, text if equals else "on", turned=not given)
        elif key in self._options:
            self._give(self._options[key], value())
        elif not self._model.has_schema:
            self._give(key, value())
        else:
            raise self._unknown(key, f"--{option}")

    def _take_name(self, word: str) -> None:
        if self.name or not _bindable(word):
            if self.name or " " in word:
                raise InputError("prompt_missing")
            raise InputError("value_wrong", problem=f"{word!r} cannot be the name of a variable.")
        self.name = word

    def _take_pair(self, pair: str) -> None:
        name, equals, text = pair.partition("=")
        known = self._model.field(name)
        if not equals:
            raise InputError("value_wrong", problem=f"--input wants name=value; {pair!r} was given.")
        if known is None and self._model.has_schema:
            raise self._unknown(name.replace("-", "_"), f"--input {name}")
        self._give(known.name if known else name, text)

    def _give(self, name: str, text: str, *, turned: bool = False) -> None:
        """Take one value of an input, or the several that it is to go through; `turned` is for a switch that means the opposite."""
        from pvideo.job.axes import axes_of
        from pvideo.model.validation import coerce

        from .ranges import spread

        value = expand_value(text, self._namespace)
        if isinstance(value, str):
            value = spread(self._model, name, value, each=self._each) or coerce(self._model, name, value)
        # Without a schema a list may be what the model takes: it is one value.
        fixed, varied = axes_of(self._model, {name: value}) if self._model.has_schema else ({name: value}, {})
        self.inputs.pop(name, None)
        self.axes.pop(name, None)
        self.inputs.update({name: (not one) if turned else one for name, one in fixed.items()})
        self.axes.update({name: tuple(not one for one in values) if turned else values for name, values in varied.items()})

    def _unknown(self, key: str, shown: str) -> InputError:
        near = nearest(key, [*self._options, *self._flags, *OURS, "model", "input"])
        hint = f"Did you mean --{near.replace('_', '-')}? " if near else ""
        return InputError("option_unknown", option=shown, model=self._model.name, suggestion=hint)


def _tables(model: Model) -> tuple[dict[str, tuple[str, bool]], dict[str, str]]:
    """Return the model's switches (word -> input, value) and its options (word -> input)."""
    flags: dict[str, tuple[str, bool]] = {}
    options: dict[str, str] = {}
    for item in model.fields:
        for word in _words(item):
            if item.kind != "boolean":
                options[word] = item.name
                continue
            # An option that turns a "disable_x" round ("--x") sets the input to the opposite.
            given = word == item.name or not item.inverted
            flags[word] = (item.name, given)
            flags.setdefault(f"no_{word}", (item.name, not given))
    return flags, options


def _words(item: Field) -> list[str]:
    words = [item.name.replace("-", "_"), item.option.removeprefix("--").replace("-", "_")]
    if item.inverted:
        words.append(item.name.removeprefix("disable_"))
    return list(dict.fromkeys(word for word in words if word))


def _value_of(word: str, rest: Iterator[str]) -> str:
    try:
        return next(rest)
    except StopIteration:
        raise InputError("value_wrong", problem=f"{word} wants a value after it.") from None


def _bindable(word: str) -> bool:
    return word.isidentifier() and not keyword.iskeyword(word)
