"""One picture of a video, to go on from: decoded by PyAV (extra ``media``) and kept as a JPEG beside the video."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pvideo.errors import InputError
from pvideo.job.codec import CodecError, CodecMissing, codec
from pvideo.library.files import write_new

if TYPE_CHECKING:
    from pathlib import Path

_AT_MOST = 60.0


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
        about, jpeg = codec.ask("still", path, within=_AT_MOST, at=at)
    except CodecMissing:
        raise InputError("media_missing", what="Taking a picture out of a video") from None
    except (CodecError, OSError) as problem:
        reason = (problem.strerror if isinstance(problem, OSError) else str(problem)) or type(problem).__name__
        raise InputError("frame_missing", file=path.name, reason=reason) from None
    if not jpeg:
        raise InputError("value_wrong", problem=f"at is 0 to {about['length']:.2f} s; {at:g} was given.")
    return jpeg


def keep(jpeg: bytes, video: Path, at: float | None) -> Path:
    """Write a picture beside the video it is from and return it."""
    path = video.with_name(f"{video.stem}-{'last' if at is None else f'{at:.2f}s'}.jpg")
    with suppress(OSError):
        if path.read_bytes() == jpeg:
            return path
    write_new(path, jpeg)
    return path
