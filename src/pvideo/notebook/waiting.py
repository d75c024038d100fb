"""Waiting in a cell, so that an interrupt stops the waiting at once and the video goes on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

_TICK = 0.1
"""Seconds between two chances for an interrupt."""


def wait_for(video: Video) -> Snapshot:
    """Wait until a video's file is there or nothing more happens to it by itself, and return its last snapshot.

    Raises:
        KeyboardInterrupt: The kernel was interrupted; the video goes on.
    """
    from pvideo.job.waiting import over

    ended = threading.Event()
    leave = video.observe(lambda snapshot: ended.set() if over(snapshot) else None)
    try:
        while not (over(video.snapshot()) or ended.wait(_TICK)):
            pass
    finally:
        leave()
    return video.snapshot()
