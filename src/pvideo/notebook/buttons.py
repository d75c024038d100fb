"""Which buttons a card has in each state, in which words and with which price (ui.md's table of states, row by row)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .made import kind
from .source import cell_source, python_source
from .words import is_budget, price, say

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot

_CONFIRM_AFTER = 60
"""Seconds after which a lost answer may be given up: Replicate's list has shown every prediction by then."""


def actions(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return the card's buttons, the main one first."""
    by_status = {
        "sending": _before_answer,
        "starting": _running,
        "processing": _running,
        "succeeded": _succeeded,
        "unconfirmed": _unconfirmed,
        "rejected": _rejected,
        "expired": _expired,
    }
    return by_status.get(snapshot.status, _ended)(snapshot)


def more(snapshot: Snapshot, file: str) -> list[dict[str, str]]:
    """Return the More menu: ways to take this video elsewhere."""
    explain = _item("explain")
    if not snapshot.done:
        return [explain] if snapshot.status == "unconfirmed" else []
    items = [
        {**_item("copy_cell"), "text": cell_source(snapshot)},
        {**_item("copy_python"), "text": python_source(snapshot)},
        explain,
    ]
    if file:
        items.append({**_item("open_file"), "href": file})
        items += [_item("save_frame")] if kind(snapshot) == "video" else []
        items.append(_item("save_page"))
    return [*items, _item("rate")]


def _item(name: str) -> dict[str, str]:
    return {"name": name, "label": say("actions", name)}


def _before_answer(snapshot: Snapshot) -> list[dict[str, Any]]:
    # While the one request is under way nothing can be canceled yet: there is no id until it answers.
    if snapshot.phase == "sending" or snapshot.cancel_asked:
        return []
    return [_button("cancel", say("actions", "cancel_free"))]


def _running(snapshot: Snapshot) -> list[dict[str, Any]]:
    if snapshot.cancel_asked:
        return []
    return [_button("cancel", say("actions", "cancel" if snapshot.realm == "demo" else "cancel_running"))]


def _succeeded(snapshot: Snapshot) -> list[dict[str, Any]]:
    if snapshot.error is not None and snapshot.error.key == "file_missing":
        return [_paying(snapshot, "again", "again")]
    if snapshot.error is not None and snapshot.path is None:
        return [_button("save_now", say("actions", "save_now"), primary=True)]
    if snapshot.path is None:
        return []
    return [_paying(snapshot, "again", "again")]


def _unconfirmed(snapshot: Snapshot) -> list[dict[str, Any]]:
    look = _button("look_again", say("actions", "look_again"), primary=True)
    again = _paying(snapshot, "generate_again", "again" if snapshot.realm == "demo" else "generate_again")
    return [look, {**again, "primary": False, "after": _CONFIRM_AFTER}]


def _rejected(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [] if is_budget(snapshot) else _ended(snapshot)


def _expired(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [_paying(snapshot, "retry", "remake")]


def _ended(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [_paying(snapshot, "retry", "retry")] if snapshot.done else []


def _paying(snapshot: Snapshot, name: str, label: str) -> dict[str, Any]:
    """Return a button that makes a new video: it always says its price."""
    return _button(name, say("actions", label, price=price(snapshot)), primary=True, costs=snapshot.realm != "demo")


def _button(name: str, label: str, *, primary: bool = False, costs: bool = False) -> dict[str, Any]:
    return {"name": name, "label": label, "primary": primary, "costs": costs}
