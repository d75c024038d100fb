"""What stands at every public call: a token is no word of ours, and no frame of ours keeps what it was given when it fails."""

from __future__ import annotations

import inspect
import sys
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from pvideo.errors import SettingsError
from pvideo.secrets import strike, token_in

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

_JUDGED_LATER = frozenset({"self", "input", "inputs", "schema"})
"""Hold a model's inputs, some of which are secret by the model's own word: `refuse_tokens` is called where the model is known."""


def refuse_tokens(*values: object) -> None:
    """Refuse a token that was given where it would be kept, shown, or sent in a path: a name, a model, a prompt, a setting.

    Args:
        *values: Anything; texts within containers, and their keys, are looked at too.

    Raises:
        SettingsError: ``token_in_cell``; it says which kind of token, and never what it is.
    """
    for value in values:
        kind = token_in(value)
        if kind:
            raise SettingsError("token_in_cell", kind=kind)


def guarded(call: Callable[P, T]) -> Callable[P, T]:
    """Make a public call that refuses tokens in its named arguments, and whose errors carry nothing of what it was given.

    What comes by ``**`` are inputs or settings: they are judged where it is known which of them are secret.
    """
    code = inspect.unwrap(call).__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    words = frozenset(names) - _JUDGED_LATER

    @wraps(call)
    def guard(*args: P.args, **kwargs: P.kwargs) -> T:
        outer = sys.exc_info()[1]
        try:
            refuse_tokens(*(value for name, value in zip(names, args, strict=False) if name in words), *args[len(names) :])
            refuse_tokens(*(value for name, value in kwargs.items() if name in words))
            return call(*args, **kwargs)
        except BaseException as error:
            args, kwargs = (), {}  # type: ignore[assignment]
            _bare(error, outer)
            raise

    return guard


def _bare(error: BaseException | None, outer: BaseException | None) -> None:
    """Empty the frames of an error, and of what led to it, and strike tokens out of its words; `outer` was there before."""
    from traceback import clear_frames

    waiting, seen = [error], {id(outer)}
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if one.__traceback__ is not None:
            clear_frames(one.__traceback__)
        one.args = tuple(strike(word) if isinstance(word, str) else word for word in one.args)
        waiting += [one.__cause__, one.__context__]
