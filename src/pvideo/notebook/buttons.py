"""Which buttons a card has in each state, in which words and with which price (ui.md's table of states, row by row)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .around import ALONE, Around
from .made import kind
from .source import cell_source, known_model, python_source
from .words import is_budget, price, price_of, say

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot
    from pvideo.model.schema import Model

_CONFIRM_AFTER = 60
"""Seconds after which a lost answer may be given up: Replicate's list has shown every prediction by then."""


def actions(snapshot: Snapshot, around: Around = ALONE) -> list[dict[str, Any]]:
    """Return the card's buttons, the main one first."""
    if snapshot.status == "succeeded":
        return _succeeded(snapshot, around)
    by_status = {
        "sending": _before_answer,
        "starting": _running,
        "processing": _running,
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
    draft = _draft_of(snapshot)
    if draft is not None and file and _has_final(snapshot):
        items.insert(0, {"name": "final_again", "label": say("actions", "final_again", price=_final_price(snapshot, draft))})
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


def hint(snapshot: Snapshot) -> str:
    """Return what stands below [Make final]: how much a seed promises."""
    draft = _draft_of(snapshot) if snapshot.status == "succeeded" and snapshot.path is not None else None
    if draft is None or _has_final(snapshot):
        return ""
    if not _is_loose(snapshot, draft):
        return say("labels", "final_close")
    cause = draft.field(draft.seed_loose)
    # The sentence speaks of the prompt already: "upsampling" is enough there.
    label = (cause.label if cause is not None else "") or draft.seed_loose
    return say("labels", "final_loose", field=label.lower().removeprefix("prompt "))


def _succeeded(snapshot: Snapshot, around: Around) -> list[dict[str, Any]]:
    if snapshot.error is not None and snapshot.error.key == "file_missing":
        return [_paying(snapshot, "again", "again")]
    if snapshot.error is not None and snapshot.path is None:
        return [_button("save_now", say("actions", "save_now"), primary=True)]
    if snapshot.path is None:
        return []
    model, draft = known_model(snapshot.model), _draft_of(snapshot)
    take = _paying(snapshot, "again", "again")
    row = [take] if draft is None else [_final(snapshot, draft), {**take, "primary": False}]
    if kind(snapshot) != "video":
        return row
    if model is not None and model.first_frame:
        row.append(_continue(snapshot, model))
    if around.comparable:
        row.append({**_button("compare", say("actions", "compare")), "quick": True})
    if len(around.shots) > 1:
        row.append(_button("play_chain", say("actions", "play_chain", count=len(around.shots))))
    return row


def _final(snapshot: Snapshot, model: Model) -> dict[str, Any]:
    """Return the button of a draft: it is paid once, after that it shows what was made."""
    if _has_final(snapshot):
        return {**_button("final", say("actions", "show_final")), "quick": True}
    label = say("actions", "final", price=_final_price(snapshot, model))
    return _button("final", label, primary=True, costs=snapshot.realm != "demo")


def _continue(snapshot: Snapshot, model: Model) -> dict[str, Any]:
    """Return the button that opens a box for the next shot's prompt; the price stands on the box's own button."""
    from pvideo.job.actions import kept_for_a_shot

    cost = price_of(snapshot, model, kept_for_a_shot(model, snapshot.typed))
    return {**_button("continue_shot", say("actions", "continue_shot")), "ask": say("actions", "continue_send", price=cost)}


def _final_price(snapshot: Snapshot, model: Model) -> str:
    from pvideo.job.actions import final_changes

    return price_of(snapshot, model, {**snapshot.input, **final_changes(model, snapshot)})


def _draft_of(snapshot: Snapshot) -> Model | None:
    """Return the model of a draft; None for what is none."""
    from pvideo.job.actions import is_draft

    model = known_model(snapshot.model)
    return model if model is not None and is_draft(model, snapshot) else None


def _has_final(snapshot: Snapshot) -> bool:
    return any(link.made_as == "final" for link in snapshot.made)


def _is_loose(snapshot: Snapshot, model: Model) -> bool:
    """Return whether the prompt was rewritten, so that the seed alone does not repeat the picture."""
    from pvideo.job.intent import usual

    return model.seed_loose != "" and {**usual(model), **snapshot.input}.get(model.seed_loose) is True


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
