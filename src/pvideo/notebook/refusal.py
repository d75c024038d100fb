"""Errors of the magics as one clean block: title, sentence, next step; no traceback, whatever ``%xmode`` says.

They are raised, so that Run All stops and nbclient fails, but there is nothing of ours for the user to read in a stack.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pvideo.errors import PVideoError

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

_BOLD, _RED, _PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[0m"


def block(error: PVideoError) -> list[str]:
    """Return the lines that stand for an error in a cell's output."""
    lines = [f"{_RED}{_BOLD}{error.title}{_PLAIN}"]
    rest = [problem.message for problem in error.problems] if len(error.problems) > 1 else [error.sentence]
    lines += [line for line in rest if line]
    if error.next:
        lines.append(f"{_BOLD}Next:{_PLAIN} {error.next}")
    return lines


def clean(function: Callable[P, R]) -> Callable[P, R]:
    """Make a magic's errors show as their block."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except PVideoError as error:
            raise _bare(error, block(error)) from None
        except KeyboardInterrupt as stop:
            raise _bare(stop, ["Waiting was stopped. The video goes on; its card, or %pvideo wait, shows it."]) from None

    return wrapped


E_ = TypeVar("E_", bound=BaseException)


def _bare(error: E_, lines: list[str]) -> E_:
    # IPython asks an exception for its own rendering before it makes a traceback.
    # One element: the list's parts are joined with nothing between in some modes of %xmode.
    rendered: Any = lambda: ["\n".join(lines)]  # noqa: E731
    error._render_traceback_ = rendered  # type: ignore[attr-defined]
    return error.with_traceback(None)
