"""One picture of a video, to go on from: decoded by PyAV (extra ``media``) and kept as a JPEG beside the video."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pvideo.errors import InputError
from pvideo.library.files import write_new

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUALITY = 92
"""Of the JPEG: the next shot begins with it, so that its losses would be seen."""
_LAST_SECONDS = 2.0
"""How long before the end decoding begins when the last picture is wanted."""


def still(path: Path, at: float | None = None) -> bytes:
    """Return one picture of a video as JPEG.

    Args:
        path: The video.
        at: Seconds from its start; None is the last picture.

    Raises:
        InputError: ``value_wrong``, the video is shorter; ``media_missing``, PyAV or Pillow is not installed; ``frame_missing``, the
            file cannot be decoded.
    """
    try:
        import av
        import PIL  # noqa: F401 - PyAV makes its pictures with it
    except ImportError:
        raise InputError("media_missing", what="Taking a picture out of a video") from None
    try:
        with av.open(str(path)) as container:
            image = _picture(container, at)
    except av.FFmpegError as problem:
        raise InputError("frame_missing", file=path.name, reason=type(problem).__name__) from None
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=QUALITY, subsampling=0)
    return file.getvalue()


def keep(jpeg: bytes, video: Path, at: float | None) -> Path:
    """Write a picture beside the video it is from and return it."""
    path = video.with_name(f"{video.stem}-{'last' if at is None else f'{at:.2f}s'}.jpg")
    with suppress(OSError):
        if path.read_bytes() == jpeg:
            return path
    write_new(path, jpeg)
    return path


def _picture(container: Any, at: float | None) -> Any:
    stream = container.streams.video[0]
    length = float(stream.duration * stream.time_base) if stream.duration else float(container.duration or 0) / 1_000_000
    if at is not None and not 0 <= at <= length:
        raise InputError("value_wrong", problem=f"at is 0 to {length:.2f} s; {at:g} was given.")
    for start in (at if at is not None else max(0.0, length - _LAST_SECONDS), 0.0):
        container.seek(int(start * 1_000_000), backward=True)
        frame = _last(container.decode(stream), at, float(1 / (stream.average_rate or 24)))
        if frame is not None:
            return frame.to_image()
    raise InputError("frame_missing", file="", reason="it has no picture there")


def _last(frames: Iterator[Any], at: float | None, step: float) -> Any:
    """Return the picture that stands at a moment: the last one that begins before it."""
    found = None
    for frame in frames:
        if at is not None and found is not None and frame.time is not None and frame.time > at + step / 100:
            break
        found = frame
    return found
