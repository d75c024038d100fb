"""The two clocks: one that tells the time and may jump, one that never steps and counts sleep too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pvideo.job.owner import boot_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.library.rows import JobRow

HOUR = 3600.0
"""Replicate removes inputs, outputs and files an hour after creation (its data retention page)."""

# Linux' CLOCK_MONOTONIC stands still while a laptop sleeps, its CLOCK_BOOTTIME does not; elsewhere CLOCK_MONOTONIC counts sleep.
_STEADY = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def _steady() -> float:
    return time.monotonic() if _STEADY is None else time.clock_gettime(_STEADY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Where the time comes from (a test gives its own)."""

    wall: Callable[[], float] = time.time
    """Seconds since the epoch, as this machine's owner set them."""
    steady: Callable[[], float] = _steady
    boot: Callable[[], str] = boot_id

    def day(self) -> str:
        """Return today's local calendar day."""
        return datetime.fromtimestamp(self.wall()).astimezone().date().isoformat()

    def since_sent(self, row: JobRow) -> float:
        """Return how long ago a job was sent; no jump of the wall clock changes it within one boot."""
        if row.sent_steady is not None and row.boot == self.boot():
            return max(self.steady() - row.sent_steady, 0.0)
        return max(self.wall() - (row.sent_at or row.pressed_at), 0.0)
