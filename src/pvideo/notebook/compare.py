"""Videos beside each other, in step: ``pvideo.compare(cat, poppies)``."""

from __future__ import annotations

import importlib
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from pvideo.arguments import PATH, takes
from pvideo.errors import InputError, PVideoError

from . import comparison
from .base import hand
from .blueprint import VIDEO
from .card import is_final
from .chunks import stream
from .difference import LETTERS
from .hosts import detect, notebook_folder, running_shell
from .made import content_type
from .output import Output
from .pulse import pulse
from .words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

    from .panels import Panels

MOST = 9


@takes()
def compare(*videos: Any) -> Compare | StillCompare:
    """Show 2 to 9 videos beside each other: one play button, play heads in step, and what differs between them.

    Args:
        *videos: Videos, or sequences of them (a sweep); one alone is compared with the one before it.

    Raises:
        InputError: It are fewer than 2 or more than 9, or something else than videos.

    Example::

        pvideo.compare(cat, poppies)
    """
    found = _videos(videos)
    if len(found) == 1 and found[0].before is not None:
        found.insert(0, found[0].before)
    if not 2 <= len(found) <= MOST:
        raise InputError("compare_count", count=len(found), most=MOST)
    host = detect()
    if host.waits:
        from .waiting import wait_for

        for video in found:
            wait_for(video)
    return Compare(found) if host.has_widgets else StillCompare(tuple(found))


def below(panels: Panels, *videos: Video) -> None:
    """Show a comparison below a card or a Studio; one that stands there already is left."""
    key = " ".join(["compare", *(video.snapshot().intent for video in videos)])
    if not panels.has(key):
        panels.add(key, lambda: Compare(list(videos), changed=panels.changed))


@dataclass(frozen=True, repr=False)
class StillCompare:
    """A comparison where no widget is drawn: plain html, or text."""

    videos: tuple[Video, ...]

    def __repr__(self) -> str:
        """Say what it shows."""
        return _text(self.videos)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.still()}

    def still(self) -> str:
        """Return it as plain html, as it stands now."""
        return comparison.still([video.snapshot() for video in self.videos], notebook_folder())

    @takes(path=PATH.or_none())
    def save_page(self, path: str | Path | None = None) -> Path:
        """Write it as one html file that plays anywhere (see `Compare.save_page`)."""
        return _save_page(self.videos, path)


class Compare(Output):
    """Videos beside each other, in step. Made by `compare`.

    Args:
        videos: The videos, 2 to 9.
        changed: Called when what is saved of it is another now.
    """

    page = "compare"

    view = traitlets.Dict().tag(sync=True)
    """The comparison as `comparison.view_of` makes it. Default ``{}``."""

    def __init__(self, videos: list[Video], *, changed: Callable[[Compare], None] | None = None) -> None:
        self.videos = tuple(videos)
        self.changed = changed
        self.key = f"compare-{uuid.uuid4().hex}"
        """What it is known by."""
        self._nonce = secrets.token_urlsafe(12)
        self._notice = ""
        self._leave: list[Callable[[], None]] = []
        self._settled: Callable[[Compare], None] | None = None
        self._told = False
        super().__init__(kind="compare", view=self._view())
        self._leave = [video.observe(self._seen) for video in self.videos if not _over(video.snapshot())]
        pulse.mark(self)

    def __repr__(self) -> str:
        """Say what it shows: it is the text a saved notebook falls back to."""
        return _text(self.videos)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from .hook import bundle_of

        if running_shell() is None:
            return super()._repr_mimebundle_()
        # What was taken off the page is shown anew, as a video is.
        return bundle_of(self if self.is_open else Compare(list(self.videos)))

    @property
    def known_as(self) -> str:
        """The comparison's own key."""
        return self.key

    def still(self) -> str:
        """Return it as plain html, as it stands now."""
        return comparison.still(self._snapshots(), notebook_folder()) + self.panels.still()

    def follow(self, _: Compare, *, settled: Callable[[Compare], None] | None = None) -> None:
        """Stand in one more output.

        Args:
            settled: Called for each output when all videos have ended, on a thread of its own.
        """
        self._settled = settled or self._settled
        self._told = False
        self.ask_anew()
        pulse.mark(self)

    def close(self) -> None:
        """Take it off the page; the videos stay."""
        for leave in getattr(self, "_leave", ()):
            leave()
        pulse.forget(self)
        super().close()

    @takes(video=VIDEO)
    def load(self, video: Video) -> None:
        """Fill the newest open Studio with what made a video; without one, a new one opens below."""
        from . import studio

        found = studio.newest()
        if found is None:
            self.panels.add("studio", lambda: studio.Studio(video.snapshot().model))
            found = studio.newest()
        if found is None:  # pragma: no cover - it was closed meanwhile
            return
        found.load(video)
        letter = LETTERS[self.videos.index(video)] if video in self.videos else ""
        self._say(say("compare", "loaded", name=f"{letter} {video.name}".strip()))

    @takes(path=PATH.or_none())
    def save_page(self, path: str | Path | None = None) -> Path:
        """Write the comparison as one html file that plays anywhere, and return where it lies.

        Args:
            path: Where; ``compare-cat-cat_final.html`` beside the notebook by default.

        Raises:
            InputError: This pvideo cannot write pages.
            PVideoError: It cannot be written, or would be too large.
        """
        return _save_page(self.videos, path)

    # News: from the engine's thread to the page.

    def _seen(self, _: Snapshot) -> None:
        pulse.mark(self)

    def push(self) -> None:
        """Bring the newest state to the page, and the saved html when all have ended."""
        if not self.is_open:
            return
        over = all(_over(snapshot) for snapshot in self._snapshots())
        view, saved = self._view(), self.still() if over else ""
        with self.hold_sync():
            self.saved, self.view = saved, view
        if over and self.changed is not None:
            self.changed(self)
        if self._settled is not None and not self._told and all(is_final(snapshot) for snapshot in self._snapshots()):
            self._told = True
            hand(self._settled, self)

    def _view(self) -> dict[str, Any]:
        actions = ["copy", "load", *(["page"] if _page_maker() is not None else [])]
        snapshots = self._snapshots()
        return comparison.view_of(snapshots, key=self.key, nonce=self._nonce, base=notebook_folder(), notice=self._notice, actions=actions)

    def _snapshots(self) -> list[Snapshot]:
        return [video.snapshot() for video in self.videos]

    def _say(self, sentence: str) -> None:
        self._notice = sentence
        pulse.mark(self)

    # Messages: from the page.

    def heard(self, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Take one message of the page."""
        kind = content["kind"]
        video = next((video for video in self.videos if video.snapshot().intent == content.get("id")), None)
        if kind == "hello":
            self.alive()
            pulse.mark(self)
        elif kind == "want" and video is not None:
            path = video.snapshot().path
            hand(stream, self.send, path, video.snapshot().intent, content_type(path))
        elif kind == "load" and video is not None and content.get("nonce") == self._nonce:
            hand(self._load, video)
        elif kind == "page" and content.get("nonce") == self._nonce:
            hand(self._save_page)
        else:
            super().heard(content, buffers)

    def _load(self, video: Video) -> None:
        try:
            self.load(video)
        except PVideoError as error:
            self._say(str(error))

    def _save_page(self) -> None:
        try:
            path = self.save_page()
        except (PVideoError, OSError) as error:
            self._say(str(error))
            return
        self._say(say("compare", "page_saved", file=path.name))


def _text(videos: Iterable[Video]) -> str:
    return f"Compare({', '.join(repr(video) for video in videos)})"


def _save_page(videos: tuple[Video, ...], path: str | Path | None) -> Path:
    make = _page_maker()
    if make is None:
        raise InputError("media_missing", what="A page")
    names = [video.name or video.intent[:8] for video in videos]
    return Path(make(path or notebook_folder() / f"compare-{'-'.join(names)}.html", *videos))


def _page_maker() -> Callable[..., Path] | None:
    """Return what writes videos into one html page, where this pvideo has it."""
    with suppress(ImportError):
        found: Callable[..., Path] | None = getattr(importlib.import_module("pvideo.notebook.page"), "export", None)
        return found
    return None


def _videos(given: Iterable[Any]) -> list[Video]:
    """Return the videos of arguments that are videos or sequences of them."""
    from pvideo.job.video import Video

    found: list[Video] = []
    for one in given:
        if isinstance(one, Video):
            found.append(one)
        elif isinstance(one, (str, bytes)) or not hasattr(one, "__iter__"):
            raise InputError("compare_what", what=type(one).__name__)
        else:
            found += _videos(one)
    return found


def _over(snapshot: Snapshot) -> bool:
    return snapshot.done and snapshot.settled
