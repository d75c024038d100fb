"""What an argument of a public call may be: said once beside the call, and told in one sentence when it is something else.

A call that Python itself would refuse (a misspelled name, a value too many) is told in the same form.
"""

from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pvideo.errors import InputError, Problem
from pvideo.guard import guarded
from pvideo.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

P = ParamSpec("P")
R = TypeVar("R")

_LONG = 60
_READ = 4000
"""Characters of a value that are looked at for what is shown of it: what a cut there leaves of a token lies far beyond `_LONG`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an argument may be."""

    words: str
    """In words, after "is": ``True or False``."""
    test: Callable[[Any], bool]
    example: str
    """One that fits, as source code."""

    def fits(self, value: Any) -> bool:
        """Return whether a value is one of these; whatever it raises when it is looked at, it then is none."""
        try:
            return self.test(value)
        except Exception:  # noqa: BLE001 - a user's own type may raise anything
            return False

    def or_none(self) -> Rule:
        """Return the rule of an argument that may be left out by None, too."""
        return replace(self, test=lambda value: value is None or self.test(value))


def is_flag(value: Any) -> bool:
    """Return whether a value is True or False (numpy's too)."""
    return isinstance(value, bool) or (type(value).__module__ == "numpy" and type(value).__name__ in {"bool", "bool_"})


def is_number(value: Any, low: float, high: float) -> bool:
    """Return whether a value is a number from `low` to `high`; True and False are none."""
    return isinstance(value, Real) and not is_flag(value) and low <= float(value) <= high


def is_path(value: Any) -> bool:
    """Return whether a value can be the path of a file."""
    if not isinstance(value, (str, os.PathLike)):
        return False
    text = os.fspath(value)
    return isinstance(text, str) and text.strip() != "" and "\0" not in text


def path_of(value: str | os.PathLike[str]) -> Path:
    """Return a path with a leading ``~`` filled in, where that is anybody's."""
    return Path(os.path.expanduser(value))  # noqa: PTH111 - Path.expanduser raises on an unknown ~user


def whole(low: int, high: int, example: str) -> Rule:
    """Return the rule of a whole number."""
    return Rule(f"a whole number from {low} to {high}", lambda value: isinstance(value, Integral) and is_number(value, low, high), example)


def one_of(*words: str) -> Rule:
    """Return the rule of one of a few words."""
    shown_words = " or ".join(f'"{word}"' for word in words)
    return Rule(shown_words, lambda value: isinstance(value, str) and value in words, f'"{words[0]}"')


def named(value: Any) -> bool:
    """Return whether a value is a mapping whose keys are text."""
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


TEXT = Rule("text", lambda value: isinstance(value, str), '"cat"')
FLAG = Rule("True or False", is_flag, "True")
INPUTS = Rule("a dict of inputs by name", named, '{"duration": 5}')
PATH = Rule("a path", is_path, '"videos"')
SECONDS = Rule("a number of seconds, or None for no limit", lambda value: is_number(value, 0, threading.TIMEOUT_MAX), "60").or_none()
STARS = whole(0, 5, "4").or_none()
COUNT = whole(0, 10**9, "20").or_none()
CALLBACK = Rule("something that can be called", callable, "print")


def takes(call: str = "", /, **rules: Rule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a public call refuse what it cannot take, before it does anything.

    Args:
        call: What a person knows it by, where that is not the function's own name.
        **rules: What each argument may be; one without a rule may be anything here.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature, name = inspect.signature(function), call or function.__name__

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            error = _judged(name, signature, rules, args, kwargs)
            if error is not None:
                raise error
            return function(*args, **kwargs)

        return guarded(checked)

    return decorate


def _judged(
    call: str, signature: inspect.Signature, rules: Mapping[str, Rule], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> InputError | None:
    """Return what is wrong with a call's arguments, if anything."""
    try:
        given = _bound(signature, args, kwargs)
    except TypeError:
        return _misfit(call, list(signature.parameters.values()), args, kwargs)
    name = next((name for name, rule in rules.items() if name in given and not rule.fits(given[name])), None)
    return None if name is None else wrong(call, name, rules[name], given[name])


def _bound(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments of a call by name, without those that ``**`` takes.

    These are bound apart: before Python 3.13, `Signature.bind` refuses one that is called like an optional positional-only argument.

    Raises:
        TypeError: Python could not make the call.
    """
    parameters = signature.parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        named = {one.name for one in parameters if one.kind in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY}}
        kwargs = {name: value for name, value in kwargs.items() if name in named}
    return signature.bind(*args, **kwargs).arguments


def wrong(call: str, argument: str, rule: Rule, value: Any) -> InputError:
    """Return the error for an argument that is something else than it may be."""
    problem = f"{argument} is {rule.words}; {shown(value)} was given to {call}()."
    advice = f"For example {argument}={rule.example}."
    return InputError("argument_wrong", problems=(Problem(argument, problem),), argument=argument, problem=problem, advice=advice)


def no_such(call: str, name: str, keywords: Iterable[str], advice: str) -> InputError:
    """Return the error for an argument that a call does not have."""
    near, said = nearest(name, keywords), short(name, _LONG)
    problem = Problem(name, f"{call}() takes no {said}.", "argument_unknown")
    hint = f"Did you mean {near}? " if near else ""
    return InputError("argument_unknown", problems=(problem,), argument=said, call=call, advice=f"{hint}{advice}")


def _misfit(call: str, parameters: Sequence[inspect.Parameter], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> InputError:
    """Return the error for a call that Python cannot bind."""
    kinds = inspect.Parameter
    ours = [one for one in parameters if one.name not in {"self", "cls"}]
    places = [one.name for one in ours if one.kind in {kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD}]
    keywords = [one.name for one in ours if one.kind in {kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY}]
    takes_more = any(one.kind is kinds.VAR_KEYWORD for one in ours)
    known = ", ".join([*(name for name in places if name not in keywords), *(f"{name}=" for name in keywords)])
    advice = f"It takes {known}." if known else "It takes nothing between its brackets."
    other = next((name for name in kwargs if name not in keywords and not (takes_more and name != "self")), None)
    if other is not None:
        return no_such(call, other, keywords, advice)
    values = len(args) - (len(parameters) - len(ours))
    twice = next((name for name in places[: max(values, 0)] if name in kwargs and name in keywords), None)
    if twice is not None:
        first, second = shown(args[len(parameters) - len(ours) + places.index(twice)]), shown(kwargs[twice])
        said, about = f"was given {twice} twice, as {first} and as {second}", twice
    elif values > len(places):
        count = "no value" if not places else "1 value" if len(places) == 1 else f"{len(places)} values"
        said, about = f"takes {count} without a name; {values} {'was' if values == 1 else 'were'} given", ""
    else:
        needed = [one.name for one in ours if one.default is kinds.empty and one.kind not in {kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL}]
        missing = [name for name in needed if name not in places[: max(values, 0)] and name not in kwargs]
        said, about = f"needs {', '.join(missing)}", next(iter(missing), "")
    return InputError("call_wrong", problems=(Problem(about, f"{call}() {said}."),), call=call, problem=said, advice=advice)


def shown(value: Any) -> str:
    """Return a value as a message shows it: short, on one line, and without anything that looks like a token."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{len(value)} bytes"
    try:
        text = repr(value[:_READ] if isinstance(value, str) else value)[:_READ]
    except Exception:  # noqa: BLE001 - a user's own __repr__ may raise anything; the message must not fail for it
        text = f"a {type(value).__name__}"
    return short(" ".join(text.split()) if "\n" in text else text, _LONG)


def short(text: str, most: int = 2 * _LONG) -> str:
    """Return a text as a message shows it: cut, and without anything that looks like a token."""
    clean = redact(text[:_READ])
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the word most like `word`, or an empty text when none is; dashes and underscores are the same."""
    import difflib

    known = {one.replace("-", "_").lower(): one for one in words}
    found = difflib.get_close_matches(word[:_LONG].replace("-", "_").lower(), list(known), n=1, cutoff=0.6)
    return known[found[0]] if found else ""
