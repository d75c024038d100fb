"""Widgets below a widget: the final of a card's draft, its next shot, a comparison. They live and are saved with the one above."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from .pulse import pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    from .base import Live

REFERENCE = "anywidget:"
"""How anywidget names one widget inside another."""
MOST = 24


class Panel(Protocol):
    """A widget that can stand below another one."""

    model_id: str

    def still(self) -> str:
        """Return it as plain html."""

    def close(self) -> None:
        """Take it off the page."""


class Panels:
    """The widgets below one widget, oldest first, each under a key: what is asked for twice stands once."""

    def __init__(self, owner: Live) -> None:
        self._owner = owner
        self._lock = threading.Lock()
        self._panels: dict[str, Panel] = {}

    def __bool__(self) -> bool:
        return bool(self._panels)

    def has(self, key: str) -> bool:
        """Whether a widget stands there under this key."""
        return key in self._panels

    def add(self, key: str, make: Callable[[], Panel]) -> None:
        """Show a widget below the others."""
        panel = self._owner.beget(make)
        with self._lock:
            self._panels[key] = panel
            gone = [self._panels.pop(old) for old in list(self._panels)[:-MOST]]
            self._owner.below = [REFERENCE + one.model_id for one in self._panels.values()]
        for one in gone:
            one.close()
        self.changed()

    def drop(self, key: str) -> None:
        """Take one widget away."""
        with self._lock:
            gone = self._panels.pop(key, None)
            self._owner.below = [REFERENCE + one.model_id for one in self._panels.values()]
        if gone is not None:
            gone.close()
        self.changed()

    def take_last(self) -> Panel | None:
        """Take the newest one off the page and return it, where the page cannot draw one widget below another."""
        with self._lock:
            return self._panels.popitem()[1] if self._panels else None

    def changed(self, _: object = None) -> None:
        """Say that what is saved of them is another now."""
        pulse.mark(self._owner)

    def still(self) -> str:
        """Return all of them as plain html."""
        with self._lock:
            panels = list(self._panels.values())
        return "".join(panel.still() for panel in panels)

    def close(self) -> None:
        """Take all of them off the page."""
        with self._lock:
            gone, self._panels = list(self._panels.values()), {}
        for panel in gone:
            panel.close()
