"""What is known about a video before it exists: the line of facts on its card, and the shape of its stage."""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .schema import MISSING
from .sniff import picture_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .schema import Model

_TOLD = ("duration", "resolution", "aspect_ratio", "fps")
_RATIO = re.compile(r"(\d{1,4}):(\d{1,4})")
_LINES = re.compile(r"(\d{3,4})p")
_HEAD = 256 * 1024
"""A picture's size stands in its first bytes, after its metadata."""
_USUAL = ("16:9", "720p")
_ALIKE = 0.05
_LONGEST = 16384
"""Pixels; a side of more is a mistake."""


def facts(model: Model, inputs: Mapping[str, Any]) -> list[str]:
    """Return the facts a card shows: ``["5 s", "720p", "16:9", "24 fps", "draft"]``; what another input replaces is left out."""
    voided = model.voided(inputs)
    shown = [(field, _value(model, inputs, field.name)) for name in _TOLD if name not in voided and (field := model.field(name))]
    told = [f"{value} {field.unit}".strip() for field, value in shown if value is not None]
    return [*told, *(["draft"] if model.has_draft and _value(model, inputs, "draft") is True else [])]


def shape(model: Model, inputs: Mapping[str, Any]) -> tuple[int, int]:
    """Return (width, height) of the video in pixels, as far as it is known beforehand: the card's stage has this shape from the start.

    A first frame that is here (a path, bytes, a ``data:`` address) gives its own ratio; the resolution is the shorter side.
    """
    sides = _value(model, inputs, "width"), _value(model, inputs, "height")
    if all(isinstance(side, int) and 16 <= side <= _LONGEST for side in sides):
        return sides
    lines = _LINES.fullmatch(str(_value(model, inputs, "resolution"))) or _LINES.fullmatch(_USUAL[1])
    short = int(lines[1]) if lines else 720
    # Images without a word on their shape are square; everything else is as wide as a screen.
    usual = "1:1" if model.output == "image" else _USUAL[0]
    width, height = _first_frame(model, inputs) or _ratio(_value(model, inputs, "aspect_ratio"), usual)
    scale = short / min(width, height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def differences(model: Model, inputs: Mapping[str, Any], *, size: tuple[int, int], fps: float, seconds: float) -> str:
    """Return what was made otherwise than asked, in one line (``Asked: 5 s. Made: 4.0 s.``); empty when nothing is.

    A model makes whole blocks of pixels and whole frames, so a few percent are no difference.
    """
    voided = model.voided(inputs)
    pairs: list[tuple[str, str]] = []
    for name, unit, got, text in (("duration", "s", seconds, f"{seconds:.1f}"), ("fps", "fps", fps, f"{fps:g}")):
        wanted = None if name in voided else _value(model, inputs, name)
        if isinstance(wanted, (int, float)) and got > 0 and abs(got - wanted) > max(_ALIKE * wanted, 0.25):
            pairs.append((f"{wanted:g} {unit}", f"{text} {unit}"))
    expected = _expected_size(model, inputs, size, ratio_is_free="aspect_ratio" in voided)
    if expected and any(abs(got / want - 1) > _ALIKE for got, want in zip(size, expected, strict=True)):
        pairs.append((f"{expected[0]}×{expected[1]}", f"{size[0]}×{size[1]}"))
    return f"Asked: {', '.join(pair[0] for pair in pairs)}. Made: {', '.join(pair[1] for pair in pairs)}." if pairs else ""


def _expected_size(model: Model, inputs: Mapping[str, Any], size: tuple[int, int], *, ratio_is_free: bool) -> tuple[int, int] | None:
    """Return the size that was asked for; where a first frame sets the ratio, that of what was made."""
    if model.field("resolution") is None or model.output != "video" or min(size) <= 0:
        return None
    wide, high = size if ratio_is_free else _ratio(_value(model, inputs, "aspect_ratio"))
    scale = min(shape(model, {"resolution": inputs.get("resolution")})) / min(wide, high)
    return round(wide * scale), round(high * scale)


def _ratio(value: Any, usual: str = _USUAL[0]) -> tuple[int, int]:
    found = _RATIO.fullmatch(str(value)) or _RATIO.fullmatch(usual)
    sides = (int(found[1]), int(found[2])) if found else (16, 9)
    return sides if min(sides) > 0 else (16, 9)


def _first_frame(model: Model, inputs: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the size of the picture that sets the aspect ratio, if it is here."""
    names = [void.by for void in model.voids if void.field == "aspect_ratio"]
    given = next((inputs[name] for name in names if inputs.get(name) is not None), None)
    with suppress(OSError, ValueError):
        return picture_size(_head(given))
    return None


def _head(value: Any) -> bytes:
    """Return the first bytes of a picture that is here; nothing for an address."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:_HEAD])
    if isinstance(value, str) and value.startswith("data:"):
        body = value.partition(",")[2][: _HEAD * 4 // 3]
        with suppress(binascii.Error):
            return base64.b64decode(body[: len(body) // 4 * 4])
        return b""
    if not isinstance(value, (str, Path)) or "://" in str(value):
        return b""
    with Path(value).expanduser().open("rb") as file:
        return file.read(_HEAD)


def _value(model: Model, inputs: Mapping[str, Any], name: str) -> Any:
    value = inputs.get(name)
    field = model.field(name) if value is None else None
    return value if field is None or field.default is MISSING else field.default
