"""What is kept: the journal of all presses, the finished files and what made them.

``journal`` is written before anything is sent; ``files`` and ``sidecar`` put a finished video where it stays; ``queries`` and
``search`` read. Called, this room is the library itself: ``pvideo.library("poppies")``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from pvideo.arguments import takes


class _Room(ModuleType):
    """A package and a function of one name: whoever imports a part of the package must not take the function away."""

    @takes("library")
    def __call__(self, words: str = "", **choice: Any) -> Any:
        """Return the videos of this library (see `pvideo.job.collection.library`)."""
        import pvideo

        return pvideo.open_library(words, **choice)  # type: ignore[attr-defined]


sys.modules[__name__].__class__ = _Room
