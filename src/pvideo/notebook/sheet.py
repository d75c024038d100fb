"""The contact sheet: every video of a sweep as a tile, filling as results come; one of them opens as a card below."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.errors import PVideoError
from pvideo.model.picture import thumbnail

from .base import hand
from .card import Card, is_final
from .chunks import stream
from .contact import saved_sheet
from .hosts import notebook_folder
from .made import content_type
from .output import Output
from .pulse import pulse
from .saved import poster_url
from .tiles import sheet_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.job.sweep import Sweep
    from pvideo.job.video import Video

_SIDE = 360
"""A tile's picture, in pixels: all of them travel together."""

_KEPT = "succeeded"
"""A tile that ended so stays when its card makes something else; another one's place is taken."""


class Sheet(Output):
    """A live sheet of one sweep.

    Args:
        video: The sweep to follow (called as a card's, since both are shown the same way).
        settled: Called when nothing will change any more, on a thread of its own.
    """

    page = "sheet"

    sheet = traitlets.Dict().tag(sync=True)
    """The sweep as `tiles.sheet_of` makes it. Default ``{}``."""

    posters = traitlets.Dict().tag(sync=True)
    """The tiles' pictures by the video's id. Default ``{}``."""

    opened = traitlets.Unicode().tag(sync=True)
    """The video whose card stands below; empty while none does. Default ``""``."""

    def __init__(self, video: Sweep, *, settled: Callable[[Sheet], None] | None = None) -> None:
        self._nonce = secrets.token_urlsafe(12)
        self._settled = settled
        self._told = False
        self._refused: PVideoError | None = None
        self._card = ""
        self._opening = threading.Lock()
        self.video = video
        super().__init__(kind="sheet", sheet=self._sheet())
        self._leave: Callable[[], None] | None = video.observe(self._seen)
        pulse.mark(self)

    def __repr__(self) -> str:
        """Say what it shows: it is the text a saved notebook falls back to."""
        return repr(self.video)

    @property
    def known_as(self) -> str:
        """The sweep's id."""
        return self.video.id

    def still(self) -> str:
        """Return the sheet and what stands below it as plain html, as they stand now."""
        return saved_sheet(self.video, notebook_folder()) + self.panels.still()

    def follow(self, video: Sweep) -> None:
        """Show this sweep from now on, in one more output."""
        self._stop()
        self.video, self._told = video, False
        self.ask_anew()
        self.quiet.set()
        self._leave = video.observe(self._seen)
        pulse.mark(self)

    def close(self) -> None:
        """Take the sheet off the page; its videos go on."""
        self._stop()
        super().close()

    # News: from the engine's thread to the page.

    def _seen(self, *_: object) -> None:
        pulse.mark(self)

    def push(self) -> None:
        """Bring the newest state to the page, and the saved html while nothing runs."""
        if not self.is_open:
            return
        sheet, posters = self._sheet(), self._thumbs()
        idle = sheet["state"] != "runs"
        saved = self.still() if idle else ""
        with self.hold_sync():
            if posters != self.posters:
                self.posters = posters
            self.saved, self.sheet = saved, sheet
        if not idle:
            self._told = False
        elif sheet["state"] == "over" and not self._told and all(is_final(video.snapshot()) for video in self.video.videos):
            self._told = True
            if self._settled is not None:
                hand(self._settled, self)

    def _sheet(self) -> dict[str, Any]:
        return sheet_of(self.video, nonce=self._nonce, base=notebook_folder(), now=time.time(), refused=self._refused)

    def _thumbs(self) -> dict[str, str]:
        """Return the tiles' pictures, each made once."""
        found = {}
        for video in self.video.videos:
            shown = video.snapshot()
            if shown.poster:
                found[shown.intent] = self.posters.get(shown.intent) or thumb(shown.poster)
        return found

    def _stop(self) -> None:
        leave, self._leave = getattr(self, "_leave", None), None
        if leave is not None:
            leave()
        pulse.forget(self)

    # Messages: from the page.

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page."""
        handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "hello": self._hello,
            "open": self._opened,
            "sheet": self._pressed,
            "want": self._wanted,
            "rate": self._rated,
            "compare": self._compared,
        }
        if content["kind"] in handlers:
            handlers[content["kind"]](content)
        else:
            super().heard(content, buffers)

    def _hello(self, _: Mapping[str, Any]) -> None:
        self.alive()
        # The clock moves on, so all is made anew: it heals whatever the page missed.
        pulse.mark(self)

    def _find(self, intent: object) -> Video | None:
        return next((video for video in self.video.videos if video.snapshot().intent == intent), None)

    def _opened(self, content: Mapping[str, Any]) -> None:
        hand(self._try, lambda: self.show(self._find(content.get("id"))))

    def show(self, video: Video | None) -> None:
        """Open a video's card below the sheet, in place of the one that is open; None closes that."""
        with self._opening:
            before, self._card = self._card, "" if video is None else video.snapshot().intent
            if before:
                self.panels.drop(before)
            if video is not None:
                self.panels.add(self._card, lambda: self._card_of(video))
            self.opened = self._card

    def _card_of(self, video: Video) -> Card:
        made = Card(video, took_over=self._took_over, saved_anew=self.panels.changed)
        made.silent = True
        return made

    def _took_over(self, old: Video, new: Video) -> None:
        """Let what a card's button made stand in the tile's place, unless there is a video that would be gone from the sheet."""
        if self._find(old.snapshot().intent) is None:
            return  # of a card further below
        if old.snapshot().status == _KEPT:
            self.opened = ""
        else:
            self.video.replace(old, new)
            self.opened = new.snapshot().intent

    def _wanted(self, content: Mapping[str, Any]) -> None:
        video = self._find(content.get("id"))
        if video is not None:
            path = video.snapshot().path
            hand(stream, self.send, path, video.snapshot().intent, content_type(path))

    def _pressed(self, content: Mapping[str, Any]) -> None:
        """Do what one of the sheet's own buttons says, if it still says what was pressed: the price stands on it."""
        name, label = content.get("name"), content.get("label")
        offered = {action["name"]: action["label"] for action in self._sheet()["actions"]}
        if content.get("nonce") != self._nonce or not isinstance(name, str) or name not in offered:
            return
        if label != offered[name]:
            pulse.mark(self)
            return
        acts: dict[str, Callable[[], object]] = {"start": self.video.run, "cancel": self.video.cancel, "retry": self.video.retry}
        self._accepted(name)
        hand(self._do, acts[name])

    def _accepted(self, name: str) -> None:
        """Know that a button is being done."""

    def _do(self, act: Callable[[], object]) -> None:
        self._refused = None
        self._try(act)
        pulse.mark(self)

    def _try(self, act: Callable[[], object]) -> None:
        """Say a budget, or an account that is gone, on the sheet: nobody reads a thread's error."""
        try:
            act()
        except PVideoError as error:
            self._refused = error
            pulse.mark(self)

    def _rated(self, content: Mapping[str, Any]) -> None:
        video: Any = self._find(content.get("id"))
        stars = content.get("stars")
        if hasattr(video, "rate") and isinstance(stars, int) and 0 <= stars <= 5:
            hand(self._do, lambda: video.rate(stars))

    def _compared(self, content: Mapping[str, Any]) -> None:
        """Show a comparison of the chosen videos below the sheet."""
        from .compare import MOST, below

        ids = content.get("ids")
        chosen = [video for intent in ids if (video := self._find(intent)) is not None] if isinstance(ids, list) else []
        if 2 <= len(chosen) <= MOST:
            hand(self._try, lambda: below(self.panels, *chosen))


def thumb(poster: bytes) -> str:
    """Return a poster as a tile's picture, a few kilobytes as text."""
    return poster_url(thumbnail(poster, _SIDE) or poster)
