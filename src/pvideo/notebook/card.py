"""The live view of one video: it follows the engine, and its buttons do what the `Video`'s methods do."""

from __future__ import annotations

import secrets
import time
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.errors import PVideoError

from .around import around_of
from .base import T, hand
from .chunks import stream
from .frames import Frames
from .hosts import notebook_folder
from .made import called, content_type
from .menu import answer
from .output import Output
from .pulse import pulse
from .saved import still_card
from .view import message_of, view_of
from .words import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video


class _View(traitlets.Dict):
    """A card's `view`: of a card that rests it is made anew whenever it is read."""

    def get(self, obj: Card, cls: Any = None) -> dict[str, Any] | None:
        return obj.view_now() if obj.rests else super().get(obj, cls)


class _Saved(traitlets.Unicode):
    """A card's `saved`, likewise."""

    def get(self, obj: Card, cls: Any = None) -> str | None:
        return obj.saved_now() if obj.rests else super().get(obj, cls)


class Card(Output):
    """A live card of one video.

    When nothing will change any more it rests: it keeps neither its view nor its html, each with the poster as text, but makes them
    anew for whoever asks, a page that was opened again. A notebook of two hundred cards keeps all of them live, at 15 kB each.

    Args:
        video: The video to follow.
        settled: Called once for each video when nothing will change any more, on a thread of its own.
        took_over: Called with the old and the new video when a button made a new one, which the card then follows.
        saved_anew: Called when `saved` has changed: a card below another one is saved with it.
    """

    view = _View().tag(sync=True)
    """The job as `view.view_of` makes it. Default ``{}``."""

    saved = _Saved().tag(sync=True)

    silent = traitlets.Bool(False).tag(sync=True)
    """Whether something around it is read aloud in its place. Default False."""

    def __init__(
        self,
        video: Video,
        *,
        settled: Callable[[Card], None] | None = None,
        took_over: Callable[[Video, Video], None] | None = None,
        saved_anew: Callable[[Card], None] | None = None,
    ) -> None:
        self._nonce = secrets.token_urlsafe(12)
        self._settled, self._took_over, self._saved_anew = settled, took_over, saved_anew
        self._told = ""
        self.rests = False
        """Whether nothing will change any more: then `view` and `saved` are made for whoever reads them, and not kept."""
        self._kept = hash("")
        """Which html the page was given last."""
        self._refused: PVideoError | None = None
        self._frames = Frames()
        self.video = video
        self._latest = video.snapshot()
        super().__init__(kind="card", view=self._view(self._latest))
        self._leave: Callable[[], None] | None = video.observe(self._seen)
        pulse.mark(self)

    def __repr__(self) -> str:
        """Say what it shows: it is the text a saved notebook falls back to."""
        return text_of(self._latest)

    @property
    def known_as(self) -> str:
        """The video's id."""
        return self._latest.intent

    def still(self) -> str:
        """Return the card and what stands below it as plain html, as they stand now."""
        return still_card(self._latest, notebook_folder()) + self.panels.still()

    def follow(self, video: Video) -> None:
        """Show this video from now on: another one, or the same as it is now, in one more output."""
        self._stop()
        self._told = ""
        self._refused = None
        self.video, self._latest = video, video.snapshot()
        self.ask_anew()
        self.quiet.set()
        self._leave = video.observe(self._seen)
        pulse.mark(self)

    def close(self) -> None:
        """Take the card off the page; its video goes on."""
        self._stop()
        if hasattr(self, "panels"):
            self._frames.close()
        super().close()

    # News: from the engine's thread to the page.

    def _seen(self, snapshot: Snapshot) -> None:
        self._latest = snapshot
        pulse.mark(self)

    def push(self) -> None:
        """Bring the newest state to the page, and the saved html when the video has ended."""
        snapshot = self._latest
        if not self.is_open:
            return
        view, saved = self._view(snapshot), self.saved_now()
        is_new = hash(saved) != self._kept
        with self._telling():
            if is_new:
                self._kept, self.saved = hash(saved), saved
            self.view = view
        if is_new and self._saved_anew is not None:
            self._saved_anew(self)
        if is_final(snapshot) and self._told != snapshot.intent:
            self._told = snapshot.intent
            self._linger()
            if self._settled is not None:
                hand(self._settled, self)

    def view_now(self) -> dict[str, Any]:
        """Return what the page shows, made now."""
        return self._view(self._latest)

    def saved_now(self) -> str:
        """Return what the file keeps, made now; empty while something runs."""
        return self.still() if self._latest.done and self._latest.settled else ""

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Set what the page is told; of what will not change any more nothing is kept."""
        with self._lock:
            self.rests = False
            with self.hold_sync():
                yield
            self.rests = is_final(self._latest)
            if self.rests:
                self._trait_values.update(view={}, saved="")

    def _view(self, snapshot: Snapshot) -> dict[str, Any]:
        from pvideo.settings import current

        now, around = time.time(), around_of(self.video)
        view = view_of(snapshot, nonce=self._nonce, base=notebook_folder(), now=now, autoplay=current().autoplay, around=around)
        return view if self._refused is None else {**view, "message": message_of(self._refused, "warn")}

    def _linger(self) -> None:
        """After the end only its relatives are news, a final that is made of it: heard, but without keeping the card alive.

        What was marked meanwhile by another thread, a refusal, is still to be pushed.
        """
        if self._leave is not None:
            self._leave()
        me = weakref.ref(self)

        def seen(snapshot: Snapshot) -> None:
            card = me()
            if card is not None:
                card._seen(snapshot)  # noqa: SLF001 - its own
            else:
                leave()

        leave = self._leave = self.video.observe(seen)

    def _stop(self) -> None:
        leave, self._leave = getattr(self, "_leave", None), None
        if leave is not None:
            leave()
        pulse.forget(self)

    # Messages: from the page.

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page."""
        kind = content["kind"]
        if kind == "hello":
            self.alive()
            # The clock moves on, so the view is made anew: it heals whatever the page missed.
            with self._telling():
                self.view = self.view_now()
        elif kind == "action":
            self._pressed(content)
        elif kind == "menu" and self._is_mine(content):
            hand(self._answer, dict(content))
        elif kind == "want":
            self._wanted(content.get("id"))
        elif kind == "frame" and content.get("id") == self._latest.intent:
            self._frames.take(content, buffers)
        elif kind == "no_below":
            hand(self._in_place)
        else:
            super().heard(content, buffers)

    def _pressed(self, content: Mapping[str, Any]) -> None:
        """Do what a button says, if this page was given that button: ids from a saved or foreign page have no nonce."""
        if self._is_mine(content):
            hand(self._act, str(content["name"]), content)

    def _is_mine(self, content: Mapping[str, Any]) -> bool:
        offered = [item["name"] for item in (*self.view.get("actions", []), *self.view.get("more", []))]
        return content.get("nonce") == self._nonce and content.get("id") == self._latest.intent and content.get("name") in offered

    def _answer(self, content: dict[str, Any]) -> None:
        video = self.video
        answer(video, content, self.send)
        # A video that has ended is followed no more: its rating is news all the same.
        if video is self.video:
            self._latest = video.snapshot()
            pulse.mark(self)

    def _wanted(self, intent: object) -> None:
        """Send the bytes of its own video, or of one of its chain."""
        around = {shot.intent: shot for shot in (*around_of(self.video).shots, self._latest)}
        if isinstance(intent, str) and intent in around:
            path = around[intent].path
            hand(stream, self.send, path, intent, content_type(path))

    def _act(self, name: str, content: Mapping[str, Any] | None = None) -> None:
        from .doing import BESIDE, act

        old, self._refused = self.video, None
        if name == "compare":
            self._try(self._compare)
            return
        finals = [link.intent for link in self._latest.made if link.made_as == name and self.panels.has(link.intent)]
        if finals:
            self.send({"kind": "show_below", "id": finals[-1]})
            return
        new = self._try(lambda: act(name, old, content, self._frames.pop(self._latest.intent)))
        if new is None or new is old:
            return
        if name in BESIDE and self._show_below(new):
            return
        self.follow(new)
        if self._took_over is not None:
            self._took_over(old, new)

    def _try(self, press: Callable[[], T]) -> T | None:
        """Say a budget, or an account that is gone, on the card: nobody reads a thread's error."""
        try:
            return press()
        except PVideoError as error:
            self._refused = error
            pulse.mark(self)
            return None

    def _show_below(self, video: Video) -> bool:
        """Show another video below; False where this host takes no more widgets."""
        intent = video.snapshot().intent
        try:
            if not self.panels.has(intent):
                self.panels.add(intent, lambda: Card(video, took_over=self._took_over, saved_anew=self.panels.changed))
        except PVideoError:
            return False
        pulse.mark(self)  # its own buttons and facts name the new one
        return True

    def _in_place(self) -> None:
        """This page draws no widget below another: what was to stand there takes this card's place."""
        last = self.panels.take_last()
        if isinstance(last, Card):
            self.follow(last.video)
        if last is not None:
            last.close()

    def _compare(self) -> None:
        from .compare import below

        before = self.video.before
        if before is not None:
            below(self.panels, before, self.video)


def is_final(snapshot: Snapshot) -> bool:
    """Return whether nothing will change any more: a video that is made but not saved may still be saved by a person."""
    return snapshot.done and snapshot.settled and (snapshot.status != "succeeded" or snapshot.path is not None)


def text_of(snapshot: Snapshot) -> str:
    """Return a video in one line of words."""
    from .words import money

    parts = [called(snapshot), snapshot.status, note(snapshot, time.time()), money(snapshot)]
    where = str(snapshot.path) if snapshot.path else ""
    message = str(snapshot.error) if snapshot.error and snapshot.status != "succeeded" else ""
    return " · ".join(part for part in (*parts, where, message) if part)
