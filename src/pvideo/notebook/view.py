"""One job's card as data: `Snapshot` in, the page's `View` out (``js/src/view.ts`` is the other side; a contract test compares them)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .around import ALONE, Around
from .buttons import actions, hint, more
from .facts import facts, notes, shape
from .made import PLAYED, content_type, drawing, files, kind, relative, text
from .words import clock, date, is_budget, money, price, span

if TYPE_CHECKING:
    from pathlib import Path

    from pvideo.errors import PVideoError
    from pvideo.job.states import Snapshot

__all__ = ["KEYS", "clip_of", "message_of", "phase_of", "playable", "relative", "view_of"]

KEYS = (
    *("id", "nonce", "name", "status", "done", "demo", "phase", "values", "now", "pressed", "sent", "created", "next", "estimate"),
    *("progress", "took", "money", "prompt", "facts", "notes", "message", "actions", "more", "video", "received", "total", "shape"),
    *("poster", "autoplay", "log", "kind", "text", "files", "hint", "chain", "stars", "remark"),
)
"""The names of a view's parts."""

_BAD = frozenset({"failed", "rejected", "expired"})
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def view_of(snapshot: Snapshot, *, nonce: str, base: Path, now: float, autoplay: bool, around: Around = ALONE) -> dict[str, Any]:
    """Return the view of a job.

    Args:
        snapshot: The job as the engine sees it.
        nonce: What an action message has to carry back.
        base: The notebook's folder; files are named relative to it.
        now: The kernel's clock, epoch seconds.
        autoplay: Whether a video that arrives while it is watched may play by itself.
        around: The videos that it has to do with.
    """
    file = relative(snapshot.path, base)
    width, height = shape(snapshot)
    return {
        "id": snapshot.intent,
        "nonce": nonce,
        "name": snapshot.name,
        "status": snapshot.status,
        "done": snapshot.done,
        "demo": snapshot.realm == "demo",
        "phase": phase_of(snapshot),
        "values": _values(snapshot),
        "now": now * 1000,
        **_times(snapshot),
        "progress": snapshot.progress,
        "took": snapshot.took,
        "money": money(snapshot),
        "prompt": snapshot.prompt,
        "facts": facts(snapshot),
        "notes": notes(snapshot),
        "message": _message(snapshot),
        "actions": actions(snapshot, around),
        "more": more(snapshot, file),
        "video": _video(snapshot, file),
        "received": snapshot.received or 0,
        "total": snapshot.total or 0,
        "shape": {"width": width, "height": height},
        "poster": _poster(snapshot) if kind(snapshot) in PLAYED else "",
        "autoplay": autoplay and not snapshot.reused,
        "log": _log(snapshot),
        "kind": kind(snapshot),
        "text": text(snapshot),
        "files": files(snapshot, base),
        "hint": hint(snapshot),
        "chain": _chain(around, base),
        "stars": snapshot.stars,
        "remark": snapshot.remark,
    }


def clip_of(snapshot: Snapshot, base: Path) -> dict[str, Any] | None:
    """Return where a page finds a video: its file beside the notebook, and its address while that lives."""
    return _video(snapshot, relative(snapshot.path, base))


def _chain(around: Around, base: Path) -> list[dict[str, Any]]:
    """Return the shots to play one after another, as far as they are there."""
    clips = [(shot, clip_of(shot, base)) for shot in around.shots]
    return [{"id": shot.intent, "name": shot.name, "video": clip} for shot, clip in clips if clip is not None and shot.done]


def phase_of(snapshot: Snapshot) -> str:
    """Return the part of a state, in the page's words."""
    if snapshot.status == "rejected" and is_budget(snapshot):
        return "budget"
    if snapshot.status == "canceled" and snapshot.error is not None and snapshot.error.key == "canceled_unsent":
        return "unsent"
    if snapshot.status == "succeeded" and snapshot.reused and snapshot.path is not None:
        return "library"
    if snapshot.cancel_asked and not snapshot.done:
        return "canceling"
    return snapshot.phase


def _values(snapshot: Snapshot) -> dict[str, str | int]:
    """Return what fills the texts; the page counts seconds and bytes itself."""
    made = snapshot.finished_at or snapshot.created_at
    error = snapshot.error
    timed_out = error is not None and error.key == "timed_out"
    return {
        "ahead": snapshot.ahead,
        "file": snapshot.sending_file,
        "gateway": snapshot.gateway,
        "made": date(made) if made else "",
        "looked": clock(snapshot.looked_at) if snapshot.looked_at else "",
        "reason": error.title if error else "",
        "limit": span(snapshot.deadline) if timed_out else "",
        "by": "you" if snapshot.cancel_asked else "",
        "price": price(snapshot),
        "prefer_wait": int(snapshot.prefer_wait),
    }


def _times(snapshot: Snapshot) -> dict[str, Any]:
    known = snapshot.p50 is not None and snapshot.p90 is not None
    return {
        "pressed": _ms(snapshot.pressed_at),
        "sent": _ms(snapshot.sent_at),
        "created": _ms(snapshot.created_at),
        "next": _ms(snapshot.next_at),
        "estimate": {"p50": snapshot.p50, "p90": snapshot.p90, "history": snapshot.history} if known else None,
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _message(snapshot: Snapshot) -> dict[str, str] | None:
    """Return the message on the card; where the note beside the badge says all, there is none."""
    error = snapshot.error
    if error is None or error.key in {"canceled", "canceled_unsent", "aborted", "connection_lost"}:
        return None
    return message_of(error, "bad" if snapshot.status in _BAD else "info" if snapshot.status == "sending" else "warn")


def message_of(error: PVideoError, tone: str) -> dict[str, str]:
    """Return an error as the card's message."""
    return {"key": error.key, "title": error.title, "sentence": error.sentence, "next": error.next, "tone": tone}


def _video(snapshot: Snapshot, file: str) -> dict[str, Any] | None:
    if picture := drawing(snapshot):
        return {"url": picture, "file": "", "type": "image/svg+xml", "bytes": 0, "seconds": 0.0}
    url = playable(snapshot.output_url, demo=snapshot.realm == "demo")
    if not (url or file) or kind(snapshot) not in PLAYED:
        return None
    media = snapshot.media
    return {
        "url": url,
        "file": file,
        "type": content_type(snapshot.path),
        "bytes": snapshot.total or snapshot.received or 0,
        "seconds": float(media.seconds) if media and media.seconds else float(_number(snapshot.input.get("duration"))),
    }


def playable(url: str | None, *, demo: bool) -> str:
    """Return the address if a page may load it: https only, and loopback in the demo; never ``javascript:`` or ``data:``."""
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname and not parts.username:
        return url
    return url if demo and parts.scheme == "http" and parts.hostname in _LOOPBACK else ""


def _poster(snapshot: Snapshot) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(snapshot.poster).decode() if snapshot.poster else ""


def _log(snapshot: Snapshot) -> dict[str, str] | None:
    if not snapshot.log_id:
        return None
    href = snapshot.dashboard_url or ""
    return {"id": snapshot.log_id, "href": href if href.startswith("https://") else ""}


def _number(value: Any) -> float:
    return value if isinstance(value, (int, float)) else 0.0
