"""``%pvideo limits``: what the gateway and Replicate allow, what was sent, and what was refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .words import say, span

if TYPE_CHECKING:
    from pvideo.endpoint import Endpoint
    from pvideo.job.limits import Meter


def report() -> str:
    """Return the report.

    Raises:
        SettingsError: No account is set up.
    """
    from pvideo import settings
    from pvideo.job.limits import CREATES_PER_MINUTE, limits

    there = settings.endpoint()
    limits.told(there, settings.current().rate_limit)
    meter = limits.meter(there.account_id, there.gateway)
    left = say("gateways", "limits_remaining", remaining=meter.remaining) if meter.remaining is not None else ""
    lines = [f"{there.gateway}: {_known(there, meter)}", refused(meter)]
    return "\n".join([*lines, say("gateways", "limits_replicate", most=CREATES_PER_MINUTE, remaining=left)])


def sweep_line(count: int, *, took: float = 0.0) -> str:
    """Return how long so many presses take under the gateway's limit; empty where it does not hold them up.

    Args:
        count: How many videos.
        took: Seconds that one takes by itself.

    Raises:
        SettingsError: No account is set up.
    """
    from pvideo import settings
    from pvideo.job.limits import plan, planned

    seconds, limit = planned(count, took=took)
    if limit is None or seconds <= plan(count, None, took=took):
        return ""
    return say("gateways", "sweep", count=count, span=span(seconds), gateway=settings.endpoint().gateway, limit=limit)


def refused(meter: Meter) -> str:
    """Return how often each of the two said that it was too much."""
    return say("gateways", "limits_refused", gateway=meter.gateway_busy, replicate=meter.replicate_busy)


def _known(there: Endpoint, meter: Meter) -> str:
    limit = meter.limit
    if limit is not None:
        sent = meter.within(limit.seconds, time.time())
        return say("gateways", "limits_known", limit=limit, source=meter.source, seconds=f"{limit.seconds:g}", sent=sent)
    read = meter.read_at is not None or there.kind == "direct"
    return say("gateways", "limits_none", how="" if read else say("gateways", "limits_none_read"))
