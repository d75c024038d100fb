"""What a fresh kernel does first: go on with the videos of the ones that are gone, and say so once."""

from __future__ import annotations

from pvideo import settings
from pvideo.job import adoption
from pvideo.job.engine import Engine
from pvideo.library.queries import News


def recover() -> News:
    """Go on, in the background, with the videos of kernels that are gone; return what is news about them.

    It looks and saves; it never sends a create.

    Raises:
        JournalError: The journal cannot be opened.
    """
    if not settings.current().journal_path.exists():
        return News()
    engine = Engine.get()
    found = adoption.news(engine.journal)
    engine.recover()
    if found.saved:
        adoption.told(engine.journal)
    return found
