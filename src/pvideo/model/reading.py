"""A file value's bytes, wherever they are: a path, memory, a Pillow image, a ``data:`` address."""

from __future__ import annotations

import base64
import binascii
import io
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from pvideo.arguments import path_of, short, shown
from pvideo.errors import fill, texts
from pvideo.secrets import redact

from . import address
from .picture import Unreadable, as_png, painted
from .sniff import content_type
from .values import has_password, is_array, is_open, is_picture
from .wording import size_words

if TYPE_CHECKING:
    from .schema import Field

_SOURCE_BYTES = 100_000_000
"""A picture of more is not even read."""
_SNIFFED = 64
"""Characters of base64 that tell what kind of file it is."""
_URL_SAFE = str.maketrans("-_", "+/")


class Refused(ValueError):  # noqa: N818 - it becomes a Problem in prepare.py
    """A file that cannot be sent.

    Args:
        sentence: What is wrong with it.
        advice: The next step, by its key in ``texts.json``.
    """

    def __init__(self, sentence: str, advice: str = "kind") -> None:
        super().__init__(sentence)
        self.advice = texts()["file_advice"][advice]


def is_address(value: Any) -> bool:
    """Return whether a value is an address that Replicate fetches itself.

    Raises:
        Refused: It is one that we do not pass on: with a password in it, to a host that Replicate cannot reach, ``http://`` (but to a
            stand-in on loopback), or another scheme.
    """
    if not isinstance(value, str) or "://" not in value[:16]:
        return False
    scheme = value.partition("://")[0].lower()
    if scheme == "file":
        return False
    words = texts()["notes"]
    if has_password(value):
        raise Refused(fill(words["address_password"], field="It"), "address")
    _, host = address.parts(value)
    if not host:
        msg = f"{short(value)} is no address."
        raise Refused(msg, "address")
    if address.is_of_the_stand_in(scheme, host):
        return True
    if scheme != "https":
        msg = f"{scheme}://{host} is not fetched; an address has to begin with https://."
        raise Refused(msg, "address")
    if address.is_private(host):
        raise Refused(fill(words["address_private"], host=host), "address")
    return True


def read(field: Field, value: Any, folder: Path | None) -> tuple[bytes, str, str | None]:
    """Return a file's bytes, what a person calls it, and its path as it was typed (None when it was given in memory).

    Raises:
        Refused: It is missing, empty, unreadable, far too large, or changed while it was read.
    """
    if is_in_memory(value):
        data, name, path = from_memory(field.name, value)
    elif isinstance(value, str) and value[:5].lower() == "data:":
        data, name, path = _decoded(field, value), field.name, None
    else:
        path = _path_text(field, value)
        name = Path(path).name or path or field.name
        data = _read_file(path, name, folder)
    if not data:
        msg = f"{name} is empty."
        raise Refused(msg, "empty")
    return data, name, path


def is_in_memory(value: Any) -> bool:
    """Return whether a value has a file's content with it: bytes, an open file, a picture of Pillow or numpy."""
    return isinstance(value, (bytes, bytearray, memoryview)) or is_open(value) or is_picture(value) or is_array(value)


def from_memory(label: str, value: Any) -> tuple[bytes, str, str | None]:
    """Return the bytes of such a value, what a person calls it (`label` where it has no name), and its path where it has one.

    Raises:
        Refused: It cannot be read.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value), label, None
    if is_open(value):
        return _drained(label, value)
    try:
        return as_png(painted(value) if is_array(value) else value), label, None
    except Unreadable as error:
        msg = f"{label} {error}."
        raise Refused(msg) from error
    except Exception as error:  # An image that was opened lazily fails here, in whatever way its decoder does.
        msg = f"{label} cannot be read as a picture ({type(error).__name__})."
        raise Refused(msg) from error


def _drained(label: str, file: Any) -> tuple[bytes, str, str | None]:
    """Return all of an open file, from its beginning where it can go back there, and leave it where it stands."""
    named = getattr(file, "name", None)
    place = os.fsdecode(named) if isinstance(named, (str, bytes)) else ""
    name = Path(place).name or label
    if isinstance(file, io.TextIOBase):
        raise Refused(fill(texts()["notes"]["file_text_mode"], name=name), "again")
    try:
        before = file.tell() if getattr(file, "seekable", lambda: False)() else None
        if before is not None:
            file.seek(0)
        data = _all_of(file)
        if before is not None:
            file.seek(before)
    except (OSError, ValueError) as error:
        msg = f"{name} cannot be read ({getattr(error, 'strerror', None) or redact(str(error))})."
        raise Refused(msg, "closed") from error
    if data is None:
        raise Refused(fill(texts()["notes"]["file_text_mode"], name=name), "again")
    if len(data) > _SOURCE_BYTES:
        msg = f"{name} is over the limit of {size_words(_SOURCE_BYTES)}."
        raise Refused(msg, "large")
    # So that the same video can be made again; a file that unpacks itself is another one there.
    is_there = place != "" and os.path.isfile(place) and os.path.getsize(place) == len(data)  # noqa: PTH113, PTH202 - as it was opened
    return data, name, str(Path(place).absolute()) if is_there else None


def _all_of(file: Any) -> bytes | None:
    """Return what is left in a file, a little over the limit at most; None when it is text."""
    pieces = bytearray()
    while len(pieces) <= _SOURCE_BYTES:
        piece = file.read(_SOURCE_BYTES + 1 - len(pieces))
        if isinstance(piece, str):
            return None
        if not piece:
            break
        pieces += piece
    return bytes(pieces)


def _decoded(field: Field, value: str) -> bytes:
    head, comma, body = value.partition(",")
    try:
        return base64.b64decode(body, validate=True) if head.lower().endswith(";base64") else unquote_to_bytes(body if comma else "")
    except (binascii.Error, ValueError) as error:
        msg = f"{field.name} is no whole data: address."
        raise Refused(msg, "inline") from error


def _path_text(field: Field, value: Any) -> str:
    """Return the path of a path value, as it was typed."""
    if isinstance(value, Mapping):
        if "path" not in value:
            msg = f"{field.name} was given in memory and is not kept; give it again."
            raise Refused(msg, "changed")
        value = value["path"]
    path = os.fsdecode(value) if isinstance(value, os.PathLike) else str(value)
    if path[:7].lower() == "file://":
        from urllib.request import url2pathname

        path = url2pathname(urlsplit(path).path)
    if not path.strip():
        msg = f"{field.name} is empty."
        raise Refused(msg, "absent")
    return path


def _read_file(path: str, name: str, folder: Path | None) -> bytes:
    """Return a regular file's bytes; links are followed."""
    try:
        place = path_of(path)
        if folder is not None and not place.is_absolute() and not place.exists():
            place = folder / place if (folder / place).exists() else place
        return _whole(place, name)
    except OSError as error:
        raise _no_file(path, error) from error
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        msg = f"{shown(path)} is no path."
        raise Refused(msg, "absent") from error


def _no_file(path: str, error: OSError) -> Refused:
    """Return why a path cannot be read; what looks like a file's own content in base64 is called that."""
    with suppress(ValueError):
        kind = content_type(base64.b64decode(path[:_SNIFFED].translate(_URL_SAFE), validate=True)) if len(path) >= _SNIFFED else None
        if kind:
            return Refused(f"{shown(path)} is {kind} in base64, without data:{kind};base64, in front of it.", "inline")
    if isinstance(error, FileNotFoundError):
        where = "" if Path(path).is_absolute() else f" (looked for in {Path.cwd()})"
        return Refused(f"{short(path)} is not there{where}.", "absent")
    return Refused(f"{short(path)} cannot be read ({error.strerror or type(error).__name__}).", "closed")


def _whole(place: Path, name: str) -> bytes:
    """Return the file's bytes as they were at one moment: its size and time are the same before and after."""
    if not stat.S_ISREG(place.stat().st_mode):
        msg = f"{name} is not a file."
        raise Refused(msg, "folder")
    with place.open("rb") as file:
        before = os.fstat(file.fileno())
        if before.st_size > _SOURCE_BYTES:
            msg = f"{name} is over the limit of {size_words(_SOURCE_BYTES)} ({size_words(before.st_size)})."
            raise Refused(msg, "large")
        data = file.read(_SOURCE_BYTES + 1)
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        msg = f"{name} changed while it was read; try again when it is written."
        raise Refused(msg, "changed")
    return data
