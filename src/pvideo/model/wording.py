"""How inputs and values are said in a message: "duration is 1 to 20 s; 25 was given."."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pvideo.arguments import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .schema import Field

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


def misfit(field: Field, value: Any) -> str:
    """Return the sentence for a value that does not fit: what the input is, and what was given."""
    return f"{field.name} is {wanted(field)}; {'that value' if field.secret else shown(value)} was given."


def wanted(field: Field) -> str:
    """Return what an input may be: ``1 to 20 s``, ``720p or 1080p``, ``on or off (True or False)``."""
    if field.enum:
        return either([str(choice) for choice in field.enum])
    if field.media and field.kind == "string":
        return f"{_MEDIA[field.media]}: a path, bytes or an https address"
    if field.kind in {"integer", "number"}:
        return _number(field)
    return _KINDS[field.kind]


def _number(field: Field) -> str:
    unit = f" {field.unit}" if field.unit else ""
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    word = "a whole number" if field.kind == "integer" else "a number"
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
