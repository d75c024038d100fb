"""A widget that is a cell's output of its own: the page may keep it live over a file with html, or html may take its place."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import traitlets

from .base import Live
from .panels import Panels

if TYPE_CHECKING:
    from collections.abc import Mapping


class Output(Live):
    """A card, a sheet or a comparison, with what stands below it.

    `pvideo.notebook.display` waits for `answered`, and swaps the output for html only where the page is not `clean` and is `quiet`.
    """

    saved = traitlets.Unicode().tag(sync=True)
    """What the saved notebook keeps of it: plain html, set while nothing runs. Default ``""``."""

    def __init__(self, **traits: Any) -> None:
        self.panels = Panels(self)
        """What stands below: the final, the next shot, an opened card, a comparison."""
        self.quiet = threading.Event()
        """Set while the page plays nothing: only then may the output be replaced."""
        self.quiet.set()
        self.answered = threading.Event()
        """Set when the page has said whether its file holds the html while it keeps the live widget (`clean`)."""
        self.clean = False
        super().__init__(**traits)

    @property
    def known_as(self) -> str:
        """By what the page knows what is shown now."""
        raise NotImplementedError

    def ask_anew(self) -> None:
        """Forget what the page said: what stands there now is another thing, or stands in one more output."""
        self.clean = False
        self.answered.clear()

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:  # noqa: ARG002 - no bytes are taken here
        """Take what the page says of playing, and of its file."""
        if content["kind"] == "playing":
            self.quiet.clear() if content.get("playing") is True else self.quiet.set()
        elif content["kind"] == "clean" and content.get("id") == self.known_as:
            self.clean = content.get("ok") is True
            self.answered.set()

    def give_way(self, html: str) -> None:
        """Have the page put html where this stands as a cell's value: no display id reaches that."""
        self.send({"kind": "give_way", "model": self.model_id, "html": html})

    def close(self) -> None:
        """Take it off the page, and what stands below."""
        if hasattr(self, "panels"):
            self.panels.close()
        super().close()
