"""Money where it is decided: the price on the Studio's button, and what was spent so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.errors import PVideoError

from .words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pvideo.model.schema import Model


@dataclass(frozen=True, slots=True)
class PriceNow:
    """What a press costs, and how the button says it."""

    trait: dict[str, Any]
    """As the page takes it: text, label, disabled, reason."""
    first: str
    """What stands where no video is yet."""


def price_now(model: Model, inputs: Mapping[str, Any], *, running: bool = False) -> PriceNow:
    """Return the price of a press with these inputs.

    Args:
        model: The model.
        inputs: The values as typed.
        running: Whether the same inputs are being made now.
    """
    from pvideo.model.price import estimate
    from pvideo.settings import demo_is_on, endpoint

    quote = estimate(model, inputs)
    demo = demo_is_on()
    reason = ""
    if not demo:
        try:
            endpoint()
        except PVideoError as error:
            reason = f"{error.title}. {error.next}"
    text = "free" if demo else quote.text
    label = say("actions", "make_another", price=text) if running else _label(text, draft=_drafts(model, inputs), demo=demo)
    why = reason or (f"{_running(model)}." if running else "")
    trait = {"text": text, "label": label, "disabled": bool(reason), "reason": why}
    return PriceNow(trait, _first(model, inputs, text, demo=demo))


def _drafts(model: Model, inputs: Mapping[str, Any]) -> bool:
    """Return whether a press makes a cheap preview."""
    field = model.field(model.draft) if model.draft else None
    return field is not None and bool(inputs.get(field.name, field.default is True))


def _label(text: str, *, draft: bool, demo: bool) -> str:
    word = "generate_draft" if draft else "generate"
    if demo:
        return say("actions", f"{word}_free")
    return say("actions", word, price=text)


def _first(model: Model, inputs: Mapping[str, Any], text: str, *, demo: bool) -> str:
    """Return the sentence of the empty stage."""
    duration = model.field("duration")
    seconds = inputs.get("duration") or (duration.default if duration is not None else "")
    draft = _drafts(model, inputs)
    about = 3 if draft else 12
    if demo:
        return say("labels", "empty_demo", about=about) if model.output == "video" and model.prices else say("labels", "empty_demo_plain")
    if draft and isinstance(seconds, (int, float)):
        return say("labels", "empty", seconds=f"{seconds:g}", price=text, about=about)
    return say("labels", "empty_plain", price=text)


def money_now() -> dict[str, str]:
    """Return what was spent, as the page takes it; empty words when the journal cannot be read."""
    from .spending import spending

    try:
        spent = spending()
    except PVideoError:
        return {"session": "", "today": "", "budget": "", "text": ""}
    return {"session": spent.session, "today": spent.today, "budget": spent.budget, "text": spent.line}


def _running(model: Model) -> str:
    from pvideo.errors import fill, texts

    return fill(texts()["messages"]["running_already"]["title"], what=say("kinds", model.output).lower())
