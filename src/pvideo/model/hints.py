"""What a schema only tells in words: which kind of file an input takes, and what a model gives back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .schema import Media, Output

_MEDIA_WORDS: tuple[tuple[Media, str], ...] = (
    ("audio", r"audio|voice|sound|music|song|speech|soundtrack|wav|mp3|flac"),
    ("image", r"images?|img|photos?|pictures?|frames?|masks?|png|jpg|jpeg|webp|portrait"),
    ("video", r"video|clip|movie|mp4"),
)
_TYPES: dict[str, tuple[str, Media]] = {
    "jpg": ("image/jpeg", "image"),
    "jpeg": ("image/jpeg", "image"),
    "png": ("image/png", "image"),
    "webp": ("image/webp", "image"),
    "gif": ("image/gif", "image"),
    "flac": ("audio/flac", "audio"),
    "mp3": ("audio/mpeg", "audio"),
    "wav": ("audio/wav", "audio"),
    "ogg": ("audio/ogg", "audio"),
    "m4a": ("audio/mp4", "audio"),
    "mp4": ("video/mp4", "video"),
    "mov": ("video/quicktime", "video"),
    "webm": ("video/webm", "video"),
}
_USUAL: dict[str, tuple[str, ...]] = {
    "image": ("image/jpeg", "image/png", "image/webp"),
    "audio": ("audio/flac", "audio/mpeg", "audio/wav"),
}
_SECRET = re.compile(r"(?:^|_)(?:api_?key|(?:api|access|auth|hf|bearer)_token|password|secret)$", re.IGNORECASE)
_MAKES = re.compile(r"\bto[\s-]?(video|image|audio|speech|music|text)\b")
_SAYS = re.compile(r"\b(video|image|audio|speech|music)s?\b")


def is_secret_name(name: str) -> bool:
    """Return whether an input is called like a secret, so that it is kept nowhere although the schema does not say so."""
    return _SECRET.search(name.replace("-", "_")) is not None


def media_of(name: str, title: str, description: str) -> Media:
    """Return what kind of file an input takes: its name tells first, then what is said about it."""
    for text in (name.replace("_", " "), title, description):
        for kind, words in _MEDIA_WORDS:
            if re.search(rf"\b(?:{words})\b", text.lower()):
                return kind
    return "file"


def accepted_types(media: Media, description: str) -> tuple[str, ...]:
    """Return the content types that a description lists ("jpg, png or webp"); else the usual ones of that kind."""
    words = re.findall(r"[a-z0-9]+", description.lower())
    found = [_TYPES[word][0] for word in words if word in _TYPES and media in {_TYPES[word][1], "file"}]
    return tuple(dict.fromkeys(found)) or _USUAL.get(media, ())


def output_of(output: dict[str, Any], about: str) -> Output:
    """Return what a model gives back.

    Args:
        output: The resolved ``Output`` schema.
        about: The model's name and description, which tell the medium when the schema only says that it is a file.
    """
    items = output.get("items")
    one = items if output.get("type") == "array" and isinstance(items, dict) else output
    if one.get("type") == "string" and one.get("format") == "uri":
        return _medium(f"{one.get('title') or ''} {one.get('description') or ''}") or _medium(about) or "video"
    streamed = output.get("x-cog-array-type") == "iterator" or "x-cog-array-display" in output
    if one.get("type") == "string" and (one is output or streamed):
        return "text"
    return "json"


def _medium(text: str) -> Output | None:
    found = _MAKES.findall(text.lower()) or _SAYS.findall(text.lower())
    names: dict[str, Output] = {"video": "video", "image": "image", "audio": "audio", "speech": "audio", "music": "audio"}
    return names.get(found[0]) if found else None
