"""Looks into videos and makes others of them, in a process of its own (the extra ``media``).

A kernel never loads PyAV for us: what FFmpeg leaves behind there hangs a later fork (``!ls``, multiprocessing), and what a hostile
file costs would be the kernel's.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pvideo.model.sniff import content_type

IDLE = 5.0
"""Seconds without a task after which the process ends."""
_LARGEST = 2**26
_TICK = 0.5
_PROGRAM = Path(__file__).with_name("codec_program.py")
_NEEDS = ("av", "PIL")
# What a program needs to run at all; tokens stay behind.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
_FORMS = {
    "video/mp4": "mp4",
    "video/quicktime": "mp4",
    "video/webm": "webm",
    "video/x-msvideo": "avi",
    "image/avif": "mp4",
    "image/png": "png_pipe",
    "image/jpeg": "jpeg_pipe",
    "image/webp": "webp_pipe",
    "image/gif": "gif",
    "image/bmp": "bmp_pipe",
    "image/tiff": "tiff_pipe",
}
"""FFmpeg's name of what a file's first bytes prove; it is not asked to find out itself."""


class CodecError(Exception):
    """A task could not be done; the text is why, in a word or two."""


class CodecMissing(CodecError):  # noqa: N818 - it names what is the case
    """PyAV or Pillow is not installed."""


class Codec:
    """A process that decodes and encodes, begun by a task and ended when there is none for a while.

    One task at a time; safe from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._resting: threading.Timer | None = None
        self._used = 0.0

    def ask(self, task: str, source: Path, *, within: float | None = None, **given: Any) -> tuple[dict[str, Any], bytes]:
        """Have a task done with a file, and return what it found and a picture as JPEG.

        Args:
            task: What; the program knows them.
            source: The file.
            within: Seconds after which it is given up.
            **given: What else the task takes.

        Raises:
            CodecMissing: A part of the extra ``media`` is missing.
            CodecError: The file is none that can be decoded, or that took too much time or memory.
            OSError: The file cannot be read, or its target cannot be written.
        """
        command = _command()
        with source.open("rb") as file:
            form = _FORMS.get(content_type(file.read(64)))
        if form is None:
            msg = "an unknown kind of file"
            raise CodecError(msg)
        request = json.dumps({"task": task, "path": str(source.absolute()), "form": form, **given}).encode() + b"\n"
        until = time.monotonic() + within if within is not None else None
        with self._lock:
            try:
                about, picture = _asked(self._running(command), request, until)
            except BaseException:  # also an interrupt: what it would answer now is nobody's
                self._end()
                raise
            self._rest()
        if about.get("errno"):
            raise OSError(about["errno"], os.strerror(about["errno"]), str(given.get("target", source)))
        if "error" in about:
            raise CodecError(about["error"])
        return about, picture

    def close(self) -> None:
        """End the process, also in the middle of a task."""
        if self._process is not None:
            self._process.kill()
        with self._lock:
            self._end()

    def forked(self) -> None:
        """In a forked child: the process is the parent's, and so is whatever its threads held."""
        process = self._process
        self._lock, self._process, self._resting = threading.Lock(), None, None
        if process is not None:
            process.returncode = 0  # so that nobody here waits for it
            _hang_up(process)

    def _running(self, command: list[str]) -> subprocess.Popen[bytes]:
        if self._resting is not None:
            self._resting.cancel()
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, with this very interpreter
                command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                cwd="/", env={name: value for name in _ENVIRONMENT if (value := os.getenv(name)) is not None}, start_new_session=True,
            )  # fmt: skip
        return self._process

    def _rest(self) -> None:
        self._used = time.monotonic()
        self._resting = threading.Timer(IDLE, self._end_if_idle)
        self._resting.name, self._resting.daemon = "pvideo-media-rest", True
        self._resting.start()

    def _end_if_idle(self) -> None:
        with self._lock:
            if time.monotonic() - self._used >= IDLE:
                self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if self._resting is not None:
            self._resting.cancel()
        if process is not None:
            process.kill()
            process.wait()
            _hang_up(process)


def _command() -> list[str]:
    found = [importlib.util.find_spec(name) for name in _NEEDS]
    # An interpreter that somebody has given further folders finds them there; so does the program.
    folders = [str(Path(spec.origin).parents[1]) for spec in found if spec is not None and spec.origin]
    if len(folders) < len(_NEEDS) or not sys.executable:
        raise CodecMissing
    return [sys.executable, "-P", str(_PROGRAM), *dict.fromkeys(folders)]


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _asked(process: subprocess.Popen[bytes], request: bytes, until: float | None) -> tuple[dict[str, Any], bytes]:
    assert process.stdin is not None
    try:
        process.stdin.write(request)
    except OSError:
        raise _ended(process) from None
    sizes = struct.unpack(">II", _taken(process, 8, until))
    if max(sizes) > _LARGEST:
        msg = "its answer is too large"
        raise CodecError(msg)
    head, picture = (_taken(process, size, until) for size in sizes)
    return json.loads(head), picture


def _taken(process: subprocess.Popen[bytes], size: int, until: float | None) -> bytes:
    """Return so many bytes of an answer. Its end alone tells nothing: a child forked meanwhile may hold the pipe open."""
    assert process.stdout is not None
    data = bytearray()
    while len(data) < size:
        left = _TICK if until is None else min(until - time.monotonic(), _TICK)
        if left <= 0:
            msg = "it took too long"
            raise CodecError(msg)
        if select.select([process.stdout], [], [], left)[0]:
            piece = process.stdout.read(size - len(data))
            if not piece:
                raise _ended(process)
            data += piece
        elif process.poll() is not None:
            raise _ended(process)
    return bytes(data)


def _ended(process: subprocess.Popen[bytes]) -> CodecError:
    return CodecError(f"the decoder ended ({process.wait()})")


codec = Codec()
"""For what is quick; who has a long task makes another one and closes it."""

atexit.register(codec.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=codec.forked)
