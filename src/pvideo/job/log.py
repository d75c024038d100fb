"""The gateway's log entry of a job: found by its log id, else by its event id, else by its metadata; and feedback given to it."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from pvideo import settings
from pvideo.arguments import is_number, shown
from pvideo.errors import ManagementError, PVideoError, SettingsError
from pvideo.job import gateways
from pvideo.wire.gateways import LogEntry, dashboard

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvideo.endpoint import Management
    from pvideo.library.rows import JobRow
    from pvideo.wire.management import Cloud

__all__ = ["LogEntry", "feedback", "link", "log", "rated"]

logger = logging.getLogger(__name__)

_GOOD, _BAD = 4, 2
"""From so many stars on it is a thumb up, up to so many one down."""


def log(row: JobRow, *, connect: Callable[[Management], Cloud] | None = None) -> LogEntry:
    """Return what the gateway noted of a job's create.

    Args:
        row: The job.
        connect: Opens Cloudflare's API (tests give their own).

    Raises:
        SettingsError: There is no token for this.
        ManagementError: The log has no entry, is in the dashboard only, or may not be read; its next step holds the dashboard's link.
    """
    with _open(row, connect) as cloud:
        return _found(cloud, row)


def feedback(
    row: JobRow, value: int | None, *, score: float | None = None, connect: Callable[[Management], Cloud] | None = None
) -> LogEntry:
    """Give a job's log entry a thumb, and return the entry as it then is.

    Args:
        row: The job.
        value: 1 (good), -1 (bad), or None to take it back.
        score: Any number, where you keep scores.
        connect: As for `log`.

    Raises:
        SettingsError: The value is another one, or there is no token for this.
        ManagementError: As for `log`; the token also needs "AI Gateway Edit".
    """
    if value is not None and not (is_number(value, -1, 1) and value in {1, -1}):
        raise SettingsError(
            "setting_wrong", setting="feedback", problem=f"is {shown(value)}", advice="Give 1, -1, or None to take it back."
        )
    with _open(row, connect) as cloud:
        entry = _found(cloud, row)
        cloud.feedback(row.gateway, entry.id, feedback=value, score=score)
        return replace(entry, feedback=value, score=entry.score if score is None else score)


def rated(row: JobRow, stars: int, *, connect: Callable[[Management], Cloud] | None = None) -> threading.Thread | None:
    """Give a rated job's entry the thumb of its stars, where ``configure(send_ratings=True)`` wants that.

    It is sent from a thread of its own and never in the way: what goes wrong is logged.

    Args:
        row: The job.
        stars: 1 to 5, or 0 for none, which takes the thumb back.
        connect: As for `log`.
    """
    if not settings.current().send_ratings:
        return None
    value = 1 if stars >= _GOOD else -1 if 0 < stars <= _BAD else None

    def send() -> None:
        try:
            feedback(row, value, score=float(stars) if stars else None, connect=connect)
        except PVideoError as error:
            logger.info("a rating did not reach the gateway's log: %s", error.key)

    thread = threading.Thread(target=send, name="pvideo-rating", daemon=True)
    thread.start()
    return thread


def link(row: JobRow) -> str:
    """Return the dashboard's log page for a job; empty where there is none."""
    real = row.realm == "real" and row.kind == "gateway" and row.account and row.gateway
    return dashboard(row.account, row.gateway) if real else ""


def _open(row: JobRow, connect: Callable[[Management], Cloud] | None) -> Cloud:
    if row.kind == "direct" or not (row.account and row.gateway):
        raise ManagementError("log_none", reason="It was sent to Replicate itself, not through a gateway.")
    if row.state == "new" or (row.sent_at is None and not row.log_id):
        raise ManagementError("log_none", reason="It was never sent.")
    there = settings.management()
    if there.realm != row.realm:
        where = "in the demo; turn that on with %pvideo demo" if row.realm == "demo" else "through your account; the demo is on now"
        raise ManagementError("log_none", reason=f"It was made {where}.")
    return (connect or gateways._connect)(replace(there, account_id=row.account))  # noqa: SLF001 - the same room


def _found(cloud: Cloud, row: JobRow) -> LogEntry:
    entry = cloud.log(row.gateway, row.log_id) if row.log_id else None
    if entry is not None:
        return entry
    for key, value in (("event_id", row.event_id), ("metadata.value", row.intent)):
        entries = cloud.find_logs(row.gateway, key, value) if value else []
        if entries is None:
            raise ManagementError("log_elsewhere", gateway=row.gateway, link=_advice(row))
        created = [entry for entry in entries if entry.path.strip("/").endswith("predictions")]
        if created:
            return created[0]
    raise ManagementError("log_missing", gateway=row.gateway, link=_advice(row))


def _advice(row: JobRow) -> str:
    where = link(row)
    return f"Look there: {where}" if where else "Look again in a moment."
