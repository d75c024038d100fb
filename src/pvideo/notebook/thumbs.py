"""The small pictures of a history's rows, each made once from the poster that the journal keeps."""

from __future__ import annotations

import base64

from pvideo.model.picture import thumbnail

_THUMB = 224
"""Twice what is seen, for dense screens; about 5 kB each."""


class Thumbs:
    """The small pictures that were made so far, by job."""

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def of(self, intents: list[str]) -> dict[str, str]:
        """Return the small pictures of jobs, as addresses; a job without a poster has none."""
        from pvideo.job.engine import Engine
        from pvideo.library.search import posters_of

        wanted = [intent for intent in intents if intent not in self._made]
        for intent, jpeg in posters_of(Engine.get().journal, wanted).items() if wanted else ():
            self._made[intent] = thumb(jpeg)
        return {intent: self._made[intent] for intent in intents if intent in self._made}


def thumb(jpeg: bytes) -> str:
    """Return a poster as a small picture's address."""
    # Without Pillow the poster itself is sent.
    return "data:image/jpeg;base64," + base64.b64encode(thumbnail(jpeg, _THUMB) or jpeg).decode()
