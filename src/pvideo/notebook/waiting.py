"""Waiting in a cell, so that an interrupt stops the waiting at once and the video goes on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .card import is_ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.job.states import Snapshot
    from pvideo.job.video import Video

_TICK = 0.1
"""Seconds between two chances for an interrupt."""


def wait_for(video: Video, *, until: Callable[[Snapshot], bool] = is_ended) -> Snapshot:
    """Wait until a video has ended, or rests where only a person can go on, and return its last snapshot.

    Raises:
        KeyboardInterrupt: The kernel was interrupted; the video goes on.
    """
    there = threading.Event()
    leave = video.observe(lambda snapshot: there.set() if _is_over(snapshot, until) else None)
    try:
        while not (_is_over(video.snapshot(), until) or there.wait(_TICK)):
            pass
    finally:
        leave()
    return video.snapshot()


def _is_over(snapshot: Snapshot, until: Callable[[Snapshot], bool]) -> bool:
    # A lost answer that nobody looks for any more waits for a person: "Look again" or "Generate again".
    rests = snapshot.status == "unconfirmed" and snapshot.next_at is None and snapshot.phase == ""
    return until(snapshot) or rests
