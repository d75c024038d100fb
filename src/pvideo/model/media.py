"""Files that go along with a request: read whole, checked by their bytes, and written into it as ``data:`` addresses."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pvideo.errors import fill, texts

from .metadata import without_metadata
from .picture import Unreadable, shrink
from .reading import Refused, read
from .sniff import content_type, picture_size
from .wording import either, size_words, type_words

if TYPE_CHECKING:
    from pathlib import Path

    from .schema import Field

LIMITS: Mapping[str, Any] = {
    "data_uri_bytes": 900_000,
    "audio_bytes": 8_000_000,
    "body_bytes": 20_000_000,
    "image_side": 1920,
    "image_quality": 90,
}
"""For models whose catalog entry has none. Replicate recommends data URIs under 1 MB, and bodies over 20 MB fail there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One file as it is sent."""

    field: str
    name: str
    """What a person calls it: the file's name, or "image"."""
    uri: str
    type: str
    bytes: int
    sha256: str
    """Of what is sent."""
    source: str
    """sha256 of what was given; the same unless the file was changed on the way."""
    path: str | None = None
    """As it was typed; None for what was given in memory."""
    size: tuple[int, int] | None = None
    """(width, height) of a picture, in pixels."""
    note: str = ""
    """What was changed, as a sentence."""


def encode_file(field: Field, value: Any, *, folder: Path | None = None, limits: Mapping[str, Any] = LIMITS) -> Sent:
    """Return a file as it is sent.

    Args:
        field: The input it is for.
        value: A path (text or path object), bytes, a Pillow image, a ``data:`` address, or ``{"file": sha256, "path": …}`` as
            `Prepared.typed` has it.
        folder: Where a relative path is looked for when it is not in the working directory.
        limits: The model's limits, in bytes and pixels.

    Raises:
        Refused: It is missing, empty, unreadable, too large, of another type, or changed while it was read.
    """
    limits = {**LIMITS, **limits}
    data, name, path = read(field, value, folder)
    kind = _checked_type(field, name, data)
    if not kind.startswith("image/") and len(data) > limits["audio_bytes"]:
        msg = f"{name} is over the limit of {size_words(limits['audio_bytes'])} ({size_words(len(data))})."
        raise Refused(msg)
    sent, note = _lightened(name, data, kind, limits)
    kind = content_type(sent) or kind
    source, digest = sha256(data).hexdigest(), sha256(sent).hexdigest()
    if isinstance(value, Mapping) and value["file"] != source:
        msg = f"{name} has changed since it was first used."
        raise Refused(msg)
    uri = f"data:{kind};base64,{base64.b64encode(sent).decode('ascii')}"
    size = picture_size(sent)
    return Sent(
        field=field.name, name=name, uri=uri, type=kind, bytes=len(sent), sha256=digest, source=source, path=path, size=size, note=note
    )


def _checked_type(field: Field, name: str, data: bytes) -> str:
    kind = content_type(data)
    wanted = field.accept or ((f"{field.media}/",) if field.media != "file" else ())
    if wanted and not any(kind == one or (one.endswith("/") and kind.startswith(one)) for one in wanted):
        words = type_words(field.accept) or f"a file of that kind ({field.media})"
        msg = f"{name} is not {words}."
        raise Refused(msg)
    return kind or "application/octet-stream"


def _lightened(name: str, data: bytes, kind: str, limits: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return what is sent for a picture, and what was done to it: made smaller if it is large, and without its metadata."""
    if not kind.startswith("image/"):
        return data, ""
    words = texts()["notes"]
    if len(data) <= limits["data_uri_bytes"]:
        bare = without_metadata(data, kind)
        return bare, "" if bare is data else fill(words["metadata_dropped"], name=name)
    try:
        sent, (width, height) = shrink(data, limits)
    except Unreadable as error:
        msg = f"{name} {error}."
        raise Refused(msg) from error
    size = size_words(len(sent))
    return sent, fill(words["picture_reencoded"], name=name, before=size_words(len(data)), width=width, height=height, size=size)


def check_total(sent: list[Sent], limits: Mapping[str, Any]) -> None:
    """Make sure that all files fit into one request.

    Raises:
        Refused: They do not.
    """
    total, most = sum(len(file.uri) for file in sent), {**LIMITS, **limits}["body_bytes"]
    if total > most:
        names = either([file.name for file in sent]).replace(" or ", " and ")
        msg = f"{names} take {size_words(total)} of a request together; {size_words(most)} is the most."
        raise Refused(msg)
