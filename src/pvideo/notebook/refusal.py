"""Errors of the magics as one clean block: title, sentence, next step; no traceback, whatever ``%xmode`` says.

They are raised, so that Run All stops and nbclient fails, but there is nothing of ours for the user to read in a stack.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pvideo.errors import PVideoError, block

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


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
