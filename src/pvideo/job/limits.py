"""The gateway's rate limit: what is known of it, how our own requests stay under it, and how long many presses take within it.

A gateway counts every request, looks among them, and its refusals say nothing of when to come again (captured). So where the limit
is known, requests keep to it beforehand: never more than it allows within any interval, which is safe for both techniques wherever
the service's own windows begin.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from pvideo.wire.gateways import RateLimit
from pvideo.wire.shapes import GatewayError, known_shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Endpoint

LOOKS = 6.0
"""Looks that one job needs on the mean (measured with drafts and full videos alike)."""

CREATES_PER_MINUTE = 600
"""Replicate's own limit (its rate limits page); 6 while an account has less than $5 of credit (captured)."""

_KEPT_FOR_CREATES = 0.2
"""The share of the limit that looks leave to presses and cancels."""

_SLACK = 0.5
_STRETCH = 1.02
"""A request arrives a little later than it is sent, and not always by the same."""

_SEEN = 20_000


def plan(count: int, limits: RateLimit | None, *, took: float = 0.0, looks: float = LOOKS, per_minute: int = CREATES_PER_MINUTE) -> float:
    """Return how many seconds it takes, at the least, until so many presses are through.

    Args:
        count: How many videos.
        limits: The gateway's limit; None where there is none or none is known.
        took: Seconds that one video takes by itself.
        looks: How often each is looked at.
        per_minute: Creates a minute that Replicate allows.
    """
    if count <= 0:
        return 0.0
    creates = max(ceil(count / max(per_minute, 1)) - 1, 0) * 60.0
    if limits is None:
        return creates + took
    requests = ceil(count * (1 + looks))
    return max(creates, max(ceil(requests / limits.requests) - 1, 0) * limits.seconds) + took


def planned(count: int, *, took: float = 0.0) -> tuple[float, RateLimit | None]:
    """Return `plan` for where presses go now, with the limit that it keeps to; seconds of `took` where none is known.

    Args:
        count: How many videos.
        took: Seconds that one video takes by itself.

    Raises:
        SettingsError: No account is set up.
    """
    from pvideo import settings

    there = settings.endpoint()
    limits.told(there, settings.current().rate_limit)
    limit = limits.meter(there.account_id, there.gateway).limit
    return plan(count, limit, took=took), limit


class Pace:
    """Our own requests to one gateway.

    Args:
        limit: Returns the limit as it is known now.
    """

    def __init__(self, limit: Callable[[], RateLimit | None] = lambda: None) -> None:
        self._limit = limit
        self._due: deque[float] = deque(maxlen=10_000)

    def wait(self, now: float, *, looking: bool = False) -> float:
        """Return the seconds until one more request keeps all of them within the limit.

        Args:
            now: The loop's time.
            looking: Whether it is a look: those leave some room for presses.
        """
        limit = self._limit()
        if limit is None:
            return 0.0
        room = max(int(limit.requests * (1 - _KEPT_FOR_CREATES)), 1) if looking else limit.requests
        if len(self._due) < room:
            return 0.0
        return max(self._due[-room] + limit.seconds * _STRETCH + _SLACK - now, 0.0)

    def take(self, now: float, *, looking: bool = False) -> float:
        """Take the next place and return the seconds until it is due."""
        wait = self.wait(now, looking=looking)
        self._due.append(max(now + wait, self._due[-1] if self._due and wait else now))
        return wait


@dataclass(slots=True, kw_only=True)
class Meter:
    """What was seen of one gateway in this process."""

    limit: RateLimit | None = None
    source: str = ""
    """Where the limit is known from, in words."""
    read_at: float | None = None
    gateway_busy: int = 0
    """How often the gateway's own limit refused a request (429, code 2003)."""
    replicate_busy: int = 0
    """How often Replicate's did."""
    remaining: int | None = None
    """Creates that Replicate says are left, when it said so last."""
    times: deque[float] = field(default_factory=lambda: deque(maxlen=_SEEN))

    def within(self, seconds: float, now: float) -> int:
        """Return how many requests were sent in the last so many seconds."""
        return sum(1 for moment in self.times if moment > now - seconds)


class Limits:
    """What this process knows of the limits of the gateways it talks to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._meters: dict[tuple[str, str], Meter] = {}

    def meter(self, account: str, gateway: str) -> Meter:
        """Return what was seen of a gateway."""
        with self._lock:
            return self._meters.setdefault((account, gateway), Meter())

    def learn(self, account: str, gateway: str, limit: RateLimit | None, source: str) -> None:
        """Note a gateway's limit; None says that it has none."""
        meter = self.meter(account, gateway)
        meter.limit, meter.source, meter.read_at = limit, source, time.time()

    def told(self, endpoint: Endpoint, given: tuple[int, float] | None) -> None:
        """Note what ``configure(rate_limit=…)`` says of the account's gateway, where nothing was read."""
        meter = self.meter(endpoint.account_id, endpoint.gateway)
        if meter.read_at is None and endpoint.realm == "real":
            meter.limit = RateLimit(*given) if given else None
            meter.source = "configure" if given else ""

    def heard(self, endpoint: Endpoint, exchange: Any) -> None:
        """Count an exchange with a gateway."""
        meter = self.meter(endpoint.account_id, endpoint.gateway)
        meter.times.append(exchange.at)
        left = exchange.response_headers.get("ratelimit-remaining", "")
        if exchange.method == "POST" and left.isdecimal():
            meter.remaining = int(left)
        if exchange.status == 429:
            shape = known_shape(429, {}, exchange.response_body.encode())
            if isinstance(shape, GatewayError):
                meter.gateway_busy += shape.code == 2003
            else:
                meter.replicate_busy += 1

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._meters.clear()


limits = Limits()
"""This process's."""
