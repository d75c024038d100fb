"""How a sweep stands: counts, money, and when its last one starts and ends."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pvideo.job.places import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pvideo.job.states import Snapshot

Standing = Literal["done", "running", "waiting", "failed", "canceled", "unconfirmed"]

_FAILED = frozenset({"failed", "aborted", "rejected", "expired"})
_IN_LINE = frozenset({"waiting", "countdown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The counts of a sweep. Times are seconds from now, money is in US dollars."""

    count: int
    done: int = 0
    running: int = 0
    waiting: int = 0
    failed: int = 0
    canceled: int = 0
    unconfirmed: int = 0
    cost: Decimal = Decimal(0)
    """What is known to be paid."""
    starts: float | None = None
    """When the last one that waits is sent."""
    ends: float | None = None
    """When the last one is done, by past jobs; None where nothing is known."""

    @property
    def left(self) -> int:
        """How many may still be canceled."""
        return self.running + self.waiting

    @property
    def missing(self) -> int:
        """How many ended without a video."""
        return self.failed + self.canceled


def standing(snapshot: Snapshot) -> Standing:
    """Return what one video counts as."""
    if snapshot.status == "succeeded":
        return "done"
    if snapshot.status in _FAILED:
        return "failed"
    if snapshot.status == "canceled":
        return "canceled"
    if snapshot.status == "unconfirmed":
        return "unconfirmed"
    return "waiting" if snapshot.status == "sending" and snapshot.phase in _IN_LINE else "running"


def tally(snapshots: Iterable[Snapshot], *, now: float, count: int, pace: float = 0.0, hold: float = 0.0) -> Tally:
    """Count.

    Args:
        snapshots: The videos that were pressed.
        now: Seconds since the epoch.
        count: How many videos the sweep has.
        pace: Seconds that the account wants between two creates.
        hold: Seconds until the next create may go.
    """
    every = list(snapshots)
    counts = Counter(standing(snapshot) for snapshot in every)
    running = [snapshot for snapshot in every if standing(snapshot) == "running"]
    waiting = [snapshot for snapshot in every if standing(snapshot) == "waiting"]
    starts, ends = _times(running, waiting, now=now, pace=pace, hold=hold)
    cost = sum((snapshot.cost for snapshot in every if snapshot.cost is not None and not snapshot.reused), Decimal(0))
    return Tally(count=count, cost=cost, starts=starts, ends=ends, **{str(name): number for name, number in counts.items()})


def _times(
    running: Sequence[Snapshot], waiting: Sequence[Snapshot], *, now: float, pace: float, hold: float
) -> tuple[float | None, float | None]:
    """Return when the last one starts and ends: each takes what past ones took, so many at once, and no faster than the pace."""
    if not running and not waiting:
        return None, None
    known = all(snapshot.p50 is not None for snapshot in (*running, *waiting))
    places = [max((snapshot.p50 or 0.0) - (now - (snapshot.sent_at or now)), 0.0) for snapshot in running]
    last, starts, next_create = max(places, default=0.0), None, max(hold, 0.0)
    places += [0.0] * (AT_ONCE - len(places))
    heapq.heapify(places)
    for snapshot in waiting:
        starts = max(heapq.heappop(places), next_create)
        next_create = starts + pace
        end = starts + (snapshot.p50 or 0.0)
        heapq.heappush(places, end)
        last = max(last, end)
    return starts, last if known else None
