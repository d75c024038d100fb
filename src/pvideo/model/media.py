"""Files that go along with a request: read whole, checked by their bytes, and written into it as ``data:`` addresses.

What is too large for that is sent ahead (`Ahead`). Pictures are made smaller only for models whose limits we know: to others, their
size may be what counts.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pvideo.errors import fill, texts
from pvideo.secrets import token_in_file

from .ahead import LIMIT, Ahead
from .metadata import without_metadata
from .picture import Unreadable, shrink
from .reading import Refused, read
from .sniff import content_type, picture_size
from .whole import is_cut
from .wording import size_words, type_words

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
    data: bytes
    """What is sent."""
    is_large: bool
    """Whether it is too large to go along."""
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

    @property
    def uri(self) -> str:
        """The file as a ``data:`` address."""
        return f"data:{self.type};base64,{base64.b64encode(self.data).decode('ascii')}"

    @property
    def ahead(self) -> Ahead:
        """The file as one that is sent first."""
        return Ahead(name=self.name, type=self.type, sha256=self.sha256, data=self.data)


def encode_file(field: Field, value: Any, *, folder: Path | None = None, limits: Mapping[str, Any] = LIMITS) -> Sent:
    """Return a file as it is sent.

    Args:
        field: The input it is for.
        value: A path (text or path object), bytes, an open file, a picture of Pillow or numpy, a ``data:`` address, or
            ``{"file": sha256, "path": …}`` as `Prepared.typed` has it.
        folder: Where a relative path is looked for when it is not in the working directory.
        limits: The model's limits, in bytes and pixels.

    Raises:
        Refused: It is missing, empty, unreadable, too large, of another type, or changed while it was read.
    """
    shrinks, limits = bool(limits), {**LIMITS, **limits}
    data, name, path = read(field, value, folder)
    token = token_in_file(data)
    if token:
        raise Refused(fill(texts()["notes"]["file_token"], name=name, kind=token))
    kind = _checked_type(field, name, data)
    if len(data) >= LIMIT:
        msg = f"{name} is over the limit of {size_words(LIMIT)} ({size_words(len(data))})."
        raise Refused(msg, "large")
    sent, note = _lightened(name, data, kind, limits, shrinks=shrinks)
    if field.media != "file" and is_cut(data, kind):
        raise Refused(fill(texts()["notes"]["file_cut"], name=name))
    kind = content_type(sent) or kind
    source, digest = sha256(data).hexdigest(), sha256(sent).hexdigest()
    if isinstance(value, Mapping) and value["file"] != source:
        msg = f"{name} has changed since it was first used."
        raise Refused(msg, "changed")
    return Sent(
        field=field.name,
        name=name,
        data=sent,
        is_large=len(sent) > limits["data_uri_bytes" if kind.startswith("image/") else "audio_bytes"],
        type=kind,
        bytes=len(sent),
        sha256=digest,
        source=source,
        path=path,
        size=picture_size(sent),
        note=note,
    )


def _checked_type(field: Field, name: str, data: bytes) -> str:
    kind = content_type(data)
    wanted = field.accept or ((f"{field.media}/",) if field.media != "file" else ())
    if wanted and not any(kind == one or (one.endswith("/") and kind.startswith(one)) for one in wanted):
        words = type_words(field.accept) or f"a file of that kind ({field.media})"
        msg = f"{name} is not {words}."
        raise Refused(msg)
    return kind or "application/octet-stream"


def _lightened(name: str, data: bytes, kind: str, limits: Mapping[str, Any], *, shrinks: bool) -> tuple[bytes, str]:
    """Return what is sent for a picture, and what was done to it: made smaller if it is large, and without its metadata."""
    if not kind.startswith("image/"):
        return data, ""
    words = texts()["notes"]
    if len(data) <= limits["data_uri_bytes"] or not shrinks:
        bare = without_metadata(data, kind)
        return bare, "" if bare is data else fill(words["metadata_dropped"], name=name)
    try:
        sent, (width, height) = shrink(data, limits)
    except Unreadable as error:
        msg = f"{name} {error}."
        raise Refused(msg) from error
    size = size_words(len(sent))
    return sent, fill(words["picture_reencoded"], name=name, before=size_words(len(data)), width=width, height=height, size=size)


def too_many(sent: list[Sent], limits: Mapping[str, Any]) -> set[str]:
    """Return the sha256 of the files that are sent ahead so that the others fit into one request: the large ones, then the largest."""
    most = {**LIMITS, **limits}["body_bytes"]
    large = {file.sha256 for file in sent if file.is_large}
    along = sorted((file for file in sent if not file.is_large), key=lambda file: file.bytes)
    while sum(file.bytes for file in along) * 4 // 3 > most:
        large.add(along.pop().sha256)
    return large
