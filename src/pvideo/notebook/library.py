"""The history as a widget: a search box, the rows that are seen, and the card of the one that was opened.

Rows travel in messages, a page at a time and only when the page asks for them: ten thousand videos cost what is on the screen.
"""

from __future__ import annotations

import base64
import io
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.errors import PVideoError

from .base import Live, hand
from .chunks import stream
from .frames import Frames
from .history import as_html, as_text, row_view, total
from .hosts import notebook_folder
from .made import content_type
from .menu import answer, save_page
from .panels import Panels
from .pulse import pulse
from .strip import Strip
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.job.collection import Library
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video
    from pvideo.library.rows import JobRow

PAGE = 40
"""Rows of one message at most."""
_THUMB = 224
"""Twice what is seen, for dense screens; about 5 kB each."""
_FOLLOWED = 50
_STILL = 20


class History(Live):
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
        self._base = notebook_folder()
        self._strip = Strip(self._news)
        self._frames = Frames()
        self.panels = Panels(self)
        self._leave: dict[str, Callable[[], None]] = {}
        self._thumbs: dict[str, str] = {}
        self._stamp = 0
        self._selected: tuple[str, ...] = ()
        query = {"text": library.text, "starred": False, "here": bool(library.filter.folder)}
        super().__init__(kind="library", query=query, found=self._state(), view={"id": secrets.token_hex(8)}, saved=self.still())

    # What a person types in Python.

    @property
    def library(self) -> Library:
        """What is shown now."""
        return self._library

    @property
    def selected(self) -> list[Video]:
        """The videos that are selected in the page."""
        return [self._video(intent) for intent in self._selected]

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

    def __repr__(self) -> str:
        """Say what it is: it is the text a saved notebook falls back to."""
        return as_text(self._library.rows(0, _STILL), self._library.text)

    def still(self) -> str:
        """Return the newest rows as plain html."""
        rows = self._library.rows(0, _STILL)
        return as_html(rows, self._base) if rows else f"<p>{as_text(rows, self._library.text)}</p>"

    def mimebundle(self) -> dict[str, Any]:
        """Return it as a widget, with text and html for where no widget is drawn."""
        from .card import WIDGET

        spec = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        return {WIDGET: spec, "text/plain": repr(self), "text/html": self.still()}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self.mimebundle() if self.is_open else {"text/plain": repr(self), "text/html": self.still()}

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

    def _news(self, _: Snapshot) -> None:
        pulse.mark(self)

    def push(self) -> None:
        """Bring the newest state to the page: the page asks again for the rows that it shows."""
        if not self.is_open:
            return
        self._push_views()
        self.found = self._state()

    def _push_views(self) -> None:
        self.views = self._strip.views()[:1]

    # Messages: from the page.

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page."""
        kind = content["kind"]
        if kind == "hello":
            self.alive()
            self.refresh()
        elif kind == "query" and isinstance(content.get("query"), dict):
            given = content["query"]
            self.query = {"text": str(given.get("text", ""))[:500], **{name: given.get(name) is True for name in ("starred", "here")}}
        elif kind == "rows":
            self._rows(content)
        elif kind in {"action", "menu"}:
            self._pressed(kind, content)
        elif kind == "frame":
            self._frames.take(content, buffers)
        elif kind == "want":
            video = self._strip.get(content.get("id"))
            if video is not None:
                path = video.snapshot().path
                hand(stream, self.send, path, video.snapshot().intent, content_type(path))
        elif content.get("nonce") == self._nonce:
            self._asked(str(kind), content)

    def _rows(self, content: Mapping[str, Any]) -> None:
        """Send a part of the rows, with their small pictures."""
        start, stop = content.get("start"), content.get("stop")
        if not (isinstance(start, int) and isinstance(stop, int) and 0 <= start < stop):
            return
        rows = self._library.rows(start, min(stop, start + PAGE))
        for row in rows:
            self._follow(row)
        pictures = self._pictures([row.intent for row in rows])
        views = [{**row_view(row), "thumb": pictures.get(row.intent, "")} for row in rows]
        self.send({"kind": "rows", "stamp": content.get("stamp"), "start": start, "rows": views})

    def _pressed(self, kind: str, content: Mapping[str, Any]) -> None:
        video = self._strip.offered(content)
        if video is not None:
            hand(self._act if kind == "action" else self._answer, video, dict(content))

    def _asked(self, kind: str, content: Mapping[str, Any]) -> None:
        """Do what a row's button says."""
        intent = content.get("id")
        if kind == "select":
            known = set(self._library.intents)
            self._selected = tuple(one for one in content.get("ids", []) if one in known)
        elif kind == "shut":
            self.show(None)
        elif kind == "save_page" and self._selected:
            hand(self._save_page)
        elif kind == "compare" and len(self._selected) > 1:
            hand(self._try, lambda: self.compare(*self.selected))
        elif isinstance(intent, str) and intent in self._library.intents:
            tasks: dict[str, Callable[[], object]] = {
                "open": lambda: self.show(self._video(intent)),
                "star": lambda: self._rate(intent, content.get("stars")),
                "find": lambda: self._find(intent, content.get("where")),
                "forget": lambda: self._forget(intent),
            }
            if kind in tasks:
                hand(self._try, tasks[kind])

    def _try(self, task: Callable[[], object]) -> None:
        try:
            task()
        except (PVideoError, OSError) as error:
            self._tell(str(error))

    def _rate(self, intent: str, stars: object) -> None:
        if isinstance(stars, int):
            self._video(intent).rate(stars)
            self.push()

    def _find(self, intent: str, where: object) -> None:
        named = where if isinstance(where, str) and where.strip() else None
        video = self._video(intent)
        path = video.find(named)
        below = named or str(Path.cwd())
        self._tell(say("history", "found", path=path) if path else say("history", "not_found", where=below), ask="" if path else intent)
        self.refresh()
        self._push_views()

    def _forget(self, intent: str) -> None:
        self._video(intent).forget()
        self._tell(say("history", "forgotten"))
        self.refresh()

    def _save_page(self) -> None:
        try:
            self._tell(**save_page(self.selected))
        except (PVideoError, OSError) as error:
            self._tell(str(error))

    def _tell(self, text: str, **more: Any) -> None:
        self.send({"kind": "told", "text": text, **more})

    def compare(self, *videos: Video) -> None:
        """Show videos side by side, below the rows."""
        from .compare import MOST, below

        if not 1 < len(videos) <= MOST:
            raise PVideoError.make("compare_count", count=len(videos), most=MOST)
        below(self.panels, *videos)

    def _act(self, video: Video, content: dict[str, Any]) -> None:
        from .doing import BESIDE, act

        name = str(content["name"])
        try:
            if name == "compare":
                before, new = video.before, None
                if before is not None:
                    self.compare(before, video)
            else:
                new = act(name, video, content, self._frames.pop(video.snapshot().intent))
        except PVideoError as error:
            self._tell(str(error))
            return
        if new is not None and new is not video:
            self._made(new, beside=name in BESIDE)
        pulse.mark(self)

    def _made(self, video: Video, *, beside: bool) -> None:
        """Show what a button made: below the card where it stands beside it, else in its place."""
        from .card import Card

        intent = video.snapshot().intent
        if not beside:
            self.show(video)
        elif not self.panels.has(intent):
            self.panels.add(intent, Card(video))
        self.refresh()

    def _answer(self, video: Video, content: dict[str, Any]) -> None:
        answer(video, content, self.send)
        if content.get("name") == "rate":
            pulse.mark(self)

    def _video(self, intent: str) -> Video:
        from pvideo.job.engine import Engine

        return Engine.get().video(intent)

    def _follow(self, row: JobRow) -> None:
        """Follow a row that still changes, so that it is shown anew."""
        if row.finished or row.intent in self._leave or len(self._leave) >= _FOLLOWED:
            return
        self._leave[row.intent] = self._video(row.intent).observe(self._news)

    def _pictures(self, intents: list[str]) -> dict[str, str]:
        """Return the small pictures of rows; each is made once."""
        from pvideo.job.engine import Engine
        from pvideo.library.search import posters_of

        wanted = [intent for intent in intents if intent not in self._thumbs]
        for intent, jpeg in posters_of(Engine.get().journal, wanted).items() if wanted else ():
            self._thumbs[intent] = thumb(jpeg)
        return {intent: self._thumbs[intent] for intent in intents if intent in self._thumbs}


def thumb(jpeg: bytes) -> str:
    """Return a poster as a small picture's address."""
    try:
        from PIL import Image

        with Image.open(io.BytesIO(jpeg)) as picture:
            picture.thumbnail((_THUMB, _THUMB))
            out = io.BytesIO()
            picture.convert("RGB").save(out, "JPEG", quality=60)
            jpeg = out.getvalue()
    except (ImportError, OSError, ValueError):
        pass  # without Pillow the poster itself is sent
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
