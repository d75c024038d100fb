"""Values as a user may hand them over, and as they travel: numpy's numbers, 5.0 for 5, tuples, `Path`s, pictures."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

LARGEST = 2**63 - 1
"""Beyond this, JSON readers on the way disagree about a whole number."""


class NotSendable(ValueError):  # noqa: N818 - it never leaves this room
    """A value that JSON cannot carry; its text is a half sentence ("holds …")."""


def is_file(value: Any) -> bool:
    """Return whether a value stands for a file's content: a path object, bytes, a picture, or a file as `prepare` wrote it down."""
    if isinstance(value, (os.PathLike, bytes, bytearray, memoryview)) or is_picture(value):
        return True
    return isinstance(value, Mapping) and isinstance(value.get("file"), str) and set(value) <= {"file", "path"}


def is_picture(value: Any) -> bool:
    """Return whether it is a Pillow image; Pillow is only asked when the user has already imported it."""
    # While another thread imports it, the module is there and its class is not yet.
    image = getattr(sys.modules.get("PIL.Image"), "Image", None)
    return image is not None and isinstance(value, image)


def number(value: Any) -> int | float | None:
    """Return a number as JSON has it (5.0 is 5, numpy's and Decimal's too); None for what is none, True included."""
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        return None
    if isinstance(value, Integral):
        whole = int(value)
        return whole if abs(whole) <= LARGEST else None
    try:
        real = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(real):
        return None
    return int(real) if real.is_integer() and abs(real) <= LARGEST else real


def truth(value: Any) -> bool | None:
    """Return a boolean (numpy's too), or None for what is none; 1 and 0 are numbers."""
    if isinstance(value, bool):
        return value
    kind = type(value)
    return bool(value) if kind.__module__ == "numpy" and kind.__name__ in {"bool", "bool_"} else None


def even_lines(value: Any) -> Any:
    """Return a text, or a list of texts, with the line ends that are the same on every system; anything else as it is."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return [even_lines(item) for item in value] if isinstance(value, list) else value


def text(value: Any) -> str | None:
    """Return a text, or None for what is none."""
    return str.__str__(value) if isinstance(value, str) else None


def check_text(value: str) -> None:
    """Make sure that a text can be written as UTF-8.

    Raises:
        NotSendable: It holds half of a character (a lone surrogate).
    """
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        msg = "holds half a character, which cannot be sent"
        raise NotSendable(msg) from error


def jsonable(value: Any, depth: int = 0) -> Any:
    """Return `value` as JSON carries it.

    Raises:
        NotSendable: JSON cannot carry it.
    """
    if depth > 50:
        msg = "is nested too deeply"
        raise NotSendable(msg)
    if value is None:
        return None
    plain = _scalar(value)
    if plain is not None:
        return plain
    if isinstance(value, Mapping):
        return {_key(key): jsonable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item, depth + 1) for item in value]
    msg = f"holds a {type(value).__name__}, which JSON cannot carry"
    raise NotSendable(msg)


def _scalar(value: Any) -> str | bool | int | float | None:
    if isinstance(value, str):
        check_text(value)
        return str.__str__(value)
    switch = truth(value)
    if switch is not None:
        return switch
    found = number(value)
    if found is None and isinstance(value, (Real, Decimal)):
        msg = "holds a number that is not finite or too large"
        raise NotSendable(msg)
    return found


def _key(key: Any) -> str:
    if not isinstance(key, str):
        msg = f"has the key {key!r:.40}, which is no text"
        raise NotSendable(msg)
    check_text(key)
    return key
