"""When to look next, and when to try again: numbers in, seconds out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pvideo.job.clock import HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

_TAKES_PART = ("draft", "resolution", "duration", "fps", "image", "audio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """How long a job is expected to take from sent to succeeded, in seconds."""

    p50: float
    p90: float
    history: bool
    """Whether it comes from past jobs."""


def shape(sent: Mapping[str, Any]) -> str:
    """Return the inputs that decide how long a prediction takes; of a file only that it is there."""
    parts = {name: True if name in {"image", "audio"} else sent[name] for name in _TAKES_PART if sent.get(name) is not None}
    return json.dumps(parts, sort_keys=True, default=str)


def prior(sent: Mapping[str, Any]) -> float:
    """Return how long it takes before anything is known: P-Video needs about 2 s for each second, a draft a quarter of that."""
    seconds = sent.get("duration")
    length = float(seconds) if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and seconds > 0 else 5.0
    return 2.0 * length * (0.25 if sent.get("draft") is True else 1.0) + 0.8


def expect(past: Sequence[float], sent: Mapping[str, Any]) -> Expectation:
    """Return what to expect, from at least three past jobs of the same shape, else from the model's usual pace."""
    if len(past) < 3:
        usual = prior(sent)
        return Expectation(p50=usual, p90=usual * 1.8, history=False)
    ordered = sorted(past)
    return Expectation(p50=_quantile(ordered, 0.5), p90=_quantile(ordered, 0.9), history=True)


def next_look(elapsed: float, expected: Expectation) -> float:
    """Return how long to wait before the next look at a running job: few early, dense near the expected end, decaying after.

    Args:
        elapsed: Seconds since it was sent.
        expected: What the history or the model says.
    """
    near, late = expected.p50 * 0.75, expected.p90 * 1.1
    if elapsed < near:
        return min(max(near / 3, 0.5), max(near - elapsed, 0.25), 5.0)
    if elapsed < late:
        return min(max(expected.p50 * 0.06, 0.25), 1.0)
    return min(0.5 + (elapsed - late) * 0.15, 10.0)


def after_trouble(times: int) -> float:
    """Return the wait after looks failed so many times in a row: 2, 4, 8, 16, then 30 s."""
    return min(2.0 ** max(times, 1), 30.0)


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
    """A token bucket: how long a request must wait so that all together stay under a rate.

    Args:
        rate: Requests a second.
    """

    def __init__(self, rate: float = LOOKS_PER_SECOND) -> None:
        self._rate = rate
        self._free_at = 0.0

    def take(self, now: float) -> float:
        """Take one place in the row and return the seconds until it is due; at most a second's worth goes at once."""
        self._free_at = max(self._free_at, now - 1.0) + 1.0 / self._rate
        return max(self._free_at - now, 0.0)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
