"""How a model's inputs are shown: where, under which word, with which control. The Studio draws what `form` says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .schema import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .schema import Field, Model, Place

_SHOWN_AT_FIRST = 6
_SEGMENTS = 5
_RATIOS = 9
_SLIDER_STEPS = 200
_RATIO = re.compile(r"\d+:\d+")
_REWRITES = re.compile(
    r"prompt_(upsampl|optimi|enhanc|expan|rewrit|extend|magic)|(enhance|optimi[sz]e|expand|rewrite|extend|improve)_(the_)?prompt"
)
_FIRST_FRAMES = ("first_frame", "first_frame_image", "start_image", "start_frame", "image", "input_image", "init_image", "image_url")
_SHORT = {"api": "API", "fps": "FPS", "cfg": "CFG", "id": "ID", "url": "URL", "lora": "LoRA"}


def placed(fields: Sequence[Field], data: Mapping[str, Mapping[str, Any]] | None) -> tuple[Field, ...]:
    """Return the fields with label, unit and place, and in the form's order.

    With `data` (the catalog's, by field name) that is what it says, and a field it does not name goes under More. Without it, required
    fields and the first six others stand in the form, the rest goes under More, deprecated ones last.
    """
    if data is not None:
        return tuple(_with(field, data.get(field.name, {"place": "more"})) for field in fields)
    shown = [field for field in fields if field.required or not field.deprecated]
    optional = [field.name for field in shown if not field.required and field.name != "draft"]
    first = {field.name for field in shown if field.required} | set(optional[:_SHOWN_AT_FIRST])
    ordered = sorted(fields, key=lambda field: field.deprecated)
    return tuple(_with(field, {"place": _place(field, first)}) for field in ordered)


def roles(fields: Sequence[Field], data: Mapping[str, Any]) -> dict[str, str]:
    """Return which inputs are the draft switch, what loosens the seed, and the first frame: as `data` says, else by their names."""
    switches = [field.name for field in fields if field.kind == "boolean"]
    pictures = {field.name for field in fields if field.kind == "string" and field.media == "image"}
    guessed = {
        "draft": next((name for name in switches if name == "draft"), ""),
        "seed_loose": next((name for name in switches if _REWRITES.search(name)), ""),
        "first_frame": next((name for name in _FIRST_FRAMES if name in pictures), ""),
    }
    known = {field.name for field in fields}
    return {role: name if (name := data.get(role, guess)) in known else "" for role, guess in guessed.items()}


def _place(field: Field, first: set[str]) -> Place:
    if field.name == "draft" and field.kind == "boolean":
        return "beside"
    return "form" if field.name in first else "more"


def _with(field: Field, data: Mapping[str, Any]) -> Field:
    inverted = data.get("inverted", field.kind == "boolean" and field.name.startswith("disable_"))
    return replace(
        field,
        label=data.get("label") or _label(field, inverted=inverted),
        unit=data.get("unit", ""),
        hint=data.get("hint", ""),
        place=data.get("place", "form"),
        inverted=inverted,
        accept=tuple(data.get("accept", field.accept)),
    )


def _label(field: Field, *, inverted: bool) -> str:
    """Return the name in words: ``last_frame_image`` is "Last frame image"."""
    words = [_SHORT.get(word, word) for word in field.name.removeprefix("disable_" if inverted else "").replace("-", "_").split("_")]
    text = " ".join(word for word in words if word) or field.name
    return text[:1].upper() + text[1:]


def form(model: Model) -> dict[str, Any]:
    """Return what the Studio draws, as JSON-able data; hidden inputs are left out."""
    prompt = _prompt(model)
    return {
        "model": model.name,
        "title": model.title,
        "fields": [_entry(model, field, area=field.name == prompt) for field in model.fields if field.place != "hidden"],
        "price_hint": model.price_hint,
        "first": model.first,
        "prompt": prompt,
        "draft": model.draft,
        "seed_loose": model.seed_loose if model.seed_field else "",
        "first_frame": model.first_frame,
    }


def _prompt(model: Model) -> str:
    """Return the input that says what is made: ``prompt``, else the first text that is needed."""
    texts = [field for field in model.fields if control(field) in {"text", "line"} and field.place != "hidden"]
    named = [field for field in texts if field.name == "prompt"] or [field for field in texts if field.required]
    return named[0].name if named else ""


def _entry(model: Model, field: Field, *, area: bool = False) -> dict[str, Any]:
    void = next((void for void in model.voids if void.field == field.name), None)
    drawn = "text" if area else control(field)
    return {
        "name": field.name,
        "label": field.label or _label(field, inverted=field.inverted),
        "kind": field.kind,
        "control": drawn,
        "unit": field.unit,
        "description": field.description,
        "hint": field.hint or (range_words(field) if drawn == "number" else ""),
        "default": None if field.default is MISSING else field.default,
        "choices": [{"value": value, "label": str(value)} for value in field.enum or ()],
        "minimum": field.minimum,
        "maximum": field.maximum,
        "step": field.step or (1 if field.kind == "integer" else None),
        "media": field.media,
        "place": field.place,
        "inverted": field.inverted,
        "required": field.required,
        "voided_by": {"field": void.by, "reason": void.reason} if void else None,
        "accept": ",".join(field.accept) or (f"{field.media}/*" if field.media in {"image", "audio", "video"} else ""),
        "item": _entry(model, field.item) if field.item is not None and drawn == "list" else None,
    }


def range_words(field: Field) -> str:
    """Return what a number may be, for beside its box: ``0 to 2048``, ``at least 3``; empty where all goes."""
    low, high = (
        None if bound is None else f"{bound:g}" if bound == bound // 1 and abs(bound) < 1e6 else str(bound)
        for bound in (field.minimum, field.maximum)
    )
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}" if high is not None else ""


def control(field: Field) -> str:
    """Return the control that fits an input."""
    if field.secret:
        return "password"
    if field.enum:
        return _choice(field.enum)
    if field.kind == "string":
        return "file" if field.media else "line"
    if field.kind in {"integer", "number"}:
        return "seed" if field.name == "seed" else "slider" if _slides(field) else "number"
    return {"boolean": "switch", "array": "list"}.get(field.kind, "json")


def _choice(values: tuple[Any, ...]) -> str:
    if len(values) <= _RATIOS and all(isinstance(value, str) and _RATIO.fullmatch(value) for value in values):
        return "ratio"
    return "segments" if len(values) <= _SEGMENTS else "menu"


def _slides(field: Field) -> bool:
    if field.minimum is None or field.maximum is None:
        return False
    span = field.maximum - field.minimum
    step = field.step or (1 if field.kind == "integer" else span / 100 or 1)
    return 0 < span / step <= _SLIDER_STEPS
