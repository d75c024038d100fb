"""What a video is called that was made from another one: ``cat_final``, ``cat_2``; the notebook knows which names are free."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pvideo.job.video import Video


class Names(Protocol):
    """The variables that a person has."""

    def is_free(self, name: str) -> bool:
        """Whether no variable is called that."""

    def bind(self, name: str, video: Video) -> None:
        """Let a variable of that name hold the video."""

    def attended(self) -> bool:
        """Whether somebody is there to press a button."""


class _Script:
    """Outside of a notebook there are no variables of ours to look at."""

    def is_free(self, name: str) -> bool:
        return bool(name)

    def bind(self, name: str, video: Video) -> None:
        pass

    def attended(self) -> bool:
        return True


names: Names = _Script()
"""The names in force; the notebook's part sets its own."""


def use(found: Names) -> None:
    """Let `found` say which names are free."""
    global names  # noqa: PLW0603 - one per process, like the shell
    names = found


def name_for(name: str, suffix: str) -> str:
    """Return a free name for what is made from `name`: with the suffix, and the next number where that is taken.

    A video without a name, as in a Studio, makes one without a name.
    """
    base = re.sub(r"\W+", "_", name).strip("_")
    if not base:
        return ""
    if suffix:
        wanted = base + suffix
        return next(found for found in itertools.chain([wanted], _numbered(wanted, 2)) if names.is_free(found))
    numbered = re.fullmatch(r"(.*?)_(\d{1,4})", base)
    stem, number = (numbered[1], int(numbered[2]) + 1) if numbered and numbered[1] else (base, 2)
    return next(found for found in _numbered(stem, number) if names.is_free(found))


def bind(name: str, video: Video) -> None:
    """Let the variable `name` hold the video, if it is free."""
    if name and names.is_free(name):
        names.bind(name, video)


def _numbered(stem: str, number: int) -> itertools.chain[str]:
    return itertools.chain.from_iterable([f"{stem}_{count}"] for count in itertools.count(number))
