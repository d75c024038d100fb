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
_SHORT = {"fps": "FPS", "cfg": "CFG", "id": "ID", "url": "URL", "lora": "LoRA"}


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
    return {
        "model": model.name,
        "title": model.title,
        "fields": [_entry(model, field) for field in model.fields if field.place != "hidden"],
        "price_hint": model.price_hint,
        "first": model.first,
    }


def _entry(model: Model, field: Field) -> dict[str, Any]:
    void = next((void for void in model.voids if void.field == field.name), None)
    return {
        "name": field.name,
        "label": field.label,
        "kind": field.kind,
        "control": control(field),
        "unit": field.unit,
        "description": field.description,
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
    }


def control(field: Field) -> str:
    """Return the control that fits an input."""
    if field.secret:
        return "password"
    if field.enum:
        return _choice(field.enum)
    if field.kind == "string":
        return "file" if field.media else "text" if field.name == "prompt" else "line"
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
