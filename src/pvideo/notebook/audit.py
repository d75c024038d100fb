"""A line of ``%pvideo doctor``: whether Replicate's list of the last hour and the history tell the same. It only looks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .checks import Check, open_client, run_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pvideo.endpoint import Endpoint
    from pvideo.wire.client import Client
    from pvideo.wire.prediction import Prediction

HOUR = 3600.0
_PAGES = 10
_SHOWN = 3
_LAG = 60.0
"""At both ends of the hour, for clocks that are apart and a list that lags, in seconds."""


def check_history(endpoint: Endpoint, *, make: Callable[[Endpoint], Client] = open_client) -> list[Check]:
    """Compare the last hour at Replicate with the history; nothing is said where the list is not given.

    Args:
        endpoint: Where requests go.
        make: Makes the client (tests give their own).
    """
    from pvideo import settings
    from pvideo.errors import PVideoError
    from pvideo.job.engine import Engine
    from pvideo.library import queries

    if endpoint.realm == "demo" or not settings.current().journal_path.exists():
        return []  # a demo that was restarted has forgotten everything, and nothing of it is paid
    try:
        here = queries.predictions(Engine.get().journal, endpoint.base_url)
        return run_apart(_compared(make(endpoint), here))
    except (PVideoError, TimeoutError):
        return []


async def _compared(client: Client, here: Mapping[str, float | None]) -> list[Check]:
    from pvideo.job.reconcile import compare
    from pvideo.wire.verdict import LookFailed

    begin, cursor = time.time() - HOUR, None
    listed: list[Prediction] = []
    server_now = time.time()
    try:
        for _ in range(_PAGES):
            page = await client.list(created_after=datetime.fromtimestamp(begin, UTC), cursor=cursor)
            listed += page.items
            server_now = page.server_date.timestamp() if page.server_date else server_now
            cursor = page.cursor
            if cursor is None:
                break
    except LookFailed:
        return []
    finally:
        await client.aclose()
    if cursor is not None:
        return []  # a part of the list proves nothing
    only_there, only_here = compare(listed, here, begin=max(begin, server_now - HOUR) + _LAG, end=server_now - _LAG)
    return told(only_there, only_here)


def told(only_there: tuple[str, ...], only_here: tuple[str, ...]) -> list[Check]:
    """Return what differs, in words."""
    checks = []
    if only_there:
        text = f"{_count(only_there)} of the last hour at Replicate, but not in your history: {_named(only_there)}"
        advice = "If they were not made on another machine, see replicate.com/predictions: they are paid."
        checks.append(Check(mark="✗", name="History", text=text, next=advice))
    if only_here:
        text = f"{_count(only_here)} of the last hour in your history, but not at Replicate: {_named(only_here)}"
        checks.append(Check(mark="✗", name="History", text=text, next="Is this the account that they were made with?"))
    return checks


def _count(ids: tuple[str, ...]) -> str:
    return "1 prediction" if len(ids) == 1 else f"{len(ids)} predictions"


def _named(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
