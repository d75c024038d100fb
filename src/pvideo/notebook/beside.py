"""What stands in the place of a Studio's card: one comparison, or one sweep's sheet, and what the saved notebook keeps of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .panels import REFERENCE
from .sheet import Sheet
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable


class Beside:
    """The place, with at most one widget in it, and one that left it and can come back.

    Args:
        changed: Called when what is saved of it is another now.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self.shown: Any = None
        self._behind: Any = None
        self._html = ""

    @property
    def reference(self) -> str:
        """The widget as anywidget names it; empty where none stands there, or none can be drawn."""
        name = getattr(self.shown, "model_id", None)
        return f"{REFERENCE}{name}" if name else ""

    @property
    def way_back(self) -> str:
        """What leads back to the widget that left its place to the card; empty where there is none."""
        if self._behind is None:
            return ""
        return say("labels", "back_to_sheet" if isinstance(self._behind, Sheet) else "back_to_comparison")

    def still(self) -> str:
        """Return it as plain html, as it stood when it changed last."""
        return self._html

    def put(self, shown: Any) -> None:
        """Let this stand there, in the place of what did."""
        with self._lock:
            gone = [one for one in (self.shown, self._behind) if one is not shown]
            self.shown, self._behind = shown, None
        self._close(gone)

    def leave(self) -> None:
        """Leave the place to the card. What has something to show, and can be drawn, can come back."""
        with self._lock:
            if self.shown is None:
                return
            kept = self.shown if self.reference and self.shown.still() else None
            gone = [one for one in (self.shown, self._behind) if one is not kept]
            self.shown, self._behind = None, kept
        self._close(gone)

    def come_back(self) -> None:
        """Put what left its place to the card there again."""
        if self._behind is not None:
            self.put(self._behind)

    def close(self) -> None:
        """Close all that stood there."""
        self.put(None)

    def refresh(self, _: object = None) -> None:
        """Take what is saved of it anew."""
        shown = self.shown
        self._html = shown.still() if shown is not None else ""
        self._changed()

    def _close(self, gone: list[Any]) -> None:
        for one in gone:
            if hasattr(one, "close"):
                one.close()
        self.refresh()
