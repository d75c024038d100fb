"""Where finished videos lie. Names are ours alone; a file under its final name is whole.

A file is written as ``.part`` in the folder where it will stay, flushed to the disk, given its final name without ever
replacing another file, and the folder is flushed too.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLUG_LENGTH = 40
_MOST_ALIKE = 1000
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
OUTPUT_JSON = ".output.json"
"""How the file of a JSON output ends: ``.json`` alone is what says what made it."""


def slug(prompt: str) -> str:
    """Return a few plain words of a prompt for a file's name: ASCII letters, digits and dashes, at most 40."""
    plain = unicodedata.normalize("NFKD", prompt[:400]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > SLUG_LENGTH:
        words = words[: SLUG_LENGTH + 1].rpartition("-")[0] or words[:SLUG_LENGTH]
    return words.strip("-") or "video"


def stem(day: str, prompt: str, prediction_id: str, index: int = 0) -> str:
    """Return ``<date>-<slug>-<id8>``, with ``-2``, ``-3`` and so on from the second output on."""
    short = re.sub(r"[^a-z0-9]", "", prediction_id.lower())[:8]
    return f"{day}-{slug(prompt)}-{short}" + (f"-{index + 1}" if index else "")


def part_path(folder: Path, name: str) -> Path:
    """Return where a file is written before it is whole, with the leftovers of earlier attempts removed.

    Only the process that owns the job calls this, so every ``.part`` of this name is a dead one's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_parts(folder, f"{name}.")
    return folder / f"{name}.{os.getpid()}.part"


def remove_parts(folder: Path, start: str) -> None:
    """Remove what interrupted downloads left behind: every ``.part`` whose name begins with `start`."""
    for left in folder.glob(f"{start}*.part"):
        with suppress(OSError):
            left.unlink()


def existing(folder: Path, name: str, size: int, sha256: str) -> Path | None:
    """Return the file of this name, of whatever kind, that an earlier process placed: by its size and its sha256, not by its name alone."""
    with suppress(OSError):
        return next((path for path in sorted(folder.glob(f"{name}.*")) if is_file_of(path, size, sha256)), None)
    return None


def place(part: Path, name: str, extension: str, sha256: str) -> Path:
    """Give a whole ``.part`` its final name in its folder and return it; the same file already there is kept instead.

    Raises:
        OSError: The folder does not allow it.
    """
    suffix = extension if re.fullmatch(r"(?:\.[a-z0-9]{1,11}){1,2}", extension) else ".bin"
    suffix = OUTPUT_JSON if suffix == ".json" else suffix
    for number in range(_MOST_ALIKE):
        target = part.with_name(f"{name}{f'.{number + 1}' if number else ''}{suffix}")
        try:
            _rename_new(part, target)
        except FileExistsError:
            if _is_plain(target) and hash_file(target) == sha256:
                part.unlink()
                return target
            continue
        flush_folder(target.parent)
        return target
    raise FileExistsError(name)


def hash_file(path: Path) -> str:
    """Return a file's sha256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_file_of(path: Path, size: int | None, sha256: str | None) -> bool:
    """Return whether a file is the one of that size and hash; without a size none is."""
    try:
        if size is None or not _is_plain(path) or path.stat().st_size != size:
            return False
        return sha256 is None or hash_file(path) == sha256
    except OSError:
        return False


def flush_folder(folder: Path) -> None:
    """Put a folder's entries on the disk, so that a new name survives a power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network folders do not know it
            os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, data: bytes) -> None:
    """Write a small file whole or not at all, in place of an older one of the same name."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a new file to write; once that went well it is whole on the disk, in place of an older one of the name `path`.

    Nothing is written through what stands there, be it a link.

    Raises:
        OSError: It cannot be written there.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, _NEW, 0o666)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def _rename_new(part: Path, target: Path) -> None:
    """Rename without replacing: a link fails when the name is taken, also by a symlink or a pipe."""
    try:
        os.link(part, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        part.rename(target)
    else:
        part.unlink()


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
