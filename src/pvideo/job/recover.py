"""What a fresh kernel does first: go on with the videos of the ones that are gone, and say so once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvideo import settings
from pvideo.job import adoption
from pvideo.job.engine import Engine
from pvideo.library.queries import News

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Endpoint


def recover(demo: Callable[[], Endpoint | None] = lambda: None) -> News:
    """Go on, in the background, with the videos of kernels that are gone; return what is news about them.

    It looks and saves; it never sends a create.

    Args:
        demo: Asked, when anything goes on, where the embedded gateway runs: its videos go on there, whether it is on in this kernel or not.

    Raises:
        JournalError: The journal cannot be opened.
    """
    if not settings.current().journal_path.exists():
        return News()
    engine = Engine.get()
    found = adoption.news(engine.journal)
    going_on = found.running or adoption.owed(engine.journal, engine.tools.owner)
    there = demo() if going_on else None
    if there is not None:
        engine.learn(there)
    engine.recover()
    if found.saved:
        adoption.told(engine.journal)
    return found
