"""Time as the demo sees it; tests put their own clock in its place."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol


class Clock(Protocol):
    """What the demo needs of a clock."""

    def now(self) -> float:
        """Return the wall time in seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""


class WallClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the wall time in seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)


def iso(moment: float, digits: int = 3) -> str:
    """Return `moment` as Replicate writes times: UTC, ``Z``, `digits` (up to 9) digits of the second."""
    whole = int(moment // 1)
    fraction = f"{int((moment - whole) * 1_000_000):06d}000"[:digits]
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def from_iso(text: str) -> float:
    """Return the seconds since 1970 that an ISO 8601 text means; a missing zone is UTC.

    Raises:
        ValueError: The text is no ISO 8601 date.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def http_date(moment: float) -> str:
    """Return `moment` as the value of a ``Date`` header."""
    return format_datetime(datetime.fromtimestamp(int(moment), UTC), usegmt=True)
