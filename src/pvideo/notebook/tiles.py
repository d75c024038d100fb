"""A sweep's sheet as data: `Sweep` in, the page's `SheetView` out (``js/src/view.ts`` is the other side)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

from .facts import shape
from .view import clip_of, message_of, phase_of
from .words import money, price, say, span

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from pvideo.job.axes import Axis, Combination
    from pvideo.job.states import Snapshot
    from pvideo.job.sweep import Sweep
    from pvideo.job.tally import Tally
    from pvideo.job.video import Video

KEYS = (
    *("id", "nonce", "name", "title", "total", "state", "count", "done", "left", "said", "parts", "ends", "now", "notice", "message"),
    *("actions", "axes", "tiles", "shape", "demo", "rates"),
)
"""The names of a sheet's parts."""

_WORDS = ("running", "waiting", "failed", "canceled", "unconfirmed")


def sheet_of(made: Sweep, *, nonce: str, base: Path, now: float, refused: PVideoError | None = None) -> dict[str, Any]:
    """Return the sheet of a sweep.

    Args:
        made: The sweep.
        nonce: What an action message has to carry back.
        base: The notebook's folder; files are named relative to it.
        now: The kernel's clock, epoch seconds.
        refused: What stopped a button.
    """
    counts = made.tally()
    asks = not made.started
    tiles = [tile(combination, video, base) for combination, video in zip(made.combinations, made.places, strict=True)]
    width, height = next((shape(video.snapshot()) for video in made.videos), (16, 9))
    return {
        "id": made.id,
        "nonce": nonce,
        "name": made.name,
        "title": made.title,
        "total": total(made),
        "state": "asks" if asks else "over" if all(video.snapshot().settled for video in made.videos) else "runs",
        "count": counts.count,
        "done": counts.done,
        "left": counts.left,
        "said": said(counts),
        "parts": [] if asks and not made.videos else parts(made, counts),
        "ends": None if counts.ends is None else (now + counts.ends) * 1000,
        "now": now * 1000,
        "notice": slow(made, counts) or limited(made, counts),
        "message": message_of(refused, "warn") if refused is not None else _asks(made) if asks else None,
        "actions": actions(made, counts),
        "axes": [axis_of(axis) for axis in made.axes],
        "tiles": tiles,
        "shape": {"width": width, "height": height},
        "demo": made.realm == "demo",
        "rates": any(hasattr(video, "rate") for video in made.videos),
    }


def axis_of(axis: Axis) -> dict[str, Any]:
    """Return one axis of a sheet."""
    return {"name": axis.name, "title": axis.title, "labels": [axis.label(at) for at in range(len(axis.values))]}


def tile(combination: Combination, video: Video | None, base: Path) -> dict[str, Any]:
    """Return one video of a sheet."""
    shown = video.snapshot() if video is not None else None
    return {
        "id": shown.intent if shown else "",
        "places": list(combination.places),
        "title": combination.title,
        "status": shown.status if shown else "",
        "phase": phase_of(shown) if shown else "",
        "done": shown.done if shown else False,
        "money": short_money(shown) if shown else "",
        "note": note(shown) if shown else say("sheet", "not_sent"),
        "reason": reason(shown) if shown else "",
        "sent": None if shown is None or shown.sent_at is None else shown.sent_at * 1000,
        "stars": stars_of(video),
        "video": clip_of(shown, base) if shown else None,
    }


def total(made: Sweep) -> str:
    """Return what all of it costs, before: ``total $1.20, leaves $3.37 of today``."""
    found = sum(video.snapshot().reused for video in made.videos)
    whole = made.price
    if made.realm == "demo":
        return say("sheet", "total_none") if found == len(made) else say("money", "free", price=_amount(whole))
    if found:
        return say("sheet", "total_none" if found == len(made) else "total_some", found=found, count=len(made), price=_amount(whole))
    left = _left_of_today(whole) if not made.started else ""
    return say("sheet", "total_left" if left else "total", price=_amount(whole), left=left)


def parts(made: Sweep, counts: Tally) -> list[str]:
    """Return how it stands, in words: ``5 of 8 done``, ``1 running``, ``$0.70``."""
    found = [say("sheet", word, count=getattr(counts, word)) for word in _WORDS if getattr(counts, word)]
    paid = [made.cost_text] if counts.cost or made.realm != "demo" else []
    return [say("sheet", "done", done=counts.done, count=counts.count), *found, *paid]


def said(counts: Tally) -> str:
    """Return what is read aloud when it changes."""
    if counts.count == counts.done:
        return say("sheet", "ready", count=counts.count)
    plain = say("sheet", "done", done=counts.done, count=counts.count)
    return f"{plain}, {say('sheet', 'failed', count=counts.failed)}" if counts.failed else plain


def slow(made: Sweep, counts: Tally) -> str:
    """Return what a small account means for those that wait."""
    most = made.a_minute
    if not most or not counts.waiting or counts.starts is None:
        return ""
    return say("sheet", "slow", most=most, seconds=max(5, round(counts.starts / 5) * 5))


def limited(made: Sweep, counts: Tally) -> str:
    """Return how long those that are not sent yet take under the gateway's rate limit; before the start too."""
    from pvideo.errors import PVideoError

    from .limits import sweep_line

    left = sum(video is None for video in made.places) or counts.waiting
    try:
        return sweep_line(left) if left else ""
    except PVideoError:
        return ""


def actions(made: Sweep, counts: Tally) -> list[dict[str, Any]]:
    """Return the sheet's own buttons; what costs says its price."""
    found = []
    costs = made.realm != "demo"
    if not made.started:
        waiting = sum(video is None for video in made.places)
        label = say("sheet", "start", count=waiting, price=_word(made, made.to_pay))
        found.append({"name": "start", "label": label, "primary": True, "costs": costs})
    if counts.left:
        label = say("sheet", "cancel_one" if counts.left == 1 else "cancel_many", count=counts.left)
        found.append({"name": "cancel", "label": label, "primary": False, "costs": False})
    if counts.missing:
        key = "retry_missing" if counts.canceled else "retry_one" if counts.failed == 1 else "retry_many"
        label = say("sheet", key, count=counts.missing, price=_word(made, made.retry_price))
        found.append({"name": "retry", "label": label, "primary": not counts.left, "costs": costs})
    return found


def note(shown: Snapshot) -> str:
    """Return what stands in a tile beside its word; seconds that pass are the page's."""
    if shown.status == "sending" and shown.phase == "waiting":
        return say("sheet", "in_line", place=_ordinal(shown.ahead + 1))
    if shown.status == "succeeded" and shown.took is not None and not shown.reused:
        return span(shown.took)
    return ""


def reason(shown: Snapshot) -> str:
    """Return why there is no video, in a few words."""
    return shown.error.title if shown.error is not None and shown.settled and shown.path is None else ""


def short_money(shown: Snapshot) -> str:
    """Return a tile's money: the demo's is only "free"."""
    return price(shown) if shown.realm == "demo" else money(shown)


def stars_of(video: Video | None) -> int:
    """Return a video's rating, 0 for none."""
    found = getattr(video, "stars", 0)
    return found if isinstance(found, int) else 0


def _asks(made: Sweep) -> dict[str, str]:
    return message_of(made.unstarted(), "info")


def _amount(value: Decimal | None) -> str:
    from pvideo.model.price import money as amount

    return say("money", "unknown") if value is None else amount(value)


def _word(made: Sweep, value: Decimal | None) -> str:
    return "free" if made.realm == "demo" else _amount(value)


def _left_of_today(price: Decimal | None) -> str:
    """Return what the day's budget leaves after it; empty where there is no budget, or too little."""
    from pvideo.settings import current

    from .spending import spending

    limit = current().budget_day
    try:
        spent = spending().spent.day
    except PVideoError:
        return ""
    left = None if limit is None or price is None else limit - spent - price
    return "" if left is None or left < 0 else _amount(left)


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
