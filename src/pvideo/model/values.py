"""Values as a user may hand them over, and as they travel: numpy's numbers, 5.0 for 5, tuples, `Path`s, pictures."""

from __future__ import annotations

import math
import os
import re
import sys
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from pvideo.errors import fill, texts

LARGEST = 2**63 - 1
"""Beyond this, JSON readers on the way disagree about a whole number."""


_USER = re.compile(r"\s*[a-z][a-z0-9+.-]{1,15}:[/\\]{2}[^/?#\\]*@", re.IGNORECASE)

_LONGEST = 1_000_000
"""Characters of one text: more is no prompt, and what is sent whole should stay under 1 MB (Replicate's page on input files)."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that are drawn as nothing."""


class Unread(str):
    """What stands for a file and came from a page: no path of this machine is read because a page names it."""

    __slots__ = ()


class NotSendable(ValueError):  # noqa: N818 - it never leaves this room
    """A value that JSON cannot carry; its text is a half sentence ("holds …")."""


def is_file(value: Any) -> bool:
    """Return whether a value stands for a file's content.

    That is a path object, bytes, an open file, a picture of Pillow or numpy, or a file as `prepare` wrote it down.
    """
    if isinstance(value, (os.PathLike, bytes, bytearray, memoryview)) or is_picture(value) or is_open(value) or is_array(value):
        return True
    return isinstance(value, Mapping) and isinstance(value.get("file"), str) and set(value) <= {"file", "path"}


def has_password(value: Any) -> bool:
    """Return whether a value is an address with a user name or a password in it, which whoever is asked for it would get."""
    return isinstance(value, str) and _USER.match(value) is not None


def is_picture(value: Any) -> bool:
    """Return whether it is a Pillow image; Pillow is only asked when the user has already imported it."""
    # While another thread imports it, the module is there and its class is not yet.
    image = getattr(sys.modules.get("PIL.Image"), "Image", None)
    return image is not None and isinstance(value, image)


def is_open(value: Any) -> bool:
    """Return whether it is an open file, or behaves like one."""
    return not isinstance(value, type) and callable(getattr(value, "read", None))


def is_array(value: Any) -> bool:
    """Return whether it is a numpy array that may be a picture; numpy is only asked when the user has already imported it."""
    array = getattr(sys.modules.get("numpy"), "ndarray", None)
    return array is not None and isinstance(value, array) and value.ndim > 1


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


def is_visible(value: str) -> bool:
    """Return whether a text has anything to be seen: not blanks, marks without a letter, and characters of no width alone."""
    return any(unicodedata.category(one)[0] not in "CZM" and one not in _BLANK for one in value)


def check_text(value: str) -> None:
    """Make sure that a text can be written as UTF-8, and may be.

    Raises:
        NotSendable: It holds half of a character (a lone surrogate), is far too long, is an address with a password, or is `Unread`.
    """
    if isinstance(value, Unread):
        raise NotSendable(texts()["notes"]["file_from_page"])
    if len(value) > _LONGEST and value[:5].lower() != "data:":
        raise NotSendable(fill(texts()["notes"]["text_long"], count=len(value), most=_LONGEST))
    if has_password(value):
        raise NotSendable(texts()["notes"]["text_password"])
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
