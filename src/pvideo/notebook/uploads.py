"""Files that a page sends to the Studio: put together piece by piece in a private folder, and gone with the kernel."""

from __future__ import annotations

import base64
import os
import re
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvideo.model.picture import thumbnail
from pvideo.model.values import is_array, is_picture

from .words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 256 * 1024 * 1024
"""Bytes of one file; the model's own limits are judged when it is prepared."""
PIECE = 8 * 1024 * 1024
UNFINISHED = 16
"""Files that may be on their way at once, together at most two of the largest: the one begun first gives way."""
_THUMB = 192
_NAME = re.compile(r"[^\w.() -]+")


@dataclass(slots=True)
class _Part:
    """A file of which pieces are still missing."""

    path: Path
    name: str
    size: int
    count: int
    next: int = 0
    got: int = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is whole."""

    path: Path
    name: str
    size: int

    def thumb(self) -> str:
        """Return a small picture of it as a ``data:`` address; empty when it is none."""
        small = thumbnail(self.path, _THUMB)
        return "data:image/jpeg;base64," + base64.b64encode(small).decode() if small else ""


class Uploads:
    """The files of one Studio, by the input they are for."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._leave: weakref.finalize[..., Any] | None = None
        self._parts: dict[str, _Part] = {}
        self._names: dict[Path, str] = {}
        self._count = 0

    def take(self, content: Mapping[str, Any], buffers: list[Any]) -> Upload | str | None:
        """Take one piece: the whole file when it was the last, a sentence when it cannot be taken, else None."""
        field, index, count, size = (content.get(name) for name in ("field", "index", "count", "size"))
        numbers = [number for number in (index, count, size) if isinstance(number, int) and not isinstance(number, bool)]
        if not isinstance(field, str) or len(numbers) != 3 or min(numbers) < 0 or len(buffers) != 1:
            return say("labels", "upload_odd")
        field = f"{field}/{content.get('slot') or ''}"
        if numbers[2] > LARGEST or len(buffers[0]) > PIECE:
            self._forget(field)
            return say("labels", "too_large", name=_safe(content.get("name")))
        if index == 0:
            self._begin(field, content, count=numbers[1], size=numbers[2])
        part = self._parts.get(field)
        if part is None or index != part.next or count != part.count or part.got + len(buffers[0]) > part.size:
            self._forget(field)
            return say("labels", "upload_lost")
        return self._append(field, part, bytes(buffers[0]))

    def keep(self, field: str, value: Any) -> Upload:
        """Keep a file that was given in memory, from code: bytes, an open file, a picture of Pillow or numpy.

        Raises:
            Refused: It cannot be read.
        """
        from pvideo.model.reading import from_memory

        drawn = is_picture(value) or is_array(value)
        data, name, _ = from_memory(field, value)
        name = f"{name}.png" if drawn else name
        path = self._path(_safe(name))
        path.write_bytes(data)
        return Upload(path, self._names[path], len(data))

    def known(self, path: Path) -> Upload | None:
        """Return a file of ours again, by where it lies."""
        name = self._names.get(path)
        return None if name is None else Upload(path, name, path.stat().st_size if path.exists() else 0)

    def drop(self, field: str) -> None:
        """Forget the files of an input that are not whole."""
        for key in [key for key in self._parts if key.rpartition("/")[0] == field]:
            self._forget(key)

    def _forget(self, key: str) -> None:
        part = self._parts.pop(key, None)
        if part is not None:
            self._delete(part.path)

    def _delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._names.pop(path, None)

    def close(self) -> None:
        """Delete every file."""
        self._parts.clear()
        self._names.clear()
        if self._leave is not None:
            self._leave()
            self._folder = self._leave = None

    def _begin(self, field: str, content: Mapping[str, Any], *, count: int, size: int) -> None:
        self._forget(field)
        while self._parts and (len(self._parts) >= UNFINISHED or sum(part.size for part in self._parts.values()) + size > 2 * LARGEST):
            self._forget(next(iter(self._parts)))
        name = _safe(content.get("name"))
        self._parts[field] = _Part(path=self._path(name), name=name, size=size, count=count)

    def _path(self, name: str) -> Path:
        """Make an empty file for this name, in a folder that only we can read."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="pvideo-"))
            # No TemporaryDirectory: a child that is forked meanwhile would remove that when it ends.
            self._leave = weakref.finalize(self, _remove, self._folder, os.getpid())
        self._count += 1
        # Our own number in front: a name of the page's is never a path, and never twice the same.
        path = self._folder / f"{self._count}-{name}"
        path.touch(mode=0o600, exist_ok=False)
        self._names[path] = name
        return path

    def _append(self, field: str, part: _Part, piece: bytes) -> Upload | str | None:
        with part.path.open("ab") as file:
            file.write(piece)
        part.next += 1
        part.got += len(piece)
        if part.next < part.count:
            return None
        del self._parts[field]
        if part.got != part.size:
            self._delete(part.path)
            return say("labels", "upload_cut")
        return Upload(part.path, part.name, part.size)


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _safe(name: object) -> str:
    """Return a page's file name as a plain one."""
    last = re.split(r"[/\\]", str(name or ""))[-1]
    clean = _NAME.sub("_", last).strip(" .")[-80:]
    return clean or "file"
