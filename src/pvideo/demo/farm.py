"""Drawing clips in processes of their own, so that the servers answer at once while a large clip is drawn."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

from pvideo.demo.clip import Clip, ClipError
from pvideo.demo.draw import Drawn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CACHE_LIMIT = 256 * 2**20


class Farm:
    """A renderer for the store: ``farm(input, out, prediction_id=…)`` blocks until the clip is there.

    Args:
        folder: Where clips that were made are kept, to be used again for the same input.
        size: How many clips may be drawn at once.
    """

    def __init__(self, folder: Path, *, size: int | None = None) -> None:
        self.folder = folder
        self.size = size or min(2, os.cpu_count() or 1)
        folder.mkdir(parents=True, exist_ok=True)
        self._free = threading.Semaphore(self.size)
        self._idle: list[subprocess.Popen[bytes]] = []
        self._all: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._made: dict[str, Clip] = {}
        self._closed = False

    def __call__(self, given: Mapping[str, Any], out: Path, /, *, prediction_id: str = "") -> Clip:
        """Draw the clip for an input, or take the one that was drawn for the same input before.

        Raises:
            ClipError: No clip can be made of this input.
            RuntimeError: Drawing failed.
        """
        key = _key(given, prediction_id)
        kept = self.folder / f"{key}.mp4"
        clip = self._made.get(key)
        if not clip or not kept.exists():
            with self._free:
                clip = self._draw({"given": dict(given), "out": str(kept), "id": prediction_id})
            self._made[key] = clip
            self._trim(kept)
        _copy(kept, out)
        return clip

    def draw(self, kind: str, given: Mapping[str, Any], folder: Path, *, prediction_id: str = "") -> Drawn:
        """Make an output of another kind (`pvideo.demo.draw`).

        Raises:
            ClipError: It cannot be made of this input.
            RuntimeError: Drawing failed.
        """
        with self._free:
            return Drawn(**self._made_of({"kind": kind, "given": dict(given), "folder": str(folder), "id": prediction_id}))

    def warm(self) -> None:
        """Start one process before it is needed."""
        with self._lock:
            if not self._all:
                self._idle.append(self._begin())

    def close(self) -> None:
        """End all drawing and remove what was kept."""
        with self._lock:
            workers, self._idle, self._closed = list(self._all), [], True
            self._all.clear()
        for worker in workers:
            worker.kill()
            worker.wait()
            _hang_up(worker)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _draw(self, task: dict[str, Any]) -> Clip:
        return Clip(**self._made_of(task))

    def _made_of(self, task: dict[str, Any]) -> dict[str, Any]:
        line = json.dumps(task).encode() + b"\n"
        # A worker that had nothing to do may have ended just now: then another one gets the task.
        answer = self._ask(line) or self._ask(line, fresh=True)
        if not answer:
            raise RuntimeError("The process that draws clips ended")
        made: dict[str, Any] = json.loads(answer)
        if "refused" in made:
            raise ClipError(made["refused"])
        if "error" in made:
            raise RuntimeError(made["error"])
        return made

    def _ask(self, line: bytes, *, fresh: bool = False) -> bytes:
        with self._lock:
            worker = self._idle.pop() if self._idle and not fresh else self._begin()
        answer = b""
        with contextlib.suppress(OSError):
            worker.stdin.write(line)  # type: ignore[union-attr]
            worker.stdin.flush()  # type: ignore[union-attr]
            answer = worker.stdout.readline()  # type: ignore[union-attr]
        with self._lock:
            if answer and worker in self._all:
                self._idle.append(worker)
                return answer
            self._all.discard(worker)
        worker.kill()
        worker.wait()
        _hang_up(worker)
        return answer

    def _begin(self) -> subprocess.Popen[bytes]:
        if self._closed:
            raise RuntimeError("The demo is ending")
        worker = subprocess.Popen(
            [sys.executable, "-m", "pvideo.demo.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._all.add(worker)
        return worker

    def _trim(self, newest: Path) -> None:
        """Remove the oldest clips beyond the limit; predictions keep theirs, which are other names of the same files."""
        with contextlib.suppress(OSError):
            files = sorted(self.folder.glob("*.mp4"), key=lambda p: p.stat().st_mtime, reverse=True)
            total = 0
            for file in files:
                total += file.stat().st_size
                if total > _CACHE_LIMIT and file != newest:
                    file.unlink()


def _hang_up(worker: subprocess.Popen[bytes]) -> None:
    for pipe in (worker.stdin, worker.stdout):
        with contextlib.suppress(OSError):
            pipe.close()  # type: ignore[union-attr]


def _key(given: Mapping[str, Any], prediction_id: str) -> str:
    """Name an input. Without a seed every prediction is its own picture."""
    chance = "" if isinstance(given.get("seed"), int) else prediction_id
    return hashlib.sha256(json.dumps([dict(given), chance], sort_keys=True).encode()).hexdigest()[:40]


def _copy(kept: Path, out: Path) -> None:
    out.unlink(missing_ok=True)
    try:
        os.link(kept, out)
    except OSError:
        shutil.copyfile(kept, out)
