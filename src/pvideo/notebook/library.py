"""The history as a widget: a search box, the rows that are seen, and the card of the one that was opened.

Rows travel in messages, a page at a time and only when the page asks for them: ten thousand videos cost what is on the screen.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.errors import PVideoError

from .errands import Errands
from .frames import Frames
from .history import as_html, as_text, total
from .hosts import notebook_folder
from .panels import Panels
from .pulse import pulse
from .strip import Strip
from .thumbs import Thumbs

if TYPE_CHECKING:
    from pvideo.job.collection import Library
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

_STILL = 20


class History(Errands):
    """The history of the library, live.

    Args:
        library: What it begins with (see `pvideo.library`).
    """

    page = "library"

    query = traitlets.Dict().tag(sync=True)
    """What is looked for: ``text``, ``starred`` (only rated ones), ``here`` (only this notebook's)."""

    found = traitlets.Dict().tag(sync=True)
    """How many rows there are, what they come to, and a number that changes with every change."""

    views = traitlets.List().tag(sync=True)
    """The card that was opened, as the page sees it; at most one."""

    view = traitlets.Dict().tag(sync=True)
    """What tells this widget from others in the file: ``id``."""

    below = traitlets.List().tag(sync=True)
    """What stands below the card: its final, its next shot, a comparison."""

    saved = traitlets.Unicode().tag(sync=True)
    """What the saved notebook keeps: the newest rows as plain html."""

    def __init__(self, library: Library) -> None:
        self._first = self._library = library
        self._nonce = secrets.token_urlsafe(12)
        self._strip = Strip(self._news)
        self._frames = Frames()
        self.panels = Panels(self)
        self._leave = {}
        self._thumbs = Thumbs()
        self._stamp, self._stale = 0, False
        self._selected = ()
        query = {"text": library.text, "starred": False, "here": bool(library.filter.folder)}
        self._asked_first = dict(query)
        super().__init__(kind="library", query=query, found=self._state(), view={"id": secrets.token_hex(8)}, saved=self.still())
        self._follow_all()

    # What a person types in Python.

    @property
    def library(self) -> Library:
        """What is shown now."""
        return self._library

    def search(self, text: str = "", *, starred: bool = False, here: bool = False) -> Library:
        """Show what these words and choices leave, as the search box and the buttons beside it do."""
        self.query = {"text": text, "starred": starred, "here": here}
        return self._library

    def show(self, video: Video | None) -> None:
        """Show a video's card below the rows; None takes it away."""
        self._strip.close()
        self._strip = Strip(self._news)
        if video is not None:
            self._strip.add(video)
        self._push_views()

    def compare(self, *videos: Video) -> None:
        """Show videos side by side, below the rows."""
        from .compare import MOST, below

        if not 1 < len(videos) <= MOST:
            raise PVideoError.make("compare_count", count=len(videos), most=MOST)
        below(self.panels, *videos)

    def __repr__(self) -> str:
        """Say what it is: it is the text a saved notebook falls back to."""
        return as_text(self._library.rows(0, _STILL), self._library.text)

    def still(self) -> str:
        """Return the newest rows as plain html."""
        rows = self._library.rows(0, _STILL)
        return as_html(rows, notebook_folder()) if rows else f"<p>{as_text(rows, self._library.text)}</p>"

    def close(self) -> None:
        """Take it off the page."""
        strip: Strip | None = getattr(self, "_strip", None)
        if strip is not None:
            strip.close()
            self.panels.close()
            for leave in [*self._leave.values()]:
                leave()
            self._leave.clear()
            pulse.forget(self)
        super().close()

    # What changes by itself.

    @traitlets.observe("query")
    def _query_changed(self, _: object) -> None:
        self._look()
        self.found = self._state()

    def refresh(self) -> None:
        """Look again: videos that were made meanwhile, what was found after a restart."""
        before = self._library.found
        self._look()
        if self._library.found != before:
            self.found = self._state()

    def _look(self) -> None:
        from pvideo.job.collection import here

        asked = self.query
        choice: dict[str, Any] = {"folder": here() if asked.get("here") else ""}
        if asked.get("starred"):
            choice["stars"] = 1
        self._library = self._first.search_anew(str(asked.get("text", "")), **choice)

    def _state(self) -> dict[str, Any]:
        self._stamp += 1
        return {"count": len(self._library), "total": total(self._library.found), "stamp": self._stamp, "nonce": self._nonce}

    def _news(self, snapshot: Snapshot) -> None:
        """Take what became of a row, or of the card that is open."""
        if snapshot.done:
            self._leave.pop(snapshot.intent, lambda: None)()
            self._stale = True
        pulse.mark(self)

    def _changed(self) -> None:
        """Take in a job that began in this process, by whatever was pressed."""
        self._stale = True
        pulse.mark(self)

    def moved(self) -> None:
        """Say all addresses anew: the notebook lies elsewhere."""
        self._stale = True
        super().moved()

    def _follow_all(self) -> None:
        """Follow the jobs of this process, and what runs, wherever the page has scrolled to: it stands first."""
        from pvideo.job.engine import Engine

        if "" not in self._leave:
            self._leave[""] = Engine.get().observe(self._changed)
        for row in self._library.rows(0, _STILL):
            self._follow(row)

    def _look_again(self) -> None:
        self._stale = False
        self._look()
        self._follow_all()
        if self.query == self._asked_first:
            self.saved = self.still()

    def push(self) -> None:
        """Bring the newest state to the page: the page asks again for the rows that it shows."""
        if not self.is_open:
            return
        if self._stale:
            self._look_again()
        self._push_views()
        self.found = self._state()

    def _push_views(self) -> None:
        self.views = self._strip.views()[:1]
