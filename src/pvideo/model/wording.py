"""How inputs and values are said in a message: "duration is 1 to 20 s; 25 was given."."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

from pvideo.arguments import shown

from .values import LARGEST, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .schema import Field

_WHOLE, _REAL = "a whole number", "a number"
_KINDS = {"string": "text", "boolean": "on or off (True or False)", "array": "a list", "json": "JSON"}
_MEDIA = {"image": "an image", "audio": "an audio file", "video": "a video", "file": "a file"}
_SHORT = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}


def misfit(field: Field, value: Any, *, typed: bool = False) -> str:
    """Return the sentence for a value that does not fit: what the input is, and what was given.

    Args:
        field: The input.
        value: What was given.
        typed: Whether it was typed on a line, where everything is text.
    """
    if field.secret:
        return f"{field.name} is {wanted(field)}; that value was given."
    takes_text = any(isinstance(choice, str) for choice in field.enum) if field.enum else field.kind in {"string", "json"}
    is_text = isinstance(value, str) and not typed and not takes_text
    return f"{field.name} is {_wanted_of(field, value)}; {shown(value)} {'is text' if is_text else 'was given'}."


def _wanted_of(field: Field, value: Any) -> str:
    """Return what an input may be, as far as `value` leaves it open: of a number in a range only the range is told."""
    if field.enum or field.kind not in {"integer", "number"}:
        return wanted(field)
    if isinstance(value, Integral) and abs(int(value)) > LARGEST:
        # A number that no schema forbids, and JSON's readers disagree about.
        low, high = (-LARGEST if field.minimum is None else field.minimum), (LARGEST if field.maximum is None else field.maximum)
        return _number(replace(field, minimum=low, maximum=high))
    found = number(value)
    plain = found is None or (field.kind == "integer" and not isinstance(found, int))
    two_sided = field.minimum is not None and field.maximum is not None
    return f"{_WHOLE if field.kind == 'integer' else _REAL} from {_number(field)}" if plain and two_sided else _number(field)


def wanted(field: Field) -> str:
    """Return what an input may be: ``1 to 20 s``, ``720p or 1080p``, ``on or off (True or False)``."""
    if field.enum:
        # "1" in quotes, where it is a text that looks like a number.
        return either([f'"{choice}"' if isinstance(choice, str) and _is_numeral(choice) else str(choice) for choice in field.enum])
    if field.media and field.kind == "string":
        return f"{_MEDIA[field.media]}: a path, bytes or an https address"
    if field.kind in {"integer", "number"}:
        return _number(field)
    return _KINDS[field.kind]


def _is_numeral(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(field: Field) -> str:
    unit = f" {field.unit}" if field.unit else ""
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    word = _WHOLE if field.kind == "integer" else _REAL
    if low is not None:
        return f"{word}, at least {low}{unit}"
    return word if high is None else f"{word}, at most {high}{unit}"


def either(words: Sequence[str]) -> str:
    """Return ``a, b or c``."""
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def type_words(types: Iterable[str]) -> str:
    """Return content types as a person says them: ``jpg, png or webp``."""
    return either([_SHORT.get(kind, kind) for kind in types])


def size_words(count: int) -> str:
    """Return ``340 kB`` or ``8 MB``, ``8.4 MB``: thousands, as file managers say them."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} kB"
    return f"{count / 1_000_000:.1f} MB".replace(".0 MB", " MB")
