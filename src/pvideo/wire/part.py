"""The file that is being written: its own, new, no link; removed unless it was finished."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from typing import TYPE_CHECKING

from pvideo.wire.sniff import ENOUGH, FIRST_BOXES

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

MARGIN = 1024**2
"""So many bytes stay free on the disk."""

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Part:
    """A new file that takes bytes in order and knows their SHA-256. Its methods block: call them in a thread.

    Its permissions follow the folder's umask. A lock keeps a write that a cancelled task left behind in its thread from
    meeting a closed, or somebody else's, descriptor.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._lock = threading.Lock()
        self._handle = os.open(path, _FLAGS, 0o666)
        self._kept = False

    def __enter__(self) -> Part:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises:
            OSError: It cannot be written; the bytes that were are counted.
        """
        with self._lock:
            if self._handle < 0:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            view = memoryview(data)
            while view:
                done = os.write(self._handle, view)
                self._hash.update(view[:done])
                self.size += done
                view = view[done:]

    def restart(self) -> None:
        """Begin again with nothing."""
        with self._lock:
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            self.size, self._hash = 0, hashlib.sha256()

    def finish(self) -> str:
        """Put it on the disk for good and return its SHA-256."""
        with self._lock:
            os.fsync(self._handle)
            self._kept = True
            return self._hash.hexdigest()

    def head(self) -> bytes:
        """Return its first bytes."""
        with self._lock:
            return os.pread(self._handle, ENOUGH, 0)

    def is_cut(self) -> bool:
        """Return whether it is an MP4 that stops within a box: cut short, where no length was told."""
        with self._lock:
            at = 0
            if os.pread(self._handle, 8, 0)[4:] not in FIRST_BOXES:
                return False
            while at + 8 <= self.size:
                head = os.pread(self._handle, 16, at)
                length = int.from_bytes(head[:4], "big")
                length = int.from_bytes(head[8:16], "big") if length == 1 else length
                if length == 0 or not head[4:8].isalnum():
                    return False
                at += max(length, 8)
            return at > self.size

    def close(self) -> None:
        """Close it, and remove it unless it was finished."""
        with self._lock:
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1
                if not self._kept:
                    self.path.unlink(missing_ok=True)


def room_for(folder: Path, size: int) -> None:
    """Check that `size` more bytes fit on `folder`'s disk.

    Raises:
        OSError: They do not.
    """
    if shutil.disk_usage(folder).free < size + MARGIN:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_full(error: OSError) -> bool:
    """Return whether `error` says that the disk (or the quota) is full."""
    return error.errno in _FULL
