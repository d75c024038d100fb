"""What a finished video turned out to be, and its poster. Needs the extra ``media``; without it there is neither."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pvideo.job.codec import codec

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

_AT_MOST = 4.0


def examine(path: Path) -> tuple[dict[str, Any] | None, bytes | None]:
    """Return a video's size, rate, length and sound, and its first picture as JPEG; None for what cannot be told."""
    try:
        about, poster = codec.ask("examine", path, within=_AT_MOST)
    except Exception as problem:  # noqa: BLE001 - whatever was delivered, a file that cannot be read is only shown without a poster
        logger.info("%s could not be examined: %s", path, problem or type(problem).__name__)
        return None, None
    return about, poster or None
