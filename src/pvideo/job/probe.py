"""What a finished video turned out to be, and its poster. Needs the extra ``media``; without it there is neither."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

POSTER_WIDTH = 640
POSTER_QUALITY = 60
"""10 to 20 kB as text in a saved notebook."""


def examine(path: Path) -> tuple[dict[str, Any] | None, bytes | None]:
    """Return a video's size, rate, length and sound, and its first picture as JPEG; None for what cannot be told."""
    try:
        import av
    except ImportError:
        return None, None
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                return None, None
            video = container.streams.video[0]
            about = {
                "width": int(video.width),
                "height": int(video.height),
                "fps": float(video.average_rate or 0),
                "seconds": _seconds(container, video),
                "has_audio": bool(container.streams.audio),
            }
            frame = next(iter(container.decode(video)), None)
            return about, _poster(frame) if frame is not None else None
    except Exception as problem:  # noqa: BLE001 - whatever was delivered, a file that cannot be read is only shown without a poster
        logger.info("%s could not be examined: %s", path, type(problem).__name__)
        return None, None


def _seconds(container: Any, video: Any) -> float:
    if video.duration is not None and video.time_base is not None:
        return float(video.duration * video.time_base)
    return float(container.duration or 0) / 1_000_000


def _poster(frame: Any) -> bytes | None:
    try:
        image = frame.to_image()
    except ImportError:  # Pillow is missing
        return None
    image.thumbnail((POSTER_WIDTH, POSTER_WIDTH * 2))
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=POSTER_QUALITY, optimize=True)
    return file.getvalue()
