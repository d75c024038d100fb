"""The line of a ``%%pvideo`` cell: ``[name] [--options]``, where every input of the model is an option."""

from __future__ import annotations

import keyword
import shlex
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pvideo.arguments import nearest, short, shown
from pvideo.errors import InputError

from .text import expand_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pvideo.model.schema import Model

OURS = {
    "wait": "wait for the video here, instead of returning at once",
    "prefer_wait": "one long call (Prefer: wait) instead of a short call and looks",
    "again": "make a new video although this cell has made one (it is paid again)",
    "each": "a video for each {a | b} in the text and each part of a text value with commas",
}
"""Our own switches, with what each does."""
RESERVED = frozenset({*OURS, "model", "input", "help"})
"""The options that an input of the same name does not take away: it is given as ``--input NAME=VALUE``."""
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What editors and chats make of a dash."""


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
    """Find ``--model`` first, as it decides which other options there are; that it stands there once is looked at later."""
    for place, word in enumerate(words):
        option, equals, text = word.partition("=")
        if option == "--model":
            name = str(expand_value(text if equals else _value_of(option, iter(words[place + 1 :])), namespace))
            if not name.strip():
                raise InputError("value_wrong", problem="--model wants a model's name.")
            return name
    return ""


class _Reader:
    """Takes one word after the other."""

    def __init__(self, model: Model, namespace: Mapping[str, Any], *, each: bool = False) -> None:
        self._model = model
        self._namespace = namespace
        self._each = each
        self._table = option_table(model)
        self._seen: dict[str, str] = {}
        self.name = ""
        self.inputs: dict[str, Any] = {}
        self.axes: dict[str, tuple[Any, ...]] = {}
        self.switches: dict[str, bool] = {}

    def take(self, word: str, rest: Iterator[str]) -> None:
        """Take `word`, and from `rest` its value if it has one."""
        if not word.startswith("--"):
            if word.startswith(tuple(DASHES)):
                raise self._unknown(word.lstrip(DASHES), word)
            self._take_name(word)
            return
        option, equals, text = word.partition("=")
        key = option[2:].replace("-", "_")
        value: Callable[[], str] = lambda: text if equals else _value_of(word, rest)  # noqa: E731
        if key in OURS:
            if equals:
                raise InputError("switch_value", option=option, value=shown(text))
            self._once(option, option)
            self.switches[key] = True
        elif key == "model":
            self._once(option, value())
        elif key == "input":
            self._take_pair(value())
        elif key in self._table:
            name, switch = self._table[key]
            self._give(name, value() if switch is None else text if equals else "on", turned=switch is False)
        elif not self._model.has_schema:
            self._give(key, value())
        else:
            raise self._unknown(option[2:], option)

    def _once(self, name: str, text: str) -> None:
        """Note what is said, and refuse to have it said a second time: one of the two would be dropped."""
        if name in self._seen:
            known = self._model.field(name)
            values = "" if known is not None and known.secret else f", as {shown(self._seen[name])} and as {shown(text)}"
            raise InputError("input_twice", name=name, problem=f"{name} is given twice{values}.")
        self._seen[name] = text

    def _take_name(self, word: str) -> None:
        if self.name:
            raise InputError("prompt_missing")
        # As Python reads it: "µ" has two ways to be written, and a variable only one.
        self.name = unicodedata.normalize("NFKC", word)
        if not _bindable(self.name):
            if " " in word:
                raise InputError("prompt_missing")
            raise InputError("value_wrong", problem=f"{shown(word)} cannot be the name of a variable.")

    def _take_pair(self, pair: str) -> None:
        name, equals, text = pair.partition("=")
        known = self._model.field(name)
        if not equals:
            raise InputError("value_wrong", problem=f"--input wants name=value; {shown(pair)} was given.")
        if known is None and self._model.has_schema:
            raise self._unknown(name, f"--input {short(name)}")
        self._give(known.name if known else name, text)

    def _give(self, name: str, text: str, *, turned: bool = False) -> None:
        """Take one value of an input, or the several that it is to go through; `turned` is for a switch that means the opposite."""
        from pvideo.job.axes import axes_of
        from pvideo.model.validation import coerce

        from .ranges import spread

        self._once(name, text)
        value = expand_value(text, self._namespace)
        if isinstance(value, str):
            value = spread(self._model, name, value, each=self._each) or coerce(self._model, name, value)
        # Without a schema a list may be what the model takes: it is one value.
        fixed, varied = axes_of(self._model, {name: value}) if self._model.has_schema else ({name: value}, {})
        self.inputs.update({name: (not one) if turned else one for name, one in fixed.items()})
        self.axes.update({name: tuple(not one for one in values) if turned else values for name, values in varied.items()})

    def _unknown(self, key: str, said: str) -> InputError:
        known = self._model.field(key.partition("=")[0])
        if known is not None and option_of(self._model, known.name) == "":
            hint = f"Give it as --input {known.name}=VALUE. "
        else:
            near = nearest(key.partition("=")[0], [*self._table, *RESERVED])
            hint = f"Did you mean --{near.replace('_', '-')}? " if near else ""
        return InputError("option_unknown", option=short(said), model=self._model.name, suggestion=hint)


def option_table(model: Model) -> dict[str, tuple[str, bool | None]]:
    """Return the words that are options of a model: the input that each sets, and to what; None where it takes a value.

    What an input is called goes before what is made of another's name: ``--no-sound`` is the input ``no_sound`` where there is one.
    """
    table: dict[str, tuple[str, bool | None]] = {}
    names = [(item, _word(item.name)) for item in model.fields if option_of(model, item.name)]
    for item, word in names:
        table[word] = (item.name, True if item.kind == "boolean" else None)
    for item, word in names:
        if item.kind == "boolean":
            table.setdefault(f"no_{word}", (item.name, False))
        if item.inverted:
            # An option that turns a "disable_x" round ("--x") sets the input to the opposite.
            table.setdefault(word.removeprefix("disable_"), (item.name, False))
            table.setdefault(f"no_{word.removeprefix('disable_')}", (item.name, True))
    return {word: use for word, use in table.items() if word not in RESERVED}


def option_of(model: Model, name: str) -> str:
    """Return the option that sets an input; empty where only ``--input NAME=VALUE`` does.

    That is so for a name that is an option of ours, and where two inputs differ only by a dash and an underscore.
    """
    word = _word(name)
    alike = [item for item in model.fields if _word(item.name) == word]
    return alike[0].option if len(alike) == 1 and word not in RESERVED else ""


def _word(name: str) -> str:
    return name.replace("-", "_")


def _value_of(word: str, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None or value.startswith("--"):
        found = "" if value is None else f"; {short(value)} is an option (a text like it: {word}={short(value)})"
        raise InputError("value_wrong", problem=f"{word} wants a value after it{found}.")
    return value


def _bindable(word: str) -> bool:
    return word.isidentifier() and not keyword.iskeyword(word)
