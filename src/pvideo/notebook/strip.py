"""The videos of one Studio: followed, shown newest first, and found again by what made them."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from .around import around_of
from .hosts import notebook_folder
from .saved import poster_url
from .view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

SHOWN = 24
"""How many stand in the strip; older ones are in the history."""


class Strip:
    """Keeps the videos of a Studio.

    Args:
        news: Called with every later picture of any of them, on the engine's thread.
    """

    def __init__(self, news: Callable[[Snapshot], None]) -> None:
        self._news = news
        self._lock = threading.Lock()
        self._videos: list[Video] = []
        self._leave: dict[str, Callable[[], None]] = {}
        self._posters: dict[str, str] = {}
        self._nonce = secrets.token_urlsafe(12)

    @property
    def videos(self) -> list[Video]:
        """All videos, newest first."""
        with self._lock:
            return list(self._videos)

    def add(self, video: Video) -> None:
        """Take a video in, in front of the others."""
        snapshot = video.snapshot()
        with self._lock:
            if any(known.snapshot().intent == snapshot.intent for known in self._videos):
                return
            self._videos.insert(0, video)
            self._leave[snapshot.intent] = video.observe(self._seen)
        self._news(snapshot)

    def get(self, intent: object) -> Video | None:
        """Return a video by its id."""
        return next((video for video in self.videos if video.snapshot().intent == intent), None)

    def running(self, typed: Mapping[str, Any]) -> Video | None:
        """Return the video that is being made from the same inputs."""
        for video in self.videos:
            snapshot = video.snapshot()
            if not snapshot.done and _same_press(snapshot, typed):
                return video
        return None

    def refused(self, typed: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what Replicate said against these inputs when they were pressed last, by field."""
        for video in self.videos:
            snapshot = video.snapshot()
            if not _same_press(snapshot, typed):
                continue
            error = snapshot.error if snapshot.status == "rejected" else None
            return [(problem.field, problem.message) for problem in error.problems] if error is not None else []
        return []

    def facts(self) -> dict[str, Any]:
        """Return what the strip shows beside the views: what was made from what, the stars, and what its keys can do."""
        import pvideo

        shown = [(video, video.snapshot()) for video in self.videos[:SHOWN]]
        mine = {snapshot.intent for _, snapshot in shown}
        links = {snapshot.intent: _made_from(snapshot) for _, snapshot in shown}
        can = {"compare": hasattr(pvideo, "compare"), "star": any(hasattr(video, "rate") for video, _ in shown)}
        return {
            "links": {intent: {"from": origin, "as": kind} for intent, (origin, kind) in links.items() if origin in mine},
            "stars": {snapshot.intent: stars for _, snapshot in shown if (stars := getattr(snapshot, "stars", None))},
            "can": [name for name, able in can.items() if able],
        }

    def views(self) -> list[dict[str, Any]]:
        """Return what the page shows: newest first, and beside each video the one it was made from."""
        videos = {video.snapshot().intent: video for video in self.videos[:SHOWN]}
        return [self._view(videos[snapshot.intent]) for snapshot in _beside([video.snapshot() for video in videos.values()])]

    def offered(self, content: Mapping[str, Any]) -> Video | None:
        """Return the video whose button a message presses, if this page was given that button."""
        video = self.get(content.get("id"))
        if video is None or content.get("nonce") != self._nonce:
            return None
        view = self._view(video)
        return video if content.get("name") in [item["name"] for item in (*view["actions"], *view["more"])] else None

    def close(self) -> None:
        """Follow none of them any more."""
        with self._lock:
            leaving, self._leave = list(self._leave.values()), {}
        for leave in leaving:
            leave()

    def _seen(self, snapshot: Snapshot) -> None:
        if snapshot.done and snapshot.settled:
            leave = self._leave.pop(snapshot.intent, None)
            if leave is not None:
                leave()
        self._news(snapshot)

    def _view(self, video: Video) -> dict[str, Any]:
        from pvideo.settings import current

        snapshot, now, around = video.snapshot(), time.time(), around_of(video)
        view = view_of(snapshot, nonce=self._nonce, base=notebook_folder(), now=now, autoplay=current().autoplay, around=around)
        if view["poster"]:
            # All views travel together, so each carries a small picture, made once.
            view["poster"] = self._posters.setdefault(snapshot.intent, poster_url(snapshot.poster))
        return view


def _beside(snapshots: list[Snapshot]) -> list[Snapshot]:
    """Return the same videos, each followed by its origin, if that is among them and was not placed before."""
    left = {snapshot.intent: snapshot for snapshot in snapshots}
    placed: list[Snapshot] = []
    for newest in snapshots:
        at: Snapshot | None = left.pop(newest.intent, None)
        while at is not None:
            placed.append(at)
            at = left.pop(_made_from(at)[0], None)
    return placed


def _made_from(snapshot: Snapshot) -> tuple[str, str]:
    """Return the job that a video was made from, and as what: ``final``, ``take``, ``shot``."""
    return str(getattr(snapshot, "made_from", None) or ""), str(getattr(snapshot, "made_as", None) or "")


def _same_press(snapshot: Snapshot, typed: Mapping[str, Any]) -> bool:
    """Return whether these inputs ask for the same; the seed that a job got counts as typed, since loading it fills it in."""
    seed = snapshot.seed
    rest = {
        name: value for name, value in typed.items() if name in snapshot.typed or seed is None or value != seed or isinstance(value, bool)
    }
    return _same(snapshot.typed, rest)


def _same(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether a press with `now` would ask for the same: files are compared by their path."""
    return {name: _plain(value) for name, value in before.items()} == {name: _plain(value) for name, value in now.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and "path" in value:
        return str(value["path"])
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)
