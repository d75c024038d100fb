"""The texts of a card, filled: notes, money, dates. The templates stand in ``texts.json``, which the page reads too."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pvideo.errors import fill, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.job.states import Snapshot
    from pvideo.model.schema import Model


_NOTED = frozenset({"rejected", "unconfirmed", "failed", "aborted", "expired"})


def say(group: str, key: str, **values: object) -> str:
    """Return the text `key` of a group of ``texts.json``, filled."""
    return fill(texts()[group][key], **values)


def span(seconds: float) -> str:
    """Return a stretch of time: ``4 s``, ``0:41`` from 100 s on as ``1:41``, ``15 min`` when it is whole minutes."""
    whole = max(0, round(seconds))
    if whole < 100:
        return f"{whole} s"
    return f"{whole // 60} min" if whole % 60 == 0 else f"{whole // 60}:{whole % 60:02d}"


def date(at: float) -> str:
    """Return a moment as a person reads it here: ``Nov 20, 10:02``."""
    local = time.localtime(at)
    return time.strftime("%b ", local) + f"{local.tm_mday}, " + time.strftime("%H:%M", local)


def clock(at: float) -> str:
    """Return the time of day with seconds."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def size(count: float) -> str:
    """Return a number of bytes as a person reads it: ``4.8 MB``."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"


def price(snapshot: Snapshot) -> str:
    """Return what a button that makes it again says: the price, or "free" in the demo."""
    return "free" if snapshot.realm == "demo" else snapshot.price.text


def price_of(snapshot: Snapshot, model: Model, inputs: Mapping[str, Any]) -> str:
    """Return what a button says that makes another video from it, with these inputs."""
    from pvideo.model.price import estimate

    return "free" if snapshot.realm == "demo" else estimate(model, inputs).text


def money(snapshot: Snapshot) -> str:
    """Return what stands at the right of a card: the engine's words, but nothing was paid for what came from the library."""
    if snapshot.reused and snapshot.status == "succeeded":
        return "free" if snapshot.realm == "demo" else say("money", "now", price=say("money", "nothing"))
    return snapshot.cost_text or snapshot.price.text


def note(snapshot: Snapshot, now: float) -> str:
    """Return the line beside the badge as a still text, for where nothing ticks: saved files, text output."""
    if snapshot.status in {"sending", "starting", "processing"}:
        return _running_note(snapshot, now)
    if snapshot.status == "succeeded":
        return _made_note(snapshot)
    if snapshot.status == "canceled":
        return canceled_note(snapshot)
    key = {"rejected": "budget" if is_budget(snapshot) else "rejected", "unconfirmed": "unconfirmed_looking"}
    return say("notes", key.get(snapshot.status, snapshot.status)) if snapshot.status in _NOTED else ""


def _made_note(snapshot: Snapshot) -> str:
    made = snapshot.finished_at or snapshot.created_at
    if snapshot.reused and made:
        return say("notes", "library", made=date(made))
    return say("notes", "took", took=span(snapshot.took)) if snapshot.took is not None else ""


def _running_note(snapshot: Snapshot, now: float) -> str:
    if snapshot.phase == "waiting":
        return say("notes", "waiting", ahead=snapshot.ahead)
    since = snapshot.sent_at or snapshot.pressed_at
    return say("notes", "running", elapsed=span(now - since)) if since and snapshot.status != "sending" else ""


def canceled_note(snapshot: Snapshot) -> str:
    """Return who ended a canceled video, and when."""
    key = snapshot.error.key if snapshot.error else ""
    if key == "canceled_unsent":
        return say("notes", "canceled_unsent")
    if key == "timed_out":
        return say("notes", "canceled_limit", limit=span(snapshot.deadline))
    if snapshot.cancel_asked and snapshot.took is not None:
        return say("notes", "canceled_you", took=span(snapshot.took))
    return say("notes", "canceled")


def is_budget(snapshot: Snapshot) -> bool:
    """Return whether our own budget stopped it."""
    return snapshot.error is not None and snapshot.error.key in {"budget_reached", "price_unknown"}
