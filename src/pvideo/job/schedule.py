"""When to look next, and when to try again: numbers in, seconds out.

Looks are placed by the expected end's distribution. With F the share of jobs that have ended, f its density and S = 1 - F, the
fewest looks for a mean lag L (from the end to the look that sees it) stand g = 2 L √(S/f) / ∫√(f S) apart: sparse where no end is
likely, denser towards the last ones. That is the continuous answer to minimizing ∫ f g/2 under ∫ S/g looks; a test compares it with
the exact one, by dynamic programming.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING

from pvideo.job.clock import HOUR
from pvideo.job.estimate import Expectation, expect, prior, shape, sharpen

if TYPE_CHECKING:
    from pvideo.job.estimate import Curve

__all__ = [
    "Bucket",
    "Expectation",
    "after_trouble",
    "expect",
    "look_again",
    "next_look",
    "next_search",
    "prior",
    "resend_wait",
    "shape",
    "sharpen",
]

LOOKS_PER_SECOND = 5.0
"""All jobs of a process together; every look counts against the gateway's own rate limit."""

RESENDS = (1.0, 3.0, 6.0)
"""A create that provably did not leave is sent again after these, and then not again by itself."""

SEARCHES = (0.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""When a lost answer is looked for, in seconds after it was lost; from then on every five minutes."""

LATER_SEARCHES = 300.0
TOLERATED = 30.0
"""A prediction may be invisible for so long after its creation (its readers lag behind its writer)."""

GRACE = 60.0
"""How long past its own limit a prediction may still say that it runs."""

LOOKS_BUSY = 60.0
"""So long (seconds) a 429 is listened to; it may ask for longer."""

LOOKS_TROUBLED = 30.0
"""So long any other answer that is none is, and our own waits grow to this."""

LOOKS_LATE = 5.0
"""The same once the expected end is past: the video is likely there."""

_AGAIN = 0.5

LAG = 0.2
"""The mean lag that is aimed at, in seconds, for jobs of up to half a minute."""

LAG_LONG = 0.957
"""What it grows to for longer ones: half of it for a job of `LAG_HALF` seconds. Who waits long, waits a little longer to see the end."""

LAG_HALF = 99.0
MOST = 44
"""So many looks on the mean at most, however widely the past jobs' times were spread."""

_SHORTEST = 0.15
_LONGEST = 30.0
_FIRST = 1.0
_FIRST_SHARE = 0.08
_ALMOST_ALL = 0.97
_STRETCH = 1.4
_FURTHEST = 2.8
"""A history can mislead: no look is later than this many times the time so far."""


def next_look(elapsed: float, expected: Expectation) -> float:
    """Return how long to wait before the next look at a running job: one early, dense where its end is likely, then fewer and fewer.

    Args:
        elapsed: Seconds since it was sent.
        expected: What its history, its log or the model's usual pace say.
    """
    first = min(max(_FIRST, expected.p50 * _FIRST_SHARE), 3.0 * (1.0 + expected.trust))
    most = first - elapsed if elapsed < first - _SHORTEST else _rest(elapsed, expected)
    if expected.curve is None:
        return most
    moment = _planned(expected.curve, max(LAG, LAG_LONG * expected.p50 / (expected.p50 + LAG_HALF)), elapsed)
    if moment is None:
        return most
    planned = max(moment - elapsed, _SHORTEST)
    # A look just before the end can come is wasted: a little longer, and it is the first of those that count.
    return planned if planned <= max(min(most * _STRETCH, _FURTHEST * elapsed), most) else most


def _rest(elapsed: float, expected: Expectation) -> float:
    """Return the longest wait: what keeps the mean lag at 2.5 % of the job, unless its history has ruled an early end out."""
    usual = min(max(0.52, 0.038 * elapsed), _LONGEST)
    if expected.curve is None:
        return usual
    if expected.curve.share(elapsed) > _ALMOST_ALL:
        # It is late: likely by a little, so looks go on as densely as before, and thin out from there.
        return min(usual, 0.4 + 0.15 * max(elapsed - expected.curve.times[-1], 0.0))
    return max(usual, _FURTHEST * expected.trust * elapsed)


def _planned(curve: Curve, lag: float, elapsed: float) -> float | None:
    """Return the moment of the next look by the curve; None past its end."""
    if curve.share(elapsed) > _ALMOST_ALL:
        return None
    counts = _counts(curve, lag)
    place = bisect_left(curve.times, elapsed)
    if place == 0:
        done = 0.0
    else:
        early, late = curve.times[place - 1], curve.times[place]
        done = counts[place - 1] + (counts[place] - counts[place - 1]) * (elapsed - early) / (late - early)
    index = bisect_left(counts, done + 1.0)
    if index == len(counts):
        return curve.when(0.985)
    low, high = counts[index - 1], counts[index]
    step = curve.times[index] - curve.times[index - 1]
    return curve.times[index - 1] + step * (done + 1.0 - low) / (high - low)


@lru_cache(maxsize=64)
def _counts(curve: Curve, lag: float) -> tuple[float, ...]:
    """Return how many looks the best schedule has made by each of the curve's times."""
    steps = [
        (late - early, max(high - low, 0.0), max(1.0 - (low + high) / 2, 0.01))
        for early, late, low, high in zip(curve.times, curve.times[1:], curve.ended, curve.ended[1:], strict=False)
    ]
    width = sum(sqrt(ends * length * left) for length, ends, left in steps)
    scale = width / (2 * max(lag, width**2 / (2 * MOST)))
    counts = [0.0]
    for length, ends, left in steps:
        counts.append(counts[-1] + scale * sqrt(ends * length / left))
    return tuple(counts)


def after_trouble(times: int) -> float:
    """Return the wait after something other than a look failed so many times in a row: 2, 4, 8, 16, then 30 s."""
    return min(2.0 ** max(times, 1), 30.0)


def look_again(times: int, asked: float | None, *, left: float, busy: bool = False) -> float:
    """Return the wait after looks failed so many times in a row: 0.5 s, doubled each time, and what a server asks for within limits.

    Args:
        times: How many failed, this one included.
        asked: The seconds that its answer asked to wait, or None.
        left: Seconds to the expected end, negative when that is past.
        busy: Whether the answer was that there are too many requests; else it is trouble that nobody knows the length of.
    """
    most = LOOKS_BUSY if busy else LOOKS_TROUBLED if left > 0 else LOOKS_LATE
    # Our own patience ends soon after the end can be there, however long the trouble has lasted.
    own = min(_AGAIN * 2.0 ** min(times - 1, 10), LOOKS_TROUBLED, max(left, LOOKS_LATE))
    return max(own, min(asked or 0.0, most))


def next_search(lost_for: float) -> float | None:
    """Return how long to wait before the next search for a lost answer; None once Replicate has deleted the data."""
    if lost_for >= HOUR:
        return None
    for moment in SEARCHES:
        if moment > lost_for + 0.01:
            return moment - lost_for
    return min(LATER_SEARCHES, HOUR - lost_for)


def resend_wait(times: int, chance: float) -> float | None:
    """Return the wait before resend number `times` (from 0), a fifth more or less by `chance` (0 to 1); None for no more."""
    return RESENDS[times] * (0.8 + 0.4 * chance) if times < len(RESENDS) else None


class Bucket:
    """How long a request must wait so that all of this process together stay under a rate, in every single second.

    Args:
        rate: Requests a second.
    """

    def __init__(self, rate: float = LOOKS_PER_SECOND) -> None:
        self._most = self.rate = rate
        self._taken: deque[float] = deque(maxlen=64)

    def take(self, now: float) -> float:
        """Take the next place in the row and return the seconds until it is due; a second's worth may go at once."""
        together = max(int(self.rate), 1)
        due = now if len(self._taken) < together else max(now, self._taken[-together] + together / self.rate * 1.05)
        due = max(due, self._taken[-1]) if self._taken else due
        self._taken.append(due)
        return due - now

    def slow(self) -> None:
        """Ask less from now on: a server said that it was too much."""
        self.rate = max(self.rate / 2, 0.5)

    def recover(self) -> None:
        """Ask a little more again: a request was answered."""
        self.rate = min(self.rate * 1.05, self._most)
