"""What the page of a history may ask for. Each message does what a call of Python does; strange ones do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError
from pvideo.settings import base_folder

from .base import Live, hand
from .chunks import stream
from .history import row_view
from .made import content_type
from .menu import answer, save_page
from .pulse import pulse
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.job.collection import Library
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video
    from pvideo.library.rows import JobRow

    from .frames import Frames
    from .panels import Panels
    from .strip import Strip
    from .thumbs import Thumbs

PAGE = 40
"""Rows of one message at most."""
_FOLLOWED = 50


class Errands(Live):
    """The half of a history that hears."""

    # What the other half has.
    _library: Library
    _nonce: str
    _strip: Strip
    _frames: Frames
    _thumbs: Thumbs
    _leave: dict[str, Callable[[], None]]
    _selected: tuple[str, ...]
    panels: Panels
    query: Any

    @property
    def selected(self) -> list[Video]:
        """The videos that are selected in the page."""
        return [self._video(intent) for intent in self._selected]

    def show(self, video: Video | None) -> None:
        """Show a video's card below the rows."""
        raise NotImplementedError

    def compare(self, *videos: Video) -> None:
        """Show videos side by side."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Look again."""
        raise NotImplementedError

    def push(self) -> None:
        """Bring the newest state to the page."""
        raise NotImplementedError

    def _push_views(self) -> None:
        raise NotImplementedError

    def _news(self, _: Snapshot) -> None:
        raise NotImplementedError

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
        pictures = self._thumbs.of([row.intent for row in rows])
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
        below = named or str(base_folder())
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
            self._try(lambda: self.panels.add(intent, lambda: Card(video, saved_anew=self.panels.changed)))
        self.refresh()

    def _answer(self, video: Video, content: dict[str, Any]) -> None:
        answer(video, content, self.send)
        if content.get("name") == "rate":
            pulse.mark(self)

    def _follow(self, row: JobRow) -> None:
        """Follow a row that still changes, so that it is shown anew."""
        if row.finished or row.intent in self._leave or len(self._leave) >= _FOLLOWED:
            return
        self._leave[row.intent] = self._video(row.intent).observe(self._news)

    def _video(self, intent: str) -> Video:
        from pvideo.job.engine import Engine

        return Engine.get().video(intent)
